"""Marginal standardisation: what a model predicts if everybody had one exposure, on average.

For a model with canonical inverse link h, coefficients b and the people i of a domain with weights w, the
standardised (predictive) margin of scenario a is

    m_a = sum w_i h(x_ia' b) / sum w_i,

where x_ia is person i with the exposure of the scenario and their own covariates (Graubard and Korn 1999,
Biometrics 55:652-659; Bieler, Brown, Williams and Brogan 2010, Am J Epidemiol 171:618-623).

Its variance is that of the weighted total of the linearised values

    z_ia = (h(x_ia' b) - m_a) / W + G_a' A^-1 x_i (y_i - mu_i),

with W = sum w_i, A = sum w_i h'(x_i' b) x_i x_i' and G_a = sum w_i h'(x_ia' b) x_ia / W. The first part is
the sampling of the covariates, the second that of the coefficients; the design's covariance of the total
holds both and what links them (R's ``svypredmeans`` adds their variances and leaves the link out). With
replicate weights the model is fitted, and its predictions averaged, anew under each of them.
Differences and log ratios follow by the delta method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special
from scipy.linalg import solve_triangular

from b12sarc.design import AnalysisDomain
from b12sarc.glm import Family, GlmFit, Regressors
from b12sarc.inference import NotEstimableError

AT_BOUND = "a predicted prevalence is 0 or 1: no ratio and no interval"


@dataclass(frozen=True, eq=False)
class Margins:
    """Standardised means of k scenarios.

    Attributes:
        mean: on the scale of the outcome (a prevalence, 0-1), shape (k,).
        mean_cov: their design-based covariance, shape (k, k).
        df: degrees of freedom of the model (design df + 1 - coefficients).
        family: of the model; it says on which scale a mean has its interval.
        reference: position of the scenario that the others are compared with.
    """

    mean: np.ndarray
    mean_cov: np.ndarray
    df: float
    family: Family
    reference: int = 0

    @property
    def ratios(self) -> bool:
        """Whether ratios of the means make sense: of proportions, not of what can be negative."""
        return self.family != "gaussian"

    @cached_property
    def _others(self) -> np.ndarray:
        return np.delete(np.arange(len(self.mean)), self.reference)

    @cached_property
    def _linked(self) -> tuple[np.ndarray, np.ndarray]:
        """The means on the scale of the model's link, and the slope of that scale."""
        m = self.mean
        if self.family == "gaussian":
            return m, np.ones_like(m)
        if self.family == "poisson":
            return np.log(m), 1 / m
        return special.logit(m), 1 / (m * (1 - m))

    @cached_property
    def coef(self) -> np.ndarray:
        """All that is reported, shape (p,): means, means on the link's scale, differences, log ratios."""
        differences = self.mean[self._others] - self.mean[self.reference]
        ratios = np.log(self.mean[self._others] / self.mean[self.reference]) if self.ratios else []
        return np.concatenate([self.mean, self._linked[0], differences, ratios])

    @cached_property
    def cov(self) -> np.ndarray:
        """Covariance of :attr:`coef` by the delta method, shape (p, p)."""
        k = len(self.mean)
        identity = np.eye(k)
        differences = identity[self._others] - identity[self.reference]
        parts = [identity, np.diag(self._linked[1]), differences]
        if self.ratios:
            relative = identity / self.mean
            parts.append(relative[self._others] - relative[self.reference])
        jacobian = np.vstack(parts)
        return jacobian @ self.mean_cov @ jacobian.T


def linearised(
    domain: AnalysisDomain,
    y: np.ndarray,
    x: np.ndarray,
    coef: np.ndarray,
    scenarios: Sequence[np.ndarray],
    family: Family,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the margins (k,) and the linearised values (n, k) of which they are weighted totals.

    Args:
        domain: the rows and their design.
        y: outcome over them, shape (n,).
        x: model matrix, shape (n, p).
        coef: coefficients that solve the weighted score equations, shape (p,).
        scenarios: the model matrix as it would be, k of shape (n, p).
        family: with its canonical link.
    """
    w, total = domain.weights, domain.weights.sum()
    mu, slope = _inverse_link(x @ coef, family)
    root = np.linalg.qr(np.sqrt(w * slope)[:, None] * x, mode="r")  # A = root' root
    means, gradients, parts = [], [], []
    for scenario in scenarios:
        predicted, slope = _inverse_link(scenario @ coef, family)
        means.append(float(w @ predicted / total))
        gradients.append((w * slope) @ scenario / total)
        parts.append((predicted - means[-1]) / total)
    influence = solve_triangular(root, solve_triangular(root, np.array(gradients).T, trans="T"))
    values = np.column_stack(parts) + (y - mu)[:, None] * (x @ influence)
    return np.array(means), values


def margins(
    domain: AnalysisDomain,
    y: np.ndarray,
    x: np.ndarray,
    fit: GlmFit,
    scenarios: Sequence[np.ndarray],
    *,
    family: Family,
    reference: int = 0,
) -> Margins:
    """Standardise a fitted model to the weighted covariates of its domain.

    Args:
        domain: the rows and their design.
        y: outcome over them, shape (n,).
        x: model matrix with its intercept, shape (n, p).
        fit: the model of ``y`` on ``x``.
        scenarios: the model matrix with the exposure of each scenario, k of shape (n, p).
        family: the model's, with its canonical link.
        reference: position of the scenario that the others are compared with.

    Raises:
        NotEstimableError: a prevalence of 0 or 1 (it has no logarithm or logit).
        B12SarcError: single-PSU strata under the policy ``"fail"``.
    """
    means, values = linearised(domain, y, x, fit.coef, scenarios, family)
    if (family != "gaussian" and not (means > 0).all()) or (family == "binomial" and not (means < 1).all()):
        raise NotEstimableError(AT_BOUND)
    refit = Regressors(domain, x, fit.names).refit(y, family=family)

    def again(weights: np.ndarray) -> np.ndarray:
        coef = refit(weights)
        predicted = [_inverse_link(scenario @ coef, family)[0] for scenario in scenarios]
        return np.array([weights @ one / weights.sum() for one in predicted])

    return Margins(means, domain.covariance(values, again), fit.df, family, reference)


def _inverse_link(eta: np.ndarray, family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Expected outcome, and its slope in the linear predictor."""
    if family == "gaussian":
        return eta, np.ones_like(eta)
    if family == "poisson":
        mu = np.exp(eta)
        return mu, mu
    mu = special.expit(eta)
    return mu, mu * (1 - mu)


def from_link(eta: float, family: Family) -> float:
    """Return a number on the scale of the family's canonical link as one on the scale of the outcome."""
    return float(_inverse_link(np.asarray(eta, dtype=float), family)[0])

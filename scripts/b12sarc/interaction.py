"""Interaction on both scales: product terms, RERI, AP, S, and contrasts of prevalence differences.

One model holds the exposure, the modifier, their products and the covariates. With h the inverse of the
canonical link, b1 the coefficient of the exposure's contrast, b2 that of a level of the modifier (where the
exposure is at its origin) and b3 that of their product:

- multiplicative: b3, on the link scale; exp(b3) is a ratio of ratios (log and logit links), b3 itself a
  difference of differences (identity). Wald F tests of all products, with the df of the model.
- additive, from prevalence ratios R10 = exp(b1), R01 = exp(b2), R11 = exp(b1 + b2 + b3): relative excess risk
  due to interaction RERI = R11 - R10 - R01 + 1, attributable proportion AP = RERI / R11, synergy index
  S = (R11 - 1) / (R10 + R01 - 2), with delta-method errors, S on the log scale (Rothman, Modern Epidemiology,
  1986; Hosmer and Lemeshow 1992, Epidemiology 3:452-456).
- additive, as a contrast of prevalences: in each level m of the modifier the marginal difference
  D_m = sum over the people i of m of w_i (h(x_i1' b) - h(x_i0' b)) / W_m, with x_i1 and x_i0 person i with
  the exposure changed and not; the contrast is D_m - D_reference. Its variance is that of the weighted total
  of

      z_i = [i in m] (h(x_i1' b) - h(x_i0' b) - D_m) / W_m + G_m' A^-1 x_i (y_i - mu_i),

  A = sum w_i h' x_i x_i', G_m the gradient of D_m: the sampling of the covariates and of the coefficients,
  and what links them (Graubard and Korn 1999, Biometrics 55:652-659). The people of a level stand for
  themselves: no modifier is set to what it is not, so age may stay in the model of an age band.

What to report: Knol and VanderWeele 2012, International Journal of Epidemiology 41:514-520.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.linalg import solve_triangular

from b12sarc.design import AnalysisDomain
from b12sarc.glm import Family, GlmFit, fit_glm

NO_SYNERGY = "S is not defined: its parts, the excess of both and the sum of the excesses, differ in sign"


@dataclass(frozen=True, eq=False)
class Crossed:
    """A model matrix with the products of an exposure and a modifier behind its other columns.

    Attributes:
        x: intercept, exposure, modifier, covariates, then the products; shape (n, p + q r).
        names: of the columns.
        exposure: positions of the exposure's q columns.
        modifier: positions of the modifier's r columns (its levels but for the reference), 0/1.
        multiply: of each exposure column, the multiple that its contrast states.
        discrete: the exposure has levels; else everybody's own value is changed by the contrast.
        origin: of each exposure column, the value from which its products are taken.
    """

    x: np.ndarray
    names: tuple[str, ...]
    exposure: tuple[int, ...]
    modifier: tuple[int, ...]
    multiply: tuple[float, ...]
    discrete: bool
    origin: tuple[float, ...]

    @classmethod
    def of(
        cls,
        x: np.ndarray,
        names: Sequence[str],
        exposure: Sequence[int],
        modifier: Sequence[int],
        multiply: Sequence[float],
        weights: np.ndarray,
        *,
        discrete: bool,
    ) -> Crossed:
        """Add the products; those of a continuous exposure are taken from its weighted mean.

        The coefficient of a level of the modifier then speaks of people of mean exposure, not of exposure 0.

        Args:
            x: model matrix without products, shape (n, p).
            names: of its columns.
            exposure: positions of the exposure's columns.
            modifier: positions of the modifier's columns.
            multiply: of each exposure column, the multiple that its contrast states.
            weights: of the rows, shape (n,).
            discrete: the exposure has levels.
        """
        origin = tuple(0.0 if discrete else float(weights @ x[:, j] / weights.sum()) for j in exposure)
        products = [
            (x[:, j] - zero) * x[:, m] for j, zero in zip(exposure, origin, strict=True) for m in modifier
        ]
        labels = [f"{names[j]}:{names[m]}" for j in exposure for m in modifier]
        crossed = np.column_stack([x, *products])
        where = (tuple(exposure), tuple(modifier), tuple(multiply))
        return cls(crossed, (*names, *labels), *where, discrete=discrete, origin=origin)

    def product(self, term: int, level: int) -> int:
        """Position of the product of an exposure column and a modifier column, both counted from 0."""
        return self.x.shape[1] - len(self.exposure) * len(self.modifier) + term * len(self.modifier) + level

    def changed(self, term: int, step: float) -> np.ndarray:
        """Return the matrix with the exposure at ``step`` (0 or 1) in column ``term``, or moved by it."""
        x = self.x.copy()
        if self.discrete:
            x[:, list(self.exposure)] = 0.0
            x[:, self.exposure[term]] = step
        else:
            x[:, self.exposure[term]] += step
        for k, j in enumerate(self.exposure):
            for m, at in enumerate(self.modifier):
                x[:, self.product(k, m)] = (x[:, j] - self.origin[k]) * x[:, at]
        return x

    def levels(self) -> list[np.ndarray]:
        """Booleans over the rows for each level of the modifier, the reference first."""
        columns = [self.x[:, at] > 0.5 for at in self.modifier]
        return [~np.logical_or.reduce(columns), *columns]


@dataclass(frozen=True)
class Effect:
    """One number of an interaction.

    Attributes:
        measure: ``joint``, ``product``, ``reri``, ``ap``, ``synergy`` (a logarithm), ``difference`` (of
            prevalences in a level) or ``difference_contrast``.
        term: column of the exposure, counted from 0; -1: the exposure at its reference.
        level: level of the modifier, counted from 0, its reference.
    """

    measure: str
    term: int
    level: int


@dataclass(frozen=True, eq=False)
class Interaction:
    """All numbers of an interaction, with their covariance: it can be pooled over imputations.

    Numbers of different kind (coefficients, prevalences) are given no covariance: nothing combines them.

    Attributes:
        effects: what each number is.
        coef: the numbers, shape (k,); of ``synergy`` the logarithm, NaN where it is not defined.
        cov: their design-based covariance, shape (k, k).
        df: degrees of freedom of the model.
        fit: the model.
    """

    effects: tuple[Effect, ...]
    coef: np.ndarray
    cov: np.ndarray
    df: float
    fit: GlmFit


def interaction(domain: AnalysisDomain, y: np.ndarray, crossed: Crossed, family: Family) -> Interaction:
    """Fit the model with products and state the interaction on both scales.

    Args:
        domain: the rows and their design.
        y: outcome over them, shape (n,).
        crossed: model matrix with products.
        family: with its canonical link. RERI, AP and S are of ``"poisson"`` alone: an odds ratio of what is
            not rare is no ratio of prevalences. Prevalence differences are of both binary families.

    Raises:
        NotEstimableError: the model cannot be fitted.
    """
    fit = fit_glm(domain, y, crossed.x, family=family, names=crossed.names)
    effects, coef, gradient = _of_coefficients(fit.coef, crossed, ratios=family == "poisson")
    cov = gradient @ fit.cov @ gradient.T
    if family != "gaussian":
        more, values, scores = _of_prevalences(domain, y, crossed, fit.coef, family)
        effects += more
        coef = np.concatenate([coef, values])
        k = len(cov)
        both = np.zeros((len(coef), len(coef)))
        both[:k, :k], both[k:, k:] = cov, domain.covariance_of_total(scores)
        cov = both
    return Interaction(tuple(effects), coef, cov, fit.df, fit)


def _of_coefficients(
    coef: np.ndarray, crossed: Crossed, *, ratios: bool
) -> tuple[list[Effect], np.ndarray, np.ndarray]:
    """What follows from the coefficients alone: effects, numbers (k,), gradients (k, p)."""
    rows: list[tuple[Effect, float, np.ndarray]] = []
    unit = np.eye(len(coef))
    for level, at in enumerate(crossed.modifier, start=1):
        rows.append((Effect("joint", -1, level), coef[at], unit[at]))
    for term, (j, multiply) in enumerate(zip(crossed.exposure, crossed.multiply, strict=True)):
        exposed = multiply * unit[j]
        rows.append((Effect("joint", term, 0), exposed @ coef, exposed))
        for level, at in enumerate(crossed.modifier, start=1):
            product = multiply * unit[crossed.product(term, level - 1)]
            both = exposed + unit[at] + product
            rows.append((Effect("joint", term, level), both @ coef, both))
            rows.append((Effect("product", term, level), product @ coef, product))
            if ratios:
                parts = np.array([exposed, unit[at], both])
                for measure, value, slope in _excess(parts @ coef):
                    rows.append((Effect(measure, term, level), value, slope @ parts))
    effects, values, gradients = zip(*rows, strict=True)
    return list(effects), np.array(values), np.array(gradients)


def _excess(logs: np.ndarray) -> list[tuple[str, float, np.ndarray]]:
    """RERI, AP and log S of the log ratios (b1, b2, b1 + b2 + b3), each with its slope in them."""
    r10, r01, r11 = np.exp(logs)
    reri = r11 - r10 - r01 + 1
    ap_slope = np.array([-r10 / r11, -r01 / r11, (r10 + r01 - 1) / r11])
    both, apart = r11 - 1, r10 + r01 - 2
    defined = both * apart > 0
    synergy = np.log(both / apart) if defined else np.nan
    slope = np.array([-r10 / apart, -r01 / apart, r11 / both]) if defined else np.zeros(3)
    return [
        ("reri", reri, np.array([-r10, -r01, r11])),
        ("ap", reri / r11, ap_slope),
        ("synergy", synergy, slope),
    ]


def _of_prevalences(
    domain: AnalysisDomain, y: np.ndarray, crossed: Crossed, coef: np.ndarray, family: Family
) -> tuple[list[Effect], np.ndarray, np.ndarray]:
    """Marginal differences in each level and their contrasts: effects, numbers (k,), scores (n, k)."""
    w, x, levels = domain.weights, crossed.x, crossed.levels()
    mu, slope = _inverse_link(x @ coef, family)
    root = np.linalg.qr(np.sqrt(w * slope)[:, None] * x, mode="r")  # A = root' root
    inner = solve_triangular(root, x.T, trans="T")
    influence = solve_triangular(root, inner).T * (y - mu)[:, None]
    effects, values, scores = [], [], []
    for term, multiply in enumerate(crossed.multiply):
        step = 1.0 if crossed.discrete else multiply
        x1, x0 = crossed.changed(term, step), crossed.changed(term, 0.0)
        (p1, slope1), (p0, slope0) = _inverse_link(x1 @ coef, family), _inverse_link(x0 @ coef, family)
        for level, inside in enumerate(levels):
            share = w * inside / (w @ inside)
            difference = float(share @ (p1 - p0))
            gradient = (share * slope1) @ x1 - (share * slope0) @ x0
            own = inside * (p1 - p0 - difference) / (w @ inside)
            effects.append(Effect("difference", term, level))
            values.append(difference)
            scores.append(own + influence @ gradient)
        first = len(values) - len(levels)
        for level in range(1, len(levels)):
            effects.append(Effect("difference_contrast", term, level))
            values.append(values[first + level] - values[first])
            scores.append(scores[first + level] - scores[first])
    return effects, np.array(values), np.column_stack(scores)


def _inverse_link(eta: np.ndarray, family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Expected outcome, and its slope in the linear predictor."""
    if family == "poisson":
        mu = np.exp(eta)
        return mu, mu
    mu = special.expit(eta)
    return mu, mu * (1 - mu)

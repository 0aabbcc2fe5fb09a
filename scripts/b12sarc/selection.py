"""Inverse-probability weights for an outcome that was not measured in everybody.

Everybody of the domain has the covariates; some have the outcome. A design-weighted logistic model says how
likely each was to have it, and those who have it are weighted by the inverse (Seaman and White 2013,
Statistical Methods in Medical Research 22:278-295). The variance knows that the weights are estimated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from b12sarc.design import LinearisedDomain
from b12sarc.glm import Family, GlmFit, fit_glm
from b12sarc.inference import NotEstimableError


@dataclass(frozen=True, eq=False)
class SelectionWeights:
    """Weights of the people who have the outcome.

    Attributes:
        fit: the logistic model of having it, over the whole domain.
        weights: stabilised and truncated, over the rows of the domain, shape (n,); of the unmeasured 0.
        slope: derivative of a weight by the linear predictor, shape (n,); 0 where truncated.
        truncated: how many weights were cut off.
    """

    fit: GlmFit
    weights: np.ndarray
    slope: np.ndarray
    truncated: int


@dataclass(frozen=True, eq=False)
class SelectionFit:
    """A model fitted to those who have the outcome, weighted for those who have not.

    Attributes:
        fit: coefficients and covariance; the covariance takes the estimated weights into account.
        known_weights: the same fit with a covariance that takes the weights as if they were known.
        weights: the weights.
        n_all: people of the domain, measured or not.
    """

    fit: GlmFit
    known_weights: GlmFit
    weights: SelectionWeights
    n_all: int


def selection_weights(
    domain: LinearisedDomain,
    measured: np.ndarray,
    z: np.ndarray,
    names: tuple[str, ...],
    truncate: tuple[float, float],
) -> SelectionWeights:
    """Model who has the outcome, and weight those who have.

    A weight is the weighted share of the measured over the person's probability (stabilised, so that their
    mean is about 1); below and above two quantiles of the measured it is set to that quantile.

    Args:
        domain: everybody of whom the covariates are known.
        measured: who has the outcome, booleans (n,).
        z: model matrix of having it, shape (n, q), with its intercept.
        names: one a column of ``z``.
        truncate: quantiles, from 0 to 1, at which weights are cut off.

    Raises:
        NotEstimableError: everybody or nobody has it, or the logistic model cannot be fitted.
    """
    if measured.all():
        raise NotEstimableError("the outcome was measured in everybody: nothing to weight for")
    fit = fit_glm(domain, measured.astype(float), z, family="binomial", names=names)
    p = 1 / (1 + np.exp(-(z @ fit.coef)))
    share = float(domain.weights @ measured / domain.weights.sum())
    raw = share / p
    low, high = np.quantile(raw[measured], truncate)
    cut = measured & ((raw < low) | (raw > high))
    weights = np.where(measured, np.clip(raw, low, high), 0.0)
    slope = np.where(measured & ~cut, -raw * (1 - p), 0.0)
    return SelectionWeights(fit, weights, slope, int(cut.sum()))


def fit_weighted(
    domain: LinearisedDomain,
    y: np.ndarray,
    x: np.ndarray,
    z: np.ndarray,
    *,
    family: Family,
    names: tuple[str, ...],
    z_names: tuple[str, ...],
    truncate: tuple[float, float],
) -> SelectionFit:
    """Fit a model to those who have the outcome, weighted for those who have not.

    The linearised value of a person is ``w U + S H^-1 D'``: their weighted score in the outcome model, and
    what their own score ``S`` in the model of being measured does to everybody's weights (``D`` the
    derivative of the outcome model's score by the coefficients of the other, ``H`` its information). Summed
    over PSUs of the whole design as any other total (Binder 1983). Cut-off points of truncated weights are
    taken as given.

    Args:
        domain: everybody of whom the covariates are known.
        y: outcome over its rows, NaN where not measured.
        x: model matrix of the outcome, shape (n, p).
        z: model matrix of being measured, shape (n, q).
        family: of the outcome model.
        names: one a column of ``x``.
        z_names: one a column of ``z``.
        truncate: quantiles at which weights are cut off.

    Raises:
        NotEstimableError: one of the two models cannot be fitted, or the outcome was measured in everybody.
    """
    measured = ~np.isnan(y)
    chosen = selection_weights(domain, measured, z, z_names, truncate)
    design, at = domain.design, domain.rows
    weight = np.zeros(design.n)
    weight[at] = domain.weights * chosen.weights
    inner = replace(design, weight=weight).domain(domain.mask)
    known = fit_glm(inner, y[measured], x[measured], family=family, names=names)
    mean = _mean(family, x @ known.coef)
    score = np.where(measured[:, None], x * (np.where(measured, y, 0.0) - mean)[:, None], 0.0)
    own = z * (measured - _mean("binomial", z @ chosen.fit.coef))[:, None]
    by_z = (score * (domain.weights * chosen.slope)[:, None]).T @ z
    linearised = score * chosen.weights[:, None] + own @ _inverse_information(domain, z, chosen.fit) @ by_z.T
    bread = _inverse_information(inner, x[measured], known, family)
    cov = bread @ domain.covariance_of_total(linearised) @ bread.T
    return SelectionFit(replace(known, cov=cov), known, chosen, domain.n)


def _inverse_information(
    domain: LinearisedDomain, x: np.ndarray, fit: GlmFit, family: Family = "binomial"
) -> np.ndarray:
    mean = _mean(family, x @ fit.coef)
    variance = {"gaussian": np.ones(len(mean)), "binomial": mean * (1 - mean), "poisson": mean}[family]
    return np.linalg.inv((x * (domain.weights * variance)[:, None]).T @ x)


def _mean(family: Family, eta: np.ndarray) -> np.ndarray:
    if family == "gaussian":
        return eta
    return np.exp(eta) if family == "poisson" else 1 / (1 + np.exp(-eta))

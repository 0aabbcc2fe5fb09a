"""Meta-analysis of a few estimates on one scale: random effects by REML with Hartung and Knapp's interval.

Model: estimate_i ~ N(mu, se_i^2 + tau^2), weights w_i = 1 / (se_i^2 + tau^2). Numbers are those of R's
``metafor::rma`` (``test = "knha"``), which differ from other programs in two choices:

- prediction interval: mu ± t SQRT(tau^2 + SE^2) with t on k - 1 df, as the confidence interval has
  (metafor's default). Higgins, Thompson and Spiegelhalter (2009, JRSS A 172:137-159) take k - 2, which two
  studies do not have and which sets the limits of three studies three times as far.
- I^2 and H^2 compare tau^2 with the "typical" sampling variance (Higgins and Thompson 2002, Statistics in
  Medicine 21:1539-1558), so they follow the estimator of tau^2.

tau^2 by DerSimonian-Laird and by Paule-Mandel is statsmodels', where it is right: its DerSimonian-Laird goes
below zero when the estimates agree better than chance would have them, so it is not asked then. It has no
REML. Effects on different scales must not meet here; that is for the caller to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special
from scipy.optimize import brentq
from statsmodels.stats.meta_analysis import combine_effects

from b12sarc.inference import NotEstimableError

TauMethod = Literal["reml", "dl", "pm"]


@dataclass(frozen=True, eq=False)
class MetaAnalysis:
    """Estimates combined.

    Attributes:
        method: how tau^2 was estimated (``"reml"``, ``"dl"``, ``"pm"``), or ``"fixed"``: taken as zero.
        k: number of estimates.
        estimate: combined estimate, on the scale of the estimates (log for ratios).
        se: its standard error.
        df: degrees of freedom of t (k - 1); infinite for a normal interval.
        statistic: estimate over standard error.
        p_value: two-sided.
        conf_low: lower confidence limit of the mean effect.
        conf_high: upper one.
        prediction_low: lower limit of the effect in a new study; NaN if fixed.
        prediction_high: upper one.
        tau2: variance of the true effects.
        tau2_low: lower Q-profile limit of tau^2 (Viechtbauer 2007, Statistics in Medicine 26:37-52); NaN if
            fixed.
        tau2_high: upper one; both limits are 0 where the estimates agree better than chance lets them.
        i2_percent: share of the variance of the estimates that is due to tau^2, in percent.
        h2: their variance over their sampling variance.
        q: Cochran's Q.
        q_p_value: its p-value, chi-square with k - 1 df.
        hartung_knapp_factor: what the usual squared standard error was multiplied by. Below 1 the interval is
            *narrower* than the usual one: with few, similar estimates that is luck, not knowledge.
        weights: share of each estimate in the combined one, shape (k,).
    """

    method: TauMethod | Literal["fixed"]
    k: int
    estimate: float
    se: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    tau2_low: float
    tau2_high: float
    i2_percent: float
    h2: float
    q: float
    q_p_value: float
    hartung_knapp_factor: float
    weights: np.ndarray


def random_effects(
    estimates: np.ndarray,
    se: np.ndarray,
    *,
    method: TauMethod = "reml",
    hartung_knapp: bool = True,
    level: float = 0.95,
) -> MetaAnalysis:
    """Combine estimates whose true effects differ.

    Args:
        estimates: shape (k,), all on one scale.
        se: their standard errors, shape (k,).
        method: estimator of tau^2.
        hartung_knapp: scale the standard error by the spread of the estimates and use t with k - 1 df
            (Hartung and Knapp 2001, Statistics in Medicine 20:3875-3889). Without it the interval is normal,
            and far too narrow for a handful of studies.
        level: confidence level.

    Raises:
        NotEstimableError: fewer than two estimates, or identical ones (no spread to scale by).
        ValueError: arrays that do not match, NaN, or a standard error that is not above zero.
    """
    y, v = _checked(estimates, se)
    tau2 = _TAU2[method](y, v)
    w = 1 / (v + tau2)
    mean, variance, k = _mean(y, w), 1 / w.sum(), len(y)
    factor = float(w @ (y - mean) ** 2 / (k - 1)) if hartung_knapp else 1.0
    if hartung_knapp and np.ptp(y) == 0:  # not "factor == 0": rounding leaves a trace of width
        raise NotEstimableError("the estimates are identical: Hartung and Knapp's interval has no width")
    variance *= factor
    df = k - 1 if hartung_knapp else np.inf
    critical = _t_quantile(level, df)
    reach = critical * np.sqrt(tau2 + variance)
    typical = _typical_variance(v)
    low, high = _q_profile(y, v, level)
    return MetaAnalysis(
        **_tests(y, v, mean, variance, df, critical),
        method=method,
        k=k,
        prediction_low=float(mean - reach),
        prediction_high=float(mean + reach),
        tau2=tau2,
        tau2_low=low,
        tau2_high=high,
        i2_percent=100 * tau2 / (tau2 + typical),
        h2=1 + tau2 / typical,
        hartung_knapp_factor=factor,
        weights=w / w.sum(),
    )


def fixed_effect(estimates: np.ndarray, se: np.ndarray, *, level: float = 0.95) -> MetaAnalysis:
    """Combine estimates of one true effect: inverse variance weights, normal interval.

    Raises:
        NotEstimableError: fewer than two estimates.
        ValueError: as for :func:`random_effects`.
    """
    y, v = _checked(estimates, se)
    w = 1 / v
    tests = _tests(y, v, _mean(y, w), 1 / w.sum(), np.inf, _t_quantile(level, np.inf))
    h2 = tests["q"] / (len(y) - 1)
    return MetaAnalysis(
        **tests,
        method="fixed",
        k=len(y),
        prediction_low=np.nan,
        prediction_high=np.nan,
        tau2=0.0,
        tau2_low=np.nan,
        tau2_high=np.nan,
        i2_percent=max(0.0, 100 * (1 - 1 / h2)) if h2 > 0 else 0.0,
        h2=h2,
        hartung_knapp_factor=1.0,
        weights=w / w.sum(),
    )


def leave_one_out(
    estimates: np.ndarray,
    se: np.ndarray,
    *,
    method: TauMethod = "reml",
    hartung_knapp: bool = True,
    level: float = 0.95,
) -> tuple[MetaAnalysis, ...]:
    """Repeat :func:`random_effects` without the first estimate, without the second, and so on.

    Raises:
        NotEstimableError: fewer than three estimates.
    """
    y, s = np.asarray(estimates, dtype=float), np.asarray(se, dtype=float)
    if len(y) < 3:
        raise NotEstimableError(f"{len(y)} estimates: leaving one out needs three")
    keep = ~np.eye(len(y), dtype=bool)
    return tuple(
        random_effects(y[rows], s[rows], method=method, hartung_knapp=hartung_knapp, level=level)
        for rows in keep
    )


def _checked(estimates: np.ndarray, se: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, s = np.asarray(estimates, dtype=float), np.asarray(se, dtype=float)
    if y.ndim != 1 or y.shape != s.shape:
        raise ValueError(f"estimates and standard errors must match, got {y.shape} and {s.shape}")
    if not (np.isfinite(y).all() and np.isfinite(s).all() and (s > 0).all()):
        raise ValueError("estimates must be finite and standard errors above zero")
    if len(y) < 2:
        raise NotEstimableError(f"{len(y)} estimate{'s' * (len(y) != 1)}: not a meta-analysis")
    return y, s**2


def _mean(y: np.ndarray, w: np.ndarray) -> float:
    return float(w @ y / w.sum())


def _q(y: np.ndarray, v: np.ndarray, tau2: float) -> float:
    """Generalised Q: weighted squares about the weighted mean; falls as tau^2 grows."""
    w = 1 / (v + tau2)
    return float(w @ (y - _mean(y, w)) ** 2)


def _typical_variance(v: np.ndarray) -> float:
    w = 1 / v
    return float((len(v) - 1) * w.sum() / (w.sum() ** 2 - w @ w))


def _t_quantile(level: float, df: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return float(special.ndtri((1 + level) / 2) if np.isinf(df) else special.stdtrit(df, (1 + level) / 2))


def _tests(
    y: np.ndarray, v: np.ndarray, mean: float, variance: float, df: float, critical: float
) -> dict[str, float]:
    """What fixed and random effects share: the mean, its interval and p-value, and Cochran's Q."""
    se, q = float(np.sqrt(variance)), _q(y, v, 0.0)
    statistic = mean / se
    tail = special.ndtr(-abs(statistic)) if np.isinf(df) else special.stdtr(df, -abs(statistic))
    return {
        "estimate": mean,
        "se": se,
        "df": df,
        "statistic": statistic,
        "p_value": float(2 * tail),
        "conf_low": mean - critical * se,
        "conf_high": mean + critical * se,
        "q": q,
        "q_p_value": float(special.chdtrc(len(y) - 1, q)),
    }


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    """tau^2 by restricted maximum likelihood (Viechtbauer 2005, J Educ Behav Stat 30:261-293).

    The likelihood can have two maxima, or one that Fisher scoring swings across for ever (a precise outlier
    among vague estimates). So the roots of the score are bracketed on a grid, and the likeliest is taken.
    """
    beyond = np.ptp(y) ** 2 + v.max()  # the score is negative from here on, whatever the estimates
    grid = np.append(0.0, np.geomspace(1e-4 * v.min(), beyond, 256))
    score = np.array([_reml_score(tau2, y, v) for tau2 in grid])
    falls = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    roots = [
        brentq(_reml_score, *grid[i : i + 2], (y, v), xtol=1e-15 * grid[i + 1], rtol=1e-14) for i in falls
    ]
    return float(max([0.0, *roots], key=lambda tau2: _restricted_log_likelihood(tau2, y, v)))


def _reml_score(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    """Twice the derivative of the restricted log-likelihood: y'PPy - tr P, P = W - W 1 (1'W 1)^-1 1'W."""
    w = 1 / (v + tau2)
    residual = w * (y - _mean(y, w))
    return float(residual @ residual - w.sum() + w @ w / w.sum())


def _restricted_log_likelihood(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / (v + tau2)
    return float(np.log(w).sum() - np.log(w.sum()) - _q(y, v, tau2)) / 2


def _dersimonian_laird(y: np.ndarray, v: np.ndarray) -> float:
    if _q(y, v, 0.0) <= len(y) - 1:
        return 0.0
    return float(combine_effects(y, v, method_re="dl").tau2)


def _paule_mandel(y: np.ndarray, v: np.ndarray) -> float:
    return float(combine_effects(y, v, method_re="pm", atol=1e-12, maxiter=1000).tau2)


_TAU2 = {"reml": _reml, "dl": _dersimonian_laird, "pm": _paule_mandel}


def _q_profile(y: np.ndarray, v: np.ndarray, level: float) -> tuple[float, float]:
    """Limits of tau^2: where the generalised Q meets the quantiles of chi-square with k - 1 df."""
    tail = (1 - level) / 2
    upper_quantile, lower_quantile = (special.chdtri(len(y) - 1, p) for p in (tail, 1 - tail))
    return _crossing(y, v, upper_quantile), _crossing(y, v, lower_quantile)


def _crossing(y: np.ndarray, v: np.ndarray, quantile: float) -> float:
    if _q(y, v, 0.0) <= quantile:
        return 0.0
    high = v.max()
    while _q(y, v, high) > quantile:
        high *= 2
    return float(brentq(lambda tau2: _q(y, v, tau2) - quantile, 0.0, high, xtol=1e-15 * high, rtol=1e-14))

"""Probabilistic bias analyses of a misclassified exposure (bias_analysis.csv)."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
from scipy import stats

from b12sarc.design import Domain
from b12sarc.estimators import proportion
from b12sarc.fit import FAMILY, Arrays, FittedModel
from b12sarc.glm import GlmFit, fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.misclassification import Accuracy, BiasAnalysis, bias_analysis, correlated_uniforms
from b12sarc.sensitivity.models import MODEL, Departures
from b12sarc.spec import Distribution, Misclassification
from b12sarc.specification import Specification

BIAS_ANALYSIS = (
    *("analysis", "label", "source", *MODEL, "n", "events", "estimate", "conf_low", "conf_high"),
    *("sensitivity", "specificity", "sensitivity_cases", "specificity_cases"),
    *("systematic", "systematic_low", "systematic_high", "total", "total_low", "total_high"),
    *("draws", "rejected", "rejected_total", "not_fitted", "monte_carlo_se", "reason"),
)
"""Columns of bias_analysis.csv, in order."""


def bias_rows(of: Departures) -> Iterator[dict[str, object]]:
    """Yield each bias analysis beside the conventional estimate.

    ``systematic`` and ``total`` are medians on the scale of the estimate, with simulation intervals without
    and with random error; accuracies are the medians of their draws, of people without and with the outcome.
    """
    for name, spec in of.spec.misclassification.items():
        for outcome in spec.outcomes:
            main = of.specification(outcome, spec.exposure)
            model = of.fitted(main)
            if isinstance(model, str):
                continue
            row = of.rows(main, model)[0] if model.matrix.exposure else {}
            row |= {"analysis": name, "label": spec.label, "source": spec.source}
            try:
                yield row | _analysed(of, name, spec, main, model)
            except NotEstimableError as error:
                yield row | {"draws": of.spec.draws, "reason": error.reason}


def _analysed(
    of: Departures, name: str, spec: Misclassification, main: Specification, model: FittedModel
) -> dict[str, object]:
    arrays: list[Arrays] = []

    def take(a: Arrays) -> GlmFit:
        arrays.append(a)
        return a.regressors.fit(a.y, family=FAMILY[main.estimator])

    of.fitter.analyse(main, take)
    if len(arrays) > 1:
        raise NotEstimableError("something in the model is imputed: not made")
    a, term = arrays[0], model.matrix.exposure[0]
    seed = of.sample.project.config.seed
    rng = np.random.default_rng([seed, crc32(name.encode()), crc32(main.outcome.encode())])
    accuracy = _accuracy(of, spec, main, rng)

    def fit(true: np.ndarray) -> tuple[float, float, float]:
        x = a.matrix.x.copy()
        x[:, term.position] = true
        fitted = fit_glm(a.domain, a.y, x, family=FAMILY[main.estimator], names=a.matrix.names)
        coef = fitted.coef[term.position] * term.multiply
        return coef, fitted.se[term.position] * abs(term.multiply), fitted.df

    exposed, outcome = a.matrix.x[:, term.position] == 1, a.y == 1
    classified = _classified(a, exposed, of.spec.draws, rng)
    found = bias_analysis(
        exposed, outcome, a.domain.weights, accuracy, classified, fit, rng=rng, level=of.level
    )
    return _numbers(found, accuracy, ratio=main.estimator != "linear")


def _classified(a: Arrays, exposed: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the share classified as exposed in each outcome group, with its design-based sampling error."""
    everybody = np.zeros(len(a.domain.mask), dtype=bool)
    everybody[a.domain.rows] = exposed
    drawn = []
    for value in (0, 1):
        group = np.zeros(len(a.domain.mask), dtype=bool)
        group[a.domain.rows] = a.y == value
        people = a.domain.restrict(group)
        drawn.append(quantiles(_beta(people, people.take(everybody)), rng.random(draws)))
    return np.column_stack(drawn)


def _beta(people: Domain, event: np.ndarray) -> Distribution:
    """Return Beta(n p + 1/2, n (1 - p) + 1/2), p the weighted share and n its effective sample size."""
    share = proportion(people, event)
    a, b = share.n_eff * share.estimate + 0.5, share.n_eff * (1 - share.estimate) + 0.5
    return Distribution(beta=(a, b))


def _numbers(found: BiasAnalysis, accuracy: Accuracy, *, ratio: bool) -> dict[str, object]:
    intervals: dict[str, object] = {}
    for name in ("systematic", "total"):
        i = getattr(found, name)
        numbers = np.array([i.median, i.low, i.high])
        shown = np.exp(numbers) if ratio else numbers
        intervals |= dict(zip((name, f"{name}_low", f"{name}_high"), shown.tolist(), strict=True))
    se, sp = np.median(accuracy.sensitivity, axis=0), np.median(accuracy.specificity, axis=0)
    return {
        "sensitivity": se[0],
        "specificity": sp[0],
        "sensitivity_cases": se[1],
        "specificity_cases": sp[1],
        **intervals,
        "draws": found.draws,
        "rejected": found.rejected,
        "rejected_total": found.rejected_total,
        "not_fitted": found.not_fitted,
        "monte_carlo_se": found.monte_carlo_se,
    }


def _accuracy(
    of: Departures, spec: Misclassification, main: Specification, rng: np.random.Generator
) -> Accuracy:
    """Draw sensitivity and specificity for people without and with the outcome."""
    draws = of.spec.draws
    if spec.accuracy is not None:
        cases = spec.accuracy_cases or spec.accuracy
        same = 1.0 if spec.accuracy_cases is None else spec.correlation
        return Accuracy(
            _drawn(spec.accuracy.sensitivity, cases.sensitivity, correlated_uniforms(rng, draws, same)),
            _drawn(spec.accuracy.specificity, cases.specificity, correlated_uniforms(rng, draws, same)),
        )
    found = [_estimated(of, spec, main, group) for group in ((0, 1) if spec.differential else (None,) * 2)]
    drawn = []
    for what in (0, 1):
        u = correlated_uniforms(rng, draws, 0.0 if spec.differential else 1.0)
        drawn.append(_drawn(found[0][what], found[1][what], u))
    return Accuracy(*drawn)


def _estimated(
    of: Departures, spec: Misclassification, main: Specification, group: int | None
) -> tuple[Distribution, Distribution]:
    """Estimate the accuracy against the truth in the cohort, with its sampling error."""
    sample, truth = of.sample, str(spec.truth)
    if not sample.has(truth):
        raise NotEstimableError(sample.why_not(truth))
    known = sample.known([spec.exposure, truth, *([main.outcome] if group is not None else [])])
    if group is not None:
        known = known & (sample.values(main.outcome) == group)
    found = []
    for value in (1, 0):
        people = sample.domain.restrict(known & (sample.values(truth) == value))
        found.append(_beta(people, people.take(sample.values(spec.exposure)) == value))
    return found[0], found[1]


def _drawn(one: Distribution, other: Distribution, u: np.ndarray) -> np.ndarray:
    return np.column_stack([quantiles(one, u[:, 0]), quantiles(other, u[:, 1])])


def quantiles(of: Distribution, u: np.ndarray) -> np.ndarray:
    """Return the quantiles ``u`` (from 0 to 1) of a distribution."""
    if of.fixed is not None:
        return np.full(len(u), of.fixed)
    if of.beta is not None:
        return stats.beta.ppf(u, *of.beta)
    low, first, last, high = _corners(of)
    width = high - low
    return stats.trapezoid.ppf(u, (first - low) / width, (last - low) / width, loc=low, scale=width)


def _corners(of: Distribution) -> tuple[float, float, float, float]:
    if of.uniform is not None:
        return of.uniform[0], of.uniform[0], of.uniform[1], of.uniform[1]
    if of.triangular is not None:
        low, mode, high = of.triangular
        return low, mode, mode, high
    if of.trapezoidal is None:
        raise ValueError("a distribution has one form")
    return of.trapezoidal

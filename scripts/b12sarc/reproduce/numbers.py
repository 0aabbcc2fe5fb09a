"""The number behind each printed one: an estimate in a part of the publication's people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from b12sarc.describe.completed import mean_of, share_of
from b12sarc.design import Domain
from b12sarc.estimators import Estimate, geometric_mean, quantile, standard_deviation, weighted_quantile
from b12sarc.fit import FAMILY
from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import model_matrix
from b12sarc.rules import evaluate
from b12sarc.sample import Sample
from b12sarc.spec.reproduction import COUNT, Regression, Standard, Statistic
from b12sarc.standardise import age_bands, standardised_mean, standardised_proportion

SIMPLE = {"geometric_mean": geometric_mean, "standard_deviation": standard_deviation}


def numbers(sample: Sample, statistic: Statistic) -> Iterator[tuple[str, Estimate | str]]:
    """Yield each group (``""``: everybody) with its estimate, or with the reason why there is none.

    Args:
        sample: the publication's people, as the domain of their survey.
        statistic: what was printed.
    """
    lacking = [sample.why_not(n) for n in sorted(statistic.variables()) if not sample.has(n)]
    if statistic.by is None:
        groups: list[tuple[str, np.ndarray | None]] = [("", None)]
    elif sample.has(statistic.by):
        values = sample.values(statistic.by)
        groups = [(level, values == i) for i, level in enumerate(sample.levels(statistic.by))]
    else:
        groups = [(level, None) for level in _printed_levels(statistic)]
    for level, mask in groups:
        if statistic.by is not None and level not in _printed_levels(statistic):
            continue
        try:
            if lacking:
                raise NotEstimableError("; ".join(lacking))
            yield level, estimate(sample, statistic, mask)
        except NotEstimableError as error:
            yield level, error.reason


def estimate(sample: Sample, statistic: Statistic, group: np.ndarray | None = None) -> Estimate:
    """Return the estimate of a statistic in a group of people, before it is multiplied by ``times``.

    Args:
        sample: the publication's people.
        statistic: what was printed.
        group: booleans over all rows of the survey; None: everybody.

    Raises:
        NotEstimableError: the data cannot answer.
    """
    needed = {name for name in (statistic.of, statistic.standardise and statistic.standardise.age) if name}
    if statistic.model is not None:
        needed |= {statistic.model.exposure, *(term.var for term in statistic.model.terms)}
    mask = sample.known(sorted(needed))
    if statistic.where is not None:
        mask &= evaluate(statistic.where, sample.frame).fillna(False).to_numpy(bool)
    if group is not None:
        mask &= group
    domain = sample.domain_for(sorted(needed)).restrict(mask)
    if statistic.kind == COUNT:
        return Estimate(float(domain.n), np.nan, np.nan, np.nan, np.nan, domain.n)
    if domain.n == 0:
        raise NotEstimableError("nobody in whom all of it is known")
    if statistic.model is not None:
        return _regression(sample, domain, str(statistic.of), statistic.model, statistic.level)
    if statistic.unweighted:
        return _unweighted(sample, domain, statistic)
    if statistic.standardise is not None:
        return _standardised(sample, domain, statistic, statistic.standardise)
    return _weighted(sample, domain, statistic)


def _printed_levels(statistic: Statistic) -> dict[str, None]:
    parts = (statistic.printed, statistic.se, statistic.conf_low, statistic.conf_high)
    return dict.fromkeys(level for part in parts if isinstance(part, dict) for level in part)


def _values(sample: Sample, domain: Domain, name: str) -> np.ndarray:
    if sample.is_imputed(name):
        raise NotEstimableError(f"{name} is imputed: only a mean or a proportion of it can be pooled")
    return domain.take(sample.values(name))


def _position(sample: Sample, statistic: Statistic) -> float:
    """Return the value that counts as the event: the level that is named, or 'true'."""
    level = statistic.level or "true"
    return float(list(sample.levels(str(statistic.of))).index(level))


def _weighted(sample: Sample, domain: Domain, statistic: Statistic) -> Estimate:
    name = str(statistic.of)
    if statistic.kind == "mean":
        return mean_of(sample, name, domain)
    if statistic.kind == "proportion":
        event = _position(sample, statistic)
        return share_of(sample, name, domain, lambda values: values == event)
    x = _values(sample, domain, name)
    if statistic.at is not None:
        return quantile(domain, x, statistic.at, rule=statistic.rule)
    return SIMPLE[statistic.kind](domain, x)


def _unweighted(sample: Sample, domain: Domain, statistic: Statistic) -> Estimate:
    x = _values(sample, domain, str(statistic.of))
    if statistic.at is not None:
        value = weighted_quantile(x, np.ones(domain.n), statistic.at, statistic.rule)
    elif statistic.kind == "proportion":
        value = float(np.mean(x == _position(sample, statistic)))
    elif statistic.kind == "mean":
        value = float(np.mean(x))
    elif statistic.kind == "geometric_mean":
        value = float(np.exp(np.mean(np.log(x))))
    else:
        value = float(np.std(x, ddof=1))
    return Estimate(value, np.nan, np.nan, np.nan, np.nan, domain.n)


def _standardised(sample: Sample, domain: Domain, statistic: Statistic, how: Standard) -> Estimate:
    x = _values(sample, domain, str(statistic.of))
    bands = age_bands(domain.take(sample.values(how.age)), sorted(how.people))
    people = [how.people[start] for start in sorted(how.people)]
    if statistic.kind == "mean":
        return standardised_mean(domain, x, bands, people)
    return standardised_proportion(domain, x == _position(sample, statistic), bands, people)


def _regression(
    sample: Sample, domain: Domain, outcome: str, model: Regression, level: str | None
) -> Estimate:
    """Return the coefficient of the exposure in its own units of contrast; a ratio if the model gives one."""
    matrix = model_matrix(sample, domain, model.exposure, model.terms)
    y = _values(sample, domain, outcome)
    fit = fit_glm(domain, y, matrix.x, family=FAMILY[model.estimator], names=matrix.names)
    wanted = f"{model.exposure}[{level}]" if level else model.exposure
    term = next((t for t in matrix.exposure if t.name == wanted), None)
    if term is None:
        raise NotEstimableError(f"nobody has level {level} of {model.exposure}")
    coef, se = fit.coef[term.position] * term.multiply, fit.se[term.position] * abs(term.multiply)
    low, high = sorted(fit.conf_int()[term.position] * term.multiply)
    if model.estimator != "linear":
        coef, low, high = np.exp(coef), np.exp(low), np.exp(high)
    return Estimate(float(coef), float(se), float(fit.df), float(low), float(high), fit.n, fit.reason)

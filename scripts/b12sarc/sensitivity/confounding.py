"""E-values of the headline estimates (e_values.csv)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from b12sarc import e_values
from b12sarc.fit import FittedModel
from b12sarc.inference import NotEstimableError
from b12sarc.sensitivity.models import MODEL, Departures, spread
from b12sarc.specification import Specification

E_VALUES = (
    *(*MODEL, "n", "events", "estimate", "conf_low", "conf_high", "scale", "prevalence", "sd"),
    *("risk_ratio", "risk_ratio_low", "risk_ratio_high", "e_value", "e_value_limit", "reason"),
)
"""Columns of e_values.csv, in order."""

RISK_RATIO = "prevalence ratio"
RARE = "odds ratio of a rare outcome"
COMMON = "odds ratio of a common outcome (square root)"
DIFFERENCE = "difference over the SD of the outcome"


def e_value_rows(of: Departures) -> Iterator[dict[str, object]]:
    """Yield the E-values of every exposure x outcome of the headline, by every estimator."""
    analysis = of.sample.project.analysis
    for outcome in analysis.headline.outcomes:
        binary = of.sample.quantity(outcome).kind == "binary"
        estimators = analysis.models.binary_outcomes if binary else analysis.models.continuous_outcomes
        for exposure in analysis.headline.exposures:
            for estimator in estimators:
                spec = of.specification(outcome, exposure, estimator)
                model = of.fitted(spec)
                if isinstance(model, FittedModel):
                    yield from _rows(of, spec, model)


def _rows(of: Departures, spec: Specification, model: FittedModel) -> Iterator[dict[str, object]]:
    try:
        sd, prevalence = _outcome(of, spec)
    except NotEstimableError as error:
        yield from ({**row, "reason": error.reason} for row in of.rows(spec, model))
        return
    for row in of.rows(spec, model):
        numbers = {name: float(str(row[name])) for name in ("estimate", "conf_low", "conf_high", "se")}
        if np.isnan(numbers["conf_low"]):
            yield {**row, "reason": model.fit.reason}
            continue
        scale, found = _e_value(spec.estimator, numbers, sd, prevalence > of.spec.common_outcome)
        yield {
            **row,
            "scale": scale,
            "prevalence": np.nan if spec.estimator == "linear" else prevalence,
            "sd": sd if spec.estimator == "linear" else np.nan,
            "risk_ratio": found.ratio,
            "risk_ratio_low": found.low,
            "risk_ratio_high": found.high,
            "e_value": found.point,
            "e_value_limit": found.limit,
        }


def _outcome(of: Departures, spec: Specification) -> tuple[float, float]:
    """Weighted SD and mean of the outcome among the people of a model."""
    asked = of.fitter.asker.asked(spec)
    if asked.sample.is_imputed(spec.outcome):
        raise NotEstimableError("the outcome is imputed: no one standard deviation")
    people = asked.people()
    values = people.take(asked.sample.values(spec.outcome))
    return spread(people, values), float(np.average(values, weights=people.weights))


def _e_value(
    estimator: str, numbers: dict[str, float], sd: float, common: bool
) -> tuple[str, e_values.EValue]:
    ratio = (numbers["estimate"], numbers["conf_low"], numbers["conf_high"])
    if estimator == "linear":
        return DIFFERENCE, e_values.of_difference(numbers["estimate"], numbers["se"], sd)
    if estimator == "poisson":
        return RISK_RATIO, e_values.of_risk_ratio(*ratio)
    return (COMMON if common else RARE), e_values.of_odds_ratio(*ratio, common=common)

"""Outcomes and exposures of which the answer is known beforehand (controls.csv)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from b12sarc.sensitivity.models import MODEL, Departures, spread
from b12sarc.specification import Specification

CONTROLS = (
    *("control", "expected", *MODEL, "n", "events", "p_value", "scale"),
    *("d", "d_low", "d_high", "seen", "reason"),
)
"""Columns of controls.csv, in order."""

NEGATIVE, POSITIVE, NEGATIVE_EXPOSURE = "negative", "positive", "negative exposure"
AS_EXPECTED, NOT_AS_EXPECTED, UNCLEAR = "as expected", "not as expected", "unclear"
PER_LOG_ODDS = np.sqrt(3) / np.pi
"""Standard deviations of a logistic outcome in one log odds (Chinn 2000, Statistics in Medicine 19:3127)."""


def control_rows(of: Departures) -> Iterator[dict[str, object]]:
    """Yield every control: its association in standard deviations of the outcome, and whether it is as known.

    A difference in means over the weighted SD of the outcome; of a binary outcome, log odds ratio times
    ``sqrt(3) / pi``. Every exposure is stated so that a positive number goes with worse status.
    """
    spec = of.spec.controls
    if spec is None:
        return
    asked = [(NEGATIVE, outcome, exposure) for outcome in spec.negative for exposure in of.spec.exposures]
    asked += [(POSITIVE, outcome, exposure) for outcome in spec.positive for exposure in of.spec.exposures]
    asked += [
        (NEGATIVE_EXPOSURE, o, exposure) for exposure in spec.negative_exposures for o in of.spec.outcomes
    ]
    for control, outcome, exposure in asked:
        binary = of.sample.quantity(outcome).kind == "binary"
        model = of.specification(outcome, exposure, "logistic" if binary else "linear")
        expected = "association" if control == POSITIVE else "none"
        head = {"control": control, "expected": expected}
        yield from ({**head, **row} for row in _rows(of, model, expected))


def _rows(of: Departures, spec: Specification, expected: str) -> Iterator[dict[str, object]]:
    named = {"cohort": of.sample.cohort, **spec.key()}
    model = of.fitted(spec)
    if isinstance(model, str):
        yield {**named, "reason": model}
        return
    asked = of.fitter.asker.asked(spec)
    if asked.sample.is_imputed(spec.outcome):
        yield {**named, "reason": "the outcome is imputed: no one standard deviation"}
        return
    people = asked.people()
    linear = spec.estimator == "linear"
    unit = 1 / spread(people, people.take(asked.sample.values(spec.outcome))) if linear else PER_LOG_ODDS
    for row in of.rows(spec, model):
        d, low, high = (unit * float(str(row[name])) for name in ("coef", "coef_low", "coef_high"))
        scale = "difference / SD" if linear else "log odds ratio x sqrt(3) / pi"
        seen = _seen(low, high, expected)
        yield {**row, "scale": scale, "d": d, "d_low": low, "d_high": high, "seen": seen}


def _seen(low: float, high: float, expected: str) -> str:
    if not low <= high:
        return ""
    if expected == "none":
        return AS_EXPECTED if low <= 0 <= high else NOT_AS_EXPECTED
    return AS_EXPECTED if low > 0 else NOT_AS_EXPECTED if high < 0 else UNCLEAR

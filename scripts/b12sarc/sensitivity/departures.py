"""Every option beside the main estimate (sensitivity.csv)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import FittedModel
from b12sarc.inference import NotEstimableError
from b12sarc.options import DoesNotApplyError
from b12sarc.sensitivity.models import MODEL, Departures
from b12sarc.specification import Specification

NUMBERS = ("n", "events", "df", "coef", "se", "p_value", "estimate", "conf_low", "conf_high")
SENSITIVITY = (
    *("option", "label", *MODEL, "fitted_outcome", "fitted_exposure", "status", "reason"),
    *("n_dropped", "n_unknown", *NUMBERS, *(f"{name}_main" for name in NUMBERS), "change"),
)
"""Columns of sensitivity.csv, in order."""

CHANGED = "changed"
CHANGES_NOBODY = "changes nobody"
DOES_NOT_APPLY = "does not apply"
NOT_ESTIMABLE = "not estimable"


def option_rows(of: Departures) -> Iterator[dict[str, object]]:
    """Yield each option x main model x term of its exposure.

    ``change`` is the estimate of the option less the main one; of ratios, the one over the other.
    """
    for spec, model in of.main():
        main = of.rows(spec, model)
        for name, option in of.spec.options.items():
            asked = replace(spec, option=name)
            head = {"option": name, "label": option.label}
            for row in main:
                named = {column: row[column] for column in MODEL}
                beside = {f"{number}_main": row[number] for number in NUMBERS}
                beside[SMALLEST_CELL] = row[SMALLEST_CELL]
                yield {**head, **named, **beside, **_departed(of, asked, str(row["term"]), model)}


def _departed(of: Departures, asked: Specification, term: str, main: FittedModel) -> dict[str, object]:
    try:
        nobody = of.fitter.asker.changes_nobody(asked)
        dropped, unknown = of.fitter.asker.dropped(asked)
    except DoesNotApplyError as error:
        return {"status": DOES_NOT_APPLY, "reason": error.reason}
    except NotEstimableError as error:
        return {"status": NOT_ESTIMABLE, "reason": error.reason}
    fitted = of.fitter.asker.asked(asked).spec
    said: dict[str, object] = {
        SMALLEST_CELL: 0,
        "fitted_outcome": fitted.outcome,
        "fitted_exposure": fitted.exposure,
        "n_dropped": dropped,
        "n_unknown": unknown,
    }
    model = main if nobody else of.fitted(asked)
    if isinstance(model, str):
        return {**said, "status": NOT_ESTIMABLE, "reason": model}
    wanted = term.replace(asked.exposure, fitted.exposure, 1)
    rows = {str(row["term"]): row for row in of.rows(asked, model)}
    row = rows.get(term if nobody else wanted)
    if row is None:
        return {
            **said,
            "status": NOT_ESTIMABLE,
            "reason": model.apart.get(wanted, f"{wanted}: nobody has it"),
        }
    numbers = {name: row[name] for name in NUMBERS}
    counted = (dropped, unknown) if of.spec.options[asked.option].keep else ()
    numbers[SMALLEST_CELL] = min(model.smallest_cell, main.smallest_cell, *counted)
    return {**said, "status": CHANGES_NOBODY if nobody else CHANGED, **numbers}

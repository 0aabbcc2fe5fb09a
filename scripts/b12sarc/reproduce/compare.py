"""Each printed number beside the computed one, and whether they agree (reproduction.csv)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from b12sarc.derive import Derived, derive
from b12sarc.estimators import Estimate
from b12sarc.harmonise import Read, harmonise
from b12sarc.reproduce.numbers import numbers
from b12sarc.reproduce.tables import COLUMNS, DIFFERS, NOT_COMPUTED, REPRODUCED, WITHIN
from b12sarc.sample import Sample
from b12sarc.spec import Project
from b12sarc.spec.availability import why_unavailable
from b12sarc.spec.reproduction import COUNT, PART_OF_STATISTIC, Reproduction, Statistic, digits

_NUMBER_OF_PART = {"printed": "estimate", "se": "se", "conf_low": "conf_low", "conf_high": "conf_high"}
_WORD_OF_PART = {"printed": "", "se": " SE", "conf_low": " lower limit", "conf_high": " upper limit"}


def reproduce(
    study: Project,
    reproduction: Reproduction,
    read: Read,
    absent: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Return a row for each printed number, columns :data:`~b12sarc.reproduce.tables.COLUMNS`.

    ``tolerance`` is half a unit of the last printed digit, or the stated one where that is larger. A number
    is ``reproduced`` where it rounds to the printed digits, ``within tolerance`` or ``differs`` otherwise;
    ``not computed`` says why in ``note``. Nothing is fitted to a printed number.

    Args:
        study: the project cut down to the publication (:func:`b12sarc.spec.study.study_of`).
        reproduction: what was printed.
        read: gives the source tables.
        absent: optional tables that could not be had, (cycle, table) -> why.

    Raises:
        B12SarcError: the tables do not fit the cohort.
    """
    (name,) = study.cohorts
    cohort = study.cohorts[name].without(absent or {})
    study = replace(study, cohorts={name: cohort})
    asked = {v for step in reproduction.population for v in (*step.measured, *_read_by(step.keep))}
    lacking = [why for v in sorted(asked) if (why := why_unavailable(study, name, v))]
    if lacking:
        return _table(reproduction, _unanswered(reproduction, "; ".join(dict.fromkeys(lacking))))
    done = harmonise(cohort, study.dictionary, read, study.assays)
    derived = derive(done.frame, done.meta, study, name, done.imputed)
    return _table(reproduction, _answered(study, reproduction, derived))


def _read_by(rule: Any) -> set[str]:
    return rule.variables() if rule is not None else set()


def _answered(study: Project, reproduction: Reproduction, derived: Derived) -> Iterator[dict[str, Any]]:
    left = derived.flow.set_index("step")["n_remaining"]
    for step in reproduction.population:
        if step.printed is not None:
            n = int(left[step.id])
            yield _row(step.id, step.description, COUNT, "", step.printed, float(n), n)
    sample = Sample.of(derived.frame, derived.meta, study, derived.imputed)
    for statistic in reproduction.statistics:
        for group, found in numbers(sample, statistic):
            yield from _rows(statistic, group, found)


def _unanswered(reproduction: Reproduction, reason: str) -> Iterator[dict[str, Any]]:
    """Every printed number, with the reason why none of them can be computed."""
    for step in reproduction.population:
        if step.printed is not None:
            yield _row(step.id, step.description, COUNT, "", step.printed, np.nan, None, note=reason)
    for statistic in reproduction.statistics:
        parts = [getattr(statistic, part) for part in PART_OF_STATISTIC]
        levels = dict.fromkeys(level for part in parts if isinstance(part, dict) for level in part)
        for group in levels or [""]:
            yield from _rows(statistic, group, reason)


def _rows(statistic: Statistic, group: str, found: Estimate | str) -> Iterator[dict[str, Any]]:
    """Yield a row for each part of a statistic that was printed of a group."""
    for part in PART_OF_STATISTIC:
        printed = getattr(statistic, part)
        printed = printed.get(group) if isinstance(printed, dict) else printed
        if printed is None:
            continue
        value = np.nan if isinstance(found, str) else getattr(found, _NUMBER_OF_PART[part]) * statistic.times
        row = _row(
            statistic.id + (f"[{group}]" if group else "") + _WORD_OF_PART[part],
            statistic.label,
            statistic.kind,
            group,
            printed,
            value,
            None if isinstance(found, str) else found.n,
            tolerance=statistic.tolerance,
            note=found if isinstance(found, str) else statistic.note or statistic.tolerance_reason or "",
        )
        yield row | {"part": part, "unit": statistic.unit}


def _row(
    quantity: str,
    label: str,
    kind: str,
    group: str,
    printed: int | float | str,
    computed: float,
    n: int | None,
    *,
    tolerance: float | None = None,
    note: str = "",
) -> dict[str, Any]:
    published, half = float(printed), 0.5 * 10 ** -digits(printed)
    allowed = max(half, tolerance or 0.0)
    difference = computed - published
    if np.isnan(computed):
        status = NOT_COMPUTED
    elif abs(difference) <= half * (1 + 1e-9):
        status = REPRODUCED
    else:
        status = WITHIN if abs(difference) <= allowed * (1 + 1e-9) else DIFFERS
    return {
        "quantity": quantity,
        "label": label,
        "kind": kind,
        "group": group,
        "part": "printed",
        "unit": "",
        "published": str(printed),
        "computed": computed,
        "difference": difference,
        "tolerance": allowed,
        "status": status,
        "n": n,
        "note": note if status != REPRODUCED else "",
    }


def _table(reproduction: Reproduction, rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    source = f"{reproduction.source.citation}: {reproduction.source.where}"
    head = {"id": reproduction.id, "source": source, "title": reproduction.title}
    return pd.DataFrame([head | row for row in rows], columns=list(COLUMNS)).astype({"n": "Int64"})

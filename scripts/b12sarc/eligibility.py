"""Who is in the domain, and how many people are lost at each step on the way to it and beyond."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import pandas as pd

from b12sarc.errors import B12SarcError
from b12sarc.rules import Columns, evaluate
from b12sarc.spec import Analysis, Step

Reasons = Mapping[str, str | None]
"""Variable or definition -> why the cohort does not have it, naming what is missing; None: it has it."""

FLOW = ("step", "description", "n_excluded", "n_remaining", "weighted_remaining")


def in_domain(columns: Columns, analysis: Analysis, reasons: Reasons, where: str) -> pd.Series:
    """Return who meets every domain step of the population; unknown is not in the domain.

    Args:
        columns: the cohort's columns that the steps read, and ``weight``.
        analysis: holds the population.
        reasons: what the cohort does not have.
        where: cohort, for messages.

    Returns:
        A ``bool`` series: every row of the survey is there, marked.

    Raises:
        B12SarcError: a step reads what the cohort does not have, or leaves nobody.
    """
    mask = columns["weight"].notna()
    for step in analysis.population.domain:
        lacking = _lacking(step, analysis, reasons)
        if lacking:
            what = f"the domain cannot be formed: {lacking}"
            raise B12SarcError.at(f"{where}: population.domain.{step.id}", what, "change population.domain")
        before, mask = int(mask.sum()), mask & _keeps(step, columns, analysis)
        if not mask.any():
            what = f"the domain is empty: this step excludes all of the {before} persons before it"
            fix = "check the step, and that its variables have the units and codes it expects"
            raise B12SarcError.at(f"{where}: population.domain.{step.id}", what, fix)
    return mask


def flow(
    columns: Columns, analysis: Analysis, reasons: Reasons, left_out: Collection[str] = ()
) -> pd.DataFrame:
    """Return a row for everybody in the survey, then one for each domain and analytic step, in order.

    A step that reads what the cohort does not have excludes nobody and says so; a covariate in ``left_out``
    is not asked for, and that is said too.

    Returns:
        Columns :data:`FLOW`; ``weighted_remaining`` is the sum of the combined weights, in persons.
    """
    weight = columns["weight"]
    mask = weight.notna()
    rows = [("survey", "Everybody in the survey", 0, len(weight), weight.sum())]
    for step in (*analysis.population.domain, *analysis.population.analytic):
        lacking = _lacking(step, analysis, reasons, left_out)
        kept = mask if lacking else mask & _keeps(step, columns, analysis, left_out)
        without = ", ".join(name for name in _reads(step, analysis) if name in left_out)
        said = f"not applied: {lacking}" if lacking else f"without {without}" if without else ""
        description = f"{step.description} ({said})" if said else step.description
        excluded = int(mask.sum() - kept.sum())
        rows.append((step.id, description, excluded, int(kept.sum()), weight[kept].sum()))
        mask = kept
    return pd.DataFrame(rows, columns=list(FLOW))


def _keeps(step: Step, columns: Columns, analysis: Analysis, left_out: Collection[str] = ()) -> pd.Series:
    if step.keep is not None:
        return evaluate(step.keep, columns).fillna(False).astype(bool)
    if step.examined:
        return columns["weight"] > 0
    known = [columns[name].notna() for name in _reads(step, analysis) if name not in left_out]
    return pd.Series(np.logical_and.reduce(known), index=columns["weight"].index)


def _reads(step: Step, analysis: Analysis) -> Iterator[str]:
    """Yield every variable that the step reads, in a fixed order."""
    if step.keep is not None:
        yield from sorted(step.keep.variables())
    yield from step.measured
    if step.covariates_of is not None:
        yield from (term.var for term in analysis.terms(step.covariates_of))


def _lacking(step: Step, analysis: Analysis, reasons: Reasons, left_out: Collection[str] = ()) -> str:
    """Return what the step reads and the cohort does not have, and why; ``""`` for nothing."""
    asked = (name for name in _reads(step, analysis) if name not in left_out)
    return "; ".join(reason for name in asked if (reason := reasons.get(name)))

"""Add the exposures, outcomes and covariates that the cohort can answer, the domain, and the flow into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import pandas as pd

from b12sarc.definitions import Made, make
from b12sarc.eligibility import Reasons, flow, in_domain
from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import DOMAIN, ColumnInfo, FrameMeta
from b12sarc.rules import Columns
from b12sarc.spec import Definition, Project
from b12sarc.spec.availability import availability, why_unavailable


@dataclass(frozen=True)
class Derived:
    """A cohort ready for analysis.

    Attributes:
        frame: the harmonised frame, the definitions that the cohort can answer, and ``in_domain``; every row
            of the survey is kept.
        meta: as harmonised, with the new columns and with what is not available.
        flow: eligibility flow (flow.csv).
        definitions: every definition of the project, with the reason where the cohort cannot answer it
            (definitions.csv).
    """

    frame: pd.DataFrame
    meta: FrameMeta
    flow: pd.DataFrame
    definitions: pd.DataFrame


def derive(frame: pd.DataFrame, meta: FrameMeta, project: Project, cohort_id: str) -> Derived:
    """Evaluate every definition that the cohort can answer, and mark the domain.

    Args:
        frame: harmonised frame of the cohort.
        meta: its metadata.
        project: the checked configuration.
        cohort_id: which cohort it is.

    Raises:
        B12SarcError: the domain is empty; exposures have one level in it; a logarithm of a value that is not
            above 0; a definition that has the name of a column.
    """
    where = f"cohort {cohort_id}"
    reasons: dict[str, str | None] = {
        name: why_unavailable(project, cohort_id, name) for name in project.dictionary.variables
    }
    reasons |= availability(project, cohort_id)
    _check_names(project, frame, where)
    columns: dict[str, pd.Series] = {str(name): frame[name] for name in frame}
    made = _make_all(project, columns, reasons, where)
    _check_exposures(project, columns, reasons, where)
    answered = [name for name in project.definitions.definitions if name in made]
    return Derived(
        pd.DataFrame({name: columns[name] for name in (*frame, *answered, DOMAIN)}),
        _meta(meta, project, made, reasons),
        flow(columns, project.analysis, reasons),
        _catalogue(project, cohort_id, reasons),
    )


def _check_names(project: Project, frame: pd.DataFrame, where: str) -> None:
    taken = {*frame.columns, DOMAIN}
    clash = [name for name in project.definitions.definitions if name in taken]
    if clash:
        what = "a column of the frame has this name already"
        raise B12SarcError(Problem(f"{where}: definitions.{name}", what, "rename it") for name in clash)


def _make_all(
    project: Project, columns: dict[str, pd.Series], reasons: Reasons, where: str
) -> dict[str, Made]:
    """Add every available definition and the domain to ``columns``.

    An index is standardised over the domain, so the domain is formed as soon as the first index is met; the
    steps of the domain cannot read an index.
    """
    definitions, made = project.definitions.definitions, {}
    before, after = _in_order(definitions, reasons)
    for name in before:
        made[name] = make(definitions[name], columns, reasons, f"{where}: definitions.{name}")
        columns[name] = made[name].values
    barred = {name: f"{name}: made within the domain itself" for name in after}
    columns[DOMAIN] = in_domain(columns, project.analysis, {**reasons, **barred}, where)
    for name in after:
        made[name] = make(definitions[name], columns, reasons, f"{where}: definitions.{name}")
        columns[name] = made[name].values
    return made


def _in_order(definitions: Mapping[str, Definition], reasons: Reasons) -> tuple[list[str], list[str]]:
    """Return the available definitions, each after what it reads: without, then with an index behind."""
    reads = {n: d.variables() & set(definitions) for n, d in definitions.items() if not reasons.get(n)}
    before: list[str] = []
    after: list[str] = []
    for name in TopologicalSorter(reads).static_order():
        if reasons.get(name):
            continue
        late = definitions[name].components is not None or reads[name] & set(after)
        (after if late else before).append(name)
    return before, after


def _check_exposures(project: Project, columns: Columns, reasons: Reasons, where: str) -> None:
    problems = []
    for name in project.analysis.models.exposures:
        if reasons.get(name):
            continue
        known = columns[name][columns[DOMAIN]].dropna()
        if known.nunique() < 2:
            values = f"all {len(known)} known values are '{known.iloc[0]}'" if len(known) else "none is known"
            what = f"an exposure needs two levels in the domain: {values}"
            fix = "check its cut-off and the unit of the variable, or take it out of models.exposures"
            problems.append(Problem(f"{where}: exposure {name}", what, fix))
    if problems:
        raise B12SarcError(problems)


def _meta(meta: FrameMeta, project: Project, made: Mapping[str, Made], reasons: Reasons) -> FrameMeta:
    columns = dict(meta.columns)
    for name, definition in project.definitions.definitions.items():
        if name in made:
            kind = project.quantity(name).kind
            sources = tuple(sorted(v for v in definition.variables() if not reasons.get(v)))
            note = "; ".join(filter(None, (definition.citation, made[name].note)))
            columns[name] = ColumnInfo(definition.label, kind, definition.unit, sources, note)
    columns[DOMAIN] = ColumnInfo(project.analysis.population.title, "domain")
    refused = {n: r for n, r in reasons.items() if r and n in project.definitions.definitions}
    unavailable = {**meta.unavailable, **refused}
    return replace(meta, stage="analysis", columns=columns, unavailable=unavailable)


def _catalogue(project: Project, cohort_id: str, reasons: Reasons) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cohort": cohort_id,
            "definition": name,
            "label": definition.label,
            "roles": " ".join(definition.roles),
            "kind": definition.kind,
            "available": not reasons.get(name),
            "reason": reasons.get(name) or "",
        }
        for name, definition in project.definitions.definitions.items()
    )

"""Add the exposures, outcomes and covariates that the cohort can answer, the domain, and the flow into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import pandas as pd

from b12sarc.completed import MakeAll, check_steps, imputed_names, known_in_all, made_from, make_imputed
from b12sarc.definitions import Made, make
from b12sarc.eligibility import Reasons, flow, in_domain
from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import DOMAIN, ColumnInfo, FrameMeta, no_imputations
from b12sarc.rules import Columns
from b12sarc.spec import Definition, Project
from b12sarc.spec.availability import availability, missing_cycles, why_unavailable

Lacking = Mapping[str, Mapping[str, str]]
"""Variable or definition -> cycle -> why it cannot be told in that cycle."""


@dataclass(frozen=True)
class Derived:
    """A cohort ready for analysis.

    Attributes:
        frame: the harmonised frame, the definitions that the cohort can answer, and ``in_domain``; every row
            of the survey is kept. Nothing that is imputed, or made from it, is in it.
        meta: as harmonised, with the new columns and with what is not available.
        flow: eligibility flow (flow.csv).
        definitions: every definition of the project, with the cycles that answer it, or the reason why none
            does (definitions.csv).
        imputed: a row for each imputation of each person who has them: ``person_id``, ``imputation``, the
            imputed variables, and the definitions made from them. Without any, no rows.
    """

    frame: pd.DataFrame
    meta: FrameMeta
    flow: pd.DataFrame
    definitions: pd.DataFrame
    imputed: pd.DataFrame


def derive(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    cohort_id: str,
    imputed: pd.DataFrame | None = None,
) -> Derived:
    """Evaluate every definition that the cohort can answer, and mark the domain.

    Args:
        frame: harmonised frame of the cohort.
        meta: its metadata.
        project: the checked configuration.
        cohort_id: which cohort it is.
        imputed: long frame of its imputed variables.

    Raises:
        B12SarcError: who is in the population depends on an imputed value; the domain is empty; exposures
            have one level in it; a logarithm of a value that is not above 0; a definition that has the name
            of a column.
    """
    where = f"cohort {cohort_id}"
    project = _without_absent(project, cohort_id, meta)
    reasons: dict[str, str | None] = {
        name: why_unavailable(project, cohort_id, name) for name in project.dictionary.variables
    }
    reasons |= availability(project, cohort_id)
    lacking = missing_cycles(project, cohort_id)
    _check_names(project, frame, where)
    columns: dict[str, pd.Series] = {str(name): frame[name] for name in frame}
    definitions, names = project.definitions.definitions, imputed_names(imputed)
    many = made_from(names, definitions)
    check_steps(project.analysis, {*names, *many}, where)
    once, again = _two_rounds(project, reasons, many, where, lacking)
    made = once(columns)
    answered = [name for name in definitions if name in made]
    long, made_again = make_imputed(no_imputations() if imputed is None else imputed, columns, again)
    _check_exposures(project, columns, reasons, where)
    return Derived(
        pd.DataFrame({name: columns[name] for name in (*frame, *answered, DOMAIN)}),
        _meta(meta, project, made | made_again, reasons, long),
        flow(columns | known_in_all(long, columns), project.analysis, reasons),
        _catalogue(project, cohort_id, reasons, lacking),
        long,
    )


def _without_absent(project: Project, cohort_id: str, meta: FrameMeta) -> Project:
    """Return the project as it is without the tables that the archive did not have."""
    said = meta.design.get("absent", {})
    absent = {tuple(key.rsplit(" ", 1)): why for key, why in said.items()} if isinstance(said, dict) else {}
    cohort = project.cohorts[cohort_id].without({(c, t): why for (c, t), why in absent.items()})
    return replace(project, cohorts={**project.cohorts, cohort_id: cohort})


def _two_rounds(
    project: Project, reasons: Reasons, many: set[str], where: str, lacking: Lacking
) -> tuple[MakeAll, MakeAll]:
    """Return what makes the definitions that each person has once, and the others, in one imputation.

    An index is standardised over the domain, so the domain is formed as soon as the first index is met; the
    steps of the domain cannot read an index.
    """
    definitions = project.definitions.definitions
    before, after = _in_order(definitions, reasons)

    def add(names: list[str], columns: dict[str, pd.Series]) -> dict[str, Made]:
        made = {}
        for name in names:
            made[name] = _made(definitions[name], name, columns, reasons, where, lacking)
            columns[name] = made[name].values
        return made

    def once(columns: dict[str, pd.Series]) -> dict[str, Made]:
        made = add([name for name in before if name not in many], columns)
        barred = {name: f"{name}: made within the domain itself" for name in after}
        columns[DOMAIN] = in_domain(columns, project.analysis, {**reasons, **barred}, where)
        return made | add([name for name in after if name not in many], columns)

    def again(columns: dict[str, pd.Series]) -> dict[str, Made]:
        return add([name for name in (*before, *after) if name in many], columns)

    return once, again


def _check_names(project: Project, frame: pd.DataFrame, where: str) -> None:
    taken = {*frame.columns, DOMAIN}
    clash = [name for name in project.definitions.definitions if name in taken]
    if clash:
        what = "a column of the frame has this name already"
        raise B12SarcError(Problem(f"{where}: definitions.{name}", what, "rename it") for name in clash)


def _made(
    definition: Definition, name: str, columns: Columns, reasons: Reasons, where: str, lacking: Lacking
) -> Made:
    """Make a definition; in a cycle that cannot answer it, it is missing for everybody."""
    made = make(definition, columns, reasons, f"{where}: definitions.{name}")
    if name not in lacking:
        return made
    values = made.values.mask(columns["cycle"].isin(list(lacking[name])))
    return Made(values, "; ".join(filter(None, (made.note, f"not in {', '.join(lacking[name])}"))))


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
        if reasons.get(name) or name not in columns:  # imputed: each model finds out by itself
            continue
        known = columns[name][columns[DOMAIN]].dropna()
        if known.nunique() < 2:
            values = f"all {len(known)} known values are '{known.iloc[0]}'" if len(known) else "none is known"
            what = f"an exposure needs two levels in the domain: {values}"
            fix = "check its cut-off and the unit of the variable, or take it out of models.exposures"
            problems.append(Problem(f"{where}: exposure {name}", what, fix))
    if problems:
        raise B12SarcError(problems)


def _meta(
    meta: FrameMeta, project: Project, made: Mapping[str, Made], reasons: Reasons, long: pd.DataFrame
) -> FrameMeta:
    definitions, known = project.definitions.definitions, dict(meta.columns)
    for name in (name for part in _in_order(definitions, reasons) for name in part if name in made):
        definition = definitions[name]
        sources = tuple(sorted(v for v in definition.variables() if not reasons.get(v)))
        note = "; ".join(filter(None, (definition.citation, made[name].note)))
        info = ColumnInfo(definition.label, project.quantity(name).kind, definition.unit, sources, note)
        known[name] = replace(info, subsample=_subsamples(known, sources))
    columns = {**meta.columns, **{name: known[name] for name in definitions if name in made}}
    columns[DOMAIN] = ColumnInfo(project.analysis.population.title, "domain")
    refused = {n: r for n, r in reasons.items() if r and n in definitions}
    unavailable = {**meta.unavailable, **refused}
    columns |= {name: replace(columns[name], imputed=True) for name in imputed_names(long) if name in columns}
    return replace(meta, stage="analysis", columns=columns, unavailable=unavailable)


def _subsamples(columns: Mapping[str, ColumnInfo], sources: tuple[str, ...]) -> str:
    """Return the parts of the sample in which the sources of a definition were measured."""
    named = (columns[source].subsample.split() for source in sources if source in columns)
    return " ".join(dict.fromkeys(name for names in named for name in names))


def _catalogue(project: Project, cohort_id: str, reasons: Reasons, lacking: Lacking) -> pd.DataFrame:
    cycles = project.cohorts[cohort_id].cycles
    return pd.DataFrame(
        {
            "cohort": cohort_id,
            "definition": name,
            "label": definition.label,
            "roles": " ".join(definition.roles),
            "kind": definition.kind,
            "available": not reasons.get(name),
            "reason": reasons.get(name) or "",
            "cycles": " ".join(cycle for cycle in cycles if cycle not in lacking.get(name, ())),
        }
        for name, definition in project.definitions.definitions.items()
    )

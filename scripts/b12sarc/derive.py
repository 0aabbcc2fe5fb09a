"""Add the exposures, outcomes and covariates that the cohort can answer, the domain, and the flow into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import pandas as pd

from b12sarc.completed import check_steps, known_in_all
from b12sarc.definitions import Made, make
from b12sarc.eligibility import Reasons, flow, in_domain
from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import DOMAIN, ColumnInfo, FrameMeta, no_imputations
from b12sarc.rules import Columns
from b12sarc.spec import Definition, Project
from b12sarc.spec.availability import availability, missing_cycles, terms_left_out, why_unavailable

Lacking = Mapping[str, Mapping[str, str]]
"""Variable or definition -> cycle -> why it cannot be told in that cycle."""


@dataclass(frozen=True)
class Derived:
    """A cohort ready for analysis.

    Attributes:
        frame: the harmonised frame, the definitions that the cohort can answer, and ``in_domain``; every row
            of the survey is kept.
        meta: as harmonised, with the new columns and with what is not available.
        flow: eligibility flow (flow.csv).
        definitions: every definition of the project, with the cycles that answer it, or the reason why none
            does (definitions.csv).
        imputed: as harmonised, with the definitions that rest on an imputed variable, imputation by
            imputation; they are not in ``frame``.
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
        imputed: its long table of imputations.

    Raises:
        B12SarcError: the population depends on an imputed value; the domain is empty; exposures have one
            level in it; a logarithm of a value not above 0; a definition that has the name of a column.
    """
    where = f"cohort {cohort_id}"
    project = _as_fetched(project, cohort_id, meta)
    reasons: dict[str, str | None] = {
        name: why_unavailable(project, cohort_id, name) for name in project.dictionary.variables
    }
    reasons |= availability(project, cohort_id)
    lacking = missing_cycles(project, cohort_id)
    _check_names(project, frame, where)
    rest_on_draws = resting_on(project.definitions.definitions, project.cohorts[cohort_id].imputed())
    check_steps(project.analysis, rest_on_draws, where)
    measured = {**reasons, **{name: f"{name}: imputed" for name in rest_on_draws}}
    frame, imputed = _within_population(frame, imputed, lacking, len(project.cohorts[cohort_id].cycles))
    columns: dict[str, pd.Series] = {str(name): frame[name] for name in frame}
    made = _make_all(project, columns, measured, where, lacking)
    _check_exposures(project, columns, measured, where)
    long, drawn = _from_draws(project, columns, imputed, (reasons, measured, lacking), where)
    answered = [name for name in project.definitions.definitions if name in made]
    return Derived(
        pd.DataFrame({name: columns[name] for name in (*frame, *answered, DOMAIN)}),
        _meta(meta, project, {**made, **drawn}, reasons, rest_on_draws),
        flow(columns | known_in_all(long, columns), project.analysis, reasons, _left_out(project, cohort_id)),
        _catalogue(project, cohort_id, reasons, lacking),
        long,
    )


def _within_population(
    frame: pd.DataFrame, imputed: pd.DataFrame | None, lacking: Lacking, n_cycles: int
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Blank a variable in the cycles in which it cannot speak for the population; leave it out if in none."""
    cycle = frame["cycle"].astype("str")

    def told(table: pd.DataFrame, its_cycle: pd.Series) -> pd.DataFrame:
        names = [name for name in table if name in lacking]
        blank = {name: table[name].mask(its_cycle.isin(list(lacking[name]))) for name in names}
        return table.assign(**blank).drop(columns=[n for n in names if len(lacking[n]) == n_cycles])

    if imputed is None or imputed.empty:
        return told(frame, cycle), imputed
    return told(frame, cycle), told(imputed, imputed["person_id"].map(cycle.set_axis(frame["person_id"])))


def _as_fetched(project: Project, cohort_id: str, meta: FrameMeta) -> Project:
    """Return the project with the cohort as it is without the tables that could not be had."""
    said = meta.design.get("absent")
    absent = (
        {(c, t): why for key, why in said.items() for c, t in [key.split(" ", 1)]}
        if isinstance(said, dict)
        else {}
    )
    cohort = project.cohorts[cohort_id].without(absent)
    return replace(project, cohorts={**project.cohorts, cohort_id: cohort})


def _from_draws(
    project: Project,
    columns: Columns,
    imputed: pd.DataFrame | None,
    known: tuple[Reasons, Reasons, Lacking],
    where: str,
) -> tuple[pd.DataFrame, dict[str, Made]]:
    """Return the imputations with the definitions that rest on them, each in its own completed data set."""
    reasons, measured, lacking = known
    definitions = project.definitions.definitions
    order = [name for part in _in_order(definitions, reasons) for name in part if measured.get(name)]
    if imputed is None or imputed.empty:
        return (no_imputations() if imputed is None else imputed), {}
    parts, made = [], {}
    for _, draw in imputed.groupby("imputation", sort=True):
        here = draw.set_index("person_id").drop(columns="imputation")
        completed = dict(columns)
        for name in here:
            completed[name] = columns["person_id"].map(here[name])
        for name in order:
            made[name] = _made(definitions[name], name, completed, reasons, where, lacking)
            completed[name] = made[name].values
        rows = columns["person_id"].isin(here.index)
        data = {name: completed[name][rows] for name in ("person_id", *here, *order)}
        parts.append(pd.DataFrame(data).assign(imputation=draw["imputation"].iloc[0]))
    long = pd.concat(parts, ignore_index=True).sort_values(["person_id", "imputation"], ignore_index=True)
    return long[["person_id", "imputation", *(c for c in long if c not in ("person_id", "imputation"))]], made


@dataclass(frozen=True)
class Remaking:
    """How to make anew, in a completed data set, the definitions that rest on variables that had gaps.

    Attributes:
        names: these definitions, each after what it reads.
    """

    names: tuple[str, ...]
    _project: Project
    _reasons: Reasons
    _lacking: Lacking
    _where: str

    @classmethod
    def of(
        cls, project: Project, cohort_id: str, meta: FrameMeta, replaced: set[str], kept: Iterable[str]
    ) -> Remaking:
        """Find what is to be made anew.

        Args:
            project: the checked configuration.
            cohort_id: which cohort it is.
            meta: of its frame.
            replaced: variables and definitions that have other values.
            kept: definitions that are not made anew: they have been replaced themselves.
        """
        project = _as_fetched(project, cohort_id, meta)
        reasons: dict[str, str | None] = {
            name: why_unavailable(project, cohort_id, name) for name in project.dictionary.variables
        }
        reasons |= availability(project, cohort_id)
        definitions = project.definitions.definitions
        wanted = resting_on(definitions, replaced) - set(kept)
        order = [name for part in _in_order(definitions, reasons) for name in part if name in wanted]
        lacking = missing_cycles(project, cohort_id)
        return cls(tuple(order), project, reasons, lacking, f"cohort {cohort_id}")

    def make(self, columns: Columns) -> dict[str, pd.Series]:
        """Return the definitions, from columns that hold the values that take the place of the old ones."""
        columns, made = dict(columns), {}
        for name in self.names:
            definition = self._project.definitions.definitions[name]
            made[name] = _made(definition, name, columns, self._reasons, self._where, self._lacking).values
            columns[name] = made[name]
        return made


def resting_on(definitions: Mapping[str, Definition], variables: set[str]) -> set[str]:
    """Return ``variables`` and the definitions that are made from them, at whatever remove."""
    found = set(variables)
    while more := {n for n, d in definitions.items() if n not in found and d.variables() & found}:
        found |= more
    return found


def _check_names(project: Project, frame: pd.DataFrame, where: str) -> None:
    taken = {*frame.columns, DOMAIN}
    clash = [name for name in project.definitions.definitions if name in taken]
    if clash:
        what = "a column of the frame has this name already"
        raise B12SarcError(Problem(f"{where}: definitions.{name}", what, "rename it") for name in clash)


def _make_all(
    project: Project, columns: dict[str, pd.Series], reasons: Reasons, where: str, lacking: Lacking
) -> dict[str, Made]:
    """Add every available definition and the domain to ``columns``.

    An index is standardised over the domain, so the domain is formed as soon as the first index is met; the
    steps of the domain cannot read an index.
    """
    definitions, made = project.definitions.definitions, {}
    before, after = _in_order(definitions, reasons)
    for name in before:
        made[name] = _made(definitions[name], name, columns, reasons, where, lacking)
        columns[name] = made[name].values
    barred = {name: f"{name}: made within the domain itself" for name in after}
    columns[DOMAIN] = in_domain(columns, project.analysis, {**reasons, **barred}, where)
    for name in after:
        made[name] = _made(definitions[name], name, columns, reasons, where, lacking)
        columns[name] = made[name].values
    return made


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
        if reasons.get(name) or name not in columns:  # a published table has only what it reads
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
    meta: FrameMeta, project: Project, made: Mapping[str, Made], reasons: Reasons, imputed: set[str]
) -> FrameMeta:
    definitions, known = project.definitions.definitions, dict(meta.columns)
    for name in (name for part in _in_order(definitions, reasons) for name in part if name in made):
        definition = definitions[name]
        sources = tuple(sorted(v for v in definition.variables() if not reasons.get(v)))
        note = "; ".join(filter(None, (definition.citation, made[name].note)))
        info = ColumnInfo(definition.label, project.quantity(name).kind, definition.unit, sources, note)
        known[name] = replace(info, subsample=_subsamples(known, sources), imputed=name in imputed)
    kept = {name: info for name, info in meta.columns.items() if not reasons.get(name)}
    columns = {**kept, **{name: known[name] for name in definitions if name in made}}
    columns[DOMAIN] = ColumnInfo(project.analysis.population.title, "domain")
    refused = {n: r for n, r in reasons.items() if r and n in definitions}
    refused |= {n: r.removeprefix(f"{n}: ") for n, r in reasons.items() if r and n in meta.columns}
    unavailable = {**meta.unavailable, **refused}
    return replace(meta, stage="analysis", columns=columns, unavailable=unavailable)


def _subsamples(columns: Mapping[str, ColumnInfo], sources: tuple[str, ...]) -> str:
    """Return the parts of the sample in which the sources of a definition were measured."""
    named = (columns[source].subsample.split() for source in sources if source in columns)
    return " ".join(dict.fromkeys(name for names in named for name in names))


def _left_out(project: Project, cohort_id: str) -> set[str]:
    """Return covariates that the flow does not ask for, because the cohort cannot have them."""
    sets = {step.covariates_of for step in project.analysis.population.analytic if step.covariates_of}
    terms = [term for name in sorted(sets) for term in project.analysis.terms(name)]
    return set(terms_left_out(project, cohort_id, terms))


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

"""The result files of a run, read once for figures, tables, headline and report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from b12sarc.errors import B12SarcError, Problem
from b12sarc.reproduce.tables import read_reproduction
from b12sarc.spec import Cohort, Project
from b12sarc.specification_curve import read_specifications

TABLES = (
    "flow",
    "table1",
    "prevalence",
    "missingness",
    "definitions",
    "harmonisation",
    "not_estimable",
    "model_notes",
    "codebook_check",
)
RUN_TABLES = ("estimates", "feasibility", "meta")

OVER_TIME = {"by_cycle": "over_time", "trends": "trends"}
"""Field -> file of the prevalences by survey cycle, which some cohorts have."""
MULTIVERSE = ("multiverse.parquet", "multiverse_summary.csv", "multiverse_left_out.csv")
"""Files of the multiverse, which a run has if its analysis asks for it."""
CLAIMS = ("claims", "claims_evidence")
"""Tables of the claims, of a run that judges some."""
REPRODUCTION = "reproduction.csv"
"""Published numbers computed again, of a run that asks for some."""
DOSE_RESPONSE = {
    "curves": "dose_response",
    "curve_tests": "dose_response_tests",
    "curve_distribution": "dose_response_distribution",
}
"""Field -> file of the dose-response curves, if they are asked for."""
MARGINAL_EFFECTS = {"margins": "marginal_effects"}
"""Field -> file of standardised means, differences and ratios, if they are asked for."""
IMPUTATION = {"imputation": "imputation", "imputed": "imputation_diagnostics"}
"""Field -> file of pooled terms and of imputed values, if gaps are filled."""
MODIFICATION = {"effect_modification": "effect_modification"}
"""Field -> file of subgroups and tests for interaction, if they are asked for."""
SENSITIVITY = {
    name: name for name in ("e_values", "measurement_error", "bias_analysis", "untested", "controls")
} | {"options": "sensitivity"}
"""Field -> file of the sensitivity analyses, if they are asked for."""
TEXT_COLUMNS = (
    *("cohort", "step", "description", "variable", "label", "level", "level_label", "by", "group"),
    "group_label",
    *("unit", "statistic", "flag", "test", "note", "subgroup", "definition", "roles", "kind", "reason"),
    *("cycle", "table", "columns", "unit_in", "unit_out", "outcome", "exposure", "term", "contrast"),
    *("adjustment", "estimator", "missing", "family", "bridged", "standardisation", "cycles", "not_measured"),
    *("option", "status", "fitted_outcome", "fitted_exposure", "analysis", "source", "control", "expected"),
    "seen",
    *("method", "cohorts", "weights", "left_out", "modifier", "measure", "scale", "comparison", "knots"),
    *("marker", "domain", "claim", "verdict", "expected", "disclosure", "made", "imputation"),
)
"""Columns that are text even where every field is empty."""


@dataclass(frozen=True)
class CohortResults:
    """The tables of one cohort, as they are on disk, and the receipts of its source files.

    ``by_cycle`` and ``trends`` have no rows if the cohort is not followed over its survey cycles; ``curves``,
    ``curve_tests``, ``curve_distribution``, ``margins``, ``effect_modification``, ``imputation``, ``imputed``
    and the sensitivity analyses have none if the analysis does not ask for them.
    """

    cohort: Cohort
    flow: pd.DataFrame
    table1: pd.DataFrame
    prevalence: pd.DataFrame
    missingness: pd.DataFrame
    definitions: pd.DataFrame
    harmonisation: pd.DataFrame
    not_estimable: pd.DataFrame
    model_notes: pd.DataFrame
    codebook_check: pd.DataFrame
    sources: list[dict[str, Any]]
    by_cycle: pd.DataFrame = field(default_factory=pd.DataFrame)
    trends: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve_tests: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve_distribution: pd.DataFrame = field(default_factory=pd.DataFrame)
    margins: pd.DataFrame = field(default_factory=pd.DataFrame)
    effect_modification: pd.DataFrame = field(default_factory=pd.DataFrame)
    imputation: pd.DataFrame = field(default_factory=pd.DataFrame)
    imputed: pd.DataFrame = field(default_factory=pd.DataFrame)
    options: pd.DataFrame = field(default_factory=pd.DataFrame)
    e_values: pd.DataFrame = field(default_factory=pd.DataFrame)
    measurement_error: pd.DataFrame = field(default_factory=pd.DataFrame)
    bias_analysis: pd.DataFrame = field(default_factory=pd.DataFrame)
    untested: pd.DataFrame = field(default_factory=pd.DataFrame)
    controls: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class MultiverseResults:
    """Every specification of the run, what they say together, and what was left out."""

    specifications: pd.DataFrame
    summary: pd.DataFrame
    left_out: pd.DataFrame


@dataclass(frozen=True)
class Run:
    """Everything that results/<run> holds, with the configuration that made it."""

    folder: Path
    project: Project
    estimates: pd.DataFrame
    feasibility: pd.DataFrame
    meta: pd.DataFrame
    cohorts: dict[str, CohortResults]
    multiverse: MultiverseResults | None = None
    claims: pd.DataFrame | None = None
    claims_evidence: pd.DataFrame | None = None
    reproduction: pd.DataFrame | None = None

    @property
    def synthetic(self) -> bool:
        """Whether any cohort of the run is made up."""
        return any(c.cohort.synthetic for c in self.cohorts.values())

    def estimates_of(self, cohort: str) -> pd.DataFrame:
        """Return the estimates of one cohort."""
        return self.estimates[self.estimates["cohort"] == cohort]


def read_run(folder: Path, project: Project) -> Run:
    """Read the result files of every cohort that the configuration names.

    Raises:
        B12SarcError: files that are not there, all of them at once.
    """
    names = project.config.cohorts
    own = {name: folder / f"{name}.csv" for name in RUN_TABLES}
    wanted = list(own.values())
    wanted += [folder / c / f"{table}.csv" for c in names for table in _files(project, c).values()]
    wanted += [folder / c / "sources.json" for c in names]
    wanted += [folder / f"{name}.csv" for name in CLAIMS] if project.claims else []
    wanted += [folder / REPRODUCTION] if _reproduces(project) else []
    wanted += [folder / name for name in MULTIVERSE] if project.analysis.multiverse else []
    _refuse_absent(wanted)
    cohorts = {c: _read_cohort(folder, project, c) for c in names}
    tables = {name: read_table(path) for name, path in own.items()}
    multiverse = _read_multiverse(folder) if project.analysis.multiverse else None
    tables |= {name: read_table(folder / f"{name}.csv") for name in CLAIMS} if project.claims else {}
    tables |= {"reproduction": read_reproduction(folder / REPRODUCTION)} if _reproduces(project) else {}
    return Run(folder, project, cohorts=cohorts, multiverse=multiverse, **tables)


def _reproduces(project: Project) -> bool:
    """Whether the reader asked for published tables: who does not name that key does without them."""
    return bool(getattr(project.config, "reproductions", ()))


def _refuse_absent(paths: Iterable[Path]) -> None:
    absent = [path for path in paths if not path.is_file()]
    if absent:
        fix = "run the pipeline: snakemake --cores all"
        raise B12SarcError(Problem(path.as_posix(), "result file not found", fix) for path in absent)


def _files(project: Project, cohort: str) -> dict[str, str]:
    """Field -> file of the tables that a cohort has."""
    files = dict(zip(TABLES, TABLES, strict=True))
    files |= OVER_TIME if cohort in project.over_time_cohorts() else {}
    files |= SENSITIVITY if project.analysis.sensitivity else {}
    files |= DOSE_RESPONSE if project.analysis.dose_response else {}
    files |= MARGINAL_EFFECTS if project.analysis.marginal_effects else {}
    files |= IMPUTATION if "mi" in project.analysis.models.missing else {}
    return files | (MODIFICATION if project.analysis.effect_modification else {})


def _read_cohort(folder: Path, project: Project, cohort: str) -> CohortResults:
    files = _files(project, cohort)
    tables = {name: read_table(folder / cohort / f"{file}.csv") for name, file in files.items()}
    return CohortResults(cohort=project.cohorts[cohort], sources=read_sources(folder, cohort), **tables)


def _read_multiverse(folder: Path) -> MultiverseResults:
    specifications, summary, left_out = (folder / name for name in MULTIVERSE)
    return MultiverseResults(read_specifications(specifications), read_table(summary), read_table(left_out))


def read_sources(folder: Path, cohort: str) -> list[dict[str, Any]]:
    """Return the receipts of a cohort's source files.

    Raises:
        B12SarcError: the file is not there.
    """
    path = folder / cohort / "sources.json"
    _refuse_absent([path])
    receipts: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return receipts


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV of results; only an empty field is missing, and missing text is ``""``."""
    header = pd.read_csv(path, nrows=0).columns
    text = {c: "str" for c in header if c in TEXT_COLUMNS}
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=text)
    return frame.assign(**{c: frame[c].fillna("") for c in text})


def withheld(row: pd.Series) -> bool:
    """Return whether something of a row is not shown because the cohort's data are restricted."""
    return bool(row.get("disclosure", ""))


def is_suppressed(flag: str) -> bool:
    """Return whether an NCHS flag says that the estimate must not be shown."""
    return flag.startswith("suppress")

"""The real NHANES files of a cohort, taken as far as the analysis frame by the pipeline's own functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from b12sarc.derive import Derived, derive
from b12sarc.harmonise import Harmonised, Read, harmonise
from b12sarc.readers import Table, read_table
from b12sarc.spec import Cohort, Project
from b12sarc.spec.loading import load_project

COHORT = "nhanes_2011_2014"


@dataclass(frozen=True)
class RealCohort:
    """The configuration and the cohort; ``derived.frame`` holds every person of the survey."""

    project: Project
    harmonised: Harmonised
    derived: Derived


def path_of(nhanes_dir: Path, cohort: Cohort, file: str, cycle: str) -> Path:
    """Where a table lies in CDC's layout."""
    described = cohort.files[file]
    begin = described.begin_year or cohort.cycles[cycle].begin_year
    table = described.table_in(cycle)
    return nhanes_dir / cohort.archive.table_path.format(begin_year=begin, table=table)


def reader(nhanes_dir: Path, cohort: Cohort) -> Read:
    """What :func:`b12sarc.harmonise.harmonise` reads the tables with."""

    def read(file: str, cycle: str) -> Table:
        path = path_of(nhanes_dir, cohort, file, cycle)
        return read_table(path, cohort.files[file].format, cohort.raw_columns(file, cycle))

    return read


def absent_tables(nhanes_dir: Path, cohort: Cohort) -> dict[tuple[str, str], str]:
    """Optional tables that are not among the files."""
    return {
        (described.stored_under(cycle), str(described.table_in(cycle))): "not there"
        for file, described in cohort.files.items()
        for cycle in cohort.cycles
        if described.optional and not path_of(nhanes_dir, cohort, file, cycle).is_file()
    }


def read_real_cohort(
    nhanes_dir: Path, root: Path, cycles: tuple[str, ...] = (), name: str = COHORT
) -> RealCohort:
    """Harmonise and derive the real files of a cohort; ``cycles`` (default: all) makes a variant of it."""
    config = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    config["cohorts"] = list(dict.fromkeys([COHORT, name]))
    project = load_project(config, root)
    cohort = project.cohorts[name]
    if cycles:
        cohort = cohort.model_copy(update={"cycles": {c: cohort.cycles[c] for c in cycles}})
        project = replace(project, cohorts={name: cohort})
    absent = absent_tables(nhanes_dir, cohort)
    done = harmonise(cohort, project.dictionary, reader(nhanes_dir, cohort), project.assays, absent)
    return RealCohort(project, done, derive(done.frame, done.meta, project, name, done.imputed))

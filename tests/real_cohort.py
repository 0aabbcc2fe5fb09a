"""The real files of NHANES 2011-2014, taken as far as the analysis frame by the pipeline's own functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from b12sarc.derive import Derived, derive
from b12sarc.harmonise import harmonise
from b12sarc.readers import Table, read_table
from b12sarc.spec import Project
from b12sarc.spec.loading import load_project

COHORT = "nhanes_2011_2014"


@dataclass(frozen=True)
class RealCohort:
    """The configuration and the derived cohort; ``derived.frame`` holds every person of the survey."""

    project: Project
    derived: Derived


def read_real_cohort(nhanes_dir: Path, root: Path, cycles: tuple[str, ...] = ()) -> RealCohort:
    """Harmonise and derive the real files; ``cycles`` (default: both) makes a variant of the cohort."""
    config = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    project = load_project(config, root)
    cohort = project.cohorts[COHORT]
    if cycles:
        cohort = cohort.model_copy(update={"cycles": {c: cohort.cycles[c] for c in cycles}})
        project = replace(project, cohorts={COHORT: cohort})

    def read(file: str, cycle: str) -> Table:
        described = cohort.files[file]
        begin, table = cohort.cycles[cycle].begin_year, described.table[cycle]
        path = nhanes_dir / cohort.archive.table_path.format(begin_year=begin, table=table)
        return read_table(path, described.format, cohort.raw_columns(file, cycle))

    done = harmonise(cohort, project.dictionary, read)
    return RealCohort(project, derive(done.frame, done.meta, project, COHORT))

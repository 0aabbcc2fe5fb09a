"""The real files of an NHANES cohort, taken as far as the analysis frame by the pipeline's own functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from b12sarc.derive import Derived, derive
from b12sarc.harmonise import harmonise
from b12sarc.readers import Table, read_table
from b12sarc.spec import Cohort, Project
from b12sarc.spec.loading import load_project

HEADLINE = "nhanes_2011_2014"


@dataclass(frozen=True)
class RealCohort:
    """The configuration and the derived cohort; ``derived.frame`` holds every person of the survey."""

    project: Project
    derived: Derived


def read_real_cohort(
    nhanes_dir: Path, root: Path, cohort_id: str = HEADLINE, cycles: tuple[str, ...] = ()
) -> RealCohort:
    """Harmonise and derive the real files; ``cycles`` (default: all) makes a variant of the cohort."""
    config = yaml.safe_load((root / "config" / "config.yaml").read_text(encoding="utf-8"))
    # The configuration asks for grip strength, which the headline's cohort alone has.
    project = load_project({**config, "cohorts": list({HEADLINE, cohort_id})}, root)
    cohort = project.cohorts[cohort_id]
    if cycles:
        cohort = cohort.model_copy(update={"cycles": {c: cohort.cycles[c] for c in cycles}})
        project = replace(project, cohorts={cohort_id: cohort})

    def read(file: str, cycle: str) -> Table:
        path = nhanes_dir / _table_path(cohort, file, cycle)
        return read_table(path, cohort.files[file].format, cohort.raw_columns(file, cycle))

    absent = {
        (described.stored_under(cycle), str(described.table_in(cycle))): "not among the files"
        for file, described in cohort.files.items()
        for cycle in cohort.cycles
        if described.optional and not (nhanes_dir / _table_path(cohort, file, cycle)).exists()
    }
    done = harmonise(cohort, project.dictionary, read, project.assays, absent)
    return RealCohort(project, derive(done.frame, done.meta, project, cohort_id, done.imputed))


def _table_path(cohort: Cohort, file: str, cycle: str) -> str:
    described = cohort.files[file]
    begin = cohort.cycles[cycle].begin_year if described.begin_year is None else described.begin_year
    return cohort.archive.table_path.format(begin_year=begin, table=described.table_in(cycle))

"""The synthetic cohort for tests: its configuration, its population, and its way through the pipeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from b12sarc.derive import derive
from b12sarc.formulas import ckd_epi_2021_creatinine
from b12sarc.harmonise import harmonise
from b12sarc.readers import Table, read_table
from b12sarc.sample import Sample
from b12sarc.spec import Project
from b12sarc.spec.loading import load_project
from b12sarc.synthetic import Population, load_population

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "cohorts" / "synthetic"
COHORT = "synthetic"


def project() -> Project:
    """The project as ``make demo`` runs it."""
    read = [yaml.safe_load((ROOT / "config" / name).read_text()) for name in ("config.yaml", "demo.yaml")]
    return load_project(read[0] | read[1], ROOT)


def shipped_population() -> Population:
    return load_population(FOLDER / "population.yaml")


def smaller(population: Population, *, seed: int, people: int, from_65: bool = False) -> Population:
    """The same population, another sample of it: ``people`` a cycle, if asked for all aged 65 and over."""
    sample = population.sample
    changed: dict = {"cycles": {c: s.model_copy(update={"people": people}) for c, s in sample.cycles.items()}}
    if from_65:
        changed["ages"] = tuple(band for band in sample.ages if band.first >= 65)
        changed["sparse_psu"] = sample.sparse_psu.model_copy(update={"keep_from_65": 1.0})
    return population.model_copy(update={"seed": seed, "sample": sample.model_copy(update=changed)})


def table_path(archive: Path, project: Project, file: str, cycle: str, page: bool = False) -> Path:
    cohort = project.cohorts[COHORT]
    template = cohort.archive.codebook_path if page else cohort.archive.table_path
    table = cohort.files[file].table[cycle]
    return archive / template.format(begin_year=cohort.cycles[cycle].begin_year, table=table)


def sample_of(archive: Path, project: Project) -> Sample:
    """Harmonise and derive the archive, as the rules do."""
    cohort = project.cohorts[COHORT]

    def read(file: str, cycle: str) -> Table:
        path = table_path(archive, project, file, cycle)
        return read_table(path, cohort.files[file].format, cohort.raw_columns(file, cycle))

    harmonised = harmonise(cohort, project.dictionary, read)
    derived = derive(harmonised.frame, harmonised.meta, project, COHORT)
    return Sample.of(derived.frame, derived.meta, project)


def clinical_terms(people: dict[str, np.ndarray], *, height: bool) -> list[np.ndarray]:
    """Columns of the clinical adjustment set, intercept first, from the people themselves."""
    sex = pd.Series(np.where(people["female"] == 1, "female", "male"))
    egfr = ckd_epi_2021_creatinine(
        creatinine_mg_dl=pd.Series(people["creatinine"]), age_years=pd.Series(people["age"]), sex=sex
    )
    race = ("nh_black", "hispanic", "other")
    social = ("second_cycle", "lt_high_school", "high_school", "income")
    names = ("age", "female", *race, *social, "bmi", "former", "current", "diabetes")
    terms = [np.ones(len(sex)), *(people[name] for name in names), egfr.to_numpy()]
    return [*terms, people["height"]] if height else terms

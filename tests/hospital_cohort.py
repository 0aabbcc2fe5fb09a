"""A made-up hospital file whose data may not be passed on, laid into a copy of the project. SYNTHETIC DATA.

900 volunteers in a CSV file, equal weights, a few people in many places. Marks that are found nowhere else
(a name, an identifier, a value in each number) tell where the file's contents have got to.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ID = "hospital"
RUN = ("--configfile", "config/hospital.yaml")
PEOPLE = 900
NAME = "Zsuzsanna Kovács"
PERSON = 77310442
MARKS = {
    "AGE": 79.6187,
    "B12": 987654.25,
    "MMA": 60417.375,
    "GRIP": 71.8125,
    "HEIGHT": 203.4375,
    "BMI": 61.3125,
}
"""Column -> a value that one person has, all of them the greatest of their column."""


def marks() -> list[str]:
    """Everything by which a person of the file would be known."""
    return [NAME, "Kovács", "Zsuzsanna", str(PERSON), *(f"{value:g}" for value in MARKS.values()), "987654"]


def people(seed: int = 5) -> pd.DataFrame:
    """The file, as the hospital keeps it."""
    rng = np.random.default_rng(seed)
    female = rng.random(PEOPLE) < 0.55
    b12 = np.round(np.exp(rng.normal(5.75, 0.45, PEOPLE)), 1)
    grip = np.round(np.clip(38 - 13 * female + 2.5 * np.log2(b12 / 300) + rng.normal(0, 7, PEOPLE), 4, 65), 1)
    table = pd.DataFrame(
        {
            "PATIENT": np.arange(10_000, 10_000 + PEOPLE),
            "FULLNAME": [f"Person {i}" for i in range(PEOPLE)],
            "AGE": np.round(rng.uniform(66, 79, PEOPLE), 1),
            "SEX": np.where(female, 2, 1),
            "RACE": rng.choice([1, 2, 3, 4], PEOPLE, p=[0.95, 0.035, 0.008, 0.007]),
            "B12": b12,
            "MMA": np.round(np.exp(rng.normal(5.1, 0.4, PEOPLE)), 0),
            "GRIP": grip,
            "HEIGHT": np.round(rng.normal(166, 9, PEOPLE), 1),
            "BMI": np.round(rng.normal(27, 4, PEOPLE), 1),
            "INJECTED": np.where(rng.random(PEOPLE) < 0.03, 1, 2),
            "DIABETES": np.where(rng.random(PEOPLE) < 0.01, 1, 2),
        }
    )
    for column, missing in (("GRIP", 0.006), ("MMA", 0.01), ("B12", 0.004), ("BMI", 0.008)):
        table.loc[rng.random(PEOPLE) < missing, column] = np.nan
    first = {"PATIENT": PERSON, "FULLNAME": NAME, **MARKS}
    for column, value in first.items():
        table.loc[0, column] = value
    return table


def cohort(project: Path, access: str = "restricted") -> dict:
    """What cohort.yaml says."""
    races = {1: "nh_white", 2: "nh_black", 3: "hispanic", 4: "other"}
    from_file = {
        "age_years": {"column": "AGE", "unit": "years"},
        "sex": {"column": "SEX", "map": {1: "male", 2: "female"}},
        "race_ethnicity": {"column": "RACE", "map": races},
        "serum_b12_pmol_l": {"column": "B12", "unit": "pmol/L"},
        "mma_nmol_l": {"column": "MMA", "unit": "nmol/L"},
        "grip_max_kg": {"column": "GRIP", "unit": "kg"},
        "height_cm": {"column": "HEIGHT", "unit": "cm"},
        "bmi_kg_m2": {"column": "BMI", "unit": "kg/m2"},
        "cyanocobalamin_prescription": {"column": "INJECTED", "map": {1: True, 2: False}},
        "diabetes": {"column": "DIABETES", "map": {1: True, 2: False}},
    }
    known = yaml.safe_load((project / "config/dictionary.yaml").read_text(encoding="utf-8"))["variables"]
    absent = {"status": "impossible", "reason": "not in the hospital file"}
    return {
        "schema_version": 2,
        "id": ID,
        "title": "Hospital (SYNTHETIC DATA)",
        "population": "Nobody: made-up volunteers",
        "citation": "SYNTHETIC DATA",
        "access": access,
        "archive": {"name": ID},
        "cycles": {"2021": {"begin_year": 2021, "years": 1}},
        "files": {"visit": {"path": "visit.csv", "format": "csv", "key": "PATIENT"}},
        "design": {"kind": "simple", "file": "visit", "sample": "volunteers"},
        "variables": {n: {"file": "visit", **from_file[n]} if n in from_file else absent for n in known},
    }


def lay_into(project: Path, table: pd.DataFrame | None = None) -> None:
    """Put the file and its cohort.yaml into a copy of the project, with a run of this cohort alone."""
    raw, folder = project / "data/raw" / ID, project / "cohorts" / ID
    raw.mkdir(parents=True)
    folder.mkdir()
    (people() if table is None else table).to_csv(raw / "visit.csv", index=False)
    said = yaml.safe_dump(cohort(project), allow_unicode=True, sort_keys=False)
    (folder / "cohort.yaml").write_text(said, encoding="utf-8")
    run = {"run": "hospital", "cohorts": [ID], "reproductions": []}
    (project / "config/hospital.yaml").write_text(yaml.safe_dump(run), encoding="utf-8")

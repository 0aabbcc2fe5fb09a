"""A made-up cohort in one CSV file on this machine, in each kind of design. SYNTHETIC people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from b12sarc.spec import Cohort

N = 320
N_PSU, N_REPLICATES = 16, 12
WEIGHT = {"file": "exam", "column": "WT"}
DESIGNS: dict[str, dict[str, Any]] = {
    "stratified_cluster": {
        "kind": "stratified_cluster",
        "strata": {"file": "exam", "column": "Strat"},
        "psu": {"file": "exam", "column": "PSU"},
        "weight": WEIGHT,
    },
    "clustered": {"kind": "clustered", "psu": {"file": "exam", "column": "psu"}, "weight": WEIGHT},
    "weights_only": {"kind": "weights_only", "weight": WEIGHT},
    "simple": {"kind": "simple", "file": "exam", "sample": "volunteers"},
    "replicate": {
        "kind": "replicate",
        "weight": WEIGHT,
        "replicates": {
            "method": "bootstrap",
            "columns": {"prefix": "rw", "count": N_REPLICATES, "digits": 2},
        },
    },
}
VISITS = {"order_by": "DAY", "choose": "first", "require": ["GRIP"]}
VARIABLES: dict[str, Any] = {
    "age_years": {"file": "exam", "column": "AGE", "unit": "years"},
    "b12": {"file": "exam", "column": "B12", "unit": "pmol/L"},
    "strength": {"file": "exam", "column": "GRIP", "unit": "kg"},
    "height_cm": {"file": "exam", "column": "HEIGHT", "unit": "cm"},
    "sex": {"file": "exam", "column": "SEX", "map": {"m": "male", "w": "female"}},
    "race": {"file": "exam", "column": "RACE", "map": {1: "a", 2: "b", 3: "c"}},
    "diabetes": {"file": "exam", "column": "DM", "map": {1: True, 0: False}, "missing": [9]},
}


def exam(seed: int = 3) -> pd.DataFrame:
    """A row for each visit: every fifth person came twice, and lacked the grip at the first visit."""
    rng = np.random.default_rng(seed)
    psu = np.arange(N) % N_PSU
    b12 = np.exp(rng.normal(5.5, 0.5, N))
    woman = rng.random(N) < 0.5
    weight = rng.uniform(50, 150, N).round(3)
    times = rng.multinomial(N_PSU - 1, np.ones(N_PSU) / N_PSU, N_REPLICATES) * N_PSU / (N_PSU - 1)
    people = pd.DataFrame(
        {
            "Id": [f"H{number:04d}" for number in range(N)],
            "DAY": "2015-06-01",
            "STRAT": psu // 2,
            "PSU": psu,
            "WT": weight,
            "AGE": rng.integers(60, 90, N),
            "B12": b12.round(1),
            "GRIP": (35 - 12 * woman + 3 * np.log2(b12 / 221) + rng.normal(0, 6, N)).round(1),
            "HEIGHT": rng.normal(165, 8, N).round(1),
            "SEX": np.where(woman, "w", "m"),
            "RACE": rng.integers(1, 4, N),
            "DM": np.where(rng.random(N) < 0.03, 9, rng.random(N) < 0.2),
        }
    )
    people["MMA"] = np.exp(rng.normal(5.1, 0.4, N) - 0.3 * np.log(b12 / 221)).round(1)
    people["INJECTED"] = (rng.random(N) < 0.05).astype(int)
    replicates = {f"RW{r + 1:02d}": weight * times[r][psu] for r in range(N_REPLICATES)}
    people = pd.concat([people, pd.DataFrame(replicates)], axis=1)
    early = people.iloc[::5].assign(DAY="2015-05-01", GRIP=np.nan)
    return pd.concat([people, early], ignore_index=True)


def write_exam(folder: Path) -> Path:
    """Write the file, with semicolons and decimal commas."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "exam.csv"
    exam().to_csv(path, sep=";", decimal=",", index=False)
    return path


def local_cohort(kind: str, name: str = "made_up", **changes: Any) -> dict[str, Any]:
    """cohort.yaml of a kind of design, as plain data."""
    csv = {"delimiter": ";", "decimal": ","}
    file = {"path": "exam.csv", "format": "csv", "csv": csv, "key": "ID", "visits": VISITS}
    return {
        "schema_version": 2,
        "access": "public",
        "id": name,
        "title": "Made up",
        "population": "Nobody",
        "citation": "none",
        "archive": {"name": name, "folder": f"cohorts/{name}/data"},
        "cycles": {"2015": {"begin_year": 2015, "years": 1}},
        "files": {"exam": file},
        "design": DESIGNS[kind],
        "variables": VARIABLES,
        **changes,
    }


def cohort_of(kind: str, **changes: Any) -> Cohort:
    """The cohort, checked."""
    return Cohort.model_validate(local_cohort(kind, **changes))


# What the shipped analysis wants to know of volunteers: raw column -> how it maps, made-up values.
SHIPPED: dict[str, Any] = {
    "age_years": {"file": "exam", "column": "AGE", "unit": "years"},
    "sex": {"file": "exam", "column": "SEX", "map": {"m": "male", "w": "female"}},
    "serum_b12_pmol_l": {"file": "exam", "column": "B12", "unit": "pmol/L", "assay": "local_assay"},
    "mma_nmol_l": {"file": "exam", "column": "MMA", "unit": "nmol/L"},
    "cyanocobalamin_prescription": {"file": "exam", "column": "INJECTED", "map": {1: True, 0: False}},
    "grip_max_kg": {"file": "exam", "column": "GRIP", "unit": "kg"},
    "height_cm": {"file": "exam", "column": "HEIGHT", "unit": "cm"},
    "diabetes": {"file": "exam", "column": "DM", "map": {1: True, 0: False}, "missing": [9]},
}


def volunteers(dictionary: Iterable[str], name: str = "volunteers") -> dict[str, Any]:
    """cohort.yaml of volunteers, with every variable of the shipped dictionary mapped or refused."""
    refused = {"status": "impossible", "reason": "not asked"}
    variables = {variable: SHIPPED.get(variable, refused) for variable in dictionary}
    return local_cohort("simple", name, title="Volunteers", variables=variables)

"""A small made-up survey with files of five DXA imputations, as CDC releases them: SYNTHETIC DATA."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from b12sarc.derive import Derived, derive
from b12sarc.harmonise import Harmonised, harmonise
from b12sarc.readers import Table
from b12sarc.spec import Analysis, Cohort, Config, Definitions, Dictionary, Project
from b12sarc.xport_write import write_xport

M = 5
LIMBS = ("DXDLALE", "DXDRALE", "DXDLLLE", "DXDRLLE")
CYCLE = "1999-2000"
COHORT = "made_dxa"
WAITS = "waits for the DXA files (dxx.xpt)"

_CONFIG = """
dictionary:
  variables:
    age_years: {label: Age, type: continuous, unit: years}
    sex: {label: Sex, type: categorical, categories: {male: Men, female: Women}, reference: male}
    height_cm: {label: Height, type: continuous, unit: cm}
    b12: {label: B12, type: continuous, unit: pmol/L}
    gait_ms: {label: Gait speed, type: continuous, unit: m/s}
    alm_kg:
      label: Appendicular lean mass
      type: continuous
      unit: kg
      accepts: {g: 0.001}
      plausible: {min: 3, max: 60, source: made up}
definitions:
  definitions:
    b12_low:
      label: Low B12
      roles: [exposure]
      kind: binary
      rule: {var: b12, op: "<", value: 300, unit: pmol/L}
      contrast: {text: low vs not}
      citation: made up
    alm_ht2:
      label: ALM / height2
      roles: [outcome]
      kind: continuous
      formula: {name: mass_over_height_squared, arguments: {mass_kg: alm_kg, height_cm: height_cm}}
      unit: kg/m2
      citation: made up
    low_alm_ht2:
      label: Low ALM / height2
      roles: [outcome]
      kind: binary
      rule: {var: alm_ht2, op: "<", value: 7.0, unit: kg/m2}
      citation: made up
    sarcopenia:
      label: Slow with low ALM / height2
      roles: [outcome]
      kind: binary
      rule: {all: [{var: gait_ms, op: "<", value: 1.0, unit: m/s}, {var: low_alm_ht2, op: "==", value: true}]}
      citation: made up
    tall:
      label: Tall
      roles: [outcome]
      kind: binary
      rule: {var: height_cm, op: ">", value: 170, unit: cm}
      citation: made up
analysis:
  population:
    id: old
    title: The old
    domain: [{id: old, description: Old, keep: {var: age_years, op: ">=", value: 65, unit: years}}]
    analytic: [{id: dxa, description: DXA, measured: [alm_kg]}]
  adjustment_sets:
    crude: {label: Crude}
    basic: {label: Basic, terms: [{var: age_years, form: linear}, {var: sex, form: categorical}]}
  models:
    exposures: [b12_low]
    outcomes: [alm_ht2, low_alm_ht2, sarcopenia, tall]
    adjustments: [crude, basic]
    binary_outcomes: [poisson]
  families: {all: {label: All, method: holm}}
  describe:
    table1: {by: b12_low, rows: [age_years, alm_kg, low_alm_ht2]}
    prevalence_of: [b12_low, low_alm_ht2, tall]
    subgroups: {all: {label: Everybody}, sex: {label: Sex, var: sex}}
  headline: {exposures: [b12_low], outcomes: [tall], adjustment: crude}
cohort:
  schema_version: 2
  access: public
  id: made_dxa
  title: Made up
  population: Nobody
  citation: none
  archive: {name: made_dxa, table_path: "{table}.xpt", codebook_path: "{table}.htm", generated_by: synthetic}
  cycles: {1999-2000: {begin_year: 1999}}
  files:
    demo: {table: {1999-2000: DEMO}, key: SEQN}
    dxa:
      table: {1999-2000: DXX}
      key: SEQN
      rows: imputed
      imputation: _MULT_
      imputations: 5
      codebook: false
      optional: waits for the DXA files (dxx.xpt)
  design:
    kind: stratified_cluster
    strata: {file: demo, column: STRATUM}
    psu: {file: demo, column: PSU}
    weight: {role: mec, file: demo, column: WEIGHT}
  variables:
    age_years: {file: demo, column: AGE, unit: years}
    sex: {file: demo, column: SEX, map: {1: male, 2: female}}
    height_cm: {file: demo, column: HEIGHT, unit: cm}
    b12: {file: demo, column: B12, unit: pmol/L}
    gait_ms: {file: demo, column: GAIT, unit: m/s}
    alm_kg: {file: dxa, sum_of: [DXDLALE, DXDRALE, DXDLLLE, DXDRLLE], unit: g}
"""


def dxa_project() -> Project:
    config = yaml.safe_load(_CONFIG)
    return Project(
        config=Config(run="made_dxa", cohorts=(COHORT,)),
        dictionary=Dictionary(**config["dictionary"]),
        definitions=Definitions(**config["definitions"]),
        analysis=Analysis(**config["analysis"]),
        cohorts={COHORT: Cohort(**config["cohort"])},
    )


def survey_table(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """DEMO of the made-up survey: 10 strata of 2 PSUs."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "SEQN": np.arange(1, n + 1, dtype=float),
            "STRATUM": np.arange(n) // (n // 10) + 1.0,
            "PSU": np.arange(n) % 2 + 1.0,
            "WEIGHT": rng.uniform(1, 3, n),
            "AGE": rng.integers(60, 85, n).astype(float),
            "SEX": rng.integers(1, 3, n).astype(float),
            "HEIGHT": rng.normal(168, 8, n),
            "B12": np.exp(rng.normal(5.7, 0.4, n)),
            "GAIT": rng.normal(1.0, 0.2, n),
        }
    )


def dxa_table(persons: pd.Series, seed: int = 4) -> pd.DataFrame:
    """DXX in CDC's form: five rows a person, grams; in four persons of five they differ."""
    rng = np.random.default_rng(seed)
    n = len(persons)
    true, missing = rng.normal(20_000, 3_000, n), rng.random(n) < 0.8
    parts = []
    for number in range(1, M + 1):
        total = true + missing * rng.normal(0, 1_500, n)
        limbs = dict.fromkeys(LIMBS[:2], 0.14 * total) | dict.fromkeys(LIMBS[2:], 0.36 * total)
        parts.append(pd.DataFrame({"SEQN": persons.to_numpy(), "_MULT_": float(number), **limbs}))
    return pd.concat(parts).sort_values(["SEQN", "_MULT_"], ignore_index=True)


def write_dxa(path: Path, frame: pd.DataFrame, member: str = "DXX") -> Path:
    write_xport(path, frame, member, {"SEQN": "Respondent sequence number"})
    return path


def harmonised(dxa: pd.DataFrame | None, project: Project | None = None) -> Harmonised:
    """Harmonise the survey, with a table of imputations or without any."""
    project = project or dxa_project()
    tables = {"demo": survey_table(), "dxa": dxa}
    absent = {(CYCLE, "DXX"): "not in the archive"} if dxa is None else {}
    return harmonise(
        project.cohorts[COHORT], project.dictionary, lambda file, _: Table(tables[file], {}), absent=absent
    )


def derived(dxa: pd.DataFrame | None, project: Project | None = None) -> Derived:
    done, project = harmonised(dxa, project), project or dxa_project()
    return derive(done.frame, done.meta, project, COHORT, done.imputed)


def half_scanned() -> pd.DataFrame:
    """DXA of everybody but the first 50 persons, who were not eligible."""
    return dxa_table(survey_table()["SEQN"].iloc[50:])


def with_step(project: Project, **step: object) -> Project:
    """The project with another step in its domain."""
    steps = project.analysis.model_dump(exclude_unset=True)
    steps["population"]["domain"] = [*steps["population"]["domain"], step]
    return replace(project, analysis=Analysis(**steps))

"""A small made-up cohort of five survey cycles, for tests of prevalence over time.

400 people in 4 strata of 2 PSUs in each cycle. 1999-2000 was measured by an old method, and its values are
brought to the scale of the new one. Grip was not measured before 2011; nobody was sampled from 2007 to 2010.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import yaml

from b12sarc.frames import ColumnInfo, FrameMeta
from b12sarc.spec import Analysis, Cohort, Definitions, Dictionary, Project, StandardPopulation
from small_cohort import COHORT, small_project

CYCLES = ("1999-2000", "2001-2002", "2005-2006", "2011-2012", "2013-2014")
MIDDLES = (2000.0, 2002.0, 2006.0, 2012.0, 2014.0)
A_CYCLE = 400
RAW = "serum_b12_pmol_l_raw"

_DICTIONARY = """
variables:
  age_years: {label: Age, type: continuous, unit: years}
  serum_b12_pmol_l: {label: Serum B12, type: continuous, unit: pmol/L}
  grip_kg: {label: Grip, type: continuous, unit: kg}
"""
_DEFINITIONS = """
definitions:
  b12_low:
    label: Low B12
    roles: [exposure]
    kind: binary
    rule: {var: serum_b12_pmol_l, op: "<", value: 200, unit: pmol/L}
    contrast: {text: low vs not low}
    citation: made up
  b12_status:
    label: B12 status
    roles: [exposure]
    kind: categorical
    levels:
      low: {var: b12_low, op: "==", value: true}
      high: {var: serum_b12_pmol_l, op: ">=", value: 200, unit: pmol/L}
    reference: high
    contrasts: {low: low vs high}
    citation: made up
  weak:
    label: Weak grip
    roles: [outcome]
    kind: binary
    rule: {var: grip_kg, op: "<", value: 20, unit: kg}
    citation: made up
  low_and_weak:
    label: Low B12 and weak grip
    roles: [outcome]
    kind: binary
    rule: {all: [{var: b12_low, op: "==", value: true}, {var: weak, op: "==", value: true}]}
    citation: made up
"""
_OVER_TIME = """
standard_population: made_up.yaml
age: age_years
prevalence_of: [b12_low, b12_status, weak, low_and_weak]
"""
_STANDARD = """
id: made_up
label: A made-up population
source: nobody
total: 100
bands:
  - {id: young, label: 65-74, from: 65, population: 60}
  - {id: old, label: 75 and over, from: 75, population: 40}
"""


def cycles_project(cycles: tuple[str, ...] = CYCLES, **over_time: object) -> Project:
    """Configuration of the cohort; keywords replace keys of ``over_time``."""
    base = small_project()
    analysis = base.analysis.model_dump(by_alias=True, exclude_unset=True)
    analysis["over_time"] = yaml.safe_load(_OVER_TIME) | over_time
    cohort = base.cohorts[COHORT].model_dump(by_alias=True, exclude_unset=True)
    cohort["cycles"] = {cycle: {"begin_year": int(cycle[:4])} for cycle in cycles}
    cohort["files"]["demo"]["table"] = {cycle: f"DEMO_{cycle[:4]}" for cycle in cycles}
    return replace(
        base,
        dictionary=Dictionary(**yaml.safe_load(_DICTIONARY)),
        definitions=Definitions(**yaml.safe_load(_DEFINITIONS)),
        analysis=Analysis(**analysis),
        cohorts={COHORT: Cohort(**cohort)},
        standard_population=StandardPopulation(**yaml.safe_load(_STANDARD)),
    )


def cycles_frame(seed: int = 1) -> tuple[pd.DataFrame, FrameMeta]:
    """Analysis frame of the cohort, and its metadata."""
    rng, n = np.random.default_rng(seed), A_CYCLE * len(CYCLES)
    cycle = np.repeat(CYCLES, A_CYCLE)
    raw = np.exp(rng.normal(5.5, 0.4, n))
    b12 = np.where(cycle == CYCLES[0], raw * 1.2, raw)
    grip = np.where(np.repeat(MIDDLES, A_CYCLE) > 2010, rng.normal(24, 7, n), np.nan)
    frame = pd.DataFrame(
        {
            "person_id": np.arange(n),
            "cycle": pd.Categorical(cycle, CYCLES),
            "stratum": np.arange(n) // (A_CYCLE // 4),
            "psu": np.arange(n) % 2 + 1,
            "weight": rng.uniform(1, 3, n),
            "age_years": rng.integers(60, 85, n).astype(float),
            "serum_b12_pmol_l": b12,
            RAW: np.where(cycle == CYCLES[0], raw, np.nan),
            "grip_kg": grip,
            "b12_low": pd.array(b12 < 200, dtype="boolean"),
            "b12_status": pd.Categorical(np.where(b12 < 200, "low", "high"), ["low", "high"]),
            "weak": pd.array(grip < 20, dtype="boolean"),
        }
    )
    frame["in_domain"] = frame["age_years"] >= 65
    frame.loc[np.isnan(grip), "weak"] = pd.NA
    frame["low_and_weak"] = (frame["b12_low"] & frame["weak"]).mask(np.isnan(grip))
    labels = {name: ColumnInfo(name, "any") for name in frame}
    return frame, FrameMeta(COHORT, "Made up", True, "analysis", labels)

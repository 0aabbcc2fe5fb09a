"""A small made-up cohort and its configuration, for tests of models and descriptive tables.

600 people in 10 strata of 2 PSUs; 12 of them have weight 0, and the youngest are outside the domain. The last
answers are missing, a few people a variable.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import yaml

from b12sarc.frames import ColumnInfo, FrameMeta
from b12sarc.sample import Sample
from b12sarc.spec import Analysis, Cohort, Config, Definitions, Dictionary, Project

N = 600
COHORT = "made_up"
UNAVAILABLE = {"hcy_high": "not assayed here"}

_DICTIONARY = """
variables:
  age_years: {label: Age, type: continuous, unit: years}
  b12: {label: B12, type: continuous, unit: pmol/L}
  strength: {label: Strength, type: continuous, unit: kg}
  height_cm: {label: Height, type: continuous, unit: cm}
  sex: {label: Sex, type: categorical, categories: {male: Men, female: Women}, reference: male}
  race: {label: Race, type: categorical, categories: {a: A, b: B, c: C}, reference: a}
  diabetes: {label: Diabetes, type: binary}
"""

_DEFINITIONS = """
definitions:
  b12_low:
    label: Low B12
    roles: [exposure]
    kind: binary
    rule: {var: b12, op: "<", value: 148, unit: pmol/L}
    contrast: {text: low vs not low}
    citation: made up
  b12_status:
    label: B12 status
    roles: [exposure]
    kind: categorical
    levels:
      deficient: {var: b12, op: "<", value: 148, unit: pmol/L}
      marginal: {var: b12, op: "<", value: 221, unit: pmol/L}
      adequate: {var: b12, op: ">=", value: 221, unit: pmol/L}
    level_labels: {deficient: Deficient, marginal: Marginal, adequate: Adequate}
    reference: adequate
    contrasts: {deficient: deficient vs adequate, marginal: marginal vs adequate}
    citation: made up
  log2_b12:
    label: B12 (log2)
    roles: [exposure]
    kind: continuous
    value_of: {var: b12, transform: log2}
    unit: log2 pmol/L
    contrast: {text: per halving, multiply: -1}
    citation: made up
  hcy_high:
    label: High homocysteine
    roles: [exposure]
    kind: binary
    rule: {var: b12, op: ">", value: 15, unit: pmol/L}
    contrast: {text: high vs not high}
    citation: made up
  grip:
    label: Grip strength
    roles: [outcome]
    kind: continuous
    value_of: {var: strength, transform: identity}
    unit: kg
    citation: made up
  weak:
    label: Weak grip
    roles: [outcome]
    kind: binary
    rule: {var: grip, op: "<", value: 20, unit: kg}
    citation: made up
"""

_ANALYSIS = """
population:
  id: old
  title: The old
  domain: [{id: examined, description: Examined, examined: true}]
adjustment_sets:
  crude: {label: Crude}
  demographic:
    label: Demographic
    terms:
      - {var: age_years, form: linear}
      - {var: sex, form: categorical}
      - {var: cycle, form: categorical}
  full:
    label: Full
    extends: demographic
    terms:
      - {var: height_cm, form: linear}
      - {var: race, form: categorical}
      - {var: diabetes, form: categorical}
models:
  exposures: [b12_low, b12_status, log2_b12, hcy_high]
  outcomes: [grip, weak, height_cm]
  adjustments: [crude, demographic, full]
  continuous_outcomes: [linear]
  binary_outcomes: [poisson, logistic]
  missing: [complete_case]
  subgroups: [all]
families:
  primary:
    label: Primary
    method: holm
    exposures: [b12_low, log2_b12]
    outcomes: [grip]
    adjustments: [full]
    group_by: [cohort]
  rest: {label: Rest, method: fdr_bh, group_by: [cohort, outcome]}
describe:
  table1: {by: b12_status, rows: [age_years, sex, diabetes, hcy_high]}
  prevalence_of: [b12_low, b12_status, weak, hcy_high]
  subgroups:
    all: {label: Everybody}
    sex: {label: Sex, var: sex}
headline: {exposures: [b12_low], outcomes: [grip], adjustment: full}
"""

_COHORT = """
schema_version: 2
access: public
id: made_up
title: Made up
population: Nobody
citation: none
archive: {name: made_up, table_path: "{table}.xpt", codebook_path: "{table}.htm", generated_by: synthetic}
cycles: {2011-2012: {begin_year: 2011}, 2013-2014: {begin_year: 2013}}
files: {demo: {table: {2011-2012: DEMO_G, 2013-2014: DEMO_H}, key: SEQN}}
design:
  kind: stratified_cluster
  strata: {file: demo, column: STRATUM}
  psu: {file: demo, column: PSU}
  weight: {role: mec, file: demo, column: WEIGHT}
variables: {}
"""


def small_project(**models: object) -> Project:
    """Configuration of the made-up cohort; keywords replace keys of ``models``."""
    analysis = yaml.safe_load(_ANALYSIS)
    analysis["models"] |= models
    return Project(
        config=Config(run="made_up", cohorts=(COHORT,)),
        dictionary=Dictionary(**yaml.safe_load(_DICTIONARY)),
        definitions=Definitions(**yaml.safe_load(_DEFINITIONS)),
        analysis=Analysis(**analysis),
        cohorts={COHORT: Cohort(**yaml.safe_load(_COHORT))},
    )


def small_frame(seed: int = 1) -> tuple[pd.DataFrame, FrameMeta]:
    """Analysis frame of the made-up cohort, and its metadata."""
    rng = np.random.default_rng(seed)
    b12 = np.exp(rng.normal(5.5, 0.5, N))
    female = rng.random(N) < 0.5
    grip = 35 - 12 * female + 3 * np.log2(b12 / 221) + rng.normal(0, 6, N)
    status = np.select([b12 < 148, b12 < 221], ["deficient", "marginal"], "adequate")
    frame = pd.DataFrame(
        {
            "person_id": np.arange(N),
            "cycle": pd.Categorical(np.where(np.arange(N) < N // 2, "2011-2012", "2013-2014")),
            "stratum": np.arange(N) // (N // 10),
            "psu": np.arange(N) % 2 + 1,
            "weight": np.where(np.arange(N) % 50 == 7, 0.0, rng.uniform(1, 3, N)),
            "age_years": rng.integers(60, 81, N).astype(float),
            "height_cm": rng.normal(165, 8, N),
            "sex": pd.Categorical(np.where(female, "female", "male"), ["male", "female"]),
            "race": pd.Categorical(rng.choice(["a", "b", "c"], N), ["a", "b", "c"]),
            "diabetes": pd.array(rng.random(N) < 0.2, dtype="boolean"),
            "b12_low": pd.array(b12 < 148, dtype="boolean"),
            "b12_status": pd.Categorical(status, ["deficient", "marginal", "adequate"]),
            "log2_b12": np.log2(b12),
            "grip": grip,
            "weak": pd.array(grip < 20, dtype="boolean"),
        }
    )
    frame["in_domain"] = frame["age_years"] >= 65
    frame.loc[N - 5 :, ["b12_low", "b12_status", "log2_b12"]] = None
    frame.loc[N - 12 : N - 3, ["grip", "weak"]] = None
    frame.loc[N - 20 : N - 15, "height_cm"] = np.nan
    labels = {name: ColumnInfo(name, "any") for name in frame}
    return frame, FrameMeta(COHORT, "Made up", True, "analysis", labels, unavailable=dict(UNAVAILABLE))


def small_sample(frame: pd.DataFrame | None = None, **models: object) -> Sample:
    """The made-up cohort, ready to be estimated from."""
    made, meta = small_frame()
    return Sample.of(made if frame is None else frame, meta, small_project(**models))

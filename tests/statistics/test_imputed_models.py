"""Multiple imputation from the long frame to estimates.csv, against R's svyglm pooled by mice and mitools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.testing import assert_allclose
from scipy import stats

from b12sarc.derive import Derived, derive
from b12sarc.fit import Fitted, fit_grid
from b12sarc.frames import ColumnInfo, FrameMeta
from b12sarc.spec import Analysis, Cohort, Config, Definitions, Dictionary, Project

RTOL = 1e-8
GOLDENS = Path(__file__).resolve().parent.parent / "data" / "survey_goldens"
IMPUTED = ("education", "diabetes", "pta_db", "dsst", "fall")
MODELS = {"lin": ("dsst", "education", "linear"), "logit": ("fall", "diabetes", "logistic")}

CONFIG = """
dictionary:
  variables:
    age_years: {label: Age, type: continuous, unit: years}
    sex: {label: Sex, type: categorical, categories: {male: Men, female: Women}, reference: male}
    old: {label: Old, type: binary}
    education: {label: Education, type: categorical, categories: {a: A, b: B, c: C, d: D, e: E}, reference: a}
    diabetes: {label: Diabetes, type: binary}
    pta_db: {label: Hearing threshold, type: continuous, unit: dB}
    dsst: {label: Digits, type: continuous, unit: points}
    fall: {label: Fell, type: binary}
definitions:
  definitions:
    pta:
      label: Hearing threshold
      roles: [exposure]
      kind: continuous
      value_of: {var: pta_db, transform: identity}
      unit: dB
      contrast: {text: per dB}
      citation: made up
analysis:
  population:
    id: old
    title: The old
    domain:
      - {id: old, description: Old, keep: {var: old, op: "==", value: true}}
      - {id: examined, description: Examined, examined: true}
  adjustment_sets:
    education: {label: A, terms: &both [{var: age_years, form: linear}, {var: sex, form: categorical}]}
    diabetes: {label: B, terms: *both}
  models:
    exposures: [pta]
    outcomes: [dsst, fall]
    adjustments: [education, diabetes]
    binary_outcomes: [logistic]
  families: {all: {label: All, method: holm}}
  describe:
    table1: {by: fall, rows: [dsst]}
    prevalence_of: [fall]
    subgroups: {all: {label: Everybody}}
  headline: {exposures: [pta], outcomes: [dsst], adjustment: education}
cohort:
  schema_version: 2
  access: public
  id: made_up
  title: Made up
  population: Nobody
  citation: none
  archive: {name: made_up, table_path: "{table}.xpt", codebook_path: "{table}.htm", generated_by: synthetic}
  cycles: {2011-2012: {begin_year: 2011}}
  files:
    demo: {table: {2011-2012: DEMO}, key: SEQN}
    mi: {table: {2011-2012: MI}, key: SEQN, rows: imputed, imputation: _MULT_, imputations: 5}
  design:
    kind: stratified_cluster
    strata: {file: demo, column: STRATUM}
    psu: {file: demo, column: PSU}
    weight: {role: mec, file: demo, column: WEIGHT}
"""


@dataclass(frozen=True)
class Run:
    """The made-up cohort, derived and fitted."""

    derived: Derived
    fitted: Fitted


def project() -> Project:
    config = yaml.safe_load(CONFIG)
    sets = config["analysis"]["adjustment_sets"]
    for name, chosen in sets.items():
        chosen["terms"] = [*chosen["terms"], {"var": name, "form": "categorical"}]
    variables = {
        name: {"file": "mi" if name in IMPUTED else "demo", "column": name.upper()}
        for name in config["dictionary"]["variables"]
    }
    return Project(
        config=Config(run="made_up", cohorts=("made_up",)),
        dictionary=Dictionary(**config["dictionary"]),
        definitions=Definitions(**config["definitions"]),
        analysis=Analysis(**config["analysis"]),
        cohorts={"made_up": Cohort(**config["cohort"], variables=variables)},
    )


def survey() -> pd.DataFrame:
    sim = pd.read_csv(GOLDENS / "sim.csv.gz")
    return pd.DataFrame(
        {
            "person_id": sim["SEQN"],
            "cycle": pd.Categorical(["2011-2012"] * len(sim)),
            "stratum": sim["SDMVSTRA"],
            "psu": sim["SDMVPSU"],
            "weight": sim["WTMEC4YR"],
            "age_years": sim["RIDAGEYR"].astype(float),
            "sex": pd.Categorical(np.where(sim["FEMALE"] == 1, "female", "male"), ["male", "female"]),
            "old": (sim["OLD"] == 1).astype("boolean"),
        }
    )


def completed_by_mice() -> pd.DataFrame:
    parts = [pd.read_csv(GOLDENS / f"mi_{j}.csv.gz").assign(imputation=j) for j in range(1, 6)]
    mi = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=1)
    return pd.DataFrame(
        {
            "person_id": mi["SEQN"],
            "imputation": mi["imputation"],
            "education": pd.Categorical.from_codes(mi["DMDEDUC2"].astype(int) - 1, list("abcde")),
            "diabetes": mi["DIAB"].astype("boolean"),
            "pta_db": mi["PTA"],
            "dsst": mi["DSST"].astype(float),
            "fall": mi["FALL"].astype("boolean"),
        }
    )


@pytest.fixture(scope="module")
def run() -> Run:
    variables = project().dictionary.variables
    columns = {name: ColumnInfo(name, "any", imputed=name in IMPUTED) for name in variables}
    meta = FrameMeta("made_up", "Made up", True, "harmonised", columns)
    derived = derive(survey(), meta, project(), "made_up", completed_by_mice())
    return Run(derived, fit_grid(derived.frame, derived.meta, project(), imputed=derived.imputed))


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads((GOLDENS / "oracle_mi.json").read_text())


def row_of(table: pd.DataFrame, model: str) -> pd.Series:
    outcome, adjustment, estimator = MODELS[model]
    found = table[
        (table["outcome"] == outcome)
        & (table["adjustment"] == adjustment)
        & (table["estimator"] == estimator)
    ]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize("model", MODELS)
def test_estimates_are_those_of_svyglm_in_each_imputation_pooled_by_rubin(run, golden, model):
    # mitools has the fraction of missing information for lambda in its df; mice follows Barnard and Rubin.
    row, mice = row_of(run.fitted.estimates, model), golden[model]["mice_pool"]
    est, se, df = (mice[name][1] for name in ("est", "se", "df"))
    half = stats.t.ppf(0.975, df) * se
    found = row[["coef", "se", "df", "coef_low", "coef_high"]].astype(float)
    assert_allclose(found, [est, se, df, est - half, est + half], rtol=RTOL)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(est / se), df), rel=1e-7)
    assert row["missing"] == "mi_dxa"


@pytest.mark.parametrize("model", MODELS)
def test_every_imputation_is_shown_beside_the_pooled_estimate(run, golden, model):
    outcome, adjustment, _ = MODELS[model]
    table = run.fitted.imputation
    shown = table[(table["outcome"] == outcome) & (table["adjustment"] == adjustment)]
    assert list(shown["imputation"]) == ["1", "2", "3", "4", "5", "pooled"]
    each, pooled = shown.iloc[:5], shown.iloc[5]
    assert_allclose(each["coef"], [coef[1] for coef in golden[model]["est_each"]], rtol=RTOL)
    assert_allclose(each["se"] ** 2, [cov[1][1] for cov in golden[model]["vcov_each"]], rtol=RTOL)
    mice = golden[model]["mice_pool"]
    assert_allclose(
        pooled[["coef", "se", "df", "fmi"]].astype(float),
        [mice[name][1] for name in ("est", "se", "df", "fmi")],
        rtol=RTOL,
    )


def test_the_pooled_error_is_wider_than_that_of_any_single_imputation_on_average(run, golden):
    for model in MODELS:
        within = np.mean([cov[1][1] for cov in golden[model]["vcov_each"]])
        assert row_of(run.fitted.estimates, model)["se"] > np.sqrt(within)


def test_nobody_can_read_an_imputed_variable_from_the_frame_of_persons(run):
    imputed = {*IMPUTED, "pta"}
    assert not imputed & set(run.derived.frame)
    assert imputed <= set(run.derived.imputed)
    assert len(run.derived.imputed) == 5 * 2788

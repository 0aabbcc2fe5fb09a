"""Definitions in cycles that cannot answer them, and definitions that rest on imputed variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from b12sarc.derive import Derived, derive
from b12sarc.frames import ColumnInfo, FrameMeta
from b12sarc.sample import Sample
from b12sarc.spec import Analysis, Cohort, Config, Definitions, Dictionary, Project

A, B = "2003-2004", "2005-2006"
NO = {"status": "impossible", "reason": "not assayed"}
VARIABLES = {
    name: {"label": name, "type": "continuous", "unit": unit}
    for name, unit in {
        "age_years": "years", "b12": "pmol/L", "mma": "nmol/L", "height_cm": "cm", "alm_kg": "kg",
        "speed": "m/s",
    }.items()
}  # fmt: skip


def compare(var: str, op: str, value: float) -> dict[str, Any]:
    return {"var": var, "op": op, "value": value, "unit": VARIABLES.get(var, {}).get("unit", "kg/m2")}


def definition(**how: Any) -> dict[str, Any]:
    return {"label": "L", "roles": ["outcome"], "kind": "binary", "citation": "me"} | how


DEFINITIONS = {
    "low": definition(rule=compare("b12", "<", 148), roles=["exposure"], contrast={"text": "low vs not"}),
    "either": definition(rule={"any": [compare("b12", "<", 148), compare("mma", ">", 271)]}),
    "both": definition(rule={"all": [compare("b12", "<", 148), compare("mma", ">", 271)]}),
    "alm_ht2": definition(
        kind="continuous",
        unit="kg/m2",
        formula={
            "name": "mass_over_height_squared",
            "arguments": {"mass_kg": "alm_kg", "height_cm": "height_cm"},
        },
    ),
    "low_mass": definition(rule=compare("alm_ht2", "<", 7)),
    "sarcopenia": definition(
        rule={"all": [{"var": "low_mass", "op": "==", "value": True}, compare("speed", "<", 1)]}
    ),
}


def project(scanned: dict[str, Any] | None = None) -> Project:
    """The project; ``scanned`` says in whom lean mass was measured, by cycle."""

    def mapped(name: str) -> dict[str, Any]:
        here = {"file": "demo", "column": name, "unit": VARIABLES[name]["unit"]}
        if name == "mma":
            return {"per_cycle": {A: here, B: NO}}
        if name == "alm_kg":
            within = {"measured_within": scanned} if scanned else {}
            return here | {"file": "scan"} | within
        return here | ({"subsample": "walked"} if name == "speed" else {})

    tables = {A: "DEMO_C", B: "DEMO_D"}
    cohort = {
        "schema_version": 2,
        "access": "public",
        "id": "made_up",
        "title": "C",
        "population": "P",
        "citation": "me",
        "archive": {"name": "x", "table_path": "{table}.xpt", "codebook_path": "{table}.htm"},
        "cycles": {A: {"begin_year": 2003}, B: {"begin_year": 2005}},
        "files": {
            "demo": {"table": tables, "key": "SEQN"},
            "scan": {
                "table": {A: "SCAN_C", B: "SCAN_D"},
                "key": "SEQN",
                "rows": "imputed",
                "imputation": "_MULT_",
                "imputations": 5,
            },
        },
        "design": {
            "kind": "stratified_cluster",
            "strata": {"file": "demo", "column": "STRA"},
            "psu": {"file": "demo", "column": "PSU"},
            "weight": {"role": "mec", "file": "demo", "column": "WT"},
        },
        "subsamples": {"walked": {"label": "Walked", "weights": [{"file": "demo", "column": "WTW"}]}},
        "variables": {name: mapped(name) for name in VARIABLES},
    }
    models = {"exposures": ["low"], "outcomes": ["either"], "adjustments": ["crude"]}
    analysis = {
        "population": {
            "id": "p",
            "title": "Aged",
            "domain": [{"id": "aged", "description": "Aged", "keep": compare("age_years", ">=", 65)}],
            "analytic": [{"id": "scanned", "description": "Scanned", "measured": ["alm_kg"]}],
        },
        "adjustment_sets": {"crude": {"label": "Crude"}},
        "models": models,
        "families": {},
        "describe": {
            "table1": {"by": "low", "rows": ["age_years"]},
            "prevalence_of": [],
            "subgroups": {"all": {"label": "Everybody"}},
        },
        "headline": {"exposures": ["low"], "outcomes": ["either"], "adjustment": "crude"},
    }
    return Project(
        config=Config.model_validate({"run": "r", "cohorts": ["made_up"]}),
        dictionary=Dictionary.model_validate({"variables": VARIABLES}),
        definitions=Definitions.model_validate({"definitions": DEFINITIONS}),
        analysis=Analysis.model_validate(analysis),
        cohorts={"made_up": Cohort.model_validate(cohort)},
    )


FRAME = pd.DataFrame(
    {
        "person_id": [1, 2, 3, 4],
        "cycle": pd.Categorical([A, A, B, B]),
        "stratum": [1, 1, 2, 2],
        "psu": [1, 2, 1, 2],
        "weight": [1.0, 2.0, 3.0, 4.0],
        "weight_walked": [0.0, 5.0, 6.0, 0.0],
        "age_years": [70.0, 80.0, 66.0, 75.0],
        "b12": [100.0, 300.0, 100.0, 300.0],
        "mma": [300.0, 100.0, np.nan, np.nan],
        "height_cm": [200.0, 100.0, 200.0, np.nan],
        "speed": [np.nan, 0.9, 1.2, np.nan],
    }
)
DRAWS = pd.DataFrame(
    {
        "person_id": [1] * 5 + [3] * 5,
        "imputation": [1, 2, 3, 4, 5] * 2,
        "alm_kg": [27.0, 27.9, 28.0, 28.1, 29.0] + [20.0] * 5,
    }
)
META = FrameMeta(
    "made_up",
    "C",
    True,
    "harmonised",
    {name: ColumnInfo(name, "any") for name in (*FRAME, "alm_kg")}
    | {
        "speed": ColumnInfo("speed", "continuous", subsample="walked"),
        "alm_kg": ColumnInfo("alm_kg", "continuous", imputed=True),
    },
)


def run(meta: FrameMeta = META, draws: pd.DataFrame = DRAWS) -> Derived:
    return derive(FRAME, meta, project(), "made_up", draws)


def listed(values: pd.Series) -> list[Any]:
    return [None if pd.isna(x) else x for x in values]


def test_a_definition_is_missing_for_everybody_in_a_cycle_that_lacks_a_variable():
    # Three-valued logic could say yes of person 3 (low B12) and no of person 4: only some would be known.
    frame = run().frame
    assert listed(frame["either"]) == [True, False, None, None]
    assert listed(frame["both"]) == [True, False, None, None]
    assert listed(frame["low"]) == [True, False, True, False]


def test_the_catalogue_says_which_cycles_answer():
    catalogue = run().definitions.set_index("definition")
    assert catalogue["cycles"].to_dict()["either"] == A
    assert catalogue["cycles"].to_dict()["low"] == f"{A} {B}"
    assert catalogue["available"].all()
    assert run().meta.columns["either"].note == f"me; not in {B}"


def test_what_rests_on_an_imputed_variable_is_made_in_each_imputation():
    done = run()
    assert not {"alm_kg", "alm_ht2", "low_mass", "sarcopenia"} & set(done.frame)
    first = done.imputed[done.imputed["person_id"] == 1]
    assert first["alm_ht2"].tolist() == [6.75, 6.975, 7.0, 7.025, 7.25]
    assert first["low_mass"].tolist() == [True, True, False, False, False]


def test_an_imputed_and_a_measured_part_are_put_together_person_by_person():
    imputed = run().imputed
    # Person 1 did not walk: no sarcopenia where the mass is not low, unknown where it is. Person 3 is fast.
    assert listed(imputed.loc[imputed["person_id"] == 1, "sarcopenia"]) == [None, None, False, False, False]
    assert listed(imputed.loc[imputed["person_id"] == 3, "sarcopenia"]) == [False] * 5


def test_imputed_columns_are_described_as_such_with_the_part_they_were_measured_in():
    columns = run().meta.columns
    assert [columns[name].imputed for name in ("alm_ht2", "low_mass", "sarcopenia", "low")] == [True] * 3 + [
        False
    ]
    assert [columns[name].subsample for name in ("low_mass", "sarcopenia")] == ["", "walked"]


def test_a_step_of_the_flow_keeps_those_whose_every_imputation_is_known():
    done = run()
    flow, frame = done.flow.set_index("step"), done.frame
    known = done.imputed.groupby("person_id")["alm_kg"].agg(lambda draws: draws.notna().all())
    kept = frame["in_domain"] & frame["person_id"].isin(known.index[known])
    assert flow.loc["scanned", "description"] == "Scanned"
    assert flow.loc["scanned", "n_remaining"] == kept.sum()


def test_without_the_tables_the_definitions_are_refused_with_what_they_wait_for():
    design = {"absent": {f"{A} SCAN_C": "not there", f"{B} SCAN_D": "not there"}}
    meta = FrameMeta("made_up", "C", True, "harmonised", META.columns, design)
    done = run(meta, DRAWS.iloc[:0])
    catalogue = done.definitions.set_index("definition")
    assert catalogue.loc["low_mass", "reason"] == (
        f"alm_kg: SCAN_C (not there) ({A}); alm_kg: SCAN_D (not there) ({B})"
    )
    assert catalogue.loc["low_mass", "cycles"] == ""
    assert done.imputed.empty


def test_estimates_are_weighted_by_the_part_in_which_a_variable_was_measured():
    done = run()
    sample = Sample.of(done.frame, done.meta, project())
    assert sample.domain_for(["low"]) is sample.domain
    walked = sample.domain_for(["low", "speed"])
    assert walked.weights.tolist() == [5.0, 6.0]
    assert sample.domain_for(["speed"]) is walked


def test_an_imputed_variable_is_no_column_of_the_sample_and_says_why():
    done = run()
    sample = Sample.of(done.frame, done.meta, project())
    assert not sample.has("alm_ht2")
    assert sample.why_not("alm_ht2") == "alm_ht2: imputed, to be analysed imputation by imputation"


UP_TO_69 = {"var": "age_years", "min": 8, "max": 69, "source": "the page"}


def test_a_variable_is_blank_in_a_cycle_that_measured_a_part_of_the_population():
    done = derive(FRAME, META, project({B: UP_TO_69}), "made_up", DRAWS)
    lean = done.imputed.groupby("person_id")["alm_kg"].agg(lambda draws: draws.notna().sum())
    assert lean.to_dict() == {1: 5, 3: 0}
    assert done.definitions.set_index("definition").loc["low_mass", "cycles"] == A
    # Person 3 walks fast: no sarcopenia, whatever the mass. But nobody over 69 could be told so.
    assert done.imputed.loc[done.imputed["person_id"] == 3, "sarcopenia"].isna().all()


def test_a_variable_that_no_cycle_measured_in_the_population_is_left_out_with_the_reason():
    done = derive(FRAME, META, project({A: UP_TO_69, B: UP_TO_69}), "made_up", DRAWS)
    assert "alm_kg" not in {*done.imputed, *done.frame, *done.meta.columns}
    assert done.meta.unavailable["alm_kg"] == "measured only at age_years 8 to 69; the population goes beyond"
    sample = Sample.of(done.frame, done.meta, project(), done.imputed)
    assert not sample.has("alm_kg")
    assert sample.why_not("alm_kg").count("alm_kg") == 1

"""Cycles that differ: what is mapped by cycle, joined, summed, bridged, imputed, measured in a part only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.harmonise import Harmonised, harmonise
from b12sarc.readers import Table
from b12sarc.spec import Assays, Cohort, Dictionary

A, B = "1999-2000", "2001-2002"


def continuous(unit: str, **more: Any) -> dict[str, Any]:
    return {"label": "L", "type": "continuous", "unit": unit} | more


DICTIONARY = Dictionary.model_validate(
    {
        "variables": {
            "age": continuous("years"),
            "b12": continuous("pmol/L", accepts={"pg/mL": 0.738}, decimals=1),
            "speed": continuous("m/s", plausible={"min": 0.1, "max": 2.5, "source": "made up"}),
            "intake": continuous("ug/day"),
            "user": {"label": "User", "type": "binary"},
            "failed": {"label": "Failed", "type": "binary"},
            "level": {
                "label": "Level",
                "type": "categorical",
                "categories": {"none": "None", "some": "Some"},
                "reference": "none",
            },
            "lean": continuous("kg", accepts={"g": 0.001}),
        }
    }
)
ASSAYS = Assays.model_validate(
    {
        "equations": {
            "old_to_new": {
                "label": "Old to new",
                "form": "log10",
                "intercept": 0.14,
                "terms": {1: 0.97},
                "from": "old",
                "to": "new",
                "unit": "pg/mL",
                "valid": {"min": 81, "max": 1688, "source": "made up"},
                "source": "made up",
            }
        }
    }
)
AGE = {"file": "demo", "column": "AGE", "unit": "years"}
INTAKE = {
    "file": "taken",
    "sum_rows": [
        {"column": "DAYS", "missing": [9999], "over": 30},
        {"column": "AMOUNT"},
        {"column": "SERVING", "inverse": True},
        {"column": "QUANTITY"},
        {"column": "UNIT", "map": {1: 1000, 4: 1}, "missing": [21]},
    ],
    "valid_if": [{"column": "INGREDIENT", "in": ["B12"]}],
    "answered_if": {"file": "asked", "column": "ANY", "in": [1, 2]},
    "unit": "ug/day",
}
LEAN = {"file": "scan", "sum_of": ["ARM", "LEG"], "unit": "g"}
NO = {"status": "impossible", "reason": "not here"}


def person_file(table: str, **more: Any) -> dict[str, Any]:
    return {"table": {A: table, B: f"{table}_B"}, "key": "SEQN"} | more


def cohort(subsamples: dict[str, Any] | None = None, **variables: dict[str, Any]) -> Cohort:
    """A cohort of two cycles that has the given variables and age."""
    names = DICTIONARY.variables
    mapped = {name: variables.get(name, AGE if name == "age" else NO) for name in names}
    joins = [
        {"file": "products", "by": "PRODUCT", "columns": ["CODE", "SERVING"]},
        {"file": "contents", "by": "CODE", "columns": ["INGREDIENT", "QUANTITY", "UNIT"]},
    ]
    reference = {"begin_year": 1999, "rows": "reference"}
    imputed = {"rows": "imputed", "imputation": "_MULT_", "imputations": 5, "optional": "waits for scans"}
    return Cohort.model_validate(
        {
            "schema_version": 2,
            "access": "public",
            "id": "c",
            "title": "C",
            "population": "P",
            "citation": "me",
            "archive": {"name": "x", "table_path": "{table}.xpt", "codebook_path": "{table}.htm"},
            "cycles": {A: {"begin_year": 1999}, B: {"begin_year": 2001}},
            "files": {
                "demo": person_file("DEMO"),
                "lab": person_file("LAB"),
                "asked": person_file("ASKED"),
                "taken": person_file("TAKEN", rows="many", joins=joins),
                "products": {"table": "PRODUCTS", "key": "CODE"} | reference,
                "contents": {"table": "CONTENTS", "key": "CODE"} | reference,
                "scan": person_file("SCAN", **imputed),
            },
            "design": {
                "kind": "stratified_cluster",
                "strata": {"file": "demo", "column": "STRA"},
                "psu": {"file": "demo", "column": "PSU"},
                "weight": {"role": "mec", "file": "demo", "column": "WT", "years": 4},
            },
            "subsamples": subsamples or {},
            "variables": mapped,
        }
    )


def tables() -> dict[tuple[str, str], pd.DataFrame]:
    """Four persons a cycle."""
    made: dict[tuple[str, str], pd.DataFrame] = {}
    for cycle, first in ((A, 1), (B, 5)):
        ids = [float(first + i) for i in range(4)]
        made["demo", cycle] = pd.DataFrame(
            {
                "SEQN": ids,
                "STRA": [float(first)] * 4,
                "PSU": [1.0, 2.0, 1.0, 2.0],
                "WT": [100.0, 200.0, 300.0, 0.0],
                "WT2": [150.0, 250.0, 350.0, 0.0],
                "AGE": [85.0, 70.0, 66.0, 40.0],
            }
        )
        made["lab", cycle] = pd.DataFrame(
            {
                "SEQN": ids,
                "B12": [200.0, 80.0, 2000.0, np.nan],
                "SECONDS": [7.62, 0.0, 1.0, np.nan],
                "T1": [1.0, 2.0, 2.0, np.nan],
                "T2": [np.nan, 1.0, np.nan, np.nan],
                "TOTAL": [2.4, np.nan, np.nan, np.nan],
                "ASK": [1.0, 2.0, 7.0, np.nan],
                "HALF": [1000.0, np.nan, np.nan, np.nan],
            }
        )
        made["asked", cycle] = pd.DataFrame({"SEQN": ids, "ANY": [1.0, 1.0, 2.0, 9.0]})
        made["taken", cycle] = pd.DataFrame(
            {
                "SEQN": [ids[0], ids[0], ids[0], ids[1]],
                "PRODUCT": [11.0, 12.0, 99.0, 11.0],
                "DAYS": [30.0, 15.0, 30.0, 9999.0],
                "AMOUNT": [2.0, 1.0, 1.0, 1.0],
            }
        )
        made["scan", cycle] = pd.DataFrame(
            {
                "SEQN": [i for i in ids[:2] for _ in range(5)],
                "_MULT_": [1.0, 2.0, 3.0, 4.0, 5.0] * 2,
                "ARM": [6000.0 + j for j in range(5)] + [5000.0] * 5,
                "LEG": [14000.0] * 5 + [np.nan, 12000.0, 12000.0, 12000.0, 12000.0],
            }
        )
    # Product 11: 6 ug of B12 in a serving of 2, and vitamin C. Product 12: 1 mg of B12 in a serving of 1.
    made["products", A] = made["products", B] = pd.DataFrame(
        {"PRODUCT": [11.0, 12.0], "CODE": [1.0, 2.0], "SERVING": [2.0, 1.0]}
    )
    made["contents", A] = made["contents", B] = pd.DataFrame(
        {
            "CODE": [1.0, 1.0, 2.0],
            "INGREDIENT": ["B12", "C", "B12"],
            "QUANTITY": [6.0, 60.0, 1.0],
            "UNIT": [4.0, 1.0, 1.0],
        }
    )
    return made


def run(
    spec: Cohort,
    source: dict[tuple[str, str], pd.DataFrame] | None = None,
    absent: dict[tuple[str, str], str] | None = None,
) -> Harmonised:
    data = tables() if source is None else source
    return harmonise(spec, DICTIONARY, lambda file, cycle: Table(data[file, cycle], {}), ASSAYS, absent)


def refusal(spec: Cohort, source: dict[tuple[str, str], pd.DataFrame] | None = None) -> str:
    with pytest.raises(B12SarcError) as caught:
        run(spec, source)
    return str(caught.value)


def values(done: Harmonised, name: str, cycle: str = A) -> list[Any]:
    here = done.frame.loc[done.frame["cycle"] == cycle, name]
    return [None if pd.isna(x) else x for x in here]


def row(done: Harmonised, name: str, cycle: str = A) -> dict[str, Any]:
    report = done.report
    return report[(report["variable"] == name) & (report["cycle"] == cycle)].iloc[0].to_dict()


# ---- by cycle


def test_a_cycle_without_a_variable_is_missing_there_and_says_why():
    here = {"file": "lab", "column": "B12", "unit": "pg/mL"}
    done = run(cohort(b12={"per_cycle": {A: here, B: {"status": "impossible", "reason": "no assay"}}}))
    assert values(done, "b12") == [147.6, 59.0, 1476.0, None]
    assert values(done, "b12", B) == [None] * 4
    assert done.meta.columns["b12"].note == f"not in {B} (no assay)"
    assert done.meta.columns["b12"].sources == ("LAB.B12",)
    assert set(done.report.loc[done.report["variable"] == "b12", "cycle"]) == {A}


def test_binary_and_categorical_variables_keep_their_type_where_a_cycle_lacks_them():
    coded = {"file": "lab", "column": "ASK", "map": {1: "none", 2: "some"}, "missing": [7]}
    failed = {"file": "lab", "min_of": ["T1", "T2"], "map": {1: False, 2: True}}
    done = run(cohort(level={"per_cycle": {A: coded, B: NO}}, failed={"per_cycle": {A: NO, B: failed}}))
    assert list(done.frame["level"].cat.categories) == ["none", "some"]
    assert str(done.frame["failed"].dtype) == "boolean"


def test_a_value_above_the_cap_is_set_to_it():
    done = run(cohort(age=AGE | {"cap": 80}))
    assert values(done, "age") == [80.0, 70.0, 66.0, 40.0]
    assert done.meta.columns["age"].note == "top-coded at 80"


# ---- operations


def test_a_speed_is_the_distance_over_the_time():
    done = run(cohort(speed={"file": "lab", "column": "SECONDS", "numerator": 6.096, "unit": "m/s"}))
    assert values(done, "speed") == [pytest.approx(0.8, abs=1e-12), None, None, None]
    assert row(done, "speed")["n_implausible"] == 1
    assert row(done, "speed")["n_missing"] == 2


def test_a_pass_in_either_trial_is_a_pass_and_a_retest_not_done_leaves_the_failure():
    done = run(cohort(failed={"file": "lab", "min_of": ["T1", "T2"], "map": {1: False, 2: True}}))
    assert values(done, "failed") == [False, False, True, None]


def test_a_number_is_cut_into_true_and_false():
    done = run(cohort(user={"file": "lab", "column": "TOTAL", "cut": {"op": ">", "value": 2.4}}))
    assert values(done, "user") == [False, None, None, None]


@pytest.mark.parametrize(
    ("name", "mapping", "expected"),
    [
        ("intake", {"unit": "ug/day", "blank_is": {"value": 0}}, [2.4, 0.0, None, None]),
        ("user", {"cut": {"op": ">", "value": 0}, "blank_is": {"value": False}}, [True, False, None, None]),
    ],
)
def test_a_blank_means_none_only_where_the_question_was_answered(name, mapping, expected):
    where = {"column": "ASK", "in": [1, 2]}
    mapping = (
        {"file": "lab", "column": "TOTAL"} | mapping | {"blank_is": mapping["blank_is"] | {"where": where}}
    )
    assert values(run(cohort(**{name: mapping})), name) == expected


# ---- rows joined and summed


def test_what_was_taken_is_summed_over_products_and_days():
    # Two of a serving of 2 a day, 6 ug in a serving: 6 ug. One serving of 1 mg on 15 of 30 days: 500 ug.
    done = run(cohort(intake=INTAKE))
    assert values(done, "intake") == [pytest.approx(506.0), None, 0.0, None]
    assert row(done, "intake")["n_missing_code"] == 1
    assert row(done, "intake")["n_rows"] == 4


def test_a_unit_that_cannot_be_told_makes_the_sum_missing():
    source = tables()
    source["contents", A] = source["contents", A].assign(UNIT=[21.0, 1.0, 1.0])
    assert values(run(cohort(intake=INTAKE), source), "intake")[0] is None


def test_a_unit_nobody_mapped_is_refused_only_where_it_counts():
    source = tables()
    source["contents", A] = source["contents", A].assign(UNIT=[4.0, 5.0, 1.0])
    assert values(run(cohort(intake=INTAKE), source), "intake")[2] == 0.0
    source["contents", A] = source["contents", A].assign(UNIT=[5.0, 1.0, 1.0])
    assert refusal(cohort(intake=INTAKE), source).startswith(
        f"c: {A}: TAKEN: intake: code 5 of UNIT is neither in 'map' nor in 'missing' (2 rows)"
    )


def test_whoever_took_a_product_of_that_content_is_a_user():
    user = {
        "file": "taken",
        "any_row": {"column": "INGREDIENT", "in": ["B12"]},
        "answered_if": {"file": "asked", "column": "ANY", "in": [1, 2]},
    }
    assert values(run(cohort(user=user)), "user") == [True, True, False, None]


def test_a_table_for_all_cycles_is_read_once():
    asked: list[tuple[str, str]] = []
    data = tables()

    def read(file: str, cycle: str) -> Table:
        asked.append((file, cycle))
        return Table(data[file, cycle], {})

    harmonise(cohort(intake=INTAKE), DICTIONARY, read, ASSAYS)
    assert [file for file, _ in asked].count("products") == 1
    assert sorted(asked) == sorted(set(asked))


def test_a_join_column_that_is_not_there_is_named():
    source = tables()
    source["products", A] = source["products", A].rename(columns={"SERVING": "SERVINGS"})
    assert refusal(cohort(intake=INTAKE), source).startswith(
        f"c: {A}: PRODUCTS: the table has no column SERVING -> did you mean 'SERVINGS'?"
    )


def test_tables_joined_by_text_and_number_are_refused():
    source = tables()
    source["products", A] = source["products", A].astype({"PRODUCT": str})
    assert "PRODUCT holds numbers in one and text in the other of taken and products" in refusal(
        cohort(intake=INTAKE), source
    )


# ---- bridged

BRIDGED = {
    "file": "lab",
    "column": "B12",
    "unit": "pg/mL",
    "assay": {A: "old", B: "new"},
    "bridge": {A: "old_to_new"},
}


def test_only_the_cycle_that_names_an_equation_is_bridged_and_the_raw_value_stays_beside():
    done = run(cohort(b12=BRIDGED))
    assert values(done, "b12")[0] == round(235.504 * 0.738, 1)
    assert values(done, "b12_raw") == [147.6, 59.0, 1476.0, None]
    assert values(done, "b12", B) == [147.6, 59.0, 1476.0, None]
    assert values(done, "b12_raw", B) == [None] * 4
    assert done.meta.columns["b12"].note == f"assay old by old_to_new ({A}), new ({B})"


def test_values_outside_the_range_of_the_equation_are_counted_by_cycle():
    done = run(cohort(b12=BRIDGED))
    assert [row(done, "b12", c)["n_outside_bridge"] for c in (A, B)] == [2, 0]
    assert [row(done, "b12", c)["bridge"] for c in (A, B)] == ["old_to_new", ""]


def test_a_bridge_on_values_of_another_method_is_refused_when_it_is_applied():
    twice = BRIDGED | {"assay": "new", "bridge": "old_to_new"}
    assert "an equation is applied once, to raw values" in refusal(cohort(b12=twice))


def test_an_unknown_equation_is_refused():
    assert "unknown equation 'gone'" in refusal(cohort(b12=BRIDGED | {"bridge": "gone"}))


# ---- imputed


def test_imputed_variables_are_rows_of_their_own_and_no_column_of_the_persons():
    done = run(cohort(lean=LEAN))
    assert "lean" not in done.frame
    assert list(done.imputed) == ["person_id", "imputation", "lean"]
    assert len(done.imputed) == 2 * 2 * 5
    first = done.imputed[done.imputed["person_id"] == 1]
    assert first["imputation"].tolist() == [1, 2, 3, 4, 5]
    assert first["lean"].tolist() == pytest.approx([20.0, 20.001, 20.002, 20.003, 20.004])
    assert done.meta.columns["lean"].imputed


def test_a_value_missing_in_one_imputation_stays_missing_there():
    second = run(cohort(lean=LEAN)).imputed.query("person_id == 2")["lean"]
    assert second.isna().tolist() == [True, False, False, False, False]


def test_rows_of_imputations_may_come_in_any_order():
    source = tables()
    source["scan", A] = source["scan", A].sample(frac=1, random_state=1)
    assert run(cohort(lean=LEAN), source).imputed.equals(run(cohort(lean=LEAN)).imputed)


def test_four_rows_for_a_person_are_refused():
    source = tables()
    source["scan", B] = source["scan", B].iloc[1:]
    assert refusal(cohort(lean=LEAN), source) == (
        f"c: {B}: SCAN_B: 1 of 2 persons do not have one row for each of 5 imputations "
        "(the first of them has 4 rows) -> fetch the file again; never fill in or drop an imputation"
    )


def test_an_imputation_that_comes_twice_is_refused_though_there_are_five_rows():
    source = tables()
    source["scan", A].loc[1, "_MULT_"] = 1.0
    assert "1 of 2 persons do not have one row for each of 5 imputations" in refusal(
        cohort(lean=LEAN), source
    )


def test_a_sixth_imputation_is_refused():
    source = tables()
    source["scan", A].loc[1, "_MULT_"] = 6.0
    assert refusal(cohort(lean=LEAN), source).startswith(
        f"c: {A}: SCAN: _MULT_ is 6.0 in 1 rows; expected 1 to 5"
    )


def test_imputations_of_another_cycle_are_refused():
    source = tables()
    source["scan", A] = tables()["scan", B]
    assert "2 of 2 persons are not in the design file of this cycle" in refusal(cohort(lean=LEAN), source)


def test_without_the_scans_the_cohort_runs_and_says_what_waits_for_them():
    gone = {(A, "SCAN"): "not there", (B, "SCAN_B"): "not there"}
    done = run(cohort(lean=LEAN), absent=gone)
    assert done.imputed.empty
    assert done.meta.unavailable["lean"] == "waits for scans (not there)"
    assert done.meta.design["absent"] == {f"{A} SCAN": "not there", f"{B} SCAN_B": "not there"}


def test_with_the_scans_of_one_cycle_that_cycle_has_them():
    done = run(cohort(lean=LEAN), absent={(B, "SCAN_B"): "not there"})
    assert set(done.imputed["person_id"]) == {1, 2}
    assert done.meta.columns["lean"].note == f"not in {B} (waits for scans (not there))"


# ---- parts of the sample

HALF = {"half": {"label": "Half", "weights": [{"file": "lab", "column": "HALF", "years": 4}]}}
OLDER = {"file": "demo", "column": {B: "WT2"}, "years": 2, "valid_if": [{"column": "AGE", "in": [70, 85]}]}
FAILED = {"file": "lab", "min_of": ["T1", "T2"], "map": {1: False, 2: True}, "subsample": "half"}


def test_a_part_of_the_sample_has_a_weight_of_its_own_and_0_outside():
    done = run(cohort(HALF, failed=FAILED))
    assert values(done, "weight_half") == [1000.0, 0.0, 0.0, 0.0]
    assert done.meta.columns["failed"].subsample == "half"
    assert done.meta.columns["weight_half"].note == "HALF; 0: not in it"


def test_of_several_weights_a_person_has_the_first_that_there_is():
    both = {"half": {"label": "Half", "weights": [HALF["half"]["weights"][0], OLDER]}}
    done = run(cohort(both, failed=FAILED))
    assert values(done, "weight_half", A) == [1000.0, 0.0, 0.0, 0.0]
    assert values(done, "weight_half", B) == [1000.0, 250.0, 0.0, 0.0]
    assert done.meta.columns["weight_half"].note == f"HALF ({A}), HALF, else WT2 ({B}); 0: not in it"


def test_the_weight_of_a_part_stands_for_the_cycles_that_have_it():
    two_years = {"half": {"label": "Half", "weights": [{"file": "lab", "column": "HALF", "years": 2}]}}
    done = run(cohort(two_years, failed=FAILED))
    assert values(done, "weight_half") == [500.0, 0.0, 0.0, 0.0]


def test_a_negative_weight_of_a_part_is_refused():
    source = tables()
    source["lab", A].loc[0, "HALF"] = -1.0
    assert f"c: {A}: LAB.HALF: weight of half: 1 weights are below 0" in refusal(
        cohort(HALF, failed=FAILED), source
    )

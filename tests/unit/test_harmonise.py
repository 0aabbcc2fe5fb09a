"""Raw tables become one frame by data alone: nobody is dropped, nothing is guessed, everything is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.harmonise import Harmonised, harmonise
from b12sarc.readers import Table
from b12sarc.spec import Cohort, Dictionary

A, B = "2011-2012", "2013-2014"
DICTIONARY = Dictionary.model_validate(
    {
        "variables": {
            "age_years": {"label": "Age", "type": "continuous", "unit": "years"},
            "b12": {
                "label": "B12",
                "type": "continuous",
                "unit": "pmol/L",
                "accepts": {"pg/mL": 0.738},
                "decimals": 1,
                "plausible": {"min": 10, "max": 1000, "source": "made up"},
            },
            "grip": {"label": "Grip", "type": "continuous", "unit": "kg"},
            "sex": {
                "label": "Sex",
                "type": "categorical",
                "categories": {"male": "Men", "female": "Women"},
                "reference": "male",
            },
            "diabetes": {"label": "Diabetes", "type": "binary"},
            "drug": {"label": "Takes the drug", "type": "binary"},
        }
    }
)
MAPPINGS: dict[str, dict[str, Any]] = {
    "age_years": {"file": "demo", "column": "AGE", "unit": "years", "top_coded_at": 80},
    "b12": {"file": "lab", "column": "B12", "unit": "pmol/L"},
    "grip": {"file": "lab", "max_of": ["T1", "T2", "T3"], "unit": "kg"},
    "sex": {"file": "demo", "column": "GENDER", "map": {1: "male", 2: "female"}},
    "diabetes": {"file": "lab", "column": "DIQ", "map": {1: True, 2: False, 3: False}, "missing": [7, 9]},
    "drug": {
        "file": "rx",
        "any_row": {"column": "CODE", "in": ["d1"]},
        "answered_if": {"column": "USE", "in": [1, 2]},
    },
}


def cohort(weight: dict[str, Any] | None = None, **variables: dict[str, Any]) -> Cohort:
    """A cohort of two cycles; ``variables`` replace mappings of the same name."""
    chosen = MAPPINGS | variables
    files = {
        "demo": {"table": {A: "DEMO_G", B: "DEMO_H"}, "format": "xport", "key": "SEQN"},
        "lab": {"table": {A: "LAB_G", B: "LAB_H"}, "format": "xport", "key": "SEQN"},
        "rx": {"table": {A: "RX_G", B: "RX_H"}, "format": "xport", "key": "SEQN", "rows": "many"},
    }
    return Cohort.model_validate(
        {
            "schema_version": 2,
            "access": "public",
            "id": "c",
            "title": "C",
            "population": "P",
            "citation": "me",
            "archive": {"name": "x", "table_path": "{table}.xpt", "codebook_path": "{table}.htm"},
            "cycles": {A: {"begin_year": 2011}, B: {"begin_year": 2013}},
            "files": files,
            "design": {
                "kind": "stratified_cluster",
                "strata": {"file": "demo", "column": "STRA"},
                "psu": {"file": "demo", "column": "PSU"},
                "weight": weight or {"role": "mec", "file": "demo", "column": "WT"},
            },
            "variables": chosen,
        }
    )


def tables() -> dict[tuple[str, str], pd.DataFrame]:
    """Three persons a cycle; not all of them are in every table, and the order differs."""
    made: dict[tuple[str, str], pd.DataFrame] = {}
    for cycle, first in ((A, 1), (B, 4)):
        ids = [float(first + i) for i in range(3)]
        made["demo", cycle] = pd.DataFrame(
            {
                "SEQN": ids,
                "STRA": [float(first)] * 3,
                "PSU": [1.0, 2.0, 1.0],
                "WT": [1000.5, 0.0, 30.0],
                "AGE": [80.0, 65.0, 7.0],
                "GENDER": [1.0, 2.0, 2.0],
            }
        )
        made["lab", cycle] = pd.DataFrame(
            {
                "SEQN": ids[1::-1],
                "B12": [148.0, np.nan],
                "T1": [20.0, np.nan],
                "T2": [np.nan, np.nan],
                "T3": [31.5, np.nan],
                "DIQ": [3.0, 9.0],
            }
        )
        made["rx", cycle] = pd.DataFrame(
            {"SEQN": [ids[0], ids[0], ids[1]], "USE": [1.0, 1.0, 9.0], "CODE": ["d0", "d1", ""]}
        )
    return made


def run(spec: Cohort, source: dict[tuple[str, str], pd.DataFrame] | None = None) -> Harmonised:
    data = tables() if source is None else source
    return harmonise(spec, DICTIONARY, lambda file, cycle: Table(data[file, cycle], {}))


def values(done: Harmonised, name: str) -> list[Any]:
    return [None if pd.isna(x) else x for x in done.frame[name]]


def row(done: Harmonised, name: str, cycle: str = A) -> dict[str, Any]:
    report = done.report
    return report[(report["variable"] == name) & (report["cycle"] == cycle)].iloc[0].to_dict()


def refusal(spec: Cohort, source: dict[tuple[str, str], pd.DataFrame] | None = None) -> str:
    with pytest.raises(B12SarcError) as caught:
        run(spec, source)
    return str(caught.value)


def test_every_person_of_the_design_file_is_kept_in_order():
    frame = run(cohort()).frame
    assert frame["person_id"].tolist() == [1, 2, 3, 4, 5, 6]
    assert frame["person_id"].dtype == "int64"


def test_a_person_missing_from_a_table_is_missing_there_and_others_get_their_own_values():
    done = run(cohort())
    assert values(done, "b12")[:3] == [None, 148.0, None]
    assert values(done, "diabetes")[:3] == [None, False, None]


def test_columns_come_in_the_order_of_the_dictionary_after_the_design():
    reversed_order = cohort(**dict(reversed(MAPPINGS.items())))
    assert list(run(reversed_order).frame) == [
        "person_id", "cycle", "stratum", "psu", "weight",
        "age_years", "b12", "grip", "sex", "diabetes", "drug",
    ]  # fmt: skip


def test_cycle_is_categorical_in_the_order_of_the_cohort():
    frame = run(cohort()).frame
    assert frame["cycle"].tolist() == [A] * 3 + [B] * 3
    assert list(frame["cycle"].cat.categories) == [A, B]


def test_types_are_float_boolean_and_category():
    dtypes = run(cohort()).frame.dtypes.astype(str)
    assert dtypes[["b12", "sex", "diabetes", "drug"]].tolist() == [
        "float64",
        "category",
        "boolean",
        "boolean",
    ]


def test_a_table_with_people_of_another_cycle_is_refused_with_their_number():
    source = tables()
    source["lab", B] = source["lab", A]
    assert "c: 2013-2014: LAB_H: 2 of 2 persons are not in the design file" in refusal(cohort(), source)


def test_a_key_that_comes_twice_is_refused_where_a_person_has_one_row():
    source = tables()
    source["lab", A] = pd.concat([source["lab", A]] * 2)
    assert "LAB_G: 2 of 4 rows repeat an earlier SEQN" in refusal(cohort(), source)


def test_an_absent_key_names_the_nearest_column():
    source = tables()
    source["rx", A] = source["rx", A].rename(columns={"SEQN": "SEQ"})
    assert "RX_G: no key column 'SEQN' -> did you mean 'SEQ'?" in refusal(cohort(), source)


def test_a_missing_key_is_refused():
    source = tables()
    source["rx", A].loc[0, "SEQN"] = np.nan
    assert "RX_G: 1 of 3 rows have no SEQN" in refusal(cohort(), source)


def test_a_key_that_is_no_whole_number_is_refused():
    source = tables()
    source["demo", A]["SEQN"] = [1.0, 2.0, 2.5]
    assert "DEMO_G: the key SEQN is not a whole number" in refusal(cohort(), source)


def test_a_key_that_is_text_in_one_file_and_numbers_in_another_is_refused():
    source = tables()
    source["demo", A]["SEQN"] = ["a", "b", "c"]
    assert "LAB_G: the key SEQN holds numbers, and SEQN of demo text" in refusal(cohort(), source)


def test_all_problems_of_all_tables_are_told_at_once():
    source = tables()
    source["lab", A] = source["lab", A].drop(columns="SEQN")
    source["rx", B] = source["rx", B].drop(columns="SEQN")
    with pytest.raises(B12SarcError) as caught:
        run(cohort(), source)
    assert [p.where for p in caught.value.problems] == [f"c: {A}: LAB_G", f"c: {B}: RX_H"]


def test_two_two_year_weights_are_halved():
    done = run(cohort())
    assert done.frame["weight"].tolist() == [500.25, 0.0, 15.0] * 2
    assert done.meta.design["weight"] == {A: "WT x 1/2", B: "WT x 1/2"}
    assert done.meta.design["sum_of_weights"] == {A: "515.25", B: "515.25"}


def test_a_weight_that_stands_for_the_years_pooled_is_used_as_it_is():
    done = run(cohort(weight={"role": "mec", "file": "demo", "column": "WT", "years": 4}))
    assert done.frame["weight"].tolist() == [1000.5, 0.0, 30.0] * 2
    assert done.meta.design["weight"] == {A: "WT", B: "WT"}


def test_weights_may_have_another_name_and_span_in_each_cycle():
    source = tables()
    source["demo", B] = source["demo", B].rename(columns={"WT": "WT2"})
    weight = {"role": "mec", "file": "demo", "column": {A: "WT", B: "WT2"}, "years": {A: 3, B: 1}}
    done = run(cohort(weight=weight), source)
    assert done.frame["weight"].tolist() == [750.375, 0.0, 22.5, 250.125, 0.0, 7.5]
    assert done.meta.columns["weight"].sources == ("DEMO_G.WT", "DEMO_H.WT2")


@pytest.mark.parametrize("column", ["WT", "STRA", "PSU"])
def test_a_missing_design_value_is_refused_with_its_number(column):
    source = tables()
    source["demo", B].loc[1, column] = np.nan
    assert f"c: 2013-2014: DEMO_H.{column}" in refusal(cohort(), source)
    assert "missing in 1 of 3 persons" in refusal(cohort(), source)


@pytest.mark.parametrize(
    ("weights", "found"),
    [([1.0, -1.0, 2.0], "1 weights are below 0 and 2 of 3 above"), ([0.0] * 3, "0 of 3 above")],
)
def test_weights_below_0_or_all_0_are_refused(weights, found):
    source = tables()
    source["demo", A]["WT"] = weights
    assert found in refusal(cohort(), source)


def test_an_unknown_design_column_names_the_nearest():
    source = tables()
    source["demo", A] = source["demo", A].rename(columns={"STRA": "STRATA"})
    assert "DEMO_G.STRA: stratum: the table has no column STRA -> did you mean 'STRATA'?" in refusal(
        cohort(), source
    )


def test_cycles_that_share_strata_are_refused():
    source = tables()
    source["demo", B]["STRA"] = 1.0
    assert "c: stratum: 1 strata occur in more than one of 2011-2012, 2013-2014" in refusal(cohort(), source)


def test_cycles_that_share_persons_are_refused():
    source = tables()
    for file in ("demo", "lab", "rx"):
        source[file, B] = source[file, A]
    assert "c: person_id: 3 persons occur in more than one of" in refusal(cohort(), source)


def test_max_of_takes_the_largest_of_the_readings_that_are_there():
    assert values(run(cohort()), "grip")[:3] == [None, 31.5, None]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("max_of", [None, 31.5]),
        ("min_of", [None, 20.0]),
        ("mean_of", [None, 25.75]),
        ("sum_of", [None, None]),
    ],
)
def test_operations_over_columns(operation, expected):
    grip = {"file": "lab", operation: ["T1", "T2", "T3"], "unit": "kg"}
    assert values(run(cohort(grip=grip)), "grip")[:2] == expected


def test_sum_of_adds_when_every_part_is_there():
    grip = {"file": "lab", "sum_of": ["T1", "T3"], "unit": "kg"}
    assert values(run(cohort(grip=grip)), "grip")[:2] == [None, 51.5]


def test_a_missing_code_does_not_enter_a_maximum():
    source = tables()
    source["lab", A]["T2"] = [77.0, 77.0]
    done = run(cohort(grip=MAPPINGS["grip"] | {"missing": [77]}), source)
    assert values(done, "grip")[:2] == [None, 31.5]
    assert row(done, "grip")["n_missing_code"] == 1


def test_codes_of_one_variable_mean_nothing_for_another():
    source = tables()
    source["lab", A]["T1"] = [9.0, 7.0]
    assert values(run(cohort(grip={"file": "lab", "column": "T1", "unit": "kg"}), source), "grip")[:2] == [
        7.0,
        9.0,
    ]


def test_a_column_may_be_named_by_cycle_and_in_lower_case():
    source = tables()
    source["lab", B] = source["lab", B].rename(columns={"B12": "LBDB12"})
    done = run(cohort(b12={"file": "lab", "column": {A: "b12", B: "lbdb12"}, "unit": "pmol/L"}), source)
    assert values(done, "b12") == [None, 148.0, None] * 2
    assert done.meta.columns["b12"].sources == ("LAB_G.B12", "LAB_H.LBDB12")


def test_several_rows_a_person_hold_when_one_of_them_does_and_the_question_was_answered():
    # 1 has the drug in the second of two rows; 2 refused the question; 3 is not in the table
    assert values(run(cohort()), "drug")[:3] == [True, None, None]


def test_any_row_without_the_drug_is_false_for_who_answered():
    source = tables()
    source["rx", A]["USE"] = [1.0, 1.0, 2.0]
    assert values(run(cohort(), source), "drug")[:3] == [True, False, None]


def test_any_row_without_a_question_is_false_for_everybody_in_the_table():
    drug = {"file": "rx", "any_row": {"column": "CODE", "in": ["d1"]}}
    assert values(run(cohort(drug=drug)), "drug")[:3] == [True, False, None]


def test_any_row_counts_persons_not_rows():
    assert row(run(cohort()), "drug") == {
        "cohort": "c", "variable": "drug", "cycle": A, "table": "RX_G", "columns": "CODE USE",
        "unit_in": "", "unit_out": "", "n_rows": 2, "n_valid": 1, "n_missing": 1,
        "n_missing_code": 0, "n_implausible": 0, "min": pytest.approx(np.nan, nan_ok=True),
        "max": pytest.approx(np.nan, nan_ok=True), "bridge": "", "n_outside_bridge": 0,
        "n_several_visits": 0, "n_rows_set_aside": 0, "n_visits_incomplete": 0,
    }  # fmt: skip


def test_a_value_is_kept_only_where_every_condition_holds():
    b12 = MAPPINGS["b12"] | {"valid_if": [{"column": "DIQ", "in": [1, 2]}]}
    done = run(cohort(b12=b12))
    assert values(done, "b12")[:3] == [None, None, None]
    assert done.meta.columns["b12"].sources[:2] == ("LAB_G.B12", "LAB_G.DIQ")


def test_a_code_that_is_neither_mapped_nor_missing_is_refused_by_name_and_number():
    source = tables()
    source["lab", A]["DIQ"] = [4.0, 4.0]
    assert refusal(cohort(), source).startswith(
        "c: 2011-2012: LAB_G: diabetes: code 4 of DIQ is neither in 'map' nor in 'missing' (2 rows)"
    )


def test_a_missing_code_is_missing_and_counted_apart_from_blanks():
    report = row(run(cohort()), "diabetes")
    assert (report["n_valid"], report["n_missing"], report["n_missing_code"]) == (1, 0, 1)


def test_text_codes_are_mapped_and_an_empty_text_is_missing():
    source = tables()
    source["demo", A]["GENDER"] = ["M", "", "F"]
    source["demo", B]["GENDER"] = ["M", "F", "F"]
    done = run(cohort(sex={"file": "demo", "column": "GENDER", "map": {"M": "male", "F": "female"}}), source)
    assert values(done, "sex")[:3] == ["male", None, "female"]
    assert list(done.frame["sex"].cat.categories) == ["male", "female"]


@pytest.mark.parametrize(
    ("name", "mapping"),
    [
        ("sex", {"file": "demo", "column": "GENDER", "map": {"1": "male", "2": "female"}}),
        ("diabetes", MAPPINGS["diabetes"] | {"missing": ["7"]}),
        ("drug", {"file": "rx", "any_row": {"column": "CODE", "in": [1]}}),
        ("b12", MAPPINGS["b12"] | {"valid_if": [{"column": "DIQ", "in": ["1"]}]}),
    ],
)
def test_a_code_that_can_never_match_for_its_type_is_refused(name, mapping):
    assert "can never equal" in refusal(cohort(**{name: mapping}))


def test_text_in_a_continuous_variable_is_refused():
    source = tables()
    source["lab", A]["B12"] = ["148", "n/a"]
    assert "LAB_G: b12: column B12 holds text, where numbers are wanted" in refusal(cohort(), source)


def test_conversion_rounds_so_that_a_cutoff_is_met_exactly():
    source = tables()
    source["lab", A]["B12"] = [200.0, 201.0]
    done = run(cohort(b12=MAPPINGS["b12"] | {"unit": "pg/mL"}), source)
    assert values(done, "b12")[:2] == [148.3, 147.6]


def test_values_in_the_harmonised_unit_are_not_rounded():
    source = tables()
    source["lab", A]["B12"] = [147.96, 147.94]
    assert values(run(cohort(), source), "b12")[:2] == [147.94, 147.96]


def test_a_unit_that_does_not_convert_is_refused_with_those_that_do():
    message = refusal(cohort(b12=MAPPINGS["b12"] | {"unit": "mg/L"}))
    assert "LAB_G: b12: unit 'mg/L' does not convert to pmol/L -> give one of: pmol/L, pg/mL" in message


def test_values_outside_the_plausible_range_are_set_missing_and_counted():
    source = tables()
    source["lab", A]["B12"] = [1000.5, 9.99]
    source["lab", B]["B12"] = [1000.0, 10.0]
    done = run(cohort(), source)
    assert values(done, "b12") == [None, None, None, 10.0, 1000.0, None]
    assert (row(done, "b12")["n_implausible"], row(done, "b12", B)["n_implausible"]) == (2, 0)


def test_the_report_of_a_variable_adds_up_to_the_persons_in_its_table():
    report = run(cohort()).report
    parts = report[["n_valid", "n_missing", "n_missing_code", "n_implausible"]].sum(axis=1)
    assert parts.tolist() == report["n_rows"].tolist()
    assert len(report) == 12


def test_the_report_gives_the_range_of_continuous_variables_only():
    done = run(cohort())
    assert (row(done, "age_years")["min"], row(done, "age_years")["max"]) == (7.0, 80.0)
    assert np.isnan(row(done, "sex")["min"])


def test_an_absent_column_names_the_nearest():
    grip = MAPPINGS["grip"] | {"max_of": ["T1", "TT2"]}
    assert "LAB_G: grip: the table has no column TT2 -> did you mean 'T2'?" in refusal(cohort(grip=grip))


def test_a_variable_with_a_status_is_no_column_but_a_reason():
    done = run(cohort(grip={"status": "impossible", "reason": "no dynamometer"}))
    assert "grip" not in done.frame
    assert done.meta.unavailable == {"grip": "no dynamometer"}


def test_top_coding_assay_and_notes_are_kept():
    b12 = MAPPINGS["b12"] | {"assay": {A: "roche", B: "biorad"}, "note": "serum"}
    columns = run(cohort(b12=b12)).meta.columns
    assert columns["age_years"].note == "top-coded at 80"
    assert columns["b12"].note == "assay roche (2011-2012), biorad (2013-2014); serum"


def test_sources_name_table_and_column_of_each_cycle():
    columns = run(cohort()).meta.columns
    assert columns["sex"].sources == ("DEMO_G.GENDER", "DEMO_H.GENDER")
    assert columns["person_id"].sources == ("DEMO_G.SEQN", "DEMO_H.SEQN")


def test_every_column_of_the_frame_is_described():
    done = run(cohort())
    assert set(done.meta.columns) == set(done.frame)


def test_all_problems_of_all_variables_are_told_at_once():
    wrong = cohort(b12=MAPPINGS["b12"] | {"unit": "mg/L"}, sex=MAPPINGS["sex"] | {"map": {1: "male"}})
    with pytest.raises(B12SarcError) as caught:
        run(wrong)
    assert len(caught.value.problems) == 4


def test_each_table_is_read_once():
    asked: list[tuple[str, str]] = []
    data = tables()

    def read(file: str, cycle: str) -> Table:
        asked.append((file, cycle))
        return Table(data[file, cycle], {})

    harmonise(cohort(), DICTIONARY, read)
    assert sorted(asked) == sorted(data)

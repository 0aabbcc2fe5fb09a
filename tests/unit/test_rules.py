"""Conditions are evaluated in three-valued logic, and every cut-off is as strict as it says."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12sarc.rules import evaluate
from b12sarc.spec import Rule

NUMBERS, SEXES, ANSWERS = (np.nan, 1.0, 2.0, 3.0), (None, "male", "female"), (pd.NA, True, False)
ROWS = list(product(NUMBERS, SEXES, ANSWERS))
FRAME = pd.DataFrame(
    {
        "number": [row[0] for row in ROWS],
        "sex": pd.Categorical([row[1] for row in ROWS], categories=["male", "female"]),
        "answer": pd.array([row[2] for row in ROWS], dtype="boolean"),
    }
)


def result(rule: dict[str, Any], frame: pd.DataFrame = FRAME) -> list[Any]:
    return [None if pd.isna(x) else bool(x) for x in evaluate(Rule.model_validate(rule), frame)]


def one_column(values: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"x": values})


@pytest.mark.parametrize(
    ("op", "expected"),
    [
        ("<", [True, False, False, None]),
        ("<=", [True, True, False, None]),
        (">", [False, False, True, None]),
        (">=", [False, True, True, None]),
        ("==", [False, True, False, None]),
        ("!=", [True, False, True, None]),
    ],
)
def test_every_operator_at_below_and_above_its_cutoff(op, expected):
    just_below, just_above = np.nextafter(148.0, 0), np.nextafter(148.0, 200)
    frame = one_column([just_below, 148.0, just_above, np.nan])
    assert result({"var": "x", "op": op, "value": 148}, frame) == expected


def test_in_compares_with_every_value_and_leaves_missing_missing():
    frame = pd.DataFrame({"x": pd.Categorical(["some", "none", None], categories=["none", "some", "much"])})
    assert result({"var": "x", "op": "in", "value": ["some", "much"]}, frame) == [True, False, None]


def test_in_works_on_numbers():
    assert result({"var": "x", "op": "in", "value": [1, 2]}, one_column([1.0, 3.0, np.nan])) == [
        True,
        False,
        None,
    ]


@pytest.mark.parametrize(("op", "expected"), [("==", [True, False, None]), ("!=", [False, True, None])])
def test_a_binary_variable_equals_true(op, expected):
    frame = pd.DataFrame({"x": pd.array([True, False, pd.NA], dtype="boolean")})
    assert result({"var": "x", "op": op, "value": True}, frame) == expected


def test_a_false_part_decides_all_whatever_is_missing():
    missing_and_false = pd.DataFrame({"b12": [np.nan, np.nan], "mma": [100.0, 300.0]})
    rule = {"all": [{"var": "b12", "op": "<", "value": 221}, {"var": "mma", "op": ">", "value": 271}]}
    assert result(rule, missing_and_false) == [False, None]


def test_a_true_part_decides_any_whatever_is_missing():
    frame = pd.DataFrame({"b12": [np.nan, np.nan], "mma": [300.0, 100.0]})
    rule = {"any": [{"var": "b12", "op": "<", "value": 221}, {"var": "mma", "op": ">", "value": 271}]}
    assert result(rule, frame) == [True, None]


CUTOFF_BY_SEX = {
    "by": {
        "var": "sex",
        "cases": {
            "male": {"var": "grip", "op": "<", "value": 27},
            "female": {"var": "grip", "op": "<", "value": 16},
        },
    }
}


def people(sex: list[str | None], grip: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"sex": pd.Categorical(sex, categories=["male", "female"]), "grip": grip})


def test_each_sex_has_its_own_strict_cutoff():
    frame = people(["male", "male", "female", "female", "male"], [27.0, 26.9, 16.0, 15.9, np.nan])
    assert result(CUTOFF_BY_SEX, frame) == [False, True, False, True, None]


def test_unknown_sex_is_missing_only_where_the_sexes_differ():
    assert result(CUTOFF_BY_SEX, people([None, None, None, None], [10, 20, 30, np.nan])) == [
        True,
        None,
        False,
        None,
    ]


def test_a_category_without_a_rule_is_missing():
    rule = {"by": {"var": "sex", "cases": {"male": {"var": "grip", "op": "<", "value": 27}}}}
    assert result(rule, people(["male", "female", None], [10.0, 10.0, 10.0])) == [True, None, None]


def test_the_index_of_the_frame_is_kept():
    frame = FRAME.iloc[::-2]
    assert evaluate(Rule.model_validate(CUTOFF_BY_SEX | {}), frame.assign(grip=1.0)).index.equals(frame.index)


# A second, row-by-row implementation with None for unknown.
def oracle(rule: dict[str, Any], row: dict[str, Any]) -> bool | None:
    if "all" in rule or "any" in rule:
        decides = "any" in rule
        parts = [oracle(part, row) for part in rule["any" if decides else "all"]]
        return decides if decides in parts else (None if None in parts else not decides)
    if "not" in rule:
        inner = oracle(rule["not"], row)
        return None if inner is None else not inner
    if "by" in rule:
        cases = rule["by"]["cases"]
        if row["sex"] is None:
            possible = {oracle(cases[s], row) if s in cases else None for s in ("male", "female")}
            return possible.pop() if len(possible) == 1 else None
        return oracle(cases[row["sex"]], row) if row["sex"] in cases else None
    value = row[rule["var"]]
    if value is None:
        return None
    wanted = rule["value"]
    return {
        "<": lambda: value < wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        ">=": lambda: value >= wanted,
        "==": lambda: value == wanted,
        "!=": lambda: value != wanted,
        "in": lambda: value in wanted,
    }[rule["op"]]()


def comparisons() -> st.SearchStrategy[dict[str, Any]]:
    numeric = st.builds(
        lambda op, value: {"var": "number", "op": op, "value": value},
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        st.sampled_from([1, 2, 2.5]),
    )
    others = st.sampled_from(
        [
            {"var": "answer", "op": "==", "value": True},
            {"var": "answer", "op": "!=", "value": False},
            {"var": "sex", "op": "==", "value": "male"},
            {"var": "sex", "op": "in", "value": ["male", "female"]},
        ]
    )
    return numeric | others


def compounds(parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(parts, min_size=1, max_size=3)
    cases = st.dictionaries(st.sampled_from(["male", "female"]), parts, min_size=1)
    return (
        several.map(lambda p: {"all": p})
        | several.map(lambda p: {"any": p})
        | parts.map(lambda p: {"not": p})
        | cases.map(lambda c: {"by": {"var": "sex", "cases": c}})
    )


@given(st.recursive(comparisons(), compounds, max_leaves=6))
def test_any_rule_agrees_with_a_truth_table(rule):
    known = [
        {"number": None if pd.isna(n) else n, "sex": s, "answer": None if a is pd.NA else a}
        for n, s, a in ROWS
    ]
    assert result(rule) == [oracle(rule, row) for row in known]

"""What the models answer about themselves: rules, columns, covariates, quantities."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from b12sarc.spec import Cohort, Project, Rule
from b12sarc.spec.dictionary import Variable
from helpers_spec import MiniProject


@pytest.fixture
def mini(tmp_path: Path) -> Project:
    return MiniProject(tmp_path).load()


@pytest.fixture
def cohort(mini: Project) -> Cohort:
    return mini.cohorts["mini"]


def comparison(var: str) -> dict[str, object]:
    return {"var": var, "op": "<", "value": 1, "unit": "kg"}


def test_a_rule_knows_every_variable_below_all_any_not_and_by() -> None:
    rule = Rule.model_validate(
        {
            "all": [
                {"any": [comparison("a"), {"not": comparison("b")}]},
                {"by": {"var": "sex", "cases": {"male": comparison("c")}}},
            ]
        }
    )

    assert rule.variables() == {"a", "b", "c", "sex"}
    assert [part.var for part in rule.comparisons()] == ["a", "b", "c"]


def test_the_fields_all_and_any_do_not_hide_the_functions() -> None:
    rule = Rule.model_validate({"any": [comparison("a")]})

    assert rule.all is None
    assert rule.any is not None
    assert [part.var for part in rule.any] == ["a"]


def test_a_model_cannot_be_changed(mini: Project) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        mini.config.seed = 2  # type: ignore[misc]


def test_columns_are_upper_case_its_own_first_and_for_the_cycle(cohort: Cohort) -> None:
    assert cohort.variables["b12"].columns("2013-2014") == ("B12H",)
    assert cohort.variables["grip"].columns("2011-2012") == ("G1", "G2")
    assert cohort.variables["drug"].columns("2011-2012") == ("DRUG", "USE")


def test_raw_columns_of_a_file_are_key_design_weight_and_variables(cohort: Cohort) -> None:
    assert cohort.raw_columns("demo", "2011-2012") == (
        "SEQN",
        "STRA",
        "PSU",
        "WT",
        "AGE",
        "SEX",
        "WALK",
        "SMOKE",
    )
    assert cohort.raw_columns("lab", "2013-2014") == ("SEQN", "B12H", "MMA", "CREA", "G1", "G2")


def test_mapped_leaves_out_what_the_cohort_does_not_have(cohort: Cohort) -> None:
    assert "mass" in cohort.variables
    assert "mass" not in cohort.mapped()


def test_an_adjustment_set_has_the_terms_of_the_one_it_extends_first(mini: Project) -> None:
    assert [term.var for term in mini.analysis.terms("full")] == ["age", "sex", "cycle", "egfr"]
    assert mini.analysis.terms("crude") == ()


@pytest.mark.parametrize(("unit", "factor"), [("pmol/L", 1.0), ("pg/mL", 0.738), ("mg/L", None)])
def test_a_unit_converts_by_its_factor_or_not_at_all(mini: Project, unit: str, factor: float | None) -> None:
    assert mini.dictionary.variables["b12"].factor(unit) == factor


def test_a_quantity_is_the_same_view_of_variables_definitions_and_the_cycle(mini: Project) -> None:
    assert mini.quantity("b12").unit == "pmol/L"
    assert mini.quantity("index").kind == "continuous"
    assert mini.quantity("b12_group").levels == {"low": "Low", "high": "high"}
    assert list(mini.quantity("cycle").levels) == ["2011-2012", "2013-2014"]
    with pytest.raises(KeyError):
        mini.quantity("nothing")


@pytest.mark.parametrize("value", ["1", True, float("nan"), float("inf")])
def test_a_number_is_never_guessed(value: object) -> None:
    data = {"label": "A", "type": "continuous", "unit": "kg", "accepts": {"g": value}}

    with pytest.raises(ValidationError):
        Variable.model_validate(data)

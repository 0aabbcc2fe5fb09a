"""The dictionary in itself, and its names."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import DICTIONARY, Case

CASES = [
    Case(
        "categories: {easy: Easy, hard: Hard}",
        "categories: {no: Easy, hard: Hard}",
        "variables.walk.categories.no",
        "expected text; found the key false, which is how YAML reads an unquoted no",
        'quote it if a text is meant: "no"',
    ),
    Case(
        "    label: Serum B12\n",
        "    lable: Serum B12\n",
        "variables.b12.lable",
        "unknown key 'lable'",
        "did you mean 'label'?",
    ),
    Case(
        "    label: Serum B12\n",
        "",
        "variables.b12.label",
        "missing key 'label' (words for tables and figures)",
        "add label: ...",
        line="b12:",
    ),
    Case(
        "type: binary}\n  drug",
        "type: boolean}\n  drug",
        "variables.smoker.type",
        "expected 'continuous', 'categorical' or 'binary'; found 'boolean'",
    ),
    Case(
        "{min: 0, max: 120, source: human life}",
        "{min: 120, max: 0, source: human life}",
        "variables.age.plausible",
        "min (120) is not below max (0)",
    ),
    Case(
        "accepts: {pg/mL: 0.738}",
        "accepts: {pg/mL: 1e3}",
        "variables.b12.accepts.pg/mL",
        "expected a number; found '1e3'",
        "write 1000.0",
    ),
    Case(
        "accepts: {pg/mL: 0.738}",
        "accepts: {pg/mL: 0}",
        "variables.b12.accepts.pg/mL",
        "expected a number above 0; found 0",
    ),
    Case(
        "    unit: pmol/L\n",
        "",
        "variables.b12",
        "a continuous variable has a unit and no categories or reference",
        line="b12:",
    ),
    Case(
        "categories: {male: Men, female: Women}",
        "categories: {male: Men}",
        "variables.sex",
        "a categorical variable has two or more categories and a reference among them",
        line="sex:",
    ),
    Case(
        "smoker: {label: Smoker, type: binary}",
        "smoker: {label: Smoker, type: binary, unit: kg}",
        "variables.smoker",
        "unit, accepts, decimals and plausible belong to continuous variables only",
    ),
    Case(
        "smoker: {label: Smoker, type: binary}",
        "smoker: {label: Smoker, type: binary, reference: male}",
        "variables.smoker",
        "a binary variable is true or false: it has no categories and no reference",
    ),
    Case(
        "accepts: {pg/mL: 0.738}",
        "accepts: {pmol/L: 1}",
        "variables.b12",
        "accepts lists other units; 'pmol/L' is the harmonised unit itself",
        line="b12:",
    ),
    Case(
        "accepts: {pg/mL: 0.738}",
        "decimals: 0.5",
        "variables.b12.decimals",
        "expected a whole number; found the number 0.5",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_dictionary_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, DICTIONARY)

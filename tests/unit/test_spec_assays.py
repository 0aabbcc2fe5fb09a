"""Bridging equations as data: what an equation may be, and where a cohort may apply it."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ASSAYS, COHORT, Case, MiniProject

B12 = "b12: {file: lab, column: {2011-2012: B12, 2013-2014: B12H}, unit: pg/mL}"
OLD_THEN_NEW = "assay: {2011-2012: old_method, 2013-2014: new_method}"
B12_MAPPED = B12.removesuffix("}")

EQUATIONS = [
    Case(
        "form: linear",
        "form: cubic",
        "equations.old_to_new.form",
        "expected 'linear', 'log10' or 'identity'; found 'cubic'",
    ),
    Case(
        "to: new_method",
        "to: old_method",
        "equations.old_to_new",
        "from and to are the same method: there is nothing to bridge",
        line="old_to_new:",
    ),
    Case(
        "terms: {1: 2}",
        "intercept: 2",
        "equations.old_to_new",
        "linear and log10 have terms (power: coefficient); identity has no number",
        line="old_to_new:",
    ),
    Case(
        "min: 10, max: 1000",
        "min: 1000, max: 10",
        "equations.old_to_new.valid",
        "min (1000) is not below max (10)",
    ),
    Case(
        "unit: pg/mL",
        "units: pg/mL",
        "equations.old_to_new.units",
        "unknown key 'units'",
        "did you mean 'unit'?",
    ),
]

BRIDGES = [
    Case(
        B12,
        f"{B12_MAPPED}, {OLD_THEN_NEW}, bridge: {{2011-2012: old_to_old}}}}",
        "variables.b12.bridge.2011-2012",
        "unknown equation: 'old_to_old'",
        "did you mean 'old_to_new'?",
    ),
    Case(
        B12,
        f"{B12_MAPPED}, {OLD_THEN_NEW}, bridge: old_to_new}}",
        "variables.b12.bridge",
        "the values of 2013-2014 are on the scale of new_method already",
        "an equation is applied once: remove the bridge of this cycle",
    ),
    Case(
        B12,
        f"{B12_MAPPED}, assay: other_method, bridge: old_to_new}}",
        "variables.b12.bridge",
        "the equation takes old_method; the assay of 2011-2012 is 'other_method'",
        "did you mean 'old_method'?",
    ),
    Case(
        B12,
        f"{B12_MAPPED}, {OLD_THEN_NEW}}}",
        "variables.b12",
        "the cycles end on different methods: old_method (2011-2012), new_method (2013-2014)",
        "bridge to one of them, or leave out the variable with a status",
    ),
    Case(
        B12,
        B12.replace("pg/mL", "pmol/L").removesuffix("}")
        + f", {OLD_THEN_NEW}, bridge: {{2011-2012: old_to_new}}}}",
        "variables.b12.bridge.2011-2012",
        "the equation is in pg/mL; the values of 2011-2012 are in pmol/L",
        "map the column that is in pg/mL",
    ),
]


@pytest.mark.parametrize("case", EQUATIONS, ids=str)
def test_a_wrong_equation_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, ASSAYS)


@pytest.mark.parametrize("case", BRIDGES, ids=str)
def test_a_wrong_bridge_is_refused(tmp_path: Path, case: Case) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, case.old, case.new)

    place = mini.first_change(COHORT)
    assert f"{place}: {case.key}: {case.what} -> {case.fix}" in mini.problems()


def test_a_bridge_of_the_cycle_that_needs_it_is_accepted(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, B12, f"{B12_MAPPED}, {OLD_THEN_NEW}, bridge: {{2011-2012: old_to_new}}}}")

    b12 = mini.load().cohorts["mini"].variables["b12"]

    assert [b12.bridge_in(cycle) for cycle in ("2011-2012", "2013-2014")] == ["old_to_new", None]
    assert b12.assay_in("2011-2012") == "old_method"


def test_one_method_in_all_cycles_needs_no_bridge(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, B12, f"{B12_MAPPED}, assay: old_method}}")

    assert mini.problems() == []

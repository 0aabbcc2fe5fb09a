"""The variables of a cohort against the dictionary: what is refused, with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import COHORT, Case

CASES = [
    Case(
        "{1: easy, 2: hard}",
        "{1: easy, 2: hard, 3: yes}",
        "variables.walk.map.3",
        "expected a category of 'walk', found true, which is how YAML reads an unquoted yes",
        "categories: easy, hard",
    ),
    Case(
        "column: SMOKE",
        "colunm: SMOKE",
        "variables.smoker.colunm",
        "unknown key 'colunm'",
        "did you mean 'column'?",
    ),
    Case(
        "column: {2011-2012: B12, 2013-2014: B12H}",
        "column: {2011-2012: 5, 2013-2014: B12H}",
        "variables.b12.column.2011-2012",
        "expected text; found the number 5",
        'quote it if a text is meant: "5"',
    ),
    Case(
        "column: {2011-2012: B12, 2013-2014: B12H}",
        "column: [B12, B12H]",
        "variables.b12.column",
        "expected text or a mapping (key: value); found a list",
    ),
    Case(
        "map: {1: true, 2: false}",
        "map: {1: true, 2: false, 3: 0}",
        "variables.smoker.map.3",
        "expected text or true or false; found the number 0",
        "write a category, or true / false",
    ),
    Case(
        "map: {1: true, 2: false}",
        "map: {1: true, 2: false, off: false}",
        "variables.smoker.map.off",
        "expected a number or text; found the key false, which is how YAML reads an unquoted off",
        'quote it if a text is meant: "off"',
    ),
    Case(
        "top_coded_at: 80",
        "top_coded_at: eighty",
        "variables.age.top_coded_at",
        "expected a number or a mapping (key: value); found 'eighty'",
    ),
    Case(
        "max_of: [G1, G2]",
        "max_of: G1",
        "variables.grip.max_of",
        "expected a list; found 'G1'",
        "write it in brackets: [a, b]",
    ),
    Case(
        "max_of: [G1, G2]",
        "max_of: []",
        "variables.grip.max_of",
        "is empty",
        "give a value, or remove the key",
    ),
    Case(
        "variables:\n",
        "variables:\n  Walk-Test: {status: impossible, reason: x}\n",
        "variables.Walk-Test",
        "the key 'Walk-Test' is no name (lower-case letters, digits and _, a letter first)",
        "write walk_test",
    ),
    Case(
        "{2011-2012: B12, 2013-2014: B12H}",
        "{2011: B12, 2013-2014: B12H}",
        "variables.b12.column.2011",
        "expected text; found the key 2011",
        'quote it if a text is meant: "2011"',
    ),
    Case(
        "reason: no scanner",
        "reason: no scanner, unit: kg",
        "variables.mass",
        "a variable with a status has a reason and nothing else but a note",
    ),
    Case(", reason: no scanner", "", "variables.mass", "status: impossible needs a reason"),
    Case(
        "max_of: [G1, G2], ",
        "max_of: [G1, G2], column: G, ",
        "variables.grip",
        (
            "give file and exactly one of column, max_of, min_of, mean_of, sum_of, product_of, any_row, "
            "sum_rows; or status and reason"
        ),
    ),
    Case(
        "  mass: {status: impossible, reason: no scanner}\n",
        "",
        "variables",
        "dictionary variables neither mapped nor refused: mass",
        "map each, or say why not: {status: impossible | undetermined, reason: ...}",
        line="variables:",
    ),
    Case(
        "  grip: {file",
        "  gripp: {file",
        "variables.gripp",
        "unknown dictionary variable: 'gripp'",
        "did you mean 'grip'?",
    ),
    Case(
        "file: demo, column: WALK",
        "file: demos, column: WALK",
        "variables.walk.file",
        "unknown file: 'demos'",
        "did you mean 'demo'?",
    ),
    Case(
        "SEX, map: {1: male, 2: female}",
        "SEX, map: {1: male, 2: femal}",
        "variables.sex.map.2",
        "unknown category of sex: 'femal'",
        "did you mean 'female'?",
    ),
    Case(
        "SEX, map: {1: male, 2: female}",
        "SEX, map: {2: female}",
        "variables.sex.map",
        "no code gives 'male', the reference category",
        "add the code that means male",
    ),
    Case(
        "SEX, map: {1: male, 2: female}",
        "SEX",
        "variables.sex",
        "no map from codes to male, female",
        "add map: {code: value, ...}",
    ),
    Case(
        "SEX, map: {1: male, 2: female}",
        "SEX, unit: kg, map: {1: male, 2: female}",
        "variables.sex.unit",
        "'sex' is categorical; unit is for continuous variables",
        "remove unit",
    ),
    Case(
        "map: {1: true, 2: false}",
        "map: {1: true, 2: false, 3: smoker}",
        "variables.smoker.map.3",
        "'smoker' is binary; expected true or false, found 'smoker'",
        "write true or false, without quotes",
    ),
    Case(
        "map: {1: true, 2: false}",
        "map: {1: true}",
        "variables.smoker.map",
        "no code gives false",
        "add the code that means false",
    ),
    Case(
        "map: {1: true, 2: false}",
        'map: {1: true, "2": false}',
        "variables.smoker.map",
        "some codes are texts ('2') and others are numbers",
        "quote all of them, or none",
    ),
    Case(
        "unit: pg/mL",
        "unit: mg/L",
        "variables.b12.unit",
        "unit 'mg/L' does not convert to pmol/L (accepted: pmol/L, pg/mL)",
        "use one of these, or add its factor to accepts of b12 in the dictionary",
    ),
    Case(
        "column: MMA, unit: nmol/L",
        "column: MMA",
        "variables.mma",
        "the raw values have no unit (accepted: nmol/L)",
        "add unit: nmol/L, or the one they are in",
    ),
    Case(
        "column: MMA, unit: nmol/L",
        "column: MMA, unit: nmol/L, map: {1: true}",
        "variables.mma.map",
        "'mma' is continuous; map does not give numbers",
        "remove map",
    ),
    Case(
        "missing: [7, 9]",
        "missing: [2, 9]",
        "variables.walk.missing#1",
        "code 2 is in map as well",
        "a code has a meaning, or means missing: keep one",
    ),
    Case(
        "missing: [7, 9]",
        "missing: [9, 9]",
        "variables.walk.missing#2",
        "'9' is listed twice",
        "remove one of them",
    ),
    Case(
        "{2011-2012: B12, 2013-2014: B12H}",
        "{2011-2012: B12}",
        "variables.b12.column",
        "nothing is given for cycle 2013-2014",
        "add 2013-2014: ...",
    ),
    Case(
        "{2011-2012: B12, 2013-2014: B12H}",
        "{2011-2012: B12, 2013-2014: B12H, 2013-2015: X}",
        "variables.b12.column.2013-2015",
        "unknown cycle: '2013-2015'",
        "did you mean '2013-2014'?",
    ),
    Case(
        "top_coded_at: 80",
        "top_coded_at: {2011-2012: 80}",
        "variables.age.top_coded_at",
        "nothing is given for cycle 2013-2014",
        "add 2013-2014: ...",
    ),
    Case(
        "file: rx, any_row",
        "file: lab, any_row",
        "variables.drug.any_row",
        "any_row is for files with several rows a person; 'lab' has one",
        "use column and map, or set rows: many",
    ),
    Case(
        "file: demo, column: SMOKE",
        "file: rx, column: SMOKE",
        "variables.smoker.file",
        "file 'rx' has several rows a person; only any_row and sum_rows can read it",
        "use any_row or sum_rows, or a file with rows: one",
    ),
    Case(
        "map: {1: easy, 2: hard}, missing: [7, 9]",
        "any_row: {column: WALK, in: [1]}",
        "variables.walk",
        (
            "give file and exactly one of column, max_of, min_of, mean_of, sum_of, product_of, any_row, "
            "sum_rows; or status and reason"
        ),
    ),
    Case(
        "file: demo, column: WALK, map: {1: easy, 2: hard}, missing: [7, 9]",
        "file: rx, any_row: {column: WALK, in: [1]}",
        "variables.walk.any_row",
        "'walk' has categories; any_row gives true or false",
        "use column and map",
    ),
    Case(
        "max_of: [G1, G2]",
        "max_of: [G1, g1]",
        "variables.grip.max_of#2",
        "'G1' is listed twice",
        "remove one of them",
    ),
    Case(
        "file: rx, any_row: {column: DRUG, in: [d1]}, answered_if: {column: USE, in: [1, 2]}",
        "file: demo, column: SMOKE, map: {1: true, 2: false}, answered_if: {column: USE, in: [1, 2]}",
        "variables.drug",
        "answered_if goes with any_row or sum_rows",
    ),
    Case(
        "top_coded_at: 80",
        "reason: none",
        "variables.age",
        "reason goes with status: impossible | undetermined",
    ),
    Case(
        "answered_if: {column: USE, in: [1, 2]}",
        "map: {1: true, 2: false}",
        "variables.drug.map",
        "any_row gives true or false by itself",
        "remove map",
    ),
    Case(
        "map: {1: true, 2: false}",
        "map: {1: true, 2: false}, top_coded_at: 5",
        "variables.smoker.top_coded_at",
        "'smoker' is binary; top_coded_at is for continuous variables",
        "remove top_coded_at",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_mapping_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, COHORT)

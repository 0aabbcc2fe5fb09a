"""Loading a project: what Snakemake hands over, inheritance between cohorts, and every problem at once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from b12sarc.errors import B12SarcError
from b12sarc.spec import Project
from b12sarc.spec.loading import load_project
from helpers_spec import ANALYSIS, COHORT, CONFIG, DEFINITIONS, DICTIONARY, FILES, MiniProject

CHILD = "cohorts/child/cohort.yaml"
LAST = "cohorts/last/cohort.yaml"


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    return MiniProject(tmp_path)


def shipped(root: Path, *overlays: str) -> Project:
    config: dict[str, object] = {}
    for name in ("config/config.yaml", *overlays):
        config |= yaml.safe_load((root / name).read_text(encoding="utf-8"))
    return load_project(config, root)


# -- the shipped configuration


def test_the_shipped_run_loads_without_a_problem(project: Path) -> None:
    assert list(shipped(project).cohorts) == [
        *("nhanes_2011_2014", "nhanes_1999_2002", "nhanes_2003_2006", "nhanes_1999_2014")
    ]


def test_the_shipped_demo_loads_without_a_problem(project: Path) -> None:
    loaded = shipped(project, "config/demo.yaml")

    assert (loaded.config.run, list(loaded.cohorts)) == ("demo", ["synthetic"])


def test_the_synthetic_cohort_is_nhanes_2011_2014_but_for_where_its_files_come_from(project: Path) -> None:
    real = shipped(project).cohorts["nhanes_2011_2014"]
    made = shipped(project, "config/demo.yaml").cohorts["synthetic"]

    mapped = {name: real.variables[name] for name in made.mapped()}
    assert made.mapped() == mapped
    assert made.files == {name: real.files[name] for name in made.files}
    assert made.design == real.design
    assert {str(m.reason) for n, m in made.variables.items() if n not in mapped and n in real.mapped()} == {
        "not made up"
    }
    assert (made.synthetic, real.synthetic) == (True, False)
    assert made.archive.base_url is None
    assert made.archive.table_path == real.archive.table_path


def test_codes_keep_their_type_and_one_is_not_true(project: Path) -> None:
    variables = shipped(project).cohorts["nhanes_2011_2014"].variables

    assert [(type(code), value) for code, value in (variables["diabetes"].map or {}).items()] == [
        (int, True),
        (int, False),
        (int, False),
    ]
    assert variables["sex"].map == {1: "male", 2: "female"}


def test_the_checker_imports_no_heavy_library() -> None:
    heavy = "pandas", "numpy", "scipy", "statsmodels", "pyarrow", "matplotlib"
    code = f"import sys, b12sarc.spec.loading; print([m for m in {heavy} if m in sys.modules])"
    folder = Path(__file__).parents[2] / "scripts"

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"


# -- every problem at once


def test_the_small_project_of_these_tests_has_no_problem(mini: MiniProject) -> None:
    assert mini.problems() == []


def test_seven_problems_in_five_files_come_in_one_go_in_the_order_of_files_and_lines(
    mini: MiniProject,
) -> None:
    mini.edit(CONFIG, "seed: 1", "sead: 1")
    mini.edit(DICTIONARY, "label: Age\n", "lable: Age\n")
    mini.edit(DEFINITIONS, "{var: mass, op:", "{var: mas, op:")
    mini.edit(ANALYSIS, "rows: [age, sex]", "rows: [age, sexe]")
    mini.edit(COHORT, "column: MMA, unit: nmol/L", "column: MMA, unit: mg/L")
    mini.edit(COHORT, "column: SMOKE", "colunm: SMOKE")
    mini.edit(COHORT, "title: Mini\n", "")

    places = [problem.split(": ")[:2] for problem in mini.problems()]

    assert places == [
        [mini.at(CONFIG, "sead"), "sead"],
        [mini.at(DICTIONARY, "lable"), "variables.age.lable"],
        [mini.at(DEFINITIONS, "var: mas,"), "definitions.low_mass.rule.var"],
        [mini.at(ANALYSIS, "sexe"), "describe.table1.rows#2"],
        [f"{COHORT}:1", "title"],
        [mini.at(COHORT, "mg/L"), "variables.mma.unit"],
        [mini.at(COHORT, "colunm"), "variables.smoker.colunm"],
    ]


def test_a_file_with_a_syntax_error_does_not_hide_the_problems_of_the_others(mini: MiniProject) -> None:
    mini.edit(DICTIONARY, "  sex:", "\tsex:")
    mini.edit(DEFINITIONS, "transform: log2}", "transform: log3}")
    mini.edit(COHORT, "2013-2014: B12H}", "2013-2015: B12H}")

    found = mini.problems()

    assert [problem.split(":")[0] for problem in found] == [DICTIONARY, DEFINITIONS, COHORT, COHORT]


def test_names_whose_own_entry_is_bad_are_not_reported_as_unknown(mini: MiniProject) -> None:
    mini.edit(
        DICTIONARY,
        "creatinine: {label: Creatinine, type: continuous",
        "creatinine: {label: Creatinine, type: number",
    )

    assert [problem.split(": ")[1] for problem in mini.problems()] == ["variables.creatinine.type"]


def test_a_misspelt_name_is_reported_where_it_is_and_nowhere_else(mini: MiniProject) -> None:
    mini.edit(ANALYSIS, "models:\n  exposures: [low_b12,", "models:\n  exposures: [low_b21,")

    assert [problem.split(": ")[1] for problem in mini.problems()] == ["models.exposures#1"]


def test_no_message_speaks_the_language_of_the_validation_library(mini: MiniProject) -> None:
    mini.write(COHORT, mini.read(COHORT).replace("2", "two").replace("{", "[").replace("}", "]"))
    mini.write(DICTIONARY, mini.read(DICTIONARY).replace("label:", "label: 1 #"))

    text = "\n".join(mini.problems())

    assert text
    assert not any(
        word in text for word in ("pydantic", "Input should", "validation error", "type=", "errors.")
    )


# -- the run


def test_a_value_laid_over_config_yaml_is_placed_in_the_file_it_came_from(mini: MiniProject) -> None:
    mini.write("config/other.yaml", "# laid over\nseed: -5\n")

    assert mini.problems(seed=-5) == ["config/other.yaml:2: seed: expected a number at least 0; found -5"]


def test_a_value_of_the_command_line_has_a_key_but_no_line(mini: MiniProject) -> None:
    assert mini.problems(cohorts="mini") == [
        "config/config.yaml: cohorts: expected a list; found 'mini' -> write it in brackets: [a, b]"
    ]


def test_a_list_in_place_of_a_file_name_is_refused(mini: MiniProject) -> None:
    assert mini.problems(analysis=["a"]) == ["config/config.yaml: analysis: expected text; found a list"]


def test_a_missing_key_of_the_run_is_named(mini: MiniProject) -> None:
    mini.edit(CONFIG, "run: test\n", "")

    assert mini.problems() == [
        "config/config.yaml: run: missing key 'run' (results go to results/<run>/) -> add run: ..."
    ]


def test_a_repeated_key_in_config_yaml_is_refused_though_snakemake_takes_it(mini: MiniProject) -> None:
    mini.write(CONFIG, mini.read(CONFIG) + "seed: 2\n")

    assert mini.problems() == [
        "config/config.yaml:5: seed: key 'seed' is given twice (first on line 4) -> keep one of them"
    ]


def test_an_unreadable_cohort_does_not_turn_its_mirror_into_a_problem(mini: MiniProject) -> None:
    mini.edit(COHORT, "[7, 9]", "[7, 9")

    problems = mini.problems(base_urls={"mini_files": "https://example.org"})

    assert [problem.split(":")[0] for problem in problems] == [COHORT]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("junk", ["no", "[[1]]", "{a: {b: 1}}"])
def test_no_value_anywhere_makes_the_checker_itself_fail(mini: MiniProject, file: str, junk: str) -> None:
    text = mini.read(file)
    for value in sorted(set(re.findall(r"(?<=: )[\w./<>=\"{}-]+", text))):
        mini.write(file, text.replace(f": {value}", f": {junk}", 1))
        try:
            yaml.safe_load(mini.read(CONFIG))["run"]
        except (yaml.YAMLError, TypeError, KeyError):
            continue  # Snakemake refuses this before the checker is asked
        assert all("\n" not in problem for problem in mini.problems())


def test_every_problem_is_one_line(mini: MiniProject) -> None:
    mini.edit(COHORT, "title: Mini", "title: {a: 1}\npopulation2: |\n  two\n  lines")

    assert all("\n" not in problem for problem in mini.problems())


# -- inheritance


def child_of(mini: MiniProject, text: str, name: str = "child", parent: str = "mini") -> str:
    file = f"cohorts/{name}/cohort.yaml"
    mini.write(file, f"schema_version: 2\nid: {name}\nextends: {parent}\n{text}")
    return file


def test_a_cohort_has_what_it_says_and_the_rest_of_the_one_it_extends(mini: MiniProject) -> None:
    child_of(mini, "title: Child\narchive: {name: child_files}\n")

    cohort = mini.load(cohorts=["child"]).cohorts["child"]

    assert (cohort.title, cohort.archive.name, cohort.population) == ("Child", "child_files", "Nobody")


def test_a_variable_of_a_child_replaces_the_inherited_one_as_a_whole(mini: MiniProject) -> None:
    child_of(mini, "variables: {age: {status: impossible, reason: lost}}\n")

    cohort = mini.load(cohorts=["mini"]).cohorts["mini"]
    assert cohort.variables["age"].column == "AGE"
    with pytest.raises(B12SarcError, match="cannot tell who is in the population"):
        mini.load(cohorts=["child"])


def test_null_takes_an_inherited_cycle_away(mini: MiniProject) -> None:
    child_of(
        mini,
        "cycles: {2013-2014: null}\n"
        "files:\n"
        "  demo: {table: {2013-2014: null}}\n"
        "  lab: {table: {2013-2014: null}}\n"
        "  rx: {table: {2013-2014: null}}\n"
        "variables: {b12: {file: lab, column: B12, unit: pg/mL}}\n",
    )

    cohort = mini.load(cohorts=["child"]).cohorts["child"]

    assert list(cohort.cycles) == ["2011-2012"]
    assert cohort.weight_factor("2011-2012") == 1


def test_a_problem_of_an_inherited_key_names_the_file_it_is_in_and_is_said_once(mini: MiniProject) -> None:
    child_of(mini, "archive: {name: child_files}\n")
    mini.edit(COHORT, "unit: pg/mL", "unit: mg/L")

    problems = mini.problems(cohorts=["mini", "child"])

    assert [problem.split(": ")[:2] for problem in problems] == [
        [mini.at(COHORT, "mg/L"), "variables.b12.unit"]
    ]


def test_a_problem_of_a_key_that_a_child_changes_names_the_child(mini: MiniProject) -> None:
    file = child_of(mini, "variables:\n  mma: {file: lab, column: MMA, unit: mg/L}\n")

    problems = mini.problems(cohorts=["child"])

    assert [problem.split(": ")[:2] for problem in problems] == [[f"{file}:5", "variables.mma.unit"]]


def test_extending_in_a_circle_is_refused(mini: MiniProject) -> None:
    child_of(mini, "", "child", "last")
    child_of(mini, "", "last", "child")

    assert mini.problems(cohorts=["child"]) == [
        f"{LAST}:3: extends: extends itself (child extends last extends child) -> break the circle"
    ]


def test_extending_an_unknown_cohort_is_refused_with_the_nearest_name(mini: MiniProject) -> None:
    child_of(mini, "", parent="minni")

    assert mini.problems(cohorts=["child"]) == [
        f"{CHILD}:3: extends: there is no cohort 'minni' (cohorts/minni/cohort.yaml) -> did you mean 'mini'?"
    ]


def test_a_child_that_forgets_its_id_is_told_in_its_own_file(mini: MiniProject) -> None:
    mini.write(CHILD, "extends: mini\n")

    assert mini.problems(cohorts=["child"]) == [
        f"{CHILD}:1: id: the id is 'mini', but the folder is 'child' -> write id: child"
    ]


# -- cohorts that share an archive


def test_cohorts_of_one_archive_must_agree_on_it(mini: MiniProject) -> None:
    mini.write(CHILD, FILES[COHORT].replace("id: mini", "id: child").replace("example.org", "example.com"))
    mini.write(CHILD, "\n".join(line[8:] for line in mini.read(CHILD).splitlines()))

    assert mini.problems(cohorts=["mini", "child"]) == [
        f"{CHILD}:9: archive.base_url: archive 'mini_files' has another base_url in cohort 'mini': "
        "https://example.org -> make them agree, or give one archive another name"
    ]


def test_a_cycle_of_one_archive_begins_in_one_year(mini: MiniProject) -> None:
    file = child_of(mini, "cycles: {2011-2012: {begin_year: 2012}}\n")

    assert mini.problems(cohorts=["mini", "child"]) == [
        f"{file}:4: cycles.2011-2012.begin_year: 2011-2012 of archive 'mini_files' begins in 2011"
        " in cohort 'mini' -> make them agree"
    ]

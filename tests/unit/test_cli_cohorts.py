"""A cohort is begun from its files, checked, and shown: what a stranger sees."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.cli.over_cycles import odd_over_cycles
from b12sarc.intake.examine import Examined, Seen
from b12sarc.spec.loading import read_sources
from helpers_cli import Command, command
from strange_files import N, survey, write

FORMATS = (".sav", ".dta", ".csv", ".parquet")


def new_project(root: Path, project: Path) -> Path:
    """The shipped configuration and cohorts, without data."""
    for folder in ("config", "cohorts"):
        shutil.copytree(project / folder, root / folder)
    (root / "Snakefile").touch()
    return root


def accept(file: Path) -> None:
    """Take every suggestion, as a person would who agrees with all of them, and fill in what is to do."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"^  # ((\w+): \{file: .*\})\n  \2: \{status.*\n", r"  \1\n", text, flags=re.MULTILINE)
    file.write_text(
        text.replace("TO DO ", "").replace("  # TO DO: the year is made up", ""), encoding="utf-8"
    )


@pytest.fixture
def root(tmp_path: Path, project: Path) -> Path:
    return new_project(tmp_path, project)


@pytest.fixture
def b12sarc(root: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(root, capsys)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """A project with a cohort k15, begun from a made-up SPSS file; every suggestion taken."""
    from b12sarc.cli.main import main

    root = new_project(tmp_path_factory.mktemp("made"), project)
    data = write(root / "data/raw/k15/HN15.sav", survey())
    assert main(["--project", str(root), "cohort", "new", "k15", "--from", str(data)]) == 0
    shutil.copy(root / "cohorts/k15/cohort.yaml", root / "draft.yaml")
    accept(root / "cohorts/k15/cohort.yaml")
    return root


@pytest.fixture
def checked(made: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(made, capsys)


def draft_of(made: Path) -> str:
    return (made / "draft.yaml").read_text(encoding="utf-8")


# ---------------------------------------------------------------- new


@pytest.mark.parametrize("ending", FORMATS)
def test_a_draft_of_any_format_loads_at_once(root: Path, b12sarc: Command, ending: str) -> None:
    data = write(root / f"data/raw/k/exam{ending}", survey())

    said = b12sarc("cohort", "new", "k", "--from", str(data))

    config = yaml.safe_load((root / "config/config.yaml").read_text())
    _, problems = read_sources({**config, "cohorts": ["k"]}, root)
    assert (said.code, said.err) == (0, "")
    assert problems == []
    assert "b12sarc cohort check k" in said.out


def test_the_draft_guesses_key_and_design(made: Path) -> None:
    cohort = yaml.safe_load(draft_of(made))

    assert cohort["files"]["hn15"] == {"path": "HN15.sav", "format": "spss", "key": "ID"}
    assert cohort["design"] == {
        "kind": "stratified_cluster",
        "strata": {"file": "hn15", "column": "kstrata"},
        "psu": {"file": "hn15", "column": "psu"},
        "weight": {"file": "hn15", "column": "wt_ex"},
    }
    assert cohort["cycles"] == {"wave_1": {"begin_year": 2015, "years": 1}}


def test_a_draft_is_restricted_until_somebody_says_otherwise(made: Path) -> None:
    assert yaml.safe_load(draft_of(made))["access"] == "restricted"


@pytest.mark.parametrize(
    "suggestion",
    [
        "# age_years: {file: hn15, column: age, unit: years}",
        "# sex: {file: hn15, column: sex, map: {1: male, 2: female}}",
        "# serum_b12_pmol_l: {file: hn15, column: HE_B12, unit: pg/mL, missing: [9999]}",
        "# grip_max_kg: {file: hn15, max_of: [gs_r_1, gs_r_2, gs_l_1], unit: kg}",
        "# diabetes: {file: hn15, column: dm, map: {1: true, 2: false}, missing: [9]}",
    ],
)
def test_the_draft_suggests_mappings_to_accept(made: Path, suggestion: str) -> None:
    assert f"  {suggestion}\n" in draft_of(made)


def test_the_draft_says_why_and_how_sure_it_is(made: Path) -> None:
    said = " ".join(draft_of(made).replace("#", " ").split())

    assert re.search(
        r'(1.00|0.9\d) hn15.HE_B12 "Vitamin B12 \(pg/mL\)": name HE_B12; label has "vitamin b12"', said
    )
    assert "its label says pg/mL, which a median of 4" in said


def test_every_column_is_listed_with_its_label(made: Path) -> None:
    inventory = draft_of(made).partition("what the files hold")[2]

    assert [
        name for name in survey().columns if not re.search(rf"^#   {name} ", inventory, re.MULTILINE)
    ] == []
    assert "1 = 남자 (" in inventory


def test_no_value_of_a_person_is_in_the_draft(made: Path) -> None:
    text, data = draft_of(made), survey()

    assert "Elm Street" not in text
    assert not any(str(number) in text for number in data["ID"])
    assert not any(f"{value:.2f}" in text for value in data["wt_ex"])
    assert re.search(r"^#   gs_why .*1 = Refused \(20\)", text, re.MULTILINE)
    small = write(made / "data/raw/small/s.csv", data.head(25).assign(code=[1] * 20 + [5] * 5))
    from b12sarc.cli.main import main

    main(["--project", str(made), "cohort", "new", "small", "--from", str(small)])
    inventory = (made / "cohorts/small/cohort.yaml").read_text().partition("what the files hold")[2]
    assert re.search(r"^#   code +1 \(20\), 1 more that few people have", inventory, re.MULTILINE)
    shutil.rmtree(made / "cohorts/small")


def test_a_semicolon_file_with_decimal_commas_is_read_as_such(root: Path, b12sarc: Command) -> None:
    path = root / "data/raw/k/exam.csv"
    path.parent.mkdir(parents=True)
    survey()[["ID", "age", "wt_ex", "HE_B12"]].to_csv(path, sep=";", decimal=",", index=False)

    b12sarc("cohort", "new", "k", "--from", str(path))

    text = (root / "cohorts/k/cohort.yaml").read_text()
    assert yaml.safe_load(text)["files"]["exam"]["csv"] == {"delimiter": ";", "decimal": ","}
    assert yaml.safe_load(text)["design"]["kind"] == "weights_only"


def test_a_person_with_several_visits_is_seen(root: Path, b12sarc: Command) -> None:
    frame = survey()[["ID", "age", "sex"]]
    visits = pd.concat([frame.assign(visit=1.0), frame.head(100).assign(visit=2.0)])
    data = write(root / "data/raw/k/visits.dta", visits)

    b12sarc("cohort", "new", "k", "--from", str(data))

    cohort = yaml.safe_load((root / "cohorts/k/cohort.yaml").read_text())
    assert cohort["files"]["visits"]["visits"] == {"order_by": "visit", "choose": "first"}
    assert cohort["design"] == {"kind": "simple", "file": "visits", "sample": "volunteers"}


def test_files_of_several_folders_have_one_above_them(root: Path, b12sarc: Command) -> None:
    one = write(root / "data/raw/shared/a/exam.csv", survey()[["ID", "age", "sex"]])
    other = write(root / "data/raw/shared/b/exam.csv", survey()[["ID", "HE_B12"]])

    b12sarc("cohort", "new", "k", "--from", str(one), str(other))

    cohort = yaml.safe_load((root / "cohorts/k/cohort.yaml").read_text())
    assert cohort["archive"] == {"name": "k", "folder": "data/raw/shared"}
    assert {n: f["path"] for n, f in cohort["files"].items()} == {
        "exam": "a/exam.csv",
        "exam_2": "b/exam.csv",
    }


def test_a_cohort_that_is_there_is_never_written_over(made: Path, checked: Command) -> None:
    before = (made / "cohorts/k15/cohort.yaml").read_bytes()

    said = checked("cohort", "new", "k15", "--from", "data/raw/k15/HN15.sav")

    assert said.code == 2
    assert "error: cohorts/k15: is there already -> choose another name" in said.err
    assert (made / "cohorts/k15/cohort.yaml").read_bytes() == before


def test_all_files_that_cannot_be_read_are_told_and_nothing_is_written(root: Path, b12sarc: Command) -> None:
    folder = root / "data/raw/k"
    folder.mkdir(parents=True)
    (folder / "broken.sav").write_bytes(b"$FL2 nonsense")
    (folder / "notes.docx").write_bytes(b"")
    outside = root.parent / f"{root.name}.csv"
    outside.write_text("ID\n1\n")

    files = [folder / "broken.sav", folder / "notes.docx", folder / "exam.sav", outside]
    said = b12sarc("cohort", "new", "k", "--from", *map(str, files))

    assert said.code == 1
    assert len(said.err.splitlines()) == 4
    assert "what kind of file ends in '.docx'? -> known: .xpt, " in said.err
    assert "exam.sav: no such file" in said.err
    assert (
        "lies outside the project, where a run could not find it again -> put it into data/raw/k" in said.err
    )
    assert not (root / "cohorts/k").exists()


# ---------------------------------------------------------------- check


def edited(made: Path, name: str, *changes: tuple[str, str]) -> Path:
    """A copy of the cohort with changes, under another name."""
    text = (made / "cohorts/k15/cohort.yaml").read_text(encoding="utf-8").replace("id: k15", f"id: {name}")
    text = text.replace("name: k15", f"name: {name}\n  folder: data/raw/k15")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times there"
        text = text.replace(old, new)
    file = made / "cohorts" / name / "cohort.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_cohort_whose_suggestions_were_right_has_no_problems(checked: Command) -> None:
    said = checked("cohort", "check", "k15")

    assert (said.code, said.err) == (0, "")
    assert said.out.rstrip().endswith("k15: no problems.")


def test_the_check_counts_the_models_that_will_run(checked: Command) -> None:
    found = json.loads(checked("cohort", "check", "k15", "--format", "json").out)

    pairs = {(m["exposure"], m["outcome"]): m for m in found["models"]}
    assert pairs["b12_low_148", "low_grip_ewgsop2"]["adjustments"] == ["crude"]
    assert ("hcy_high_15", "low_grip_ewgsop2") not in pairs
    lacking = {d["definition"]: d["reason"] for d in found["definitions"] if not d["available"]}
    assert lacking["hcy_high_15"] == "homocysteine_umol_l: no column was found yet (undetermined)"


def test_the_draft_itself_says_what_is_still_to_do(made: Path, checked: Command) -> None:
    shutil.copytree(made / "cohorts/k15", made / "cohorts/raw")
    text = (
        draft_of(made).replace("id: k15", "id: raw").replace("name: k15", "name: raw\n  folder: data/raw/k15")
    )
    (made / "cohorts/raw/cohort.yaml").write_text(text, encoding="utf-8")

    said = checked("cohort", "check", "raw")

    assert said.code == 1
    assert "variables: cohort 'raw' has none of the exposures (" in said.out
    assert "variables: cohort 'raw' has none of the outcomes (" in said.out
    assert ": a run would be refused (config/analysis.yaml:" in said.out
    assert "citation: still says TO DO -> write what belongs there" in said.out
    assert "cohort 'raw' cannot tell who is in the population (age_years: not decided yet" in said.out


PROBLEMS = {
    "file": (
        ("path: HN15.sav", "path: HN16.sav"),
        ": files.hn15: data/raw/k15/HN16.sav: no such file -> put it there, or correct path",
    ),
    "column": (
        (
            "\n  serum_b12_pmol_l: {file: hn15, column: HE_B12",
            "\n  serum_b12_pmol_l: {file: hn15, column: HE_B13",
        ),
        ": variables.serum_b12_pmol_l: wave_1: HN15.sav: serum_b12_pmol_l: the table has no column HE_B13 -> "
        "did you mean 'HE_B12'?",
    ),
    "unit": (
        ("max_of: [gs_r_1, gs_r_2, gs_l_1], unit: kg", "max_of: [gs_r_1, gs_r_2, gs_l_1], unit: N"),
        ": variables.grip_max_kg.unit: a median of ",
    ),
    "code": (
        ("map: {1: male, 2: female}", "map: {1: male, 3: female}"),
        ": variables.sex: wave_1: HN15.sav: sex: code 2 of SEX is neither in 'map' nor in 'missing' (",
    ),
    "label": (
        ("map: {1: true, 2: false}, missing: [9]", "map: {1: true, 2: false}, missing: [7]"),
        ": variables.diabetes: wave_1: DM: 9 (모름, 무응답): the file's label says that this is no answer -> "
        "write missing: [9]",
    ),
    "key": (
        ("key: ID  #", "key: sex  #"),
        ": files.hn15: wave_1: HN15.sav: ",
    ),
    "weight": (
        ("weight: {file: hn15, column: wt_ex}", "weight: {file: hn15, column: wt}"),
        ": design: wave_1: HN15.sav.WT: weight: the table has no column WT",
    ),
    "psu": (
        ("psu: {file: hn15, column: psu}", "psu: {file: hn15, column: kstrata}"),
        ": design: wave_1: 10 of 10 strata have only one PSU: runs stop -> set design.single_psu",
    ),
    "schema": (
        ("access: restricted", "acess: restricted"),
        ": acess: unknown key 'acess' -> did you mean 'access'?",
    ),
    "population": (
        ("column: age, unit: years}", "column: gs_why, unit: years}"),
        ": variables: nobody is 'Aged 65 or over and examined' -> check the variables and units of its rules",
    ),
}


@pytest.mark.parametrize("what", PROBLEMS)
def test_a_problem_is_told_with_its_line(made: Path, checked: Command, what: str) -> None:
    change, expected = PROBLEMS[what]
    file = edited(made, f"bad_{what}", change)

    said = checked("cohort", "check", f"bad_{what}")

    line = next((line for line in said.out.splitlines() if expected in line), "")
    assert said.code == 1
    assert re.match(rf"error: cohorts/bad_{what}/cohort\.yaml:\d+: ", line), said.out
    assert "Traceback" not in said.out + said.err
    shutil.rmtree(file.parent)


def test_all_problems_come_in_one_pass(made: Path, checked: Command) -> None:
    changes = [PROBLEMS[what][0] for what in ("unit", "code", "label", "column")]
    file = edited(made, "bad", *changes)

    found = json.loads(checked("cohort", "check", "bad", "--format", "json").out)

    keys = [p["key"].split(".")[1] for p in found["problems"]]
    assert {"grip_max_kg", "sex", "diabetes", "serum_b12_pmol_l"} <= set(keys)
    assert not found["fine"]
    assert all(p["file"] == "cohorts/bad/cohort.yaml" and p["line"] and p["fix"] for p in found["problems"])
    shutil.rmtree(file.parent)


def test_codes_that_pile_up_undeclared_are_worth_a_look(made: Path, checked: Command) -> None:
    text = (made / "cohorts/k15/cohort.yaml").read_text(encoding="utf-8")
    file = edited(made, "piled")
    file.write_text(file.read_text(encoding="utf-8").replace(", missing: [9999]", ""), encoding="utf-8")

    said = checked("cohort", "check", "piled")

    assert ", missing: [9999]" in text
    assert "HE_B12: 9999 (10 people) stand apart at the end of the range: codes for no answer?" in said.out
    assert "look them up; then write missing: [9999]" in said.out
    shutil.rmtree(file.parent)


def test_many_values_outside_the_plausible_range_are_told(made: Path) -> None:
    config = yaml.safe_load((made / "config/config.yaml").read_text())
    sources, _ = read_sources({**config, "cohorts": ["k15"]}, made)
    project = sources.project()
    grip = np.linspace(20, 40, 90)
    seen = Seen("grip_max_kg", "wave_1", 100, 5, 0, 5, grip, {}, np.append(grip, [200.0] * 5))

    (odd,) = odd_over_cycles(project.cohorts["k15"], project, [Examined(seen=[seen])])

    assert odd.path == ("variables", "grip_max_kg")
    assert (
        odd.what
        == "5.3 % of the values are outside the plausible range (1 to 120 kg) and would be set missing"
    )


def test_cycles_that_share_persons_are_told(made: Path) -> None:
    config = yaml.safe_load((made / "config/config.yaml").read_text())
    sources, _ = read_sources({**config, "cohorts": ["k15"]}, made)
    ids = {"a": (np.array([1, 2, 3]), np.array([1])), "b": (np.array([3, 4]), np.array([2]))}

    found = odd_over_cycles(sources.project().cohorts["k15"], sources.project(), [Examined(ids=ids)])

    assert [(odd.path, odd.what) for odd in found] == [(("cycles", "b"), "1 persons occur in a as well")]


def test_a_restricted_cohort_shows_no_count_below_its_minimum(made: Path, checked: Command) -> None:
    found = json.loads(checked("cohort", "check", "k15", "--format", "json").out)

    counts = [
        n
        for v in found["variables"]
        for n in [v["n"], v["n_code"], v["n_missing"], *v.get("levels", {}).values()]
    ]
    counts += [found["people"][0]["people"], found["files"][0]["rows"]]
    assert all(n == "< 10" or n % 10 == 0 for n in counts)
    assert N in counts


def test_an_old_or_unreadable_file_is_told_without_more(made: Path, checked: Command) -> None:
    file = edited(made, "old", ("schema_version: 2", "schema_version: 1"))

    said = checked("cohort", "check", "old")

    assert said.code == 1
    assert said.out.count("error: ") == 1
    assert "bring it to version 2: b12sarc cohort upgrade old" in said.out
    shutil.rmtree(file.parent)


def test_tables_of_a_server_that_were_not_fetched_yet_are_no_problem(root: Path, b12sarc: Command) -> None:
    said = b12sarc("cohort", "check", "nhanes_2011_2014")

    assert said.code == 0
    assert "No data looked at: no table of it is in data/raw/nhanes yet" in said.out


# ---------------------------------------------------------------- show, list, variables, definitions


def test_show_tells_n_missing_and_range_of_every_variable(checked: Command) -> None:
    found = json.loads(checked("cohort", "show", "k15", "--format", "json").out)

    rows = {row["variable"]: row for row in found["variables"]}
    assert rows["serum_b12_pmol_l"]["missing"] == 10
    assert 60 <= rows["age_years"]["low"] < rows["age_years"]["median"] < rows["age_years"]["high"] <= 89
    assert rows["alm_kg"]["reason"] == "no column was found yet"
    assert "Elm Street" not in json.dumps(found)


def test_show_in_words_names_cohort_and_design(checked: Command) -> None:
    said = checked("cohort", "show", "k15").out

    assert re.search(r"^design +stratified_cluster$", said, re.MULTILINE)
    assert re.search(r"^age_years +400 +< 10 +\d+ to \d+, median \d+", said, re.MULTILINE)


def test_list_tells_every_cohort_and_who_names_it(checked: Command) -> None:
    found = {row["cohort"]: row for row in json.loads(checked("cohort", "list", "--format", "json").out)}

    assert found["k15"]["access"] == "restricted"
    assert found["synthetic"]["built_on"] == "nhanes_2011_2014"
    assert "config.yaml" in found["nhanes_2011_2014"]["named_in"]
    assert "nhanes_1999_2014" in checked("cohort", "list").out


def test_variables_and_definitions_are_tables(checked: Command, project: Path) -> None:
    dictionary = yaml.safe_load((project / "config/dictionary.yaml").read_text())["variables"]

    variables = json.loads(checked("variables", "--format", "json").out)
    definitions = {d["definition"]: d for d in json.loads(checked("definitions", "--format", "json").out)}

    assert [v["variable"] for v in variables] == list(dictionary)
    assert definitions["low_grip_ewgsop2"]["says"] == "male: grip_max_kg < 27 kg; female: grip_max_kg < 16 kg"
    assert (
        definitions["b12_functional"]["says"] == "serum_b12_pmol_l < 221 pmol/L and mma_nmol_l > 271 nmol/L"
    )
    assert all(d["citation"] and d["says"] for d in definitions.values())
    assert "low_grip_ewgsop2" in checked("definitions").out
    assert "serum_b12_pmol_l" in checked("variables").out


@pytest.mark.parametrize(
    "arguments", [(), ("cohort",), ("cohort", "new", "x"), ("cohort", "chek", "x"), ("cohort", "check")]
)
def test_a_wrong_call_is_exit_code_2(checked: Command, arguments: tuple[str, ...]) -> None:
    said = checked(*arguments)

    assert said.code == 2
    assert said.err.startswith("usage: b12sarc")


def test_a_folder_without_a_project_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = command(tmp_path, capsys)("cohort", "list")

    assert said.code == 2
    assert re.search(
        r"^error: --project \S+: no Snakefile there -> name the folder that holds it$", said.err, re.M
    )


def test_the_project_is_found_from_below(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from b12sarc.cli.main import main

    monkeypatch.chdir(made / "cohorts/k15")
    assert main(["cohort", "list"]) == 0
    assert "k15" in capsys.readouterr().out
    monkeypatch.chdir(made.parent.parent)
    assert main(["cohort", "list"]) == 2
    assert "no project here: no Snakefile in" in capsys.readouterr().err

"""Cohorts are renamed, removed and upgraded safely: whole or not at all, and nothing is ever lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from b12sarc.cli import changes
from helpers_cli import Command, command
from helpers_spec import ANALYSIS, COHORT, CONFIG, MiniProject

CHILD = "cohorts/child/cohort.yaml"
EXTENDING = "schema_version: 2\nid: child  # of mini\nextends: mini\ntitle: Child\n"
OLD = """\
# A comment at the top.
schema_version: 1   # the first
id: old
title: Old
citation: >-
  Somebody, somewhere,
  some time

# About the archive.
archive: {name: x}
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    project = MiniProject(tmp_path)
    project.write("Snakefile", "")
    return project


@pytest.fixture
def b12sarc(mini: MiniProject, capsys: pytest.CaptureFixture[str]) -> Command:
    return command(mini.root, capsys)


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def upgraded(mini: MiniProject, b12sarc: Command, before: str) -> str:
    mini.write("cohorts/old/cohort.yaml", before)
    assert b12sarc("cohort", "upgrade", "old").code == 0
    return (mini.root / "cohorts/old/cohort.yaml").read_bytes().decode()


def test_an_upgrade_states_the_access_and_keeps_every_other_byte(mini: MiniProject, b12sarc: Command) -> None:
    after = upgraded(mini, b12sarc, OLD)

    added = re.search(r"# Stated by `b12sarc cohort upgrade`.*?\naccess: public\n", after, re.DOTALL)
    assert added is not None
    assert after.replace(added[0], "").replace("schema_version: 2", "schema_version: 1") == OLD
    assert after.index("some time") < after.index("access: public") < after.index("# About the archive.")


def test_an_upgrade_keeps_the_file_as_it_was_beside_it(mini: MiniProject, b12sarc: Command) -> None:
    upgraded(mini, b12sarc, OLD)

    assert mini.read("cohorts/old/cohort.yaml.v1") == OLD


def test_an_upgrade_says_that_public_is_to_be_looked_at(mini: MiniProject, b12sarc: Command) -> None:
    mini.write("cohorts/old/cohort.yaml", OLD)

    said = b12sarc("cohort", "upgrade", "old").out

    assert "If these data may not be passed on, change that to restricted before you run anything." in said


def test_a_second_upgrade_does_nothing(mini: MiniProject, b12sarc: Command) -> None:
    upgraded(mini, b12sarc, OLD)
    before = contents(mini.root)

    said = b12sarc("cohort", "upgrade", "old")

    assert "is of version 2 already: nothing to do" in said.out
    assert contents(mini.root) == before


def test_a_backup_is_never_written_over(mini: MiniProject, b12sarc: Command) -> None:
    mini.write("cohorts/old/cohort.yaml.v1", "mine")

    upgraded(mini, b12sarc, OLD)

    assert mini.read("cohorts/old/cohort.yaml.v1") == "mine"
    assert [p.read_text() for p in (mini.root / "cohorts/old").glob("cohort.yaml.v1.*")] == [OLD]


def test_an_upgrade_keeps_what_is_stated(mini: MiniProject, b12sarc: Command) -> None:
    text = OLD.replace("title: Old", "title: Old\naccess: restricted  # truly")

    assert upgraded(mini, b12sarc, text) == text.replace("schema_version: 1", "schema_version: 2")


@pytest.mark.parametrize("base", ["extends: mini", "pools: [mini]"])
def test_an_upgrade_leaves_the_access_to_the_cohort_that_is_built_on(
    mini: MiniProject, b12sarc: Command, base: str
) -> None:
    after = upgraded(mini, b12sarc, f"schema_version: 1\nid: old\n{base}\n")

    assert after == f"schema_version: 2\nid: old\n{base}\n"


def test_an_upgrade_keeps_windows_line_ends_and_a_byte_order_mark(
    mini: MiniProject, b12sarc: Command
) -> None:
    before = "\ufeff" + OLD.replace("\n", "\r\n")
    (mini.root / "cohorts/old").mkdir()
    (mini.root / "cohorts/old/cohort.yaml").write_bytes(before.encode())

    b12sarc("cohort", "upgrade", "old")

    after = (mini.root / "cohorts/old/cohort.yaml").read_bytes().decode()
    assert after.startswith("\ufeff#")
    assert "access: public\r\n" in after
    assert not re.search(r"[^\r]\n", after)


def test_an_upgrade_of_a_file_on_one_line_stays_on_it(mini: MiniProject, b12sarc: Command) -> None:
    after = upgraded(mini, b12sarc, "{schema_version: 1, id: old}\n")

    assert after == "{schema_version: 2, access: public, id: old}\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("schema_version: 3\nid: old\n", "version 3 of the format; this b12sarc reads version 2"),
        ("id: old\n", "no version is stated"),
        ("schema_version: one\n", "schema_version is 'one', which is no version"),
        ("- 1\n", "expected keys (key: value)"),
        ("a: [\n", "cannot be read: "),
    ],
)
def test_what_cannot_be_upgraded_stays_as_it_is(
    mini: MiniProject, b12sarc: Command, text: str, what: str
) -> None:
    mini.write("cohorts/old/cohort.yaml", text)
    before = contents(mini.root)

    said = b12sarc("cohort", "upgrade", "old")

    assert said.code == 1
    assert what in said.err
    assert contents(mini.root) == before


def test_a_cohort_is_renamed_wherever_it_is_named(mini: MiniProject, b12sarc: Command) -> None:
    mini.write(CHILD, EXTENDING)
    mini.edit(COHORT, "name: mini_files", "name: mini_files  # cohorts/mini stays in comments")
    mini.write("results/test/mini/flow.csv", "")
    before = mini.read(ANALYSIS)

    said = b12sarc("cohort", "rename", "mini", "tiny")

    assert said.code == 0
    assert "\nid: tiny\n" in mini.read("cohorts/tiny/cohort.yaml")
    assert "cohorts: [tiny]" in mini.read(CONFIG)
    assert mini.read(CHILD) == EXTENDING.replace("extends: mini", "extends: tiny")
    assert mini.read(ANALYSIS) == before.replace("cohorts: [mini]", "cohorts: [tiny]")
    assert not (mini.root / "cohorts/mini").exists()
    assert "Changed: config/config.yaml:2: cohorts#1\n" in said.out
    assert "Still under the old name until you run again: results/test/mini\n" in said.out
    assert mini.problems(cohorts=["tiny", "child"]) == []


def test_a_path_into_the_folder_of_a_cohort_is_renamed_too(mini: MiniProject, b12sarc: Command) -> None:
    mini.write(CHILD, EXTENDING + "note: [cohorts/mini/data, 'cohorts/minimal/data', a cohorts/mini/ b]\n")

    b12sarc("cohort", "rename", "mini", "tiny")

    assert "note: [cohorts/tiny/data, 'cohorts/minimal/data', a cohorts/mini/ b]\n" in mini.read(CHILD)


def test_a_word_that_only_looks_like_the_cohort_is_not_renamed(mini: MiniProject, b12sarc: Command) -> None:
    mini.edit(ANALYSIS, "basic: {label", "mini: {label")
    mini.edit(ANALYSIS, "extends: basic", "extends: mini")

    b12sarc("cohort", "rename", "mini", "tiny")

    assert "extends: mini" in mini.read(ANALYSIS)


def test_a_renaming_that_fails_leaves_everything_as_it_was(
    mini: MiniProject, b12sarc: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    mini.write(CHILD, EXTENDING)
    before = contents(mini.root)

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(changes, "_move", refuse)
    said = b12sarc("cohort", "rename", "mini", "tiny")

    assert said.code == 1
    assert "cannot be written: Permission denied; everything is as it was" in said.err
    assert contents(mini.root) == before


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("mini", "Tiny", "error: Tiny: is no name of a cohort -> use lower-case letters"),
        ("mini", "child", "error: cohorts/child: is there already -> choose another name"),
        ("minni", "tiny", "error: cohorts/minni: there is no such cohort -> did you mean 'mini'?"),
    ],
)
def test_an_impossible_renaming_is_refused(
    mini: MiniProject, b12sarc: Command, old: str, new: str, what: str
) -> None:
    mini.write(CHILD, EXTENDING)
    before = contents(mini.root)

    said = b12sarc("cohort", "rename", old, new)

    assert said.code == 2
    assert said.err.startswith(what)
    assert contents(mini.root) == before


def test_a_cohort_that_is_named_is_not_removed_and_every_place_is_told(
    mini: MiniProject, b12sarc: Command
) -> None:
    mini.write(CHILD, EXTENDING)
    before = contents(mini.root)

    said = b12sarc("cohort", "remove", "mini", "--yes")

    named = [mini.at(CONFIG, "cohorts:"), mini.at(ANALYSIS, "cohorts:"), mini.at(CHILD, "extends:")]
    assert said.code == 1
    assert sorted(re.findall(r"^error: (\S+:\d+): ", said.err, re.MULTILINE)) == sorted(named)
    assert said.err.count("names cohort 'mini', which is to be removed -> take it out there first") == 3
    assert contents(mini.root) == before


def test_a_removed_cohort_is_in_the_trash_with_all_its_files(mini: MiniProject, b12sarc: Command) -> None:
    mini.write(CHILD, EXTENDING)
    mini.write("cohorts/child/data/exam.csv", "id\n1\n")
    mini.write("results/test/child/flow.csv", "")

    said = b12sarc("cohort", "remove", "child", "--yes")

    (trash,) = (mini.root / "cohorts/.trash").iterdir()
    assert said.code == 0
    assert sorted(contents(trash)) == ["cohort.yaml", "data/exam.csv"]
    assert not (mini.root / "cohorts/child").exists()
    assert f"To have it back: mv cohorts/.trash/{trash.name} cohorts/child" in said.out
    assert "Results that stay as well: results/test/child" in said.out
    assert mini.problems() == []


def test_nothing_is_removed_when_nobody_can_be_asked(mini: MiniProject, b12sarc: Command) -> None:
    mini.write(CHILD, EXTENDING)

    said = b12sarc("cohort", "remove", "child")

    assert said.code == 2
    assert "error: b12sarc cohort remove: nobody is there to answer -> say --yes" in said.err
    assert (mini.root / CHILD).exists()


@pytest.mark.parametrize(("answer", "left"), [("y", False), ("n", True), ("", True)])
def test_a_cohort_is_removed_after_a_yes_only(
    mini: MiniProject, b12sarc: Command, monkeypatch: pytest.MonkeyPatch, answer: str, left: bool
) -> None:
    mini.write(CHILD, EXTENDING)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)

    b12sarc("cohort", "remove", "child")

    assert (mini.root / CHILD).exists() is left

"""YAML with lines: syntax errors in plain words, and what YAML would misread in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from b12sarc.spec.yaml_lines import Document, read


def document(tmp_path: Path, text: str, name: str = "f.yaml") -> Document:
    (tmp_path / name).write_text(text, encoding="utf-8")
    result, problems = read(tmp_path / name, name)
    assert problems == []
    assert result is not None
    return result


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    return [str(problem) for problem in read(tmp_path / "f.yaml", "f.yaml")[1]]


CANNOT = "YAML cannot read this"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nop: >=\nb: 2\n", 'f.yaml:2: the operator >= is not quoted -> write op: ">="'),
        ("r: {var: a, op: >, value: 1}\n", 'f.yaml:1: the operator > is not quoted -> write op: ">"'),
        ("a:\n\tb: 1\n", f"f.yaml:2: {CANNOT}: a tab -> indent with spaces; YAML takes no tabs"),
        (
            "a: [1,\nb: 2\n",
            f"f.yaml:2: {CANNOT}: a list [...] or mapping {{...}} that is not closed, or lacks a comma"
            " -> mend it",
        ),
        (
            "note: a: b\n",
            f"f.yaml:1: {CANNOT}: a second ': ' on one line, or an odd indent -> quote a text with ': '",
        ),
        ("a: 1\n'b: 2\n", f"f.yaml:2: {CANNOT}: a quote that is not closed -> close it"),
        ("a: *x\n", f"f.yaml:1: {CANNOT}: a word that begins with * -> quote it"),
        (
            "a: @x\n",
            f"f.yaml:1: {CANNOT}: a word that begins with a character YAML keeps for itself -> quote it",
        ),
        (
            "- a\nb: 1\n",
            f"f.yaml:2: {CANNOT}: an indent that does not fit the lines before"
            " -> line it up with its neighbours",
        ),
        (
            "a: 1\n---\nb: 1\n",
            f"f.yaml:2: {CANNOT}: a second '---' -> one file holds one document; remove the line",
        ),
    ],
)
def test_a_syntax_error_is_said_in_plain_words_with_its_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb:\n  a: 1\n  a: 2\n",
            "f.yaml:4: b.a: key 'a' is given twice (first on line 3) -> keep one of them",
        ),
        (
            "map: {1: a, true: b}\n",
            "f.yaml:1: map.true: key 'true' is given twice (first on line 1) -> keep one of them",
        ),
        ("op: >\nvalue: 1\n", 'f.yaml:1: op: an unquoted > begins a block of text in YAML -> write op: ">"'),
        ("{op: !=, value: 1}\n", 'f.yaml:1: op: YAML reads != as a tag -> quote it: "!="'),
        ("t: 1:30\n", 'f.yaml:1: t: YAML reads 1:30 as the number 90 -> quote it if a text is meant: "1:30"'),
        (
            "t: [d1, 00413]\n",
            'f.yaml:1: t#2: YAML reads 00413 as the number 267 -> quote it if a text is meant: "00413"',
        ),
        (
            "t: 2011-12-01\n",
            'f.yaml:1: t: YAML reads 2011-12-01 as a date -> quote it if a text is meant: "2011-12-01"',
        ),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3: c: a key must be a plain word -> write the keys out"),
        ("a: &x [*x]\n", "f.yaml:1: a#1: an alias that contains itself -> write the value out"),
    ],
)
def test_what_yaml_would_misread_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("text", "found"), [("", "nothing"), ("# only a comment\n", "nothing"), ("- a\n", "something else")]
)
def test_a_file_without_keys_is_refused(tmp_path: Path, text: str, found: str) -> None:
    assert problems(tmp_path, text) == [
        f"f.yaml:1: expected keys (key: value), found {found} -> see docs/reference"
    ]


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes("a: é".encode("latin-1"))

    result, found = read(tmp_path / "f.yaml", "f.yaml")

    assert result is None
    assert str(found[0]).startswith("f.yaml: not UTF-8 text")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: !!float x\n", "YAML cannot read 'x' as tag:yaml.org,2002:float -> quote it"),
        ("a: \x01\n", "unacceptable character #x0001: special characters are not allowed"),
        ("a: {b:, c: 1}\n", "f.yaml:1: YAML cannot read this: while scanning a plain scalar"),
    ],
)
def test_what_only_a_program_would_write_is_refused_too(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems(tmp_path, text)[0]


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").mkdir()

    assert [str(problem) for problem in read(tmp_path / "f.yaml", "f.yaml")[1]] == [
        "f.yaml: cannot be read: Is a directory -> check the path and its permissions"
    ]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert [str(problem) for problem in read(tmp_path / "f.yaml", "f.yaml")[1]] == [
        "f.yaml: there is no such file -> create it, or mend the name where it is called"
    ]


def test_plain_values_stay_what_they_are(tmp_path: Path) -> None:
    text = "a: 2011-2012\nb: 0\nc: 0.5\nd: -1\ne: '010'\nf: true\ng: null\nh: 1.0e+3\n1: one\n"

    assert document(tmp_path, text).value == {
        "a": "2011-2012",
        "b": 0,
        "c": 0.5,
        "d": -1,
        "e": "010",
        "f": True,
        "g": None,
        "h": 1000.0,
        1: "one",
    }


def test_where_names_file_line_and_key_and_counts_lists_from_one(tmp_path: Path) -> None:
    doc = document(tmp_path, "a:\n  b:\n    - x\n    - {c: 1}\n")

    assert doc.where(("a", "b", 1, "c")) == "f.yaml:4: a.b#2.c"
    assert doc.where(()) == "f.yaml:1"


def test_a_missing_key_is_placed_at_the_mapping_that_lacks_it(tmp_path: Path) -> None:
    assert document(tmp_path, "a:\n  b: 1\n").where(("a", "c")) == "f.yaml:1: a.c"


def test_a_word_read_as_false_is_remembered(tmp_path: Path) -> None:
    doc = document(tmp_path, "a: off\nno: 1\nb: false\n")

    assert doc.written == {("a",): "off", (False, "[key]"): "no"}


def test_a_document_laid_over_another_keeps_the_line_that_each_key_came_from(tmp_path: Path) -> None:
    base = document(tmp_path, "title: A\narchive:\n  name: a\n  url: b\n", "base.yaml")
    over = document(tmp_path, "# one\n# two\narchive: {name: c}\n", "over.yaml")

    both = over.over(base)

    assert both.value == {"title": "A", "archive": {"name": "c", "url": "b"}}
    assert both.where(("archive", "name")) == "over.yaml:3: archive.name"
    assert both.where(("archive", "url")) == "base.yaml:4: archive.url"


def test_null_removes_what_was_inherited_with_its_lines(tmp_path: Path) -> None:
    base = document(tmp_path, "cycles:\n  one: {y: 1}\n  two: {y: 2}\n", "base.yaml")
    over = document(tmp_path, "cycles: {two: null}\n", "over.yaml")

    both = over.over(base)

    assert both.value == {"cycles": {"one": {"y": 1}}}
    assert ("cycles", "two", "y") not in both.marks


def test_an_entry_of_a_whole_section_replaces_the_inherited_one(tmp_path: Path) -> None:
    base = document(tmp_path, "variables:\n  a: {column: A}\n  b: {column: B}\n", "base.yaml")
    over = document(tmp_path, "variables:\n  a: {status: impossible}\n", "over.yaml")

    both = over.over(base, whole=("variables",))

    assert both.value == {"variables": {"a": {"status": "impossible"}, "b": {"column": "B"}}}

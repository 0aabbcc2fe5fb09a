"""Schemas and reference pages say what the models say, and the shipped files fit the schemas."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from b12sarc import formulas
from b12sarc.spec.schema import COMMAND, MODELS, outputs, schema
from b12sarc.spec.signatures import SIGNATURES

PROJECT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "config/config.yaml": "config",
    "config/demo.yaml": "config",
    "config/dictionary.yaml": "dictionary",
    "config/definitions.yaml": "definitions",
    "config/analysis.yaml": "analysis",
    **{path.relative_to(PROJECT).as_posix(): "cohort" for path in PROJECT.glob("cohorts/[!_.]*/cohort.yaml")},
}


def as_json(text: str) -> Any:
    """Return YAML as an editor's checker sees it: every key a string."""
    return json.loads(json.dumps(yaml.safe_load(text)))


@pytest.mark.parametrize("path", outputs(PROJECT), ids=lambda path: path.name)
def test_generated_files_are_up_to_date(path: Path) -> None:
    there = path.read_text(encoding="utf-8") if path.is_file() else ""

    assert there == outputs(PROJECT)[path], f"{path.name} is not what the models say; run: {COMMAND}"


@pytest.mark.parametrize("file", SHIPPED)
def test_shipped_files_fit_their_schema(file: str) -> None:
    text = (PROJECT / file).read_text(encoding="utf-8")

    jsonschema.validate(as_json(text), schema(SHIPPED[file]))


@pytest.mark.parametrize("file", SHIPPED)
def test_the_first_line_of_a_shipped_file_names_its_schema_for_editors(file: str) -> None:
    first = (PROJECT / file).read_text(encoding="utf-8").splitlines()[0]

    named = first.removeprefix("# yaml-language-server: $schema=")

    assert (
        (PROJECT / file).parent / named
    ).resolve() == PROJECT / f"workflow/schemas/{SHIPPED[file]}.schema.json"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dictionary", "variables: {a: {label: A, type: continuous, unit: kg, colour: red}}"),
        ("dictionary", "variables: {a: {label: A}}"),
        ("cohort", "{schema_version: 2, id: a}"),
        ("cohort", "{schema_version: 2, extends: a}"),
        ("config", "{run: a, cohorts: []}"),
    ],
    ids=["unknown key", "missing key", "half a cohort", "cohort without id", "no cohort"],
)
def test_a_schema_refuses(name: str, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(as_json(text), schema(name))


def test_a_cohort_that_extends_another_may_remove_what_it_inherits() -> None:
    text = "{schema_version: 2, id: a, extends: b, cycles: {2011-2012: null}, archive: {base_url: null}}"

    jsonschema.validate(as_json(text), schema("cohort"))


def keys(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in (node, *node.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


@pytest.mark.parametrize("name", MODELS)
def test_every_key_says_what_it_means(name: str) -> None:
    assert [key for key, value in keys(schema(name)) if not value.get("description")] == []


def test_the_checker_knows_the_arguments_of_every_formula() -> None:
    taken = {name: set(inspect.signature(code).parameters) for name, code in formulas.FORMULAS.items()}

    assert {name: set(signature.arguments) for name, signature in SIGNATURES.items()} == taken

"""docs/how-to/errors.md has an example of every message that a user can see."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

MIN_LENGTH = 8
"""A constant part of a message that is shorter says too little to be looked for."""

# Raised by models of the configuration, whose ValueErrors become messages for users.
SPEC = "spec"


def messages(package: Path) -> dict[str, str]:
    """The longest constant part of each message -> where it is raised."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                named = _assigned(function)
                for call in ast.walk(function):
                    for what in _said(call, SPEC in path.parts, named):
                        where = f"{path.relative_to(package)}:{call.lineno}"
                        found |= {part: where for part in [_longest(what)] if len(part) >= MIN_LENGTH}
    return found


def _assigned(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    """Variable -> everything that is assigned to it in the function."""
    named = defaultdict(list)
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[node.targets[0].id].append(node.value)
    return named


def _said(node: ast.AST, in_spec: bool, named: dict[str, list[ast.expr]]) -> list[ast.expr]:
    """What a call that raises or notes a problem says is wrong."""
    if not isinstance(node, ast.Call):
        return []
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    places = {"Problem": [1], "at": [1], "add": [1], "_add": [0, 1], "ValueError": [0] if in_spec else []}
    arguments = [node.args[i] for i in places.get(name, []) if i < len(node.args)]
    return [said for a in arguments for said in (named[a.id] if isinstance(a, ast.Name) else [a])]


def _longest(what: ast.expr) -> str:
    parts = what.values if isinstance(what, ast.JoinedStr) else [what]
    texts = [p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)]
    return max((text.strip() for text in texts), key=len, default="")


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs/how-to/errors.md").read_text(encoding="utf-8")


def test_every_message_is_on_the_page(project: Path, page: str) -> None:
    said = messages(project / "scripts" / "b12sarc")
    missing = {part: where for part, where in said.items() if part not in page}
    assert len(said) > 100
    assert missing == {}, "add an example of each to docs/how-to/errors.md"


def test_every_example_says_where_and_what(page: str) -> None:
    examples = [line.strip() for line in page.splitlines() if line.startswith("    error: ")][1:]
    assert len(examples) > 100
    assert [e for e in examples if not re.match(r"error: \S.*?: \S|error: python3 is", e)] == []


def test_no_example_is_there_twice(page: str) -> None:
    examples = [line for line in page.splitlines() if line.startswith("    error: ")]
    assert len(examples) == len(set(examples))

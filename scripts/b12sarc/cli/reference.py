"""The part of docs/reference/cli.md that is made from the parser itself.

``PYTHONPATH=scripts python -m b12sarc.cli.reference`` writes it anew.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from b12sarc.cli.main import build_parser

COMMAND = "PYTHONPATH=scripts .venv/bin/python -m b12sarc.cli.reference"
MARKER = f"<!-- Everything below is made by: {COMMAND} -->"
PAGE = Path("docs/reference/cli.md")


def reference() -> str:
    """Return a section for each command, with a table of what it takes."""
    return "\n\n".join([MARKER, "## The commands", *_sections(build_parser())]) + "\n"


def page_text(root: Path) -> str:
    """Return the whole page: what is written by hand above the marker, and the generated rest."""
    return (root / PAGE).read_text(encoding="utf-8").partition(MARKER)[0] + reference()


def _sections(parser: argparse.ArgumentParser) -> Iterator[str]:
    below = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not below:
        rows = [_row(action) for action in parser._actions if not isinstance(action, argparse._HelpAction)]
        head = ["| takes | meaning |", "|---|---|"] if rows else []
        yield "\n".join([f"### {parser.prog}\n\n{parser.description}\n", *head, *rows]).rstrip()
    for action in below:
        for child in action.choices.values():
            yield from _sections(child)


def _row(action: argparse.Action) -> str:
    metavar = str(action.metavar or "\\|".join(action.choices or ()))
    name = " ".join([*action.option_strings[-1:], metavar]).strip()
    several = " ..." if action.nargs == "+" else ""
    return f"| `{name}{several}` | {action.help} |"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[3]
    (root / PAGE).write_text(page_text(root), encoding="utf-8")

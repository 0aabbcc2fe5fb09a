"""The reference page of the command says what the parser takes, and its commands are ones."""

from __future__ import annotations

import re
from pathlib import Path

from b12sarc.cli.main import build_parser
from b12sarc.cli.reference import COMMAND, PAGE, page_text


def test_the_page_is_that_of_the_parser(project: Path) -> None:
    written = (project / PAGE).read_text(encoding="utf-8")

    assert written == page_text(project), f"mend it with: {COMMAND}"


def test_every_b12sarc_command_of_the_pages_is_understood(project: Path) -> None:
    pages = [p.read_text(encoding="utf-8") for p in (project / "docs").rglob("*.md")]
    said = {c.strip() for page in pages for c in re.findall(r"^ {4}b12sarc ([^#\n]*)", page, re.MULTILINE)}

    assert len(said) >= 2
    for words in said:
        build_parser().parse_args(words.split())

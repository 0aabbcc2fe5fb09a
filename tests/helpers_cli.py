"""The console command, called in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from b12sarc.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def command(root: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that calls ``b12sarc`` in a project and returns what it said."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        try:
            code = main(["--project", str(root), *arguments])
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call

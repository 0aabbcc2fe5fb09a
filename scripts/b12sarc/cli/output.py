"""Tables for a terminal, and JSON for scripts."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

NARROW = 24
"""Characters that a column keeps when a table is made to fit; more where a word of it is longer."""


def width() -> int:
    """Return the characters of a line of the terminal (of a file or a pipe: 120)."""
    return max(60, shutil.get_terminal_size((120, 24)).columns)


def as_json(value: Any) -> str:
    """Return JSON text that a person can read too."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in plain text; the widest columns are broken over lines so that it fits the terminal."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        return "(none)"
    columns = list(zip(head, *cells, strict=True))
    least = [
        max(NARROW, *(len(word) for cell in column for word in cell.split() or [""])) for column in columns
    ]
    widths = _fitted([max(map(len, column)) for column in columns], least)
    lines = [_line(head, widths), _line(["-" * n for n in widths], widths)]
    for row in cells:
        broken = [textwrap.wrap(cell, n) or [""] for cell, n in zip(row, widths, strict=True)]
        for place in range(max(map(len, broken))):
            lines.append(_line([part[place] if place < len(part) else "" for part in broken], widths))
    return "\n".join(lines)


def _fitted(widths: list[int], least: list[int]) -> list[int]:
    """Take characters from the widest columns until all fit, or each is as narrow as its longest word."""
    excess = sum(widths) + 2 * (len(widths) - 1) - width()
    while excess > 0:
        spare = [n - m for n, m in zip(widths, least, strict=True)]
        widest = max(range(len(widths)), key=lambda n: widths[n] if spare[n] > 0 else -1)
        if spare[widest] <= 0:
            break
        taken = min(excess, spare[widest], 8)
        widths[widest] -= taken
        excess -= taken
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(n) for cell, n in zip(cells, widths, strict=True)).rstrip()


def number(value: float | None, digits: int = 4) -> str:
    """Return a number as people write it: four significant digits, no trailing zeros; nothing for none."""
    if value is None or value != value:
        return ""
    return f"{value:.0f}" if abs(value) >= 10**digits else f"{value:.{digits}g}"

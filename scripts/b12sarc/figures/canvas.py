"""Measuring text before it is drawn, so that no label runs over another."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

POINTS_PER_INCH = 72


@cache
def text_width(text: str, size_pt: float, *, bold: bool = False) -> float:
    """Return the width of one line of text in inches, as it is set in the figures."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size_pt)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / POINTS_PER_INCH


def wrapped(text: str, width_in: float, size_pt: float, *, bold: bool = False) -> str:
    """Break ``text`` between words into lines that are at most ``width_in`` inches wide."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size_pt, bold=bold) <= width_in:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)

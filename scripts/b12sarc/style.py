"""One visual language for every figure: colours, type, sizes, the mark of made-up data, how files are saved.

Colours are Okabe and Ito's (colour universal design, jfly.uni-koeln.de/color), which people with any common
colour-vision deficiency tell apart; what matters is never said by colour alone. Text stays text in the SVG
(searchable, editable, small); it is laid out in DejaVu Sans, which is wider than the fonts that stand in for
it elsewhere, so labels that fit here fit everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from b12sarc.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SYNTHETIC = "SYNTHETIC DATA"

INK = "#1b2026"
MUTED = "#5a6570"
FAINT = "#9aa4ae"
GRID = "#d5dae0"
BAND = "#eef1f4"
PAPER = "#ffffff"
BLUE = "#0072b2"
VERMILION = "#d55e00"
GREEN = "#009e73"
PURPLE = "#a8508a"
SERIES = (BLUE, VERMILION, GREEN, PURPLE)
MARKERS = ("o", "s", "D", "^")

CSS_NAMES = {
    INK: "ink",
    MUTED: "muted",
    FAINT: "faint",
    GRID: "grid",
    BAND: "band",
    PAPER: "paper",
    BLUE: "blue",
    VERMILION: "vermilion",
    GREEN: "green",
    PURPLE: "purple",
}
"""Colour -> CSS variable that replaces it in the report, so that figures follow light and dark."""

PNG_DPI = 300
PNG_COMPRESSION = 4
"""Half the time of the usual 6, a tenth more bytes."""
FORMATS = ("svg", "pdf", "png")
_HOW: dict[str, dict[str, Any]] = {
    "svg": {"metadata": {"Date": None, "Creator": "b12sarc"}},
    "pdf": {"metadata": {"CreationDate": None, "Creator": "b12sarc"}},
    "png": {
        "dpi": PNG_DPI,
        "metadata": {"Software": "b12sarc"},
        "pil_kwargs": {"compress_level": PNG_COMPRESSION},
    },
}
TEXT_PT = 8.0
SMALL_PT = 7.0
TITLE_PT = 9.5

RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT_PT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_PT,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": TEXT_PT,
    "ytick.labelsize": TEXT_PT,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "legend.frameon": False,
    "legend.fontsize": TEXT_PT,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # TrueType: journals refuse Type 3
    "svg.hashsalt": "b12sarc",
}


def figure_style() -> AbstractContextManager[None]:
    """Return a context in which figures look alike; the caller's own settings are left as they were."""
    import matplotlib as mpl

    return mpl.rc_context({**mpl.rcParamsDefault, **RC, "backend": "agg"})


def marked(text: str, *, synthetic: bool) -> str:
    """Return ``text`` opening with SYNTHETIC DATA if it is about made-up people (said once, not twice)."""
    if not synthetic:
        return text
    return f"{SYNTHETIC} · {text.replace(f' ({SYNTHETIC})', '')}"


def title(figure: Figure, text: str, *, synthetic: bool) -> None:
    """Put the title at the top left; made-up data are also marked by a watermark under the figure."""
    figure.text(
        0.12 / figure.get_figwidth(),
        1 - 0.10 / figure.get_figheight(),
        text,
        ha="left",
        va="top",
        fontsize=TITLE_PT,
        fontweight="bold",
    )
    if synthetic:
        _watermark(figure)


def _watermark(figure: Figure) -> None:
    """Lay SYNTHETIC DATA across the figure, under everything, once for each 4 inches of height."""
    times = max(1, round(figure.get_figheight() / 4))
    for i in range(times):
        figure.text(
            0.5,
            (i + 0.5) / times,
            SYNTHETIC,
            ha="center",
            va="center",
            rotation=20,
            fontsize=min(44, 7 * figure.get_figwidth()),
            fontweight="bold",
            color=VERMILION,
            alpha=0.10,
            zorder=-10,
        )


def save(figure: Figure, folder: Path, name: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Save ``folder/name`` in each format; return the paths. SVG and PDF are the same bytes each time."""
    paths = []
    for ending in formats:
        paths.append(folder / f"{name}.{ending}")
        with whole_file(paths[-1]) as temporary:
            figure.savefig(temporary, format=ending, **_HOW[ending])
    return paths

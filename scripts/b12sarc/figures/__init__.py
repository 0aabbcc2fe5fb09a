"""The figures of a run, drawn from its result files alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.figures.plan import plan_figures
from b12sarc.figures.planned import Planned
from b12sarc.progress import Progress
from b12sarc.results import read_run
from b12sarc.spec import Project

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from b12sarc.results import Run

__all__ = ["Planned", "draw", "plan_figures", "write_figures"]


def write_figures(run_dir: Path, project: Project) -> list[Path]:
    """Draw every figure of the run to ``run_dir/figures`` in the formats asked for; return the paths.

    Raises:
        B12SarcError: result files are missing.
    """
    from b12sarc import style

    run = read_run(run_dir, project)
    paths: list[Path] = []
    with style.figure_style():
        for planned in Progress("figures").each(plan_figures(run)):
            figure = draw(run, planned)
            paths += style.save(figure, run_dir / "figures", planned.name, project.config.figure_formats)
    return paths


def draw(run: Run, planned: Planned) -> Figure:
    """Draw one figure; the caller has set :func:`b12sarc.style.figure_style`."""
    from b12sarc.figures import drawing

    return drawing.DRAWERS[planned.kind](run, planned)

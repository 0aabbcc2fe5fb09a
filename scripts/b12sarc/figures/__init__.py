"""The figures of a run, drawn from its result files alone."""

from __future__ import annotations

from pathlib import Path

from b12sarc.spec import Project


def write_figures(run_dir: Path, project: Project) -> list[Path]:
    """Draw every figure of the run to ``run_dir/figures`` as SVG and 300-dpi PNG; return the paths."""
    raise NotImplementedError

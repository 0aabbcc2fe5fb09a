"""The report of a run and its tables, made from its result files alone."""

from __future__ import annotations

from pathlib import Path

from b12sarc.spec import Project


def write_tables(run_dir: Path, project: Project) -> list[Path]:
    """Write the tables that people read to ``run_dir/tables`` as CSV; return the paths."""
    raise NotImplementedError


def write_report(run_dir: Path, project: Project) -> Path:
    """Write ``run_dir/report.html`` from the results, figures, tables and provenance.json in ``run_dir``."""
    raise NotImplementedError

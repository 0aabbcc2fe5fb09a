"""Where every number of a run comes from: inputs, code, packages, configuration, seed."""

from __future__ import annotations

from pathlib import Path

from b12sarc.spec import Project


def write_provenance(run_dir: Path, project: Project, root: Path, seconds: float | None = None) -> Path:
    """Write ``run_dir/provenance.json``; ``root`` is the checkout, ``seconds`` the wall time of the run."""
    raise NotImplementedError

"""What a run found, in sentences made by rule from the primary family of tests."""

from __future__ import annotations

from pathlib import Path

from b12sarc.spec import Project


def write_headline(run_dir: Path, project: Project) -> Path:
    """Write ``run_dir/headline.txt``: what was found, in a few plain lines, and where to look."""
    raise NotImplementedError

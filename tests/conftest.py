"""Fixtures shared by all tests: where the real NHANES files are, if they are here at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from once import once

# As Snakemake does for a rule's job: with threads, BLAS takes five times as long over matrices of our size.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PROJECT = Path(__file__).resolve().parent.parent


def nhanes_archive() -> Path | None:
    """Folder with serve.py and CDC's tree: $NHANES_FILES, else ../shared/nhanes; None if neither is there."""
    named = os.environ.get("NHANES_FILES")
    folder = Path(named) if named else PROJECT.parent / "shared" / "nhanes"
    return folder if (folder / "serve.py").is_file() else None


LONG = {
    "nhanes": ("finished_nhanes",),
    "demo": ("finished_demo",),
    "hospital": ("hospital",),
}
"""Group of tests -> fixtures that take minutes and that all of them wait for: one process has them all."""


def _group(item: pytest.Item) -> str:
    """Return whose process a test belongs to; empty: any."""
    names = getattr(item, "fixturenames", ())
    for group, fixtures in LONG.items():
        if set(fixtures) & set(names):
            return group
    if item.get_closest_marker("workflow"):
        return item.path.stem
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the long runs begin first, each in a process of its own, and see to the real data.

    First, because xdist reads the groups in the same hook.
    """
    groups = {item.nodeid: _group(item) for item in items}
    for item in items:
        if groups[item.nodeid]:
            item.add_marker(pytest.mark.xdist_group(groups[item.nodeid]), append=False)
    first = [*LONG, *sorted({g for g in groups.values() if g and g not in LONG}), ""]
    items.sort(key=lambda item: first.index(groups[item.nodeid]))
    _see_to_real_data(items)


def _see_to_real_data(items: list[pytest.Item]) -> None:
    """Skip the real-data tests, saying why, when the files are away; fail instead when they are required."""
    if nhanes_archive() is not None:
        return
    if os.environ.get("B12SARC_REQUIRE_REAL_DATA"):
        raise pytest.UsageError(
            "B12SARC_REQUIRE_REAL_DATA is set but the real NHANES files were not found: "
            "set NHANES_FILES to the folder that holds serve.py, or put it at ../shared/nhanes"
        )
    skip = pytest.mark.skip(reason="real NHANES files not found (set NHANES_FILES to where serve.py is)")
    for item in items:
        if item.get_closest_marker("real_data"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the project under test."""
    return PROJECT


@pytest.fixture(scope="session")
def nhanes_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real files of 1999-2014, uncompressed, in CDC's layout (``Nchs/Data/Nhanes/Public/...``)."""
    ready = os.environ.get("NHANES_UNPACKED")
    if ready:
        return Path(ready)
    archive = nhanes_archive()
    assert archive is not None
    unpack = [sys.executable, archive / "serve.py", "--unpack"]
    shared = tmp_path_factory.getbasetemp().parent / "nhanes_unpacked"
    return once(shared, lambda folder: subprocess.run([*unpack, folder], check=True))

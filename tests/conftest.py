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


LONG = ("finished_nhanes", "finished_demo", "hospital")
"""Fixtures that take minutes, the longest first. Tests of them, and other whole runs, begin first."""


def _place(item: pytest.Item) -> int:
    """Return how early a test begins: 0 is first."""
    names = getattr(item, "fixturenames", ())
    waits = [place for place, fixture in enumerate(LONG) if fixture in names]
    if waits:
        return waits[0]
    return len(LONG) if item.get_closest_marker("workflow") else len(LONG) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the long runs begin first, and see to the real data."""
    items.sort(key=_place)
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

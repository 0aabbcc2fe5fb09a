"""The whole pipeline, run as a user runs it: in a copy of the project, in a path with a space."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from checkout import Checkout, Result, copy_project


@pytest.fixture(scope="session")
def pristine(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return copy_project(project, tmp_path_factory.mktemp("workflow") / "b12 sarc")


@pytest.fixture(scope="session")
def finished_demo(pristine: Checkout) -> tuple[Checkout, Result]:
    """The demonstration, run once; tests look at it and leave it as it is."""
    return pristine, pristine.demo()


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Checkout:
    """A fresh copy of the project, nothing run yet."""
    return copy_project(project, tmp_path / "b12 sarc")


@pytest.fixture
def demo(finished_demo: tuple[Checkout, Result], tmp_path: Path) -> Checkout:
    """A copy of the project with the demonstration finished, to change at will."""
    finished, result = finished_demo
    assert result.code == 0, result.output
    shutil.copytree(finished.folder, tmp_path / "b12 sarc")
    shutil.copytree(finished.folder.parent / "offline", tmp_path / "offline")
    return Checkout(tmp_path / "b12 sarc")

"""The whole pipeline, run as a user runs it: in a copy of the project, in a path with a space."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from checkout import Checkout, Result, copy_project
from conftest import nhanes_archive
from hospital_cohort import RUN, lay_into
from once import once, session_folder

REPRODUCED = ("cdc_vitb12_2011_2012", "nchs_data_brief_179")


def _copied(finished: tuple[Checkout, Result], folder: Path) -> Checkout:
    checkout, result = finished
    assert result.code == 0, result.output
    shutil.copytree(checkout.folder, folder / "b12 sarc")
    shutil.copytree(checkout.folder.parent / "offline", folder / "offline")
    return Checkout(folder / "b12 sarc")


def _run_once(
    project: Path, folder: Path, run: Callable[[Checkout], Result], *, every_format: bool = False
) -> tuple[Checkout, Result]:
    """Run a copy of the project once for all test processes; what it said is kept beside it."""
    said = folder / "said.json"

    def make(_: Path) -> None:
        checkout = copy_project(project, folder / "b12 sarc", every_format=every_format)
        said.write_text(json.dumps(asdict(run(checkout))))

    once(folder, make)
    return Checkout(folder / "b12 sarc"), Result(**json.loads(said.read_text()))


@pytest.fixture(scope="session")
def finished_demo(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, Result]:
    """The demonstration, run once; tests look at it and leave it as it is. It says much of how far it is."""

    def run(checkout: Checkout) -> Result:
        return checkout.demo(B12SARC_PROGRESS="0.2")

    return _run_once(project, session_folder(tmp_path_factory) / "demo", run, every_format=True)


@pytest.fixture
def checkout(project: Path, tmp_path: Path) -> Checkout:
    """A fresh copy of the project, nothing run yet; its run is the headline's cohort alone."""
    checkout = copy_project(project, tmp_path / "fresh" / "b12 sarc")
    shipped = yaml.safe_load((checkout.folder / "config/config.yaml").read_text(encoding="utf-8"))["cohorts"]
    checkout.replace("config/config.yaml", f"cohorts: [{', '.join(shipped)}]", "cohorts: [nhanes_2011_2014]")
    return checkout


@pytest.fixture
def demo(finished_demo: tuple[Checkout, Result], tmp_path: Path) -> Checkout:
    """A copy of the project with the demonstration finished, to change at will."""
    return _copied(finished_demo, tmp_path)


@pytest.fixture(scope="session")
def cdc_server() -> Iterator[str]:
    """Base URL of a real HTTP server on loopback that answers as CDC's does."""
    archive = nhanes_archive()
    assert archive is not None
    with subprocess.Popen(
        [sys.executable, archive / "serve.py"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture(scope="session")
def finished_nhanes(
    project: Path, cdc_server: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Checkout, Result]:
    """The NHANES run, once; tests look at it and leave it as it is.

    It fits a small multiverse, completes what is missing twice, and computes two published tables again: what
    these say of the real files is tested elsewhere, and two cores have twenty minutes for everything.
    """

    def run(checkout: Checkout) -> Result:
        path = checkout.folder / "config/analysis.yaml"
        analysis = yaml.safe_load(path.read_text(encoding="utf-8"))
        analysis["imputation"]["m"] = 2
        analysis["multiverse"]["joint_null"] = {"draws": 100}
        small = {"adjustments": ["clinical"], "binary_outcomes": ["poisson"]}
        analysis["multiverse"]["grids"] = {"small": small}
        path.write_text(yaml.safe_dump(analysis, sort_keys=False), encoding="utf-8")
        checkout.replace(
            "config/config.yaml", "reproductions: all", f"reproductions: [{', '.join(REPRODUCED)}]"
        )
        return checkout.snakemake(NHANES_BASE_URL=cdc_server)

    return _run_once(project, session_folder(tmp_path_factory) / "nhanes", run)


@pytest.fixture(scope="session")
def hospital(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, Result]:
    """The run of a restricted file, once; tests look at it and leave it as it is."""

    def run(checkout: Checkout) -> Result:
        lay_into(checkout.folder)
        return checkout.snakemake(*RUN)

    return _run_once(project, session_folder(tmp_path_factory) / "hospital", run)


@pytest.fixture
def nhanes(finished_nhanes: tuple[Checkout, Result], tmp_path: Path) -> Checkout:
    """A copy of the project with the NHANES run finished, to change at will."""
    return _copied(finished_nhanes, tmp_path)


@pytest.fixture
def mirror(finished_demo: tuple[Checkout, Result], tmp_path: Path) -> Path:
    """A mirror of CDC's server, with made-up people in its files, to damage at will."""
    made = finished_demo[0].folder / "results/demo/archive/synthetic"
    return shutil.copytree(made, tmp_path / "mirror")

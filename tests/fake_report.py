"""Reports of made-up results for the tests: SYNTHETIC DATA."""

from __future__ import annotations

from pathlib import Path

import pytest

from b12sarc.provenance import write_provenance
from b12sarc.report import write_report, write_tables
from b12sarc.results import Run, read_run
from fake_results import fake_project, write_fake_results, write_stub_figures
from once import once, session_folder


def made_run(folder: Path, cohorts: tuple[str, ...]) -> Run:
    """A fake run with its tables and report, small stand-ins in the place of figures."""
    project = fake_project(cohorts)
    run = read_run(write_fake_results(folder, project), project)
    write_stub_figures(run)
    write_provenance(folder, project, folder, seconds=61)
    write_tables(folder, project)
    write_report(folder, project)
    return run


def shared_run(factory: pytest.TempPathFactory, *cohorts: str) -> Run:
    """The fake run of these cohorts, made once for all tests, which look at it and leave it as it is."""
    folder = session_folder(factory) / f"report_{'_'.join(cohorts)}"
    once(folder, lambda target: made_run(target, cohorts))
    return read_run(folder, fake_project(cohorts))

"""A job writes to its log: a mistake of the user as one line, a bug as a traceback; both end with 1."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from b12sarc.errors import B12SarcError, Problem
from b12sarc.job import job


def test_what_a_job_prints_is_in_its_log_and_not_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with job(tmp_path / "logs" / "fit.log"):
        print("fitting")
        print("a warning", file=sys.stderr)
    log = (tmp_path / "logs" / "fit.log").read_text()
    assert log.startswith("fitting\na warning\ndone: ")
    assert capfd.readouterr() == ("", "")


def test_every_problem_of_the_user_is_one_line_without_traceback(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, job(tmp_path / "x.log"):
        raise B12SarcError([Problem("a.yaml:1", "is wrong", "mend it"), Problem("b.yaml:2", "is wrong too")])
    assert ended.value.code == 1
    assert (tmp_path / "x.log").read_text() == (
        "error: a.yaml:1: is wrong -> mend it\nerror: b.yaml:2: is wrong too\n"
    )


def test_a_bug_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, job(tmp_path / "x.log"):
        raise ZeroDivisionError("a bug")
    assert ended.value.code == 1
    log = (tmp_path / "x.log").read_text()
    assert log.startswith("Traceback")
    assert log.endswith("ZeroDivisionError: a bug\n")

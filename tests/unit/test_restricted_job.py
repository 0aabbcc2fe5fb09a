"""Nothing that was found in the data of a restricted cohort reaches a log, whoever words the message."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from b12sarc.errors import B12SarcError, Problem
from b12sarc.job import job
from b12sarc.restricted import Restrictions
from b12sarc.spec.parts import parts_of
from b12sarc.tables import write_csv
from small_cohort import COHORT, small_project

VALUE, NAME = "987654.25", "Zsuzsanna Kovács"


def running(access: str = "restricted", **changed: Any) -> SimpleNamespace:
    """A job of Snakemake as far as a script sees it."""
    project = small_project()
    cohort = project.cohorts[COHORT].model_copy(update={"access": access, **changed})
    project.cohorts[COHORT] = type(cohort).model_validate(
        cohort.model_dump(exclude_unset=True) | {"access": access}
    )
    return SimpleNamespace(
        params={"parts": parts_of(project, ["cohorts", "dictionary"], COHORT)},
        wildcards={"cohort": COHORT},
        input=[f"data/interim/made_up/{COHORT}/analysis.parquet"],
        output=[f"results/made_up/{COHORT}/flow.csv"],
    )


def log_of(folder: Path, act: Any, of: Any) -> str:
    with pytest.raises(SystemExit), job(folder / "x.log", of):
        act()
    return (folder / "x.log").read_text()


def test_an_error_says_where_and_what_without_what_was_found(tmp_path: Path) -> None:
    def act() -> None:
        what = f"3 values are not in the map (first: person 123456 has {VALUE}, '{NAME}')"
        raise B12SarcError(
            Problem("cohorts/made_up/cohort.yaml:12: variables.sex", what, "add them to the map")
        )

    said = log_of(tmp_path, act, running())
    assert said.startswith(
        "error: cohorts/made_up/cohort.yaml:12: variables.sex: … values are not in the map"
    )
    assert said.endswith("-> add them to the map\n")
    assert not any(word in said for word in ("123456", VALUE, NAME, "Zsuzsanna", "Kovács", "3 values"))


def test_a_bug_says_its_place_and_class_only(tmp_path: Path) -> None:
    def act() -> None:
        raise ValueError(f"could not convert '{NAME}' to float {VALUE}")

    said = log_of(tmp_path, act, running())
    assert "test_restricted_job.py" in said
    assert "ValueError" in said
    assert NAME not in said
    assert VALUE not in said


def test_what_is_printed_or_warned_is_filtered_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with job(tmp_path / "x.log", running()):
        print("max", VALUE)
        print(pd.DataFrame({"name": [NAME], "b12": [float(VALUE)]}))
        print(f"RuntimeWarning: {NAME} overflows {VALUE}", file=sys.stderr)
        print("no line end", VALUE, end="")
        os.write(2, f"a library in C says {VALUE}\n".encode())
    said = (tmp_path / "x.log").read_text() + "".join(capfd.readouterr())
    assert VALUE not in said
    assert "Kovács" not in said
    assert said.splitlines()[-1].startswith("done: ") or "done: " in said


def test_a_public_cohort_keeps_its_messages(tmp_path: Path) -> None:
    def act() -> None:
        raise B12SarcError.at("x", f"first: person {VALUE}")

    assert log_of(tmp_path, act, running("public")) == f"error: x: first: person {VALUE}\n"


def test_a_job_of_the_run_is_silent_if_any_cohort_is_restricted() -> None:
    of = running()
    of.wildcards, of.input = {}, ["results/made_up/estimates.csv"]
    found = Restrictions.of(of)
    assert (found.in_log, found.guard) == (True, None)


def test_a_job_of_the_run_that_reads_persons_is_guarded() -> None:
    of = running()
    of.wildcards = {}
    guard = Restrictions.of(of).guard
    assert guard is not None
    assert dict(guard.least) == {COHORT: 10}


def test_fetching_is_silent_too() -> None:
    of = SimpleNamespace(params={"restricted": True}, wildcards={"archive": "x"}, input=[], output=[])
    assert Restrictions.of(of).in_log


def test_every_table_of_a_restricted_job_is_guarded(tmp_path: Path) -> None:
    with job(tmp_path / "x.log", running()):
        write_csv(tmp_path / "new.csv", pd.DataFrame({"n": [3, 200], "estimate": [1.5, float(VALUE)]}))
    assert (tmp_path / "new.csv").read_text().splitlines() == [
        "n,estimate,disclosure",
        ",,suppressed: fewer than 10 people [2 cells]",
        "200,,suppressed: not known on how many people it rests [1 cells]",
    ]


def test_a_job_finds_out_by_itself_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import __main__

    monkeypatch.setattr(__main__, "snakemake", running(), raising=False)
    with job(tmp_path / "x.log"):
        print(VALUE)
    assert VALUE not in (tmp_path / "x.log").read_text()


def test_no_script_writes_a_table_past_the_guard(project: Path) -> None:
    writes = (".to_csv(", ".to_parquet(", "pq.write_table(", ".to_json(", "to_pickle(", "np.save")
    # Frames check where they lie; the multiverse asks the guard first, and its replicates are no results;
    # the files of the example cohorts are made by the project and hold nobody.
    allowed = {"tables.py", "frames.py", "specification_curve.py", "multiverse.py", "example_files.py"}
    assert "as_shown(cohort_multiverse(" in (project / "scripts/multiverse.py").read_text()
    past = [
        f"{path.relative_to(project)}: {word}"
        for path in (project / "scripts").rglob("*.py")
        for word in writes
        if word in path.read_text() and path.name not in allowed
    ]
    assert past == []

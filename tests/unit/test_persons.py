"""Files with a row for each person: a public cohort's are results, a restricted one's never are."""

from __future__ import annotations

import re
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from b12sarc.frames import read_frame, write_frame
from b12sarc.persons import INTERIM, person_file_of
from b12sarc.spec import Config
from small_cohort import COHORT, small_frame, small_project

RUN = Config(run="made_up", cohorts=(COHORT,))


def test_persons_of_a_public_cohort_are_in_its_results() -> None:
    cohort = small_project().cohorts[COHORT]
    assert person_file_of(RUN, cohort, "analysis.parquet") == f"results/made_up/{COHORT}/analysis.parquet"


def test_persons_of_a_restricted_cohort_are_in_the_intermediate_folder() -> None:
    cohort = small_project().cohorts[COHORT].model_copy(update={"access": "restricted"})
    assert person_file_of(RUN, cohort, "analysis.parquet") == f"{INTERIM}/made_up/{COHORT}/analysis.parquet"


def test_git_ignores_the_intermediate_folder(project: Path) -> None:
    asked = ["git", "check-ignore", "--quiet", f"{INTERIM}/demo/made_up/analysis.parquet"]
    assert subprocess.run(asked, cwd=project, check=False).returncode == 0


def test_only_the_owner_can_read_what_is_restricted(tmp_path: Path) -> None:
    frame, meta = small_frame()
    path = tmp_path / INTERIM / "run" / COHORT / "analysis.parquet"
    write_frame(path, frame, replace(meta, restricted=True))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_frame(path)[1].restricted


def test_a_restricted_frame_is_not_written_anywhere_else(tmp_path: Path) -> None:
    frame, meta = small_frame()
    path = tmp_path / "results" / "run" / COHORT / "analysis.parquet"
    with pytest.raises(ValueError, match="in data/interim only"):
        write_frame(path, frame, replace(meta, restricted=True))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_no_rule_names_a_file_of_persons_without_asking_where_it_lies(project: Path) -> None:
    rules = "".join(path.read_text() for path in (project / "workflow/rules").glob("*.smk"))
    named = re.findall(r'cohort[}]*/([^"\n]*[.](?:parquet|npy))"', rules)
    assert set(named) <= {"multiverse.parquet"}, "not of persons: a table that has passed the guard"


def test_every_rule_that_writes_persons_is_there_for_restricted_cohorts_too(project: Path) -> None:
    for path in (project / "workflow/rules").glob("*.smk"):
        blocks = re.split(r"^(?=(?:use )?rule )", path.read_text(), flags=re.MULTILINE)[1:]
        for block in blocks:
            written = set(re.findall(r'= *persons\("(\S+?)"\)', block))
            name = block.split()[1].rstrip(":")
            other = [b for b in blocks if b.startswith(f"use rule {name} as {name}_restricted with:")]
            if written:
                assert 'cohort=those_with_access("public")' in block, name
                assert len(other) == 1, f"{path.name}: rule {name} has no twin for restricted cohorts"
                assert set(re.findall(r'persons\("(\S+?)", restricted=True\)', other[0])) == written
                assert 'cohort=those_with_access("restricted")' in other[0]

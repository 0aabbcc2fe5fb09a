"""The run and its cohorts: what is refused, with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import CONFIG, Case

CASES = [
    Case(
        "cohorts: [mini]",
        "cohorts: [mini, mni]",
        "cohorts#2",
        "there is no cohort 'mni' (cohorts/mni/cohort.yaml)",
        "did you mean 'mini'?",
    ),
    Case(
        "cohorts: [mini]",
        "cohorts: [mini, mini]",
        "cohorts#2",
        "'mini' is listed twice",
        "remove one of them",
    ),
    Case("cohorts: [mini]", "cohorts: []", "cohorts", "is empty", "give a value, or remove the key"),
    Case(
        "base_urls: {}",
        "base_urls: {mini_file: https://a.b}",
        "base_urls.mini_file",
        "unknown archive of these cohorts: 'mini_file'",
        "did you mean 'mini_files'?",
    ),
    Case(
        "base_urls: {}",
        "base_urls: {mini_files: /srv}",
        "base_urls.mini_files",
        "'/srv' is no address; expected http://, https:// or file:// in front",
    ),
    Case("seed: 1", "sead: 1", "sead", "unknown key 'sead'", "did you mean 'seed'?"),
    Case(
        "seed: 1",
        "analysis: config/analysys.yaml",
        "analysis",
        "there is no file 'config/analysys.yaml'",
        "did you mean 'config/analysis.yaml'?",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_run_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, CONFIG)

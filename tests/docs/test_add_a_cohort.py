"""Every command and edit of docs/add-a-cohort.md, done in a copy of the project as a reader would do it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import yaml

from checkout import Checkout, copy_project

pytestmark = pytest.mark.workflow

BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = {
    "b12sarc": [sys.executable, "-m", "b12sarc.cli"],
    "python": [sys.executable],
    "snakemake": [sys.executable, "-m", "snakemake"],
    "grep": ["grep"],
}


@dataclass(frozen=True)
class Done:
    """The copy after the last command, and what each command said."""

    checkout: Checkout
    said: dict[str, str]


def blocks(project: Path) -> list[tuple[str, str, str]]:
    """Kind, file and text of every block of the tutorial, in order."""
    return BLOCK.findall((project / "docs/add-a-cohort.md").read_text(encoding="utf-8"))


def section(text: str, key: str) -> re.Match[str] | None:
    """A top-level key with all that is indented below it."""
    return re.search(rf"^{re.escape(key)}:.*\n(?:[ \t]+.*\n|\n(?=[ \t]))*", text, re.MULTILINE)


def edit(path: Path, block: str) -> None:
    """Do what the reader is told: each key takes the place of the line or section of the same name."""
    if not path.exists():
        path.write_text(block, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    for key in yaml.safe_load(block):
        new = section(block, key)
        assert new is not None
        if key != "variables":
            old = section(text, key)
            assert old is not None, f"{path.name} has no {key}"
            text = text.replace(old[0], new[0], 1)
            continue
        for line in new[0].splitlines()[1:]:
            name = line.split(":")[0]
            text, n = re.subn(rf"^{name}: .*$", lambda _, line=line: line, text, count=1, flags=re.MULTILINE)
            assert n == 1, f"{path.name} has no variable {name.strip()}"
    path.write_text(text, encoding="utf-8")


def run(checkout: Checkout, line: str) -> str:
    program, *arguments = shlex.split(line)
    command = [*PROGRAMS[program], *arguments, *(["--cores", "1"] if program == "snakemake" else [])]
    environment = checkout.environment()
    environment["PYTHONPATH"] += f":{checkout.folder / 'scripts'}"
    done = subprocess.run(
        command,
        cwd=checkout.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def tutorial(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    checkout = copy_project(project, tmp_path_factory.mktemp("tutorial") / "b12sarc")
    said: dict[str, str] = {}
    last = ""
    for kind, file, text in blocks(project):
        if kind == "sh":
            now = {line: run(checkout, line) for line in text.splitlines()}
            said |= now
            last = "".join(now.values())
        elif kind == "yaml":
            edit(checkout.folder / file, text)
        else:
            missing = [line for line in text.splitlines() if line not in last]
            assert kind == "text"
            assert missing == [], f"not said: {missing}\n{last}"
    return Done(checkout, said)


def test_every_block_is_a_command_an_edit_of_a_file_or_what_was_said(project: Path) -> None:
    found = blocks(project)
    fences = (project / "docs/add-a-cohort.md").read_text(encoding="utf-8").count("\n```")
    assert len(found) * 2 == fences
    for kind, file, text in found:
        assert (kind, bool(file)) in {("sh", False), ("yaml", True), ("text", False)}
        assert kind != "sh" or {line.split()[0] for line in text.splitlines()} <= set(PROGRAMS)


def test_the_commands_touch_no_network(tutorial: Done) -> None:
    assert not tutorial.checkout.connections.exists()


def test_the_wrong_unit_is_seen_in_the_median_that_the_page_tells_of(tutorial: Done) -> None:
    shown = tutorial.said["b12sarc cohort show harbour"]
    line = next(line for line in shown.splitlines() if line.lstrip().startswith("serum_b12_pmol_l"))
    assert any(500 < float(number) < 600 for number in re.findall(r"\b\d+(?:\.\d+)?\b", line))


def test_the_cohort_is_in_the_estimates(tutorial: Done) -> None:
    estimates = pd.read_csv(tutorial.checkout.folder / "results/harbour/estimates.csv")
    here = estimates[estimates["cohort"] == "harbour"]
    assert set(here["adjustment"]) == {"crude", "clinical"}
    row = here.query("outcome == 'grip_max_kg' and exposure == 'log2_b12' and adjustment == 'clinical'").iloc[
        0
    ]
    assert row["coef_low"] <= -1.3 <= row["coef_high"]  # planted, as in cohorts/korean_style/population.yaml
    assert row["coef_high"] < 0


def test_the_cohort_is_in_the_meta_analysis(tutorial: Done) -> None:
    meta = pd.read_csv(tutorial.checkout.folder / "results/harbour/meta.csv")
    rows = meta[meta["cohorts"].str.contains("harbour") & meta["cohorts"].str.contains("korean_style")]
    assert {"grip_max_kg", "low_grip_ewgsop2"} <= set(rows["outcome"])
    assert rows["synthetic"].all()


def test_the_cohort_has_a_line_in_the_forest_plot_and_the_plot_says_what_it_is(tutorial: Done) -> None:
    figures = tutorial.checkout.folder / "results/harbour/figures"
    forests = [path.read_text(encoding="utf-8") for path in figures.rglob("*synthesis*.svg")]
    with_line = [svg for svg in forests if "Harbour survey" in svg]
    assert with_line
    assert all("SYNTHETIC DATA" in svg for svg in with_line)

"""What the pages say is so: commands, links, folders, the rule graph, and the tutorial's messages."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from checkout import copy_project

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("cohorts/*/*.md")])
TUTORIAL = ROOT / "docs/tutorials/getting-started.md"
# These need a file of the reader's own, a cluster, or a run that has ended (tests/workflow has one).
NOT_HERE = ("config/strict.yaml", "profiles/slurm", "--report")


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(program: str) -> list[str]:
    """Every command line of a page that starts with a program, comments left out."""
    pattern = re.compile(rf"^ {{4}}((?:[A-Z_]+=\S+ )*{program}\b[^#\n]*)", re.MULTILINE)
    found = {match.strip() for page in PAGES for match in pattern.findall(text(page))}
    return sorted(command for command in found if not any(path in command for path in NOT_HERE))


@pytest.fixture(scope="module")
def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_make_alone_prints_every_command(targets: set[str]) -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+) ", shown, re.MULTILINE)) == targets


def test_every_make_command_of_the_pages_is_a_target(targets: set[str]) -> None:
    said = {(page_id(p), t) for p in PAGES for t in re.findall(r"(?:`|^ {4})make ([a-z-]+)", text(p), re.M)}
    assert len(said) > 5
    assert {(page, target) for page, target in said if target not in targets} == set()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            dead.append(target)
    assert dead == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_readme_names_every_folder_of_the_project() -> None:
    listed = set(re.findall(r"^\| `([a-z/]+)/` \|", text(ROOT / "README.md"), re.MULTILINE))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] for line in tracked.splitlines() if "/" in line and line[0] != "."}
    assert {folder.split("/")[0] for folder in listed} == folders


@pytest.mark.workflow
def test_the_rule_graph_of_the_readme_is_that_of_the_rules() -> None:
    spec = importlib.util.spec_from_file_location("rule_graph", ROOT / "docs/rule_graph.py")
    assert spec is not None
    assert spec.loader is not None
    drawing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(drawing)
    drawn = drawing.BLOCK.search(text(ROOT / "README.md"))
    assert drawn is not None
    assert drawn[0] == drawing.rule_graph(), "mend it with: make graph"


@pytest.mark.workflow
@pytest.mark.parametrize("command", commands("snakemake"))
def test_every_snakemake_command_of_the_pages_is_understood(tmp_path: Path, command: str) -> None:
    checkout = copy_project(ROOT, tmp_path / "copy")
    result = checkout.snakemake("--dry-run", *shlex.split(command)[1:])
    assert result.code == 0, result.output


@pytest.mark.workflow
def test_the_tutorials_mistake_gives_the_tutorials_message(tmp_path: Path) -> None:
    checkout = copy_project(ROOT, tmp_path / "copy")
    checkout.replace("config/definitions.yaml", "label: MMA > 271", "lable: MMA > 271")
    errors = checkout.demo("--dry-run").errors
    assert len(errors) == 1
    told, shown = (re.sub(r"yaml:\d+:", "yaml:", t) for t in (errors[0], text(TUTORIAL)))
    assert f"    {told}\n" in shown

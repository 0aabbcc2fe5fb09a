"""environment.yml, pyproject.toml and requirements.lock agree, and no committed file names a machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

PIN = re.compile(r"^([A-Za-z0-9._-]+)(\[\S+\])?==(\S+?)(?: *;.*)? *\\$", re.MULTILINE)
MEND = "mend it with: make lock"

# Written in two parts, or this file would name them itself.
REGISTRIES = [
    "pypi" + ".org",
    "files.pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "conda.anaconda" + ".org",
    "repo.anaconda" + ".com",
    "deb.debian" + ".org",
    "cran.r-project" + ".org",
]
MACHINE_PATHS = ["/" + folder + "/" for folder in ("root", "work", "Users", "opt/pypi", "opt/wheels")]


@pytest.fixture(scope="module")
def declared(project: Path) -> dict[str, object]:
    return tomllib.loads((project / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def lock(project: Path) -> str:
    return (project / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def pins(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, _, version in PIN.findall(lock):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def _requires(name: str) -> list[str]:
    """What an installed package asks for; nothing of one for other systems."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


@pytest.fixture(scope="module")
def committed(project: Path) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=project, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout: which files are committed is not known")
    return [path for name in listing.stdout.split("\0") if name and (path := project / name).is_file()]


def test_every_dependency_is_pinned_in_the_lock_within_its_range(
    declared: dict, pins: dict[str, set[str]]
) -> None:
    asked = [Requirement(r) for r in declared["dependencies"] + declared["optional-dependencies"]["dev"]]
    wrong = [
        f"{r}: locked at {pins.get(canonicalize_name(r.name), 'nothing')}"
        for r in asked
        if not any(r.specifier.contains(v) for v in pins.get(canonicalize_name(r.name), ()))
    ]
    assert not wrong, MEND


def test_every_pin_of_the_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", lock.strip())
    without = [e.splitlines()[0] for e in entries if not e.startswith("#") and "--hash=sha256:" not in e]
    assert not without, MEND


def test_the_lock_keeps_the_extras_that_one_package_asks_of_another(lock: str) -> None:
    """Without them pip 23 refuses the lock as soon as a newer release of that package is out."""
    extras = {
        canonicalize_name(name): Requirement(name + asked).extras for name, asked, _ in PIN.findall(lock)
    }
    wanted = [
        requirement
        for name in extras
        for text in _requires(name)
        if (requirement := Requirement(text)).extras
        and (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
    ]
    assert {str(r) for r in wanted if r.extras - extras[canonicalize_name(r.name)]} == set(), MEND
    assert wanted, "nothing asks for extras: this test would prove nothing"


def test_the_lock_holds_no_url(lock: str) -> None:
    assert "://" not in lock, MEND


def test_conda_gets_python_of_the_declared_range_and_everything_else_from_the_lock(
    project: Path, declared: dict
) -> None:
    wanted = yaml.safe_load((project / "environment.yml").read_text())["dependencies"]
    python = next(d for d in wanted if isinstance(d, str) and d.startswith("python="))
    assert SpecifierSet(declared["requires-python"]).contains(python.removeprefix("python="))
    assert {d.split("=")[0] for d in wanted if isinstance(d, str)} == {"python", "pip", "make", "git"}
    assert [d for d in wanted if isinstance(d, dict)] == [{"pip": ["-r requirements.lock"]}]


def test_snakemake_asks_for_the_version_that_pyproject_declares(project: Path, declared: dict) -> None:
    asked = re.search(r'min_version\("([\d.]+)"\)', (project / "Snakefile").read_text())
    declared_range = next(Requirement(r) for r in declared["dependencies"] if r.startswith("snakemake"))
    assert asked is not None
    assert f">={asked[1]}" in str(declared_range.specifier)


def test_an_old_python_is_refused_with_what_to_do(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "Makefile", tmp_path)
    (tmp_path / "requirements.lock").touch()
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\n[ $1 = --version ] && echo Python 3.9.2\n")
    old.chmod(0o755)
    make = subprocess.run(["make", "demo", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True)
    assert make.returncode != 0
    assert "is Python 3.9.2, Python 3.11 or newer is needed -> name one: make PYTHON=" in make.stderr
    assert not (tmp_path / ".venv").exists()


def test_no_committed_file_names_a_registry_or_a_path_of_a_machine(
    project: Path, committed: list[Path]
) -> None:
    needles = [*REGISTRIES, *MACHINE_PATHS, f"{project}/", f"{Path.home()}/"]
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(n)}" for n in needles))
    hits = [
        f"{path.relative_to(project)}: {match[0]}"
        for path in committed
        if (match := pattern.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not hits

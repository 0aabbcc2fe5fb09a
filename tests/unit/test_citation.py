"""CITATION.cff: what Citation File Format 1.2.0 requires, and the version and licence of the package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml


@pytest.fixture(scope="module")
def citation(project: Path) -> dict[str, object]:
    return yaml.safe_load((project / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_keys_that_the_format_requires_are_there(citation: dict[str, object]) -> None:
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= citation.keys()
    assert all(author.keys() & {"name", "family-names"} for author in citation["authors"])


def test_version_and_licence_are_those_of_the_package(citation: dict[str, object], project: Path) -> None:
    package = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == package["version"]
    assert citation["license"] == package["license"]

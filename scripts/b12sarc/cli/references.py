"""Where the configuration names a cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from b12sarc.cli.place import cohort_ids, in_project
from b12sarc.cli.yaml_edit import Scalar, YamlText

IN_CONFIG = ("cohorts", "cohort")
IN_COHORTS = ("pools", "extends")
"""Keys below which a word is the name of a cohort, in config/ and in a cohort.yaml."""


@dataclass(frozen=True)
class Reference:
    """One place that names a cohort.

    Attributes:
        file: of the configuration.
        text: that file.
        scalar: the word.
        is_path: whether the word is a path into the cohort's folder.
    """

    file: Path
    text: YamlText
    scalar: Scalar
    is_path: bool

    def __str__(self) -> str:
        steps = [f"#{step + 1}" if isinstance(step, int) else step for step in self.scalar.path]
        return f"{self.text.name}:{self.scalar.line}: {'.'.join(steps).replace('.#', '#')}"


def configuration_files(root: Path) -> list[Path]:
    """Return every file that may name a cohort: those under config/, and each cohort.yaml."""
    own = [root / "cohorts" / name / "cohort.yaml" for name in cohort_ids(root)]
    return [*sorted(root.glob("config/**/*.yaml")), *own]


def references(root: Path, name: str) -> list[Reference]:
    """Return every place that names a cohort, its own ``id`` left out.

    Raises:
        B12SarcError: a file of the configuration cannot be read.
    """
    return references_in(read_configuration(root), name)


def read_configuration(root: Path) -> dict[Path, YamlText]:
    """Return every file that may name a cohort, read.

    Raises:
        B12SarcError: one of them cannot be read.
    """
    return {file: YamlText.read(file, in_project(root, file)) for file in configuration_files(root)}


def references_in(texts: Mapping[Path, YamlText], name: str) -> list[Reference]:
    """Return every place in files that names a cohort, its own ``id`` left out."""
    return [
        Reference(file, text, scalar, scalar.value != name)
        for file, text in texts.items()
        for scalar in _naming(text, name)
    ]


def _naming(text: YamlText, name: str) -> Iterator[Scalar]:
    folder = f"cohorts/{name}"
    keys = IN_COHORTS if text.name.startswith("cohorts/") else IN_CONFIG
    for scalar in text.scalars():
        is_path = scalar.value == folder or scalar.value.startswith(f"{folder}/")
        if is_path or (scalar.value == name and _names_cohorts(scalar, keys)):
            yield scalar


def _names_cohorts(scalar: Scalar, keys: tuple[str, ...]) -> bool:
    """Whether a word stands right below one of ``keys``, alone, in a list, or as a key itself."""
    above = [step for step in scalar.path if not isinstance(step, int)]
    return bool(above) and above[-1] in keys

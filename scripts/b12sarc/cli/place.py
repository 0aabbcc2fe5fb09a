"""Where the project is, and the cohorts in it."""

from __future__ import annotations

from pathlib import Path

from b12sarc.errors import B12SarcError, nearest

MARK = "Snakefile"
"""The file by which the folder of a project is known."""


class UsageError(B12SarcError):
    """The command was called in a way that cannot work; exit code 2."""


def find_project(named: str | None, here: Path) -> Path:
    """Return the project's folder: the one that was named, else the nearest at or above ``here``.

    Raises:
        UsageError: there is none.
    """
    if named is not None:
        folder = Path(named).resolve()
        if (folder / MARK).is_file():
            return folder
        raise UsageError.at(f"--project {named}", f"no {MARK} there", "name the folder that holds it")
    for folder in (here.resolve(), *here.resolve().parents):
        if (folder / MARK).is_file():
            return folder
    raise UsageError.at(
        "b12sarc", f"no project here: no {MARK} in {here} or above", "go there, or say --project DIR"
    )


def cohort_ids(root: Path) -> list[str]:
    """Return the cohorts that have a folder, in alphabetical order."""
    return sorted(file.parent.name for file in root.glob("cohorts/[!_.]*/cohort.yaml"))


def cohort_file(root: Path, name: str) -> Path:
    """Return the cohort.yaml of a cohort.

    Raises:
        UsageError: there is no such cohort.
    """
    known = cohort_ids(root)
    if name not in known:
        fix = nearest(name, known) or f"cohorts here: {', '.join(known) or 'none'}"
        raise UsageError.at(f"cohorts/{name}", "there is no such cohort", fix)
    return root / "cohorts" / name / "cohort.yaml"


def in_project(root: Path, path: Path) -> str:
    """Return how messages call a path: from the project's folder where it lies in it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)

"""Begin a cohort: look at its files, and write its first cohort.yaml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from b12sarc.errors import B12SarcError, Problem
from b12sarc.files import whole_file
from b12sarc.intake.columns import describe
from b12sarc.intake.draft import Draft, render
from b12sarc.intake.matching import matches
from b12sarc.intake.reading import Found, read_whole
from b12sarc.intake.survey import guess
from b12sarc.spec.dictionary import Dictionary


@dataclass(frozen=True)
class Begun:
    """A cohort that was begun.

    Attributes:
        file: its cohort.yaml.
        draft: what it was written from.
    """

    file: Path
    draft: Draft


def begin(root: Path, name: str, files: Sequence[Path], dictionary: Dictionary) -> Begun:
    """Write the first cohort.yaml of a cohort; the data files stay where they are.

    Args:
        root: the project's folder.
        name: id of the cohort.
        files: its data files, below the project's folder.
        dictionary: the variables to map.

    Raises:
        B12SarcError: a file that is not below the project's folder or cannot be read; all of them at once.
    """
    problems: list[Problem] = []
    found: list[Found] = []
    for path in dict.fromkeys(file.resolve() for file in files):
        try:
            _check_place(root, name, path)
            found.append(read_whole(path))
        except B12SarcError as error:
            problems += error.problems
    if problems:
        raise B12SarcError(problems)
    draft = _draft(root, name, found, dictionary)
    target = root / "cohorts" / name / "cohort.yaml"
    with whole_file(target) as temporary:
        temporary.write_text(render(draft), encoding="utf-8")
    return Begun(target, draft)


def _check_place(root: Path, name: str, path: Path) -> None:
    if path.exists() and not path.is_relative_to(root):
        what = "lies outside the project, where a run could not find it again"
        raise B12SarcError.at(str(path), what, f"put it into data/raw/{name} (git does not look there)")


def _draft(root: Path, name: str, found: Sequence[Found], dictionary: Dictionary) -> Draft:
    folder = _common_folder([f.path for f in found]).relative_to(root)
    named = dict(zip(_names([f.path for f in found]), found, strict=True))
    columns = {file: describe(file, f) for file, f in named.items()}
    survey = guess(columns)
    taken = {
        role.column.where
        for role in (*survey.keys.values(), survey.weight, survey.strata, survey.psu)
        if role
    }
    free = [c for some in columns.values() for c in some if c.where not in taken]
    return Draft(
        name,
        None if folder.as_posix() == f"data/raw/{name}" else folder.as_posix(),
        {file: f.path.relative_to(root / folder).as_posix() for file, f in named.items()},
        named,
        columns,
        survey,
        dictionary,
        matches(dictionary, free),
        _year([f.path for f in found]),
    )


def _common_folder(paths: Sequence[Path]) -> Path:
    folder = paths[0].parent
    while not all(path.is_relative_to(folder) for path in paths):
        folder = folder.parent
    return folder


def _names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each file: its own, in lower case; numbered where two have the same."""
    names: list[str] = []
    for path in paths:
        slug = re.sub(r"[^a-z0-9]+", "_", path.stem.casefold()).strip("_")
        slug = slug if slug[:1].isalpha() else f"file_{slug}".rstrip("_")
        same = sum(re.fullmatch(rf"{slug}(_\d+)?", other) is not None for other in names)
        names.append(f"{slug}_{same + 1}" if same else slug)
    return names


def _year(paths: Sequence[Path]) -> int | None:
    """Return the year that the name of a file says (2015, or 15 as in HN15)."""
    for path in paths:
        if whole := re.search(r"(?<!\d)(19[5-9]\d|20[0-4]\d)(?!\d)", path.stem):
            return int(whole[1])
    for path in paths:
        if short := re.search(r"(?<=[a-zA-Z_])(\d\d)(?!\d)", path.stem):
            return int(short[1]) + (1900 if int(short[1]) > 50 else 2000)
    return None

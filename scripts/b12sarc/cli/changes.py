"""Remove or rename a cohort: nothing is deleted, and a change is made whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from b12sarc.cli.place import UsageError, cohort_file, cohort_ids, in_project
from b12sarc.cli.references import Reference, references
from b12sarc.cli.yaml_edit import YamlText
from b12sarc.errors import B12SarcError, Problem
from b12sarc.files import whole_file
from b12sarc.spec.base import NAME_PATTERN

TRASH = "cohorts/.trash"
"""Where removed cohorts go, each with the date; git and the pipeline do not look into it."""


def results_of(root: Path, name: str) -> list[str]:
    """Return the folders of results that a cohort has."""
    return sorted(f.relative_to(root).as_posix() for f in root.glob(f"results/*/{name}") if f.is_dir())


def check_removable(root: Path, name: str) -> None:
    """Refuse to remove a cohort that something names.

    Raises:
        UsageError: there is no such cohort.
        B12SarcError: one problem for each place that names it.
    """
    cohort_file(root, name)
    used = [r for r in references(root, name) if r.text.name != f"cohorts/{name}/cohort.yaml"]
    if used:
        fix = "take it out there first"
        raise B12SarcError(
            Problem(str(r), f"names cohort '{name}', which is to be removed", fix) for r in used
        )


def remove(root: Path, name: str) -> Path:
    """Move the folder of a cohort that nothing names to the trash, and return where it is now."""
    check_removable(root, name)
    target = root / TRASH / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    while target.exists():
        target = target.with_name(f"{target.name}_")
    target.parent.mkdir(parents=True, exist_ok=True)
    _move(root / "cohorts" / name, target)
    return target


@dataclass(frozen=True)
class Renamed:
    """What a renaming changed.

    Attributes:
        changed: every place that named the cohort, as ``file:line: key``.
        results: folders of results that still have the old name.
    """

    changed: tuple[str, ...]
    results: tuple[str, ...]


def rename(root: Path, old: str, new: str) -> Renamed:
    """Give a cohort another name: its folder, its id, and every place in config/ and cohorts/ that names it.

    Raises:
        UsageError: there is no such cohort, or the new name is taken or is none.
        B12SarcError: a file cannot be read or written; then everything is as it was.
    """
    file = cohort_file(root, old)
    check_name(root, new)
    found = references(root, old)
    own = YamlText.read(file, in_project(root, file))
    texts = {file: next((r.text for r in found if r.file == file), own)}
    entry = texts[file].entry("id")
    if entry is not None and entry[1].value == old:
        start, end = entry[1].start_mark.index, entry[1].end_mark.index
        texts[file].replace(start, end, texts[file].text[start:end].replace(old, new, 1))
    for reference in found:
        texts[reference.file] = reference.text
        before = f"cohorts/{old}" if reference.is_path else old
        reference.text.replace_word(reference.scalar, before, f"cohorts/{new}" if reference.is_path else new)
    _write({path: text.changed() for path, text in texts.items()}, file.parent, file.parent.with_name(new))
    return Renamed(tuple(_said(found, old, new)), tuple(results_of(root, old)))


def _said(found: list[Reference], old: str, new: str) -> list[str]:
    return [str(r).replace(f"cohorts/{old}/", f"cohorts/{new}/") for r in found]


def check_name(root: Path, new: str) -> None:
    """Refuse a name that is taken, or that no cohort can have.

    Raises:
        UsageError: it is so.
    """
    if not re.match(NAME_PATTERN, new):
        raise UsageError.at(
            new, "is no name of a cohort", "use lower-case letters, digits and _, a letter first"
        )
    if new in cohort_ids(root) or (root / "cohorts" / new).exists():
        raise UsageError.at(f"cohorts/{new}", "is there already", "choose another name")


def _write(contents: Mapping[Path, bytes], folder: Path, renamed: Path) -> None:
    """Write every file and rename the folder, or leave all as it was."""
    before = {path: path.read_bytes() for path in contents}
    try:
        for path, content in contents.items():
            with whole_file(path) as temporary:
                temporary.write_bytes(content)
        _move(folder, renamed)
    except BaseException as error:
        for path, content in before.items():
            if path.read_bytes() != content:
                path.write_bytes(content)
        if isinstance(error, OSError):
            what = f"cannot be written: {error.strerror or error}; everything is as it was"
            raise B12SarcError.at(str(error.filename or folder), what, "check who may write there") from None
        raise


def _move(folder: Path, target: Path) -> None:
    folder.rename(target)

"""Bring a cohort.yaml of version 1 to version 2, and keep every other byte of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from b12sarc.cli.place import cohort_file, in_project
from b12sarc.cli.yaml_edit import YamlText
from b12sarc.errors import B12SarcError
from b12sarc.files import whole_file
from b12sarc.spec.versions import VERSION

ACCESS = "access: public"
WHY = (
    "# Stated by `b12sarc cohort upgrade`: version 1 took it for granted. Data that may not be passed on?",
    "# Then write restricted.",
)


@dataclass(frozen=True)
class Upgrade:
    """What was done to a file.

    Attributes:
        file: the cohort.yaml.
        backup: the file as it was; None: nothing was to be done.
        access_written: whether ``access`` had to be stated.
    """

    file: Path
    backup: Path | None
    access_written: bool = False


def upgrade(root: Path, name: str) -> Upgrade:
    """Bring the cohort.yaml of a cohort to the version that is read here; do nothing to one that is.

    Raises:
        B12SarcError: no version is stated, or one that cannot be brought here.
    """
    file = cohort_file(root, name)
    text = YamlText.read(file, in_project(root, file))
    number = _version(text)
    if number == VERSION:
        return Upgrade(file, None)
    inherits = text.entry("extends") is not None or text.entry("pools") is not None
    states = text.entry("access") is not None or inherits
    beside = "" if states else _state_access(text)
    _, value = text.entry("schema_version") or (text.node, text.node)
    text.replace(value.start_mark.index, value.end_mark.index, f"{VERSION}{beside}")
    backup = _backup(file, number)
    with whole_file(backup) as temporary:
        temporary.write_bytes(file.read_bytes())
    with whole_file(file) as temporary:
        temporary.write_bytes(text.changed())
    return Upgrade(file, backup, not states)


def _version(text: YamlText) -> int:
    entry = text.entry("schema_version")
    given = entry[1].value if entry is not None else None
    if not isinstance(given, str) or not given.isdigit() or int(given) < 1:
        said = (
            "no version is stated" if entry is None else f"schema_version is '{given}', which is no version"
        )
        raise B12SarcError.at(text.name, said, f"write schema_version: {VERSION}, and access")
    if int(given) > VERSION:
        where = f"{text.name}:{entry[0].start_mark.line + 1}" if entry else text.name
        what = f"version {given} of the format; this b12sarc reads version {VERSION}"
        raise B12SarcError.at(where, what, "get a newer b12sarc (git pull, then make)")
    return int(given)


def _state_access(text: YamlText) -> str:
    """Write ``access`` after the citation (else the version); return what the version is followed by."""
    if text.node.flow_style:
        return f", {ACCESS}"
    entry = text.entry("citation") or text.entry("schema_version")
    assert entry is not None
    end = len(text.text[: entry[1].end_mark.index].rstrip())
    place = text.line_end(end)
    text.replace(place, place, "".join(f"{text.newline}{line}" for line in (*WHY, ACCESS)))
    return ""


def _backup(file: Path, number: int) -> Path:
    plain = file.with_name(f"{file.name}.v{number}")
    return plain if not plain.exists() else file.with_name(f"{plain.name}.{datetime.now():%Y%m%d-%H%M%S}")

"""The cohorts of a project in a few words each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from b12sarc.cli.place import cohort_ids
from b12sarc.cli.references import read_configuration, references_in
from b12sarc.cli.yaml_edit import YamlText


def cohorts(root: Path) -> list[dict[str, Any]]:
    """Return a row for each cohort that has a folder; one that cannot be read says so."""
    texts = read_configuration(root)
    return [_row(root, name, texts) for name in cohort_ids(root)]


def _row(root: Path, name: str, texts: Mapping[Path, YamlText]) -> dict[str, Any]:
    from b12sarc.spec.loading import read_cohort

    cohort, problems = read_cohort(root, name)
    used = references_in(texts, name)
    named = sorted({r.text.name.removeprefix("config/").removesuffix("/cohort.yaml") for r in used})
    row: dict[str, Any] = {"cohort": name, "title": None, "cycles": None, "access": None, "built_on": None}
    if cohort is not None:
        base = ", ".join([*([cohort.extends] if cohort.extends else []), *cohort.pools])
        row |= {
            "title": cohort.title,
            "cycles": ", ".join(cohort.cycles),
            "access": cohort.access,
            "built_on": base or None,
            "variables": f"{len(cohort.mapped())} of {len(cohort.variables)}",
        }
    else:
        row |= {"title": f"({len(problems)} problems: b12sarc cohort check {name})", "variables": None}
    return row | {"named_in": ", ".join(named) or None}

"""Which definition can be answered in which cohort, in which of its cycles, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from b12sarc.spec import Project
from b12sarc.spec.availability import missing_cycles, why_unavailable

FEASIBILITY = ("definition", "label", "roles", "cohort", "available", "reason", "cycles")
"""Columns of feasibility.csv, in order."""


def feasibility(project: Project, catalogues: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every definition x cohort, columns :data:`FEASIBILITY`.

    A definition is available where some cycle has everything that it is made from; ``cycles`` lists these.
    Harmonised variables that are outcomes themselves come after the definitions.

    Args:
        project: the configuration of the run.
        catalogues: cohort -> its definitions.csv: what the run had, files that were not there counted.
    """
    without = {cohort: missing_cycles(project, cohort) for cohort in catalogues}
    rows = [
        (*row, cohort, not reason, reason, _cycles(project, cohort, without[cohort].get(row[0], {}), reason))
        for row in _listed(project)
        for cohort, catalogue in catalogues.items()
        for reason in [_reason(project, cohort, catalogue, row[0])]
    ]
    return pd.DataFrame(rows, columns=list(FEASIBILITY))


def _listed(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield name, label and roles of everything that the matrix has a row for."""
    definitions = project.definitions.definitions
    for name, definition in definitions.items():
        yield name, definition.label, " ".join(definition.roles)
    for name in project.analysis.models.outcomes:
        if name not in definitions:
            yield name, project.quantity(name).label, "outcome"


def _reason(project: Project, cohort: str, catalogue: pd.DataFrame, name: str) -> str:
    found = catalogue.loc[catalogue["definition"] == name]
    if found.empty:
        return why_unavailable(project, cohort, name) or _waits(project, cohort, catalogue, name)
    return "" if found["available"].iloc[0] else str(found["reason"].iloc[0])


def _waits(project: Project, cohort: str, catalogue: pd.DataFrame, name: str) -> str:
    """Return what a mapped variable waits for, as definitions made of it say; nothing if it does not."""
    files, mapping = project.cohorts[cohort].files, project.cohorts[cohort].variables[name]
    if not any(files[str(mapping.at(c).file)].optional for c in project.cohorts[cohort].in_cycles(name)):
        return ""
    said = catalogue.loc[~catalogue["available"], "reason"]
    return next((str(reason) for reason in said if str(reason).startswith(f"{name}: ")), "")


def _cycles(project: Project, cohort: str, lacking: Mapping[str, str], reason: str) -> str:
    """Return the cycles that can answer, with a space between two; nothing if the cohort cannot."""
    return "" if reason else " ".join(c for c in project.cohorts[cohort].cycles if c not in lacking)

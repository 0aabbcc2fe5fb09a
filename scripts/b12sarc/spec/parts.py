"""The part of the configuration that a rule uses: what Snakemake compares, and all that its code sees.

A key is ``dictionary``, ``assays``, ``definitions``, ``evidence``, ``cohorts``, ``config``, ``analysis``, or
one field of the last two (``analysis.models``). A field that was not asked for is not there, so that a rule
cannot use what would not re-run it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter

from b12sarc.spec.analysis import Analysis
from b12sarc.spec.assays import Assays
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.project import Project
from b12sarc.spec.standard_population import StandardPopulation

_M = TypeVar("_M", bound=BaseModel)


def parts_of(project: Project, keys: Iterable[str], cohort: str | None = None) -> dict[str, Any]:
    """Return the parts of ``project`` named by ``keys`` as plain Python values.

    Args:
        project: the whole configuration.
        keys: as described above.
        cohort: with ``cohorts``, leave out every other one.
    """
    parts: dict[str, Any] = {}
    for key in keys:
        section, _, field = key.partition(".")
        if section == "cohorts":
            chosen = [cohort] if cohort else list(project.cohorts)
            parts[key] = {name: _plain(project.cohorts[name]) for name in chosen}
        elif field:
            value = getattr(getattr(project, section), field)
            parts[key] = TypeAdapter(Any).dump_python(value, exclude_unset=True)
        elif getattr(project, section) is not None:
            parts[key] = _plain(getattr(project, section))
    return parts


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(exclude_unset=True)  # what nobody wrote is not there to be checked as if written


def assemble(parts: Mapping[str, Any]) -> Project:
    """Return a project that has what :func:`parts_of` gave, and nothing else.

    Reading any other field raises AttributeError: the rule must name it among its keys.
    """
    standard = parts.get("standard_population")
    return Project(
        _partial(Config, "config", parts),
        _partial(Dictionary, "dictionary", parts),
        _partial(Definitions, "definitions", parts),
        _partial(Analysis, "analysis", parts),
        {name: Cohort.model_validate(value) for name, value in parts.get("cohorts", {}).items()},
        assays=_partial(Assays, "assays", parts),
        evidence=_partial(Evidence, "evidence", parts),
        claims=Claims.model_validate(parts["claims"]) if "claims" in parts else None,
        standard_population=None if standard is None else StandardPopulation.model_validate(standard),
    )


def _partial(model: type[_M], section: str, parts: Mapping[str, Any]) -> _M:
    if section in parts:
        return model.model_validate(parts[section])
    given = {
        name: TypeAdapter(cast(Any, field.annotation)).validate_python(parts[key])
        for name, field in model.model_fields.items()
        if (key := f"{section}.{name}") in parts
    }
    partial = model.model_construct(**given)
    for name in set(model.model_fields) - set(given):
        partial.__dict__.pop(name, None)  # else the field's default would stand in for what was not asked for
    return partial

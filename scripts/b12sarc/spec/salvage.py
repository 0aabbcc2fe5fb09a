"""The sound part of a file that has problems, so that one run of the checker finds the others as well."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import ValidationError, create_model

from b12sarc.errors import Problem
from b12sarc.spec import translate
from b12sarc.spec.analysis import Analysis, Describe, Headline, Models, Population, Table1
from b12sarc.spec.assays import Assays
from b12sarc.spec.base import Model
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Archive, Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.design import WeightsOnly
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.reproduction import PrintSource, Reproduction
from b12sarc.spec.standard_population import StandardPopulation
from b12sarc.spec.yaml_lines import Document, KeyPath, Mark

M = TypeVar("M", bound=Model)

_ENTRIES = (
    *("variables", "definitions", "files", "subsamples", "equations"),
    *("adjustment_sets", "families", "claims", "base_urls", "studies"),
)
"""Sections whose entries stand alone: a bad one is left out and the others are checked."""


def _blank(kind: type[Model], **given: Any) -> Any:
    """Return a stand-in without the fields that nobody will read."""
    return kind.model_construct(**given)


_EMPTY: dict[type[Model], dict[str, Any]] = {
    Config: {"run": "unknown", "cohorts": ()},
    Dictionary: {"variables": {}},
    Assays: {"equations": {}},
    Definitions: {"definitions": {}},
    Evidence: {"studies": {}},
    Analysis: {
        "population": _blank(Population, id="", title="", domain=()),
        "adjustment_sets": {},
        "models": _blank(Models, exposures=(), outcomes=(), adjustments=()),
        "families": {},
        "describe": _blank(Describe, table1=_blank(Table1, by="", rows=()), prevalence_of=(), subgroups={}),
        "headline": _blank(Headline, exposures=(), outcomes=(), adjustment=""),
    },
    Claims: {"claims": {}, "models": None, "multiverse_share": 0.8},
    Reproduction: {
        "id": "",
        "title": "",
        "source": _blank(PrintSource),
        "cohort": "",
        "cycles": (),
        "files": {},
        "variables": {},
        "definitions": {},
        "population": (),
        "statistics": (),
    },
    StandardPopulation: {"id": "", "label": "", "source": "", "total": 0, "bands": ()},
    Cohort: {
        "schema_version": 2,
        "id": "",
        "title": "",
        "population": "",
        "citation": "",
        "access": "restricted",
        "archive": _blank(Archive, name=""),
        "cycles": {},
        "files": {},
        "design": _blank(WeightsOnly),
        "variables": {},
    },
}
"""What stands in for a section that is missing or bad; no check looks into it."""


@dataclass(frozen=True)
class Checked(Generic[M]):
    """A file as far as it is sound.

    Attributes:
        model: the sound part.
        document: everything that the file says, with lines.
        broken: sections that are missing or bad; the model has a stand-in there.
    """

    model: M
    document: Document
    broken: frozenset[str] = field(default_factory=frozenset)

    def names(self, section: str) -> list[str]:
        """Return the names of all entries of a section, the bad ones too."""
        entries = self.document.value.get(section)
        return [str(name) for name in entries] if isinstance(entries, dict) else []


def check_model(kind: type[M], document: Document) -> tuple[Checked[M], list[Problem]]:
    """Return what of ``document`` is a sound ``kind``, and a problem for everything that is not."""
    found: list[Problem] = []
    data = copy.deepcopy(document.value)
    while True:
        try:
            return Checked(kind.model_validate(data, by_alias=True, by_name=False), document), found
        except ValidationError as error:
            found = found or translate.problems(error, document, kind)
            bad = translate.located(error, replace(document, value=data))
            pruned = [_prune(data, f.path, f.detail["type"] == "extra_forbidden") for f in bad]
            if not any(pruned):
                return _sections(kind, data, document), found


def nothing(kind: type[M], name: str) -> Checked[M]:
    """Return the stand-in for a file that cannot be read at all."""
    return _sections(kind, {}, Document({}, {(): Mark(name)}))


def _prune(data: dict[Any, Any], path: KeyPath, is_extra: bool) -> bool:
    """Take an unknown key, or the entry of a section that holds the error, out of ``data``."""
    if not is_extra:
        if len(path) < 2 or path[0] not in _ENTRIES:
            return False
        path = path[:2]
    holder: Any = data
    for step in path[:-1]:
        if not isinstance(holder, dict | list) or (isinstance(holder, dict) and step not in holder):
            return False
        holder = holder[step]
    return isinstance(holder, dict) and holder.pop(path[-1], holder) is not holder


def _sections(kind: type[M], data: dict[Any, Any], document: Document) -> Checked[M]:
    parts: dict[str, Any] = {}
    broken: set[str] = set()
    for name, info in kind.model_fields.items():
        definition: Any = (info.annotation, info)
        part = create_model("Part", __base__=Model, **{name: definition})
        given = {name: data[name]} if name in data else {}
        try:
            parts[name] = getattr(part.model_validate(given), name)
        except ValidationError:
            broken.add(name)
            parts[name] = _EMPTY[kind].get(name, info.get_default(call_default_factory=True))
    model: Any = kind.model_construct(**parts)
    return Checked(model, document, frozenset(broken))

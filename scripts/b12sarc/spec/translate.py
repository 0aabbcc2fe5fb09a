"""What pydantic found, in the words of somebody who edits YAML: one problem a line, with its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from b12sarc.errors import Problem, nearest
from b12sarc.spec.base import NAME_PATTERN, PART_PATTERN
from b12sarc.spec.yaml_lines import Document, KeyPath

_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
}
_LIMITS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


_TAGS = ("union_tag_invalid", "union_tag_not_found")
"""Errors of the key that tells which of several forms a mapping has (design.kind)."""

_OPERATORS = {"=": "==", "=<": "<=", "≤": "<=", "=>": ">=", "≥": ">=", "<>": "!=", "≠": "!="}


@dataclass(frozen=True)
class _Found:
    """One pydantic error, at a path of the document.

    Attributes:
        path: keys down to the value; a missing key is its last step.
        is_key: whether the key itself is wrong, not its value.
        branch: path of the value whose alternatives (text, or a mapping) were tried; None: there was one.
        detail: what pydantic said.
    """

    path: KeyPath
    is_key: bool
    branch: KeyPath | None
    detail: ErrorDetails


def located(error: ValidationError, document: Document) -> list[_Found]:
    """Return the errors at their place in the document, without what follows from another one."""
    found = [_locate(detail, document) for detail in error.errors(include_url=False)]
    deeper = {f.branch for f in found if f.branch is not None and len(f.path) > len(f.branch)}
    return [f for f in found if f.branch is None or f.path != f.branch or f.branch not in deeper]


def problems(error: ValidationError, document: Document, kind: type[BaseModel]) -> list[Problem]:
    """Return the problems behind a validation error of ``kind`` on ``document``."""
    found = located(error, document)
    unknown = {f.path for f in found if f.detail["type"] == "extra_forbidden"}
    groups: dict[tuple[KeyPath, bool], list[_Found]] = defaultdict(list)
    for f in found:
        if not _is_misspelt(f, unknown) and f.path not in document.misread:
            groups[f.path, f.is_key].append(f)
    return [
        Problem(document.where(path), *_words(path, is_key, [f.detail for f in group], document, kind))
        for (path, is_key), group in groups.items()
    ]


def _locate(detail: ErrorDetails, document: Document) -> _Found:
    here: Any = document.value
    path: KeyPath = ()
    branch: KeyPath | None = None
    last = len(detail["loc"]) - 1
    for place, step in enumerate(detail["loc"]):
        if step == "[key]":
            return _Found(path, True, branch, detail)
        if isinstance(here, dict) and step in here:
            key = next(k for k in here if k == step)  # pydantic says 1 for the key true
            here, path = here[key], (*path, key)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here, path = here[step], (*path, step)
        elif detail["type"] == "missing" and place == last:
            path = (*path, step)
        else:
            branch = path
    if detail["type"] in _TAGS:
        path = (*path, detail["ctx"]["discriminator"].strip("'"))
    return _Found(path, False, branch, detail)


def _is_misspelt(found: _Found, unknown: set[KeyPath]) -> bool:
    """Tell whether a missing key is there under a wrong name, which is reported already."""
    if found.detail["type"] not in ("missing", "union_tag_not_found"):
        return False
    *above, name = found.path
    beside = [str(path[-1]) for path in unknown if path[:-1] == tuple(above)]
    return bool(nearest(str(name), beside))


@dataclass(frozen=True)
class _Place:
    """What there is to say about one place.

    Attributes:
        path: keys down to it.
        value: what stands there (the key itself, when that is wrong).
        word: the word that YAML read as true or false.
        shown: the value in words.
        details: errors of the alternatives that were tried, the most telling first.
        kind: model of the whole document.
        document: the whole document.
    """

    path: KeyPath
    value: Any
    word: str | None
    shown: str
    details: tuple[ErrorDetails, ...]
    kind: type[BaseModel]
    document: Document

    @property
    def context(self) -> dict[str, Any]:
        return self.details[0].get("ctx", {})


def _words(
    path: KeyPath, is_key: bool, details: list[ErrorDetails], document: Document, kind: type[BaseModel]
) -> tuple[str, str]:
    """Return what is wrong and what to do, for the errors at one place."""
    details = sorted(details, key=lambda d: d["type"] in _EXPECTED)
    value = path[-1] if is_key else document.get(path)
    word = document.written.get((*path, "[key]") if is_key else path)
    shown = f"the key {_shown(value, word).removeprefix('the number ')}" if is_key else _shown(value, word)
    place = _Place(path, value, word, shown, tuple(details), kind, document)
    error = details[0]["type"]
    if error in _EXPECTED:
        return _wrong_type(place)
    if error in _LIMITS:
        sign, limit = _LIMITS[error]
        return f"expected a number {sign} {place.context[limit]:.12g}; found {value}", ""
    return _SAID.get(error, _otherwise)(place)


def _missing(place: _Place) -> tuple[str, str]:
    name = str(place.path[-1])
    field = _fields_at(place.kind, place.path[:-1], place.document).get(name)
    meaning = f" ({field.description})" if field is not None and field.description else ""
    return f"missing key '{name}'{meaning}", f"add {name}: ..."


def _untold(place: _Place) -> tuple[str, str]:
    forms = _models_at(place.kind, place.path[:-1])
    kinds = [value for form in forms for value in get_args(form.model_fields["kind"].annotation)]
    return "missing key 'kind', which tells what the other keys are", f"add kind: {' | '.join(kinds)}"


def _unknown(place: _Place) -> tuple[str, str]:
    name, known = str(place.path[-1]), list(_fields_at(place.kind, place.path[:-1], place.document))
    return f"unknown key '{name}'", nearest(name, known) or f"keys here: {', '.join(known)}"


def _not_an_option(place: _Place) -> tuple[str, str]:
    expected = place.context.get("expected") or _either(place.context["expected_tags"])
    options = re.findall(r"'([^']*)'", expected)
    value = _OPERATORS.get(str(place.value), str(place.value))
    return f"expected {expected}; found {place.shown}", nearest(value, options)


def _either(tags: str) -> str:
    """Return pydantic's list of tags as it words a list of values: ``'a', 'b' or 'c'``."""
    *others, last = tags.split(", ")
    return f"{', '.join(others)} or {last}"


def _no_name(place: _Place) -> tuple[str, str]:
    if place.context["pattern"] == PART_PATTERN:
        return f"{place.shown} cannot be part of a file name", "use letters, digits and - _ . only"
    slug = re.sub(r"[^a-z0-9]+", "_", str(place.value).lower()).strip("_")
    fix = f"write {slug}" if re.fullmatch(NAME_PATTERN, slug) else "choose another name"
    return f"{place.shown} is no name (lower-case letters, digits and _, a letter first)", fix


def _empty(_: _Place) -> tuple[str, str]:
    return "is empty", "give a value, or remove the key"


def _wrong_type(place: _Place) -> tuple[str, str]:
    wanted = list(dict.fromkeys(_EXPECTED[d["type"]] for d in place.details))
    if {"a number", "a whole number"} <= set(wanted):
        wanted.remove("a whole number")
    either = wanted[0] if len(wanted) == 1 else f"{', '.join(wanted[:-1])} or {wanted[-1]}"
    return f"expected {either}; found {place.shown}", _type_fix(place.value, place.word, wanted)


def _otherwise(place: _Place) -> tuple[str, str]:
    detail = place.details[0]
    if detail["type"] == "value_error":
        return detail["msg"].removeprefix("Value error, "), ""
    return f"{detail['msg'].replace('Input should be', 'expected')}; found {place.shown}", ""


_SAID: dict[str, Callable[[_Place], tuple[str, str]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _not_an_option,
    "union_tag_invalid": _not_an_option,
    "union_tag_not_found": _untold,
    "string_pattern_mismatch": _no_name,
    "string_too_short": _empty,
    "too_short": _empty,
}


def _shown(value: Any, word: str | None) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        read = str(value).lower()
        return read if word is None else f"{read}, which is how YAML reads an unquoted {word}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping (key: value)"
    text = str(value)
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def _type_fix(value: Any, word: str | None, wanted: list[str]) -> str:
    if value is None:
        return "give a value, or remove the key"
    if {"text", "true or false"} <= set(wanted):
        return "write a category, or true / false"
    if "text" in wanted and isinstance(value, bool | int | float):
        written = word or (str(value).lower() if isinstance(value, bool) else value)
        return f'quote it if a text is meant: "{written}"'
    if isinstance(value, str) and {"a number", "a whole number"} & set(wanted):
        return _as_number(value)
    if isinstance(value, str) and wanted == ["true or false"]:
        return "write true or false, without quotes"
    return "write it in brackets: [a, b]" if wanted == ["a list"] and not isinstance(value, dict) else ""


def _as_number(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return ""
    return f"write {number}" if "e" in text.lower() else f"write {text} without quotes"


def _fields_at(kind: type[BaseModel], path: KeyPath, document: Document) -> dict[str, FieldInfo]:
    """Return the keys that ``kind`` knows at ``path``; of several forms, of the one that is written there."""
    models, written = _models_at(kind, path), document.get((*path, "kind"))
    models = [model for model in models if _is_of_kind(model, written)] or models
    return {field.alias or name: field for model in models for name, field in model.model_fields.items()}


def _models_at(kind: type[BaseModel], path: KeyPath) -> list[type[BaseModel]]:
    """Return the forms that a mapping at ``path`` may have."""
    here: list[Any] = [kind]
    for step in path:
        here = [model for annotation in here for model in _below(annotation, step)]
    return [model for model in here if isinstance(model, type) and issubclass(model, BaseModel)]


def _is_of_kind(model: type[BaseModel], written: Any) -> bool:
    """Whether ``model`` is told by a key ``kind``, and by this one."""
    fields = model.model_fields
    return "kind" in fields and written in get_args(fields["kind"].annotation)


def _below(annotation: Any, step: Any) -> list[Any]:
    """Return the types, unions opened, of what lies under ``step`` in a value of type ``annotation``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.items()
        inner = [field.annotation for name, field in fields if (field.alias or name) == step]
    else:
        origin, args = get_origin(annotation), get_args(annotation)
        inner = [args[1]] if origin is dict else [args[0]] if origin is tuple else []
    return [option for annotation in inner for option in _opened(annotation)]


def _opened(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _opened(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [option for arg in get_args(annotation) for option in _opened(arg)]
    return [annotation]

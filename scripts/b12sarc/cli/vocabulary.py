"""The dictionary and the definitions as tables: what a variable is, what a cut-off says in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml

from b12sarc.cli.output import number
from b12sarc.errors import B12SarcError
from b12sarc.spec import yaml_lines
from b12sarc.spec.base import Model
from b12sarc.spec.definitions import Definition, Definitions
from b12sarc.spec.dictionary import Dictionary, Variable
from b12sarc.spec.rules import Rule
from b12sarc.spec.salvage import check_model

M = TypeVar("M", bound=Model)
_SIGNS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "is not"}


def read_model(root: Path, kind: type[M], key: str) -> M:
    """Return the dictionary or the definitions that config/config.yaml names under ``key``.

    Raises:
        B12SarcError: everything that is wrong with the file.
    """
    config = root / "config/config.yaml"
    named = yaml.safe_load(config.read_text(encoding="utf-8")) if config.is_file() else {}
    file = str(named.get(key) or f"config/{key}.yaml")
    document, problems = yaml_lines.read(root / file, file)
    if document is None:
        raise B12SarcError(problems)
    checked, found = check_model(kind, document)
    if problems or found:
        raise B12SarcError([*problems, *found])
    return checked.model


def variables(dictionary: Dictionary) -> list[dict[str, Any]]:
    """Return a row for each variable of the dictionary."""
    return [
        {
            "variable": name,
            "label": v.label,
            "type": v.type,
            "unit": v.unit,
            "accepts": list(v.accepts),
            "values": dict(v.categories),
            "plausible": [v.plausible.min, v.plausible.max] if v.plausible else None,
            "source": v.source,
        }
        for name, v in dictionary.variables.items()
    ]


def values_in_words(variable: Variable) -> str:
    """Return what values a variable may have: its units, or its categories."""
    if variable.type == "continuous":
        limits = variable.plausible
        between = f", {number(limits.min)} to {number(limits.max, 7)}" if limits else ""
        return " or ".join([str(variable.unit), *variable.accepts]) + between
    return ", ".join(variable.categories) or "true, false"


def definitions(found: Definitions) -> list[dict[str, Any]]:
    """Return a row for each definition."""
    return [
        {
            "definition": name,
            "label": d.label,
            "roles": list(d.roles),
            "kind": d.kind,
            "unit": d.unit,
            "says": in_words(d),
            "made_from": sorted(d.variables()),
            "citation": d.citation,
        }
        for name, d in found.definitions.items()
    ]


def in_words(definition: Definition) -> str:
    """Return how the values of a definition are made, in words."""
    if definition.rule is not None:
        return rule_in_words(definition.rule)
    if definition.levels is not None:
        return "; else ".join(f"{name} if {rule_in_words(r)}" for name, r in definition.levels.items())
    if definition.value_of is not None:
        value = definition.value_of
        return value.var if value.transform == "identity" else f"{value.transform} of {value.var}"
    if definition.components is not None:
        signed = [f"{'-' if c.sign < 0 else ''}{c.transform} {c.var}" for c in definition.components]
        return f"mean z-score of {', '.join(signed)}"
    assert definition.formula is not None
    return f"{definition.formula.name} of {', '.join(definition.formula.arguments.values())}"


def rule_in_words(rule: Rule) -> str:
    """Return a condition in words, such as ``men: grip_max_kg < 27 kg; women: grip_max_kg < 16 kg``."""
    if rule.all is not None:
        return " and ".join(_bracketed(part) for part in rule.all)
    if rule.any is not None:
        return " or ".join(_bracketed(part) for part in rule.any)
    if rule.not_ is not None:
        return f"not ({rule_in_words(rule.not_)})"
    if rule.by is not None:
        return "; ".join(f"{name}: {rule_in_words(case)}" for name, case in rule.by.cases.items())
    if isinstance(rule.value, bool):
        return str(rule.var) if rule.value == (rule.op == "==") else f"not {rule.var}"
    if isinstance(rule.value, tuple):
        return f"{rule.var} is {' or '.join(map(str, rule.value))}"
    value = f"{rule.value:.12g}" if isinstance(rule.value, int | float) else str(rule.value)
    return f"{rule.var} {_SIGNS[str(rule.op)]} {value}" + (f" {rule.unit}" if rule.unit else "")


def _bracketed(rule: Rule) -> str:
    words = rule_in_words(rule)
    return f"({words})" if rule.any or rule.all or rule.by else words

"""Definitions in words, written from the configuration."""

from __future__ import annotations

from b12sarc.spec import Definition, Project, Rule
from b12sarc.wording import lower_first, plain, short_label

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "is", "!=": "is not", "in": "is one of"}


def definition_in_words(project: Project, definition: Definition) -> str:
    """Return how a definition is made: cut-offs with their operators, transformation, or formula."""
    if definition.rule is not None:
        return plain(_rule(project, definition.rule))
    if definition.levels is not None:
        said = (
            f"{plain(definition.level_labels.get(level, level))}: {_rule(project, rule)}"
            for level, rule in definition.levels.items()
        )
        return plain("; else ".join(said))
    if definition.value_of is not None:
        words = short_label(project, definition.value_of.var)
        transform = definition.value_of.transform
        return words if transform == "identity" else f"{transform} of {lower_first(words)}"
    if definition.components is not None:
        parts = (
            f"{'−' if c.sign < 0 else ''}{c.transform} of {lower_first(short_label(project, c.var))}"
            for c in definition.components
        )
        return f"mean z-score of {', '.join(parts)}, over those that the cohort has"
    if definition.formula is not None:
        inputs = ", ".join(
            lower_first(short_label(project, v)) for v in definition.formula.arguments.values()
        )
        return f"{definition.formula.name.replace('_', ' ')} from {inputs}"
    return ""


def _rule(project: Project, rule: Rule) -> str:
    if rule.var is not None:
        return _comparison(project, rule)
    if rule.by is not None:
        cases = project.quantity(rule.by.var).levels
        return "; ".join(f"{cases.get(c, c).lower()}: {_rule(project, r)}" for c, r in rule.by.cases.items())
    if rule.not_ is not None:
        return f"not ({_rule(project, rule.not_)})"
    joiner = " and " if rule.all is not None else " or "
    return joiner.join(_rule(project, part) for part in rule.parts())


def _comparison(project: Project, rule: Rule) -> str:
    name = str(rule.var)
    words = short_label(project, name)
    if isinstance(rule.value, bool):
        return words if rule.value == (rule.op == "==") else f"not {lower_first(words)}"
    values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
    levels = project.quantity(name).levels
    said = ", ".join(
        lower_first(levels.get(str(v), f"{v:g}" if isinstance(v, float) else str(v))) for v in values
    )
    return f"{words} {_SIGNS[str(rule.op)]} {said} {rule.unit or ''}".strip()

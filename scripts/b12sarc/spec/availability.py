"""Which variables and definitions a cohort has, and why it lacks the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from b12sarc.spec.cohort import Cohort
from b12sarc.spec.definitions import Definition
from b12sarc.spec.project import CYCLE, Project
from b12sarc.spec.rules import Rule

MIN_COMPONENTS = 2
"""An index over fewer markers would be that marker, not an index."""


def availability(project: Project, cohort_id: str) -> dict[str, str | None]:
    """Return for every definition why the cohort cannot answer it; None: it can.

    A definition needs everything it is made from, down to the cohort's variables; an index needs at least two
    of its components. A cut-off above the value at which a variable is top-coded cannot be told either.

    Args:
        project: the configuration.
        cohort_id: a cohort of the project.
    """
    reasons = _Reasons(project, project.cohorts[cohort_id])
    return {name: reasons.why_not(name) for name in project.definitions.definitions}


def why_unavailable(project: Project, cohort_id: str, name: str) -> str | None:
    """Return why the cohort has no variable or definition ``name``; None: it has."""
    return _Reasons(project, project.cohorts[cohort_id]).why_not(name)


def missing_cycles(project: Project, cohort_id: str) -> dict[str, dict[str, str]]:
    """Return variable or definition -> cycle -> why it cannot be told there, for the cycles that lack it."""
    cohort, reasons = project.cohorts[cohort_id], _Reasons(project, project.cohorts[cohort_id])
    names = (*project.dictionary.variables, *project.definitions.definitions)
    lacking = {name: reason for name in names if (reason := reasons.why_not(name))}
    return {name: dict.fromkeys(cohort.cycles, reason) for name, reason in lacking.items()}


def untellable(rule: Rule, cohort: Cohort) -> str | None:
    """Return why a cut-off of ``rule`` cannot be told in the cohort, because of top-coding; None: all can."""
    return next((reason for part in rule.comparisons() if (reason := _beyond_top(part, cohort))), None)


class _Reasons:
    def __init__(self, project: Project, cohort: Cohort) -> None:
        self._definitions: Mapping[str, Definition] = project.definitions.definitions
        self._cohort = cohort
        self._known: dict[str, str | None] = {CYCLE: None}

    def why_not(self, name: str) -> str | None:
        if name not in self._known:
            definition = self._definitions.get(name)
            reason = self._variable(name) if definition is None else self._definition(definition)
            self._known[name] = reason
        return self._known[name]

    def _variable(self, name: str) -> str | None:
        mapping = self._cohort.variables.get(name)
        if mapping is None:
            return f"{name}: not mapped"
        if mapping.status is None:
            return None
        return f"{name}: {mapping.reason}" + (" (undetermined)" if mapping.status == "undetermined" else "")

    def _definition(self, definition: Definition) -> str | None:
        if definition.components is not None:
            parts = [self.why_not(part.var) for part in definition.components]
            lacking = [reason for reason in parts if reason is not None]
            if len(parts) - len(lacking) >= MIN_COMPONENTS:
                return None
            return f"fewer than {MIN_COMPONENTS} components ({_joined(lacking)})"
        lacking = [reason for part in sorted(definition.variables()) if (reason := self.why_not(part))]
        if lacking:
            return _joined(lacking)
        return next(
            (reason for rule in _rules(definition) if (reason := untellable(rule, self._cohort))), None
        )


def _rules(definition: Definition) -> Iterator[Rule]:
    if definition.rule is not None:
        yield definition.rule
    yield from (definition.levels or {}).values()


def _joined(reasons: list[str]) -> str:
    return "; ".join(dict.fromkeys(part for reason in reasons for part in reason.split("; ")))


def _beyond_top(comparison: Rule, cohort: Cohort) -> str | None:
    """Say why a comparison fails on values that only mean "top or more"."""
    mapping = cohort.variables.get(str(comparison.var))
    value, tops = comparison.value, None if mapping is None else mapping.top_coded_at
    if tops is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    top = min(tops.values()) if isinstance(tops, Mapping) else tops
    if value < top or (value == top and comparison.op in ("<", ">=")):
        return None
    return (
        f"{comparison.var}: {top:g} stands for {top:g} or more, so {comparison.op} {value:g} cannot be told"
    )

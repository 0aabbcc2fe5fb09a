"""Which variables and definitions a cohort has, in which of its cycles, and why it lacks the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf

from b12sarc.spec.analysis import Step
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.cohort import Mapping as MappingEntry
from b12sarc.spec.definitions import Definition
from b12sarc.spec.mapping import Within
from b12sarc.spec.project import CYCLE, Project
from b12sarc.spec.rules import Rule
from b12sarc.spec.terms import Term

MIN_COMPONENTS = 2
"""An index over fewer markers would be that marker, not an index."""


def availability(project: Project, cohort_id: str) -> dict[str, str | None]:
    """Return for every definition why the cohort cannot answer it; None: it can, in some cycle at least.

    A definition needs everything it is made from, down to the cohort's variables, in one and the same cycle;
    an index needs at least two of its components. A cut-off above the value at which a variable is top-coded
    cannot be told either, nor what was measured only in a part of the population (lean mass up to an age).

    Args:
        project: the configuration.
        cohort_id: a cohort of the project.
    """
    reasons = _Reasons(project, project.cohorts[cohort_id])
    return {name: reasons.why_not(name) for name in project.definitions.definitions}


def why_unavailable(project: Project, cohort_id: str, name: str) -> str | None:
    """Return why the cohort has no variable or definition ``name`` in any cycle; None: it has."""
    return _Reasons(project, project.cohorts[cohort_id]).why_not(name)


def terms_left_out(project: Project, cohort_id: str, terms: Iterable[Term]) -> dict[str, str]:
    """Return covariate -> why the cohort cannot have it, for terms that are only used ``where_available``.

    Only what the cohort states as impossible is left out: of what is undetermined, nobody has looked yet.
    """
    optional = [term.var for term in terms if term.where_available]
    reasons = {name: why_unavailable(project, cohort_id, name) for name in optional}
    return {
        name: reason
        for name, reason in reasons.items()
        if reason and not _undetermined(project, cohort_id, name)
    }


def _undetermined(project: Project, cohort_id: str, name: str) -> bool:
    """Whether the cohort does not know yet if it has a variable, or one of which a definition is made."""
    definition = project.definitions.definitions.get(name)
    if definition is not None:
        return any(_undetermined(project, cohort_id, part) for part in definition.variables())
    cohort = project.cohorts[cohort_id]
    if name not in cohort.variables:
        return name != CYCLE
    return any(cohort.variables[name].at(cycle).status == "undetermined" for cycle in cohort.cycles)


def missing_cycles(project: Project, cohort_id: str) -> dict[str, dict[str, str]]:
    """Return variable or definition -> cycle -> why it cannot be told there, for the cycles that lack it.

    In such a cycle a definition is missing for everybody, even where three-valued logic could say "no":
    those of whom it could be said are not like the others.
    """
    reasons = _Reasons(project, project.cohorts[cohort_id])
    names = (*project.dictionary.variables, *project.definitions.definitions)
    return {name: lacking for name in names if (lacking := reasons.cycles_without(name))}


def why_not_mapped(cohort: Cohort, name: str) -> str | None:
    """Return why the cohort maps a variable in no cycle, in its own words; None: it does in some."""
    if cohort.in_cycles(name):
        return None
    return _over_cycles({cycle: _said(cohort.variables[name].at(cycle)) for cycle in cohort.cycles})


def untellable(rule: Rule, cohort: Cohort) -> str | None:
    """Return why a cut-off of ``rule`` cannot be told in the cohort, because of top-coding; None: all can."""
    return next((reason for part in rule.comparisons() if (reason := _beyond_top(part, cohort))), None)


class _Reasons:
    def __init__(self, project: Project, cohort: Cohort) -> None:
        self._definitions: Mapping[str, Definition] = project.definitions.definitions
        self._domain = project.analysis.population.domain
        self._cohort = cohort
        self._known: dict[str, dict[str, str]] = {CYCLE: {}}

    def why_not(self, name: str) -> str | None:
        lacking = self.cycles_without(name)
        if len(lacking) < len(self._cohort.cycles):
            return None
        return _over_cycles(lacking)

    def cycles_without(self, name: str) -> dict[str, str]:
        """Return cycle -> why ``name`` cannot be told there."""
        if name not in self._known:
            definition = self._definitions.get(name)
            found = self._variable(name) if definition is None else self._definition(definition)
            self._known[name] = found
        return self._known[name]

    def _variable(self, name: str) -> dict[str, str]:
        mapping = self._cohort.variables.get(name)
        if mapping is None:
            return dict.fromkeys(self._cohort.cycles, f"{name}: not mapped")
        entries = {cycle: mapping.at(cycle) for cycle in self._cohort.cycles}
        lacking = {c: f"{name}: {_said(entry)}" for c, entry in entries.items() if entry.status is not None}
        for cycle in entries.keys() - lacking.keys():
            within = mapping.within_in(cycle)
            if within is not None and _goes_beyond(self._domain, within):
                lacking[cycle] = f"{name}: measured only at {within.in_words()}; the population goes beyond"
        return {cycle: lacking[cycle] for cycle in entries if cycle in lacking}

    def _definition(self, definition: Definition) -> dict[str, str]:
        if definition.components is not None:
            return self._index([part.var for part in definition.components])
        lacking: dict[str, list[str]] = {}
        for part in sorted(definition.variables()):
            for cycle, reason in self.cycles_without(part).items():
                lacking.setdefault(cycle, []).append(reason)
        found = {cycle: _joined(reasons) for cycle, reasons in lacking.items()}
        if len(found) < len(self._cohort.cycles):
            untold = (untellable(rule, self._cohort) for rule in _rules(definition))
            untellable_rule = next((why for why in untold if why), None)
            found |= dict.fromkeys(self._cohort.cycles, untellable_rule) if untellable_rule else {}
        return {cycle: found[cycle] for cycle in self._cohort.cycles if cycle in found}

    def _index(self, parts: list[str]) -> dict[str, str]:
        """An index needs the components that the cohort has, in the cycles that have all of these."""
        without = {part: self.why_not(part) for part in parts}
        has = [part for part in parts if without[part] is None]
        if len(has) < MIN_COMPONENTS:
            lacking = _joined([reason for reason in without.values() if reason])
            what = f"fewer than {MIN_COMPONENTS} components ({lacking})"
            return dict.fromkeys(self._cohort.cycles, what)
        found: dict[str, list[str]] = {}
        for part in has:
            for cycle, reason in self.cycles_without(part).items():
                found.setdefault(cycle, []).append(reason)
        return {c: _joined(found[c]) for c in self._cohort.cycles if c in found}


def _said(entry: MappingEntry) -> str:
    return f"{entry.reason}" + (" (undetermined)" if entry.status == "undetermined" else "")


def _over_cycles(lacking: Mapping[str, str]) -> str:
    """Return the reasons of all cycles as one: as it is where they agree, else with their cycles."""
    said: dict[str, list[str]] = {}
    for cycle, reason in lacking.items():
        for part in reason.split("; "):
            said.setdefault(part, []).append(cycle)
    return "; ".join(
        part if len(cycles) == len(lacking) else f"{part} ({', '.join(cycles)})"
        for part, cycles in said.items()
    )


def _goes_beyond(domain: Iterable[Step], within: Within) -> bool:
    """Say whether the steps of the domain let people through who are outside ``within``."""
    limits = [
        part for step in domain if step.keep for part in _conjuncts(step.keep) if part.var == within.var
    ]
    numbers = [(str(part.op), float(v)) for part in limits if isinstance(v := part.value, int | float)]
    low = max((v for op, v in numbers if op in (">", ">=", "==")), default=-inf)
    high = min((v for op, v in numbers if op in ("<", "<=", "==")), default=inf)
    return low < (-inf if within.min is None else within.min) or high > (
        inf if within.max is None else within.max
    )


def _conjuncts(rule: Rule) -> Iterator[Rule]:
    """Yield the comparisons that everybody whom the rule keeps must meet."""
    if rule.var is not None:
        yield rule
    for part in rule.all or ():
        yield from _conjuncts(part)


def _rules(definition: Definition) -> Iterator[Rule]:
    if definition.rule is not None:
        yield definition.rule
    yield from (definition.levels or {}).values()


def _joined(reasons: list[str]) -> str:
    return "; ".join(dict.fromkeys(part for reason in reasons for part in reason.split("; ")))


def _beyond_top(comparison: Rule, cohort: Cohort) -> str | None:
    """Say why a comparison fails on values that only mean "top or more"."""
    mapping, value = cohort.variables.get(str(comparison.var)), comparison.value
    if mapping is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    top = min((t for c in cohort.cycles if (t := mapping.top_in(c)) is not None), default=None)
    if top is None:
        return None
    if value < top or (value == top and comparison.op in ("<", ">=")):
        return None
    return (
        f"{comparison.var}: {top:g} stands for {top:g} or more, so {comparison.op} {value:g} cannot be told"
    )

"""Conditions against what is known of their variables: names, types, units, categories, plausible range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from b12sarc.errors import nearest
from b12sarc.spec.checks.context import Names, Page
from b12sarc.spec.project import Quantity
from b12sarc.spec.rules import ByVariable, Rule
from b12sarc.spec.yaml_lines import KeyPath


@dataclass(frozen=True)
class RuleCheck:
    """The checks of the rules of one file."""

    names: Names
    page: Page

    def run(self, rule: Rule, path: KeyPath) -> None:
        """Note everything that is wrong with a rule at ``path``."""
        for here, part in _walk(rule, path):
            if part.by is not None:
                self._chooser(part.by, (*here, "by"))
            elif part.var is not None:
                quantity = self.names.check(self.page, (*here, "var"), part.var)
                if quantity is not None:
                    compare = {"continuous": self._continuous, "categorical": self._categorical}
                    compare.get(quantity.kind, self._binary)(part, here, quantity)

    def _chooser(self, by: ByVariable, path: KeyPath) -> None:
        quantity = self.names.check(self.page, (*path, "var"), by.var)
        if quantity is None:
            return
        if quantity.kind != "categorical":
            what = f"'{by.var}' is {quantity.kind}; by needs a categorical variable"
            self.page.add((*path, "var"), what)
            return
        for case in by.cases:
            self.page.member((*path, "cases", case), case, quantity.levels, f"category of {by.var}")

    def _continuous(self, rule: Rule, path: KeyPath, quantity: Quantity) -> None:
        name, value, unit = quantity.name, rule.value, quantity.unit
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = f"'{name}' is measured in {unit}; expected one number to compare it with"
            what += f", found {_shown(value)}"
            self.page.add((*path, "value"), what, 'write op: "<" (or <=, >, >=) and a number')
            return
        if rule.unit is None:
            self.page.add(path, f"the cut-off {value:.12g} has no unit", f"add unit: {unit}")
        elif rule.unit != unit:
            factor = self.names.factor(name, rule.unit)
            fix = f"write the cut-off in {unit}"
            fix += f": value: {value * factor:.6g}, unit: {unit}" if factor is not None else ""
            self.page.add((*path, "unit"), f"the cut-off is in {rule.unit}, but '{name}' is in {unit}", fix)
            return
        low, high = self.names.limits(name)
        if not low <= value <= high:
            limits = f"{low:.12g} to {high:.12g} {unit}"
            what = f"cut-off {value:.12g} lies outside the plausible range of '{name}' ({limits})"
            self.page.add((*path, "value"), what, "nobody could be on the other side; check number and unit")

    def _categorical(self, rule: Rule, path: KeyPath, quantity: Quantity) -> None:
        if rule.unit is not None:
            self.page.add((*path, "unit"), f"'{quantity.name}' has categories and no unit", "remove unit")
        if rule.op not in ("==", "!=", "in"):
            what = f"'{quantity.name}' has categories, which op {rule.op} cannot compare"
            self.page.add((*path, "op"), what, 'use "==", "!=" or in')
            return
        values = rule.value if isinstance(rule.value, tuple) else (rule.value,)
        for place, value in enumerate(values):
            at = (*path, "value", place) if isinstance(rule.value, tuple) else (*path, "value")
            if value not in quantity.levels:
                what = (
                    f"'{quantity.name}' has no category {_shown(value, self.page.document.written.get(at))}"
                )
                fix = nearest(str(value), quantity.levels) or f"categories: {', '.join(quantity.levels)}"
                self.page.add(at, what, fix)

    def _binary(self, rule: Rule, path: KeyPath, quantity: Quantity) -> None:
        if rule.unit is not None:
            self.page.add(
                (*path, "unit"), f"'{quantity.name}' is true or false and has no unit", "remove unit"
            )
        if rule.op not in ("==", "!=") or not isinstance(rule.value, bool):
            what = f"'{quantity.name}' is true or false; found {rule.op} {_shown(rule.value)}"
            self.page.add((*path, "value"), what, 'write op: "==", value: true (or false)')


def _walk(rule: Rule, path: KeyPath) -> Iterator[tuple[KeyPath, Rule]]:
    yield path, rule
    for key, parts in (("all", rule.all), ("any", rule.any)):
        for place, part in enumerate(parts or ()):
            yield from _walk(part, (*path, key, place))
    if rule.not_ is not None:
        yield from _walk(rule.not_, (*path, "not"))
    for case, part in (rule.by.cases if rule.by else {}).items():
        yield from _walk(part, (*path, "by", "cases", case))


def _shown(value: object, word: str | None = None) -> str:
    if isinstance(value, bool):
        read = str(value).lower()
        return read if word is None else f"{read} (which is how YAML reads an unquoted {word}; quote it)"
    if isinstance(value, tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else f"{value}"

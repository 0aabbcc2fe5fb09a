"""The dictionary and the definitions against each other."""

from __future__ import annotations

import math

from b12sarc.spec.checks.conditions import RuleCheck
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.definitions import Component, Definition, Formula, ValueOf
from b12sarc.spec.project import CYCLE
from b12sarc.spec.signatures import SIGNATURES, Argument
from b12sarc.spec.yaml_lines import KeyPath

RESERVED = (CYCLE, "person_id", "stratum", "psu", "weight", "in_domain", "all")
"""Names that the frames, or the subgroup of everybody, use themselves."""


def check_names(sources: Sources, dictionary: Page, definitions: Page) -> None:
    """Note names that mean two things."""
    variables = sources.dictionary.names("variables")
    defined = sources.definitions.names("definitions")
    for page, section, names in ((dictionary, "variables", variables), (definitions, "definitions", defined)):
        for name in names:
            if name in RESERVED:
                page.add(
                    (section, name), f"the pipeline itself uses the name '{name}'", "choose another name"
                )
    for name in defined:
        if name in variables:
            place = dictionary.document.mark(("variables", name))
            what = f"'{name}' is also a variable of the dictionary ({place})"
            definitions.add(("definitions", name), what, "choose another name")


class DefinitionCheck:
    """The checks of config/definitions.yaml, definition by definition."""

    def __init__(self, names: Names, page: Page) -> None:
        self._names = names
        self._page = page
        self._rules = RuleCheck(names, page)

    def run(self, definitions: dict[str, Definition]) -> None:
        """Note everything that is wrong between definitions and what they are made from."""
        for name, definition in definitions.items():
            self._definition(("definitions", name), definition)
        self._circles(definitions)

    def _definition(self, path: KeyPath, definition: Definition) -> None:
        if definition.rule is not None:
            self._rules.run(definition.rule, (*path, "rule"))
        for level, rule in (definition.levels or {}).items():
            self._rules.run(rule, (*path, "levels", level))
        for level in definition.level_labels:
            self._page.member((*path, "level_labels", level), level, definition.levels or (), "level")
        self._page.repeated((*path, "roles"), definition.roles)
        if definition.value_of is not None:
            self._value_of(path, definition, definition.value_of)
        if definition.formula is not None:
            self._formula(path, definition, definition.formula)
        if definition.components is not None:
            self._components((*path, "components"), definition.components)

    def _value_of(self, path: KeyPath, definition: Definition, value: ValueOf) -> None:
        unit = self._transformed((*path, "value_of"), value)
        expected = unit if value.transform == "identity" else f"{value.transform} {unit}"
        if unit is not None and definition.unit != expected:
            what = f"the values are in {expected}; found unit '{definition.unit}'"
            self._page.add((*path, "unit"), what, f"write unit: {expected}")

    def _transformed(self, path: KeyPath, part: ValueOf | Component) -> str | None:
        """Check that a variable is a number that can be transformed; return its unit."""
        quantity = self._names.check(self._page, (*path, "var"), part.var)
        if quantity is None:
            return None
        if quantity.kind != "continuous":
            what = f"'{part.var}' is {quantity.kind}; expected a continuous variable"
            self._page.add((*path, "var"), what)
            return None
        low, _ = self._names.limits(part.var)
        if part.transform != "identity" and math.isfinite(low) and low <= 0:
            what = f"'{part.var}' may be {low:g} (its plausible minimum), which has no logarithm"
            self._page.add((*path, "transform"), what, "raise plausible.min above 0, or use identity")
        return quantity.unit

    def _components(self, path: KeyPath, components: tuple[Component, ...]) -> None:
        for place, component in enumerate(components):
            self._transformed((*path, place), component)
        self._page.repeated(path, [component.var for component in components])
        if len(components) < 2:
            self._page.add(path, "an index has two or more components", "add another")

    def _formula(self, path: KeyPath, definition: Definition, formula: Formula) -> None:
        signature, at = SIGNATURES[formula.name], (*path, "formula", "arguments")
        for name, var in formula.arguments.items():
            if self._page.member((*at, name), name, signature.arguments, f"argument of {formula.name}"):
                self._argument((*at, name), var, signature.arguments[name])
        lacking = [name for name in signature.arguments if name not in formula.arguments]
        if lacking:
            what = f"{formula.name} also needs {', '.join(lacking)}"
            self._page.add(at, what, f"add {lacking[0]}: <variable>")
        if definition.unit != signature.unit:
            what = f"{formula.name} gives {signature.unit}; found unit '{definition.unit}'"
            self._page.add((*path, "unit"), what, f"write unit: {signature.unit}")

    def _argument(self, path: KeyPath, var: str, argument: Argument) -> None:
        quantity = self._names.check(self._page, path, var)
        if quantity is None:
            return
        if argument.unit is not None and quantity.unit != argument.unit:
            found = f"in {quantity.unit}" if quantity.unit else quantity.kind
            self._page.add(path, f"{path[-1]} must be in {argument.unit}; '{var}' is {found}")
        absent = [c for c in argument.categories if c not in quantity.levels]
        if absent:
            what = f"{path[-1]} needs the categories {', '.join(argument.categories)}"
            self._page.add(path, f"{what}; '{var}' lacks {', '.join(absent)}")

    def _circles(self, definitions: dict[str, Definition]) -> None:
        """Note definitions that are made from themselves, each circle once."""
        done: set[str] = set()

        def visit(name: str, above: tuple[str, ...]) -> None:
            if name in above:
                circle = (*above[above.index(name) :], name)
                what = f"defined by itself ({' from '.join(circle)})"
                self._page.add(("definitions", name), what, "break the circle")
            if name in above or name in done or name not in definitions:
                return
            for part in sorted(definitions[name].variables()):
                visit(part, (*above, name))
            done.add(name)

        for name in definitions:
            visit(name, ())

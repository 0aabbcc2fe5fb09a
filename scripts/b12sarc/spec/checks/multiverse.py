"""The multiverse: names that are known, directions for what has one, choices that exist."""

from __future__ import annotations

from collections.abc import Iterable

from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.multiverse import MAIN, Grid, Multiverse, MultiverseExposure
from b12sarc.spec.yaml_lines import KeyPath


def check_multiverse(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section ``multiverse`` that does not fit the other sections and files."""
    multiverse = sources.analysis.model.multiverse
    if multiverse is None or {"multiverse", "adjustment_sets", "describe"} & set(sources.analysis.broken):
        return
    check = _MultiverseCheck(sources, names, page)
    check.quantities(multiverse)
    for name, grid in multiverse.grids.items():
        check.grid(grid, ("multiverse", "grids", name))


class _MultiverseCheck:
    def __init__(self, sources: Sources, names: Names, page: Page) -> None:
        analysis = sources.analysis.model
        options = analysis.sensitivity.options if analysis.sensitivity else {}
        self._names, self._page = names, page
        self._choices = {
            "adjustments": ("adjustment set", list(analysis.adjustment_sets)),
            "subgroups": ("subgroup (of describe.subgroups)", list(analysis.describe.subgroups)),
            "options": ("sensitivity option", [MAIN, *options]),
            "cohorts": ("cohort", list(sources.shelf)),
        }
        if MAIN in options:
            what = f"'{MAIN}' means in the multiverse that nothing is changed"
            page.add(("sensitivity", "options", MAIN), what, "give the option another name")

    def quantities(self, multiverse: Multiverse) -> None:
        """Check exposures and outcomes."""
        for name, exposure in multiverse.exposures.items():
            path = ("multiverse", "exposures", name)
            self._page.member((*path, "marker"), exposure.marker, multiverse.markers, "marker")
            self._exposure(path, name, exposure)
        for name, outcome in multiverse.outcomes.items():
            path = ("multiverse", "outcomes", name)
            self._page.member((*path, "domain"), outcome.domain, multiverse.domains, "domain")
            quantity = self._names.check(self._page, path, name)
            self._role(path, name, "outcome")
            if quantity is not None and quantity.kind == "categorical":
                what = f"'{name}' has categories; an outcome is continuous or binary"
                self._page.add(path, what, "define a binary outcome from it")

    def _exposure(self, path: KeyPath, name: str, exposure: MultiverseExposure) -> None:
        quantity = self._names.check(self._page, path, name)
        definition = self._names.definition(name)
        if quantity is None:
            return
        if definition is None:
            what = f"'{name}' is a variable; an exposure is a definition that says in words what is compared"
            self._page.add(path, what, "define it with roles: [exposure] and a contrast")
            return
        self._role(path, name, "exposure")
        others = [level for level in quantity.levels if level != quantity.reference]
        if quantity.kind == "categorical" and exposure.level is None:
            fix = f"add level: one of {', '.join(others)}"
            self._page.add(path, f"'{name}' has categories, of which one stands for it", fix)
        elif exposure.level is not None:
            at = (*path, "level")
            self._page.member(at, exposure.level, others, f"level of {name} beside its reference")

    def _role(self, path: KeyPath, name: str, role: str) -> None:
        definition = self._names.definition(name)
        if definition is not None and role not in definition.roles:
            what = f"'{name}' is not defined as {role} (roles: {', '.join(definition.roles)})"
            self._page.add(path, what, f"add {role} to its roles in the definitions, or use another")

    def grid(self, grid: Grid, path: KeyPath) -> None:
        """Check that every choice of a grid exists, once."""
        for key, (what, known) in self._choices.items():
            self._listed((*path, key), getattr(grid, key), known, what)
        for key in ("missing", "continuous_outcomes", "binary_outcomes"):
            self._page.repeated((*path, key), getattr(grid, key))

    def _listed(self, path: KeyPath, names: Iterable[str], known: list[str], what: str) -> None:
        names = list(names)
        for place, name in enumerate(names):
            self._page.member((*path, place), name, known, what)
        self._page.repeated(path, names)

"""Curves and standardised prevalences: exposures with a scale of their own, and values in its unit."""

from __future__ import annotations

from collections.abc import Iterable

from b12sarc.errors import nearest
from b12sarc.spec.analysis import Models
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.curves import ChosenValues, DoseResponse, MarginalEffects, ReferenceValue
from b12sarc.spec.yaml_lines import KeyPath


def check_curves(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of ``dose_response`` and ``marginal_effects`` that does not fit the other files."""
    analysis, broken = sources.analysis.model, sources.analysis.broken
    check = _CurvesCheck(names, page, None if "models" in broken else analysis.models)
    if analysis.dose_response is not None and "dose_response" not in broken:
        check.dose_response(analysis.dose_response)
    if analysis.marginal_effects is not None and "marginal_effects" not in broken:
        check.marginal_effects(analysis.marginal_effects)


class _CurvesCheck:
    def __init__(self, names: Names, page: Page, models: Models | None) -> None:
        self.names = names
        self.page = page
        self.models = models

    def dose_response(self, asked: DoseResponse) -> None:
        for name, reference in asked.exposures.items():
            path: KeyPath = ("dose_response", "exposures", name)
            self._scale(path, name, [(("value",), reference.value)], reference)
            self._fitted(path, name, "exposures")
        for place, name in enumerate(asked.outcomes):
            self._fitted(("dose_response", "outcomes", place), name, "outcomes")
        self.page.repeated(("dose_response", "outcomes"), asked.outcomes)
        self._fitted(("dose_response", "adjustment"), asked.adjustment, "adjustments")
        self._missing("dose_response", asked.missing)

    def marginal_effects(self, asked: MarginalEffects) -> None:
        for key in ("exposures", "outcomes", "adjustments"):
            for place, name in enumerate(getattr(asked, key)):
                self._fitted(("marginal_effects", key, place), name, key)
            self.page.repeated(("marginal_effects", key), getattr(asked, key))
        for key in ("continuous_outcomes", "binary_outcomes"):
            self.page.repeated(("marginal_effects", key), getattr(asked, key))
        self._missing("marginal_effects", asked.missing)
        for name, chosen in asked.at.items():
            values: list[tuple[KeyPath, float]]
            values = [(("values", place), value) for place, value in enumerate(chosen.values)]
            self._scale(("marginal_effects", "at", name), name, values, chosen)
            self._fitted(("marginal_effects", "at", name), name, "exposures")

    def _missing(self, section: str, missing: tuple[str, ...]) -> None:
        for place, name in enumerate(missing):
            self._fitted((section, "missing", place), name, "missing")
        self.page.repeated((section, "missing"), missing)

    def _fitted(self, path: KeyPath, name: str, key: str) -> None:
        """Note a name that the grid of models does not hold."""
        listed = getattr(self.models, key) if self.models is not None else (name,)
        if name not in listed:
            fix = nearest(name, listed) or f"add it there, or choose from: {', '.join(listed)}"
            self.page.add(path, f"'{name}' is not in models.{key}", fix)

    def _scale(
        self,
        path: KeyPath,
        name: str,
        values: Iterable[tuple[KeyPath, float]],
        given: ReferenceValue | ChosenValues,
    ) -> None:
        """Note an exposure that is not a variable's value or logarithm, and values that it cannot have."""
        if self.models is not None and name not in self.models.exposures:
            return  # said where the names of the grid are compared
        definition = self.names.definition(name)
        if definition is None or "exposure" not in definition.roles or definition.value_of is None:
            what = f"'{name}' is no continuous exposure made of one variable (value_of)"
            self.page.add(path, what, "name an exposure such as the logarithm of a marker")
            return
        variable = definition.value_of.var
        quantity = self.names.quantity(variable)
        if quantity is None:
            return
        if given.unit != quantity.unit:
            what = f"'{name}' is made of '{variable}', which is in {quantity.unit}, not in {given.unit}"
            self.page.add((*path, "unit"), what, f"write the value in {quantity.unit}")
            return
        low, high = self.names.limits(variable)
        for key, value in values:
            if definition.value_of.transform != "identity" and value <= 0:
                self.page.add((*path, *key), f"{value:g} has no logarithm; expected a value above 0")
            elif not low <= value <= high:
                limits = f"{low:.12g} to {high:.12g} {quantity.unit}"
                what = f"{value:g} lies outside the plausible range of '{variable}' ({limits})"
                self.page.add((*path, *key), what, "check number and unit")

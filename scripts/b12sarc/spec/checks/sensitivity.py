"""Sensitivity analyses: names that are known, replacements that fit what they replace, models that exist."""

from __future__ import annotations

from collections.abc import Iterable

from b12sarc.spec.checks.conditions import RuleCheck
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.sensitivity import MeasurementError, Misclassification, Option, Sensitivity, Untested
from b12sarc.spec.yaml_lines import KeyPath


def check_sensitivity(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section ``sensitivity`` that does not fit the other files."""
    sensitivity = sources.analysis.model.sensitivity
    if sensitivity is None or {"adjustment_sets", "models"} & set(sources.analysis.broken):
        return
    check = _OptionCheck(sources, names, page)
    for name, option in sensitivity.options.items():
        check.run(option, ("sensitivity", "options", name))
    _AnalysesCheck(sources, names, page).run(sensitivity)


class _OptionCheck:
    def __init__(self, sources: Sources, names: Names, page: Page) -> None:
        analysis = sources.analysis.model
        self._names, self._page, self._rules = names, page, RuleCheck(names, page)
        self._models = analysis.models
        self._covariates = {t.var for chosen in analysis.adjustment_sets.values() for t in chosen.terms}

    def run(self, option: Option, path: KeyPath) -> None:
        if option.keep is not None:
            self._rules.run(option.keep, (*path, "keep"))
        for old, new in option.replace.items():
            self._replacement(old, new, (*path, "replace", old))
        for place, name in enumerate(option.without):
            at = (*path, "without", place)
            known = self._names.check(self._page, at, name) is not None
            if known and name not in self._covariates:
                self._page.add(at, f"'{name}' is a covariate of no adjustment set", "remove it")
        self._page.repeated((*path, "without"), option.without)
        self._page.among((*path, "outcomes"), option.outcomes, self._models.outcomes, "models.outcomes")

    def _replacement(self, old: str, new: str, path: KeyPath) -> None:
        before, after = self._names.check(self._page, path, old), self._names.check(self._page, path, new)
        if before is None or after is None:
            return
        if old not in {*self._models.exposures, *self._models.outcomes, *self._covariates}:
            self._page.add(path, f"'{old}' is in no model: nothing to replace", "remove it, or use another")
        if old == new:
            self._page.add(path, f"'{old}' is replaced by itself", "name another definition")
        if before.kind != after.kind or list(before.levels) != list(after.levels):
            kinds = "has other levels" if before.kind == after.kind else f"is {after.kind}, not {before.kind}"
            what = f"'{new}' cannot stand for '{old}': it {kinds}"
            self._page.add(path, what, "use one of the same kind and levels, or define one")
        definition = self._names.definition(new)
        if old in self._models.exposures and (definition is None or "exposure" not in definition.roles):
            what = f"'{new}' cannot stand for '{old}': it says no contrast"
            self._page.add(path, what, "define it with roles: [exposure] and a contrast")


class _AnalysesCheck:
    """The sections beside the options."""

    def __init__(self, sources: Sources, names: Names, page: Page) -> None:
        self._names, self._page, self._shelf = names, page, sources.shelf
        self._models = sources.analysis.model.models
        self._sets = sources.analysis.names("adjustment_sets")

    def run(self, asked: Sensitivity) -> None:
        at = ("sensitivity",)
        self._page.member((*at, "adjustment"), asked.adjustment, self._sets, "adjustment set")
        self._page.among((*at, "exposures"), asked.exposures, self._models.exposures, "models.exposures")
        self._page.among((*at, "outcomes"), asked.outcomes, self._models.outcomes, "models.outcomes")
        if asked.measurement_error is not None:
            self._replicates(asked.measurement_error, (*at, "measurement_error"))
        for name, analysis in asked.misclassification.items():
            self._misclassified(analysis, (*at, "misclassification", name))
        if asked.untested is not None:
            self._untested(asked.untested, (*at, "untested"))
        if asked.controls is not None:
            for key in ("negative", "positive"):
                self._outcomes((*at, "controls", key), getattr(asked.controls, key))
            for place, name in enumerate(asked.controls.negative_exposures):
                self._exposure((*at, "controls", "negative_exposures", place), name)

    def _replicates(self, asked: MeasurementError, at: KeyPath) -> None:
        self._page.member((*at, "cohort"), asked.cohort, self._shelf, "cohort")
        for name, marker in asked.replicates.items():
            path = (*at, "replicates", name)
            for key in ("first", "second"):
                self._kind((*path, key), getattr(marker, key), "continuous")
            for place, exposure in enumerate(marker.exposures):
                here = (*path, "exposures", place)
                definition = self._names.definition(exposure)
                if not self._exposure(here, exposure) or definition is None:
                    continue
                of = definition.value_of
                if of is None or of.var != marker.first or of.transform not in ("log2", "ln"):
                    what = f"'{exposure}' is not the logarithm of '{marker.first}'"
                    self._page.add(here, what, "the correction is for that alone; use another, or remove it")

    def _misclassified(self, asked: Misclassification, at: KeyPath) -> None:
        if self._exposure((*at, "exposure"), asked.exposure):
            self._kind((*at, "exposure"), asked.exposure, "binary")
        for place, name in enumerate(asked.outcomes):
            self._kind((*at, "outcomes", place), name, "binary")
        if asked.truth is not None:
            self._kind((*at, "truth"), asked.truth, "binary")

    def _untested(self, asked: Untested, at: KeyPath) -> None:
        self._outcomes((*at, "outcomes"), asked.outcomes)
        self._page.member((*at, "adjustment"), asked.adjustment, self._sets, "adjustment set")
        for place, term in enumerate(asked.also):
            quantity = self._names.check(self._page, (*at, "also", place, "var"), term.var)
            expected = "linear" if quantity is None or quantity.kind == "continuous" else "categorical"
            if quantity is not None and term.form != expected:
                what = f"'{term.var}' is {quantity.kind}; form {term.form} does not fit"
                self._page.add((*at, "also", place, "form"), what, f"write form: {expected}")

    def _outcomes(self, at: KeyPath, names: Iterable[str]) -> None:
        for place, name in enumerate(names):
            quantity = self._names.check(self._page, (*at, place), name)
            if quantity is not None and quantity.kind == "categorical":
                what = f"'{name}' has categories; an outcome is continuous or binary"
                self._page.add((*at, place), what, "define a binary outcome from it")

    def _kind(self, at: KeyPath, name: str, kind: str) -> None:
        quantity = self._names.check(self._page, at, name)
        if quantity is not None and quantity.kind != kind:
            self._page.add(at, f"'{name}' is {quantity.kind}; expected a {kind} one")

    def _exposure(self, at: KeyPath, name: str) -> bool:
        if self._names.check(self._page, at, name) is None:
            return False
        definition = self._names.definition(name)
        if definition is None or "exposure" not in definition.roles:
            what = f"'{name}' is no exposure: it says no contrast"
            self._page.add(at, what, "define it with roles: [exposure] and a contrast")
            return False
        return True

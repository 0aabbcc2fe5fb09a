"""Sensitivity options: names that are known, replacements that fit what they replace, models that exist."""

from __future__ import annotations

from b12sarc.spec.checks.conditions import RuleCheck
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.sensitivity import Option
from b12sarc.spec.yaml_lines import KeyPath


def check_sensitivity(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section ``sensitivity`` that does not fit the other files."""
    sensitivity = sources.analysis.model.sensitivity
    if sensitivity is None or {"adjustment_sets", "models"} & set(sources.analysis.broken):
        return
    check = _OptionCheck(sources, names, page)
    for name, option in sensitivity.options.items():
        check.run(option, ("sensitivity", "options", name))


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

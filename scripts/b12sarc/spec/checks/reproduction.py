"""A published table against the cohort it is computed from: names, levels, cycles, kinds."""

from __future__ import annotations

from dataclasses import replace

from b12sarc.spec.checks.conditions import RuleCheck
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.checks.definitions import DefinitionCheck
from b12sarc.spec.checks.mapping import MappingCheck
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.project import Quantity
from b12sarc.spec.reproduction import COUNT, PART_OF_STATISTIC, Reproduction, Statistic
from b12sarc.spec.yaml_lines import KeyPath

_KINDS = {"proportion": ("binary", "categorical"), "regression": ("binary", "continuous")}
_NUMBERS = ("continuous",)


def check_reproduction(sources: Sources, name: str, page: Page) -> None:
    """Note everything that is wrong between a published table, its cohort and the definitions.

    Args:
        sources: the files of the project.
        name: of the reproduction's file.
        page: that file.
    """
    checked = sources.reproductions[name]
    reproduction = checked.model
    if "id" not in checked.broken and reproduction.id != name:
        page.add(
            ("id",), f"the id is '{reproduction.id}', but the file is '{name}.yaml'", f"write id: {name}"
        )
    borrowed = sources.borrowed | sources.cohorts
    if "cohort" in checked.broken or reproduction.cohort not in borrowed:
        return
    if (
        sources.dictionary.broken
        or sources.definitions.broken
        or checked.broken & {"variables", "definitions"}
    ):
        return
    cohort = borrowed[reproduction.cohort]
    if cohort.broken:
        return
    _ReproductionCheck(_with_own(sources, reproduction, cohort.model), reproduction, cohort.model, page).run()


def _with_own(sources: Sources, reproduction: Reproduction, cohort: Cohort) -> Sources:
    """Return the sources as the reproduction sees them: its own variables and definitions among them."""
    variables = {**sources.dictionary.model.variables}
    variables |= {name: own.variable() for name, own in reproduction.variables.items()}
    definitions = {**sources.definitions.model.definitions, **reproduction.definitions}
    return replace(
        sources,
        dictionary=replace(sources.dictionary, model=Dictionary.model_construct(variables=variables)),
        definitions=replace(sources.definitions, model=Definitions.model_construct(definitions=definitions)),
        cohorts={cohort.id: sources.borrowed.get(cohort.id) or sources.cohorts[cohort.id]},
    )


class _ReproductionCheck:
    def __init__(self, sources: Sources, reproduction: Reproduction, cohort: Cohort, page: Page) -> None:
        self._names, self._page = Names(sources), page
        own = [*reproduction.variables, *reproduction.definitions]
        self._names.every += [name for name in own if name not in self._names.every]
        self._reproduction, self._cohort = reproduction, cohort
        self._rules = RuleCheck(self._names, page)

    def run(self) -> None:
        self._page.repeated(("cycles",), self._reproduction.cycles)
        for place, cycle in enumerate(self._reproduction.cycles):
            self._page.member(("cycles", place), cycle, self._cohort.cycles, "cycle")
        files = {**self._cohort.files, **self._reproduction.files}
        for name, own in self._reproduction.variables.items():
            at: KeyPath = ("variables", name, "from")
            by_cycle = own.mapping.per_cycle or {}
            for path, entry in [((*at, "per_cycle", c), m) for c, m in by_cycle.items()] or [
                (at, own.mapping)
            ]:
                if entry.status is None and self._page.member(
                    (*path, "file"), str(entry.file), files, "file"
                ):
                    MappingCheck(name, entry, own.variable(), self._page, path).run()
        DefinitionCheck(self._names, self._page).run(self._reproduction.definitions)
        self._page.repeated(("population",), [step.id for step in self._reproduction.population])
        for place, step in enumerate(self._reproduction.population):
            if step.keep is not None:
                self._rules.run(step.keep, ("population", place, "keep"))
            for number, name in enumerate(step.measured):
                self._names.check(self._page, ("population", place, "measured", number), name)
            if step.covariates_of is not None:
                what = "a published population has no adjustment sets"
                self._page.add(("population", place, "covariates_of"), what, "list the variables: measured")
        ids = [statistic.id for statistic in self._reproduction.statistics]
        self._page.repeated(("statistics",), ids)
        for place, statistic in enumerate(self._reproduction.statistics):
            self._statistic(statistic, ("statistics", place))

    def _statistic(self, statistic: Statistic, path: KeyPath) -> None:
        if statistic.where is not None:
            self._rules.run(statistic.where, (*path, "where"))
        if statistic.of is not None:
            quantity = self._names.check(self._page, (*path, "of"), statistic.of)
            if quantity is not None:
                self._kind(statistic, quantity, path)
        if statistic.by is not None:
            self._by(statistic, path)
        if statistic.standardise is not None:
            self._names.check(self._page, (*path, "standardise", "age"), statistic.standardise.age)
        if statistic.model is not None:
            self._model(statistic, (*path, "model"))

    def _kind(self, statistic: Statistic, quantity: Quantity, path: KeyPath) -> None:
        wanted = _KINDS.get(statistic.kind, _NUMBERS)
        if statistic.kind != COUNT and quantity.kind not in wanted:
            what = f"'{quantity.name}' is {quantity.kind}; {statistic.kind} needs {' or '.join(wanted)}"
            self._page.add((*path, "of"), what, "choose another kind, or define what was counted")
        if statistic.kind == "proportion" and quantity.kind == "categorical":
            if statistic.level is None:
                fix = f"add level: one of {', '.join(quantity.levels)}"
                self._page.add(path, f"the share of which category of '{quantity.name}'?", fix)
            else:
                known = f"category of {quantity.name}"
                self._page.member((*path, "level"), statistic.level, quantity.levels, known)

    def _by(self, statistic: Statistic, path: KeyPath) -> None:
        quantity = self._names.check(self._page, (*path, "by"), str(statistic.by))
        if quantity is None:
            return
        levels = ("false", "true") if quantity.kind == "binary" else tuple(quantity.levels)
        if quantity.kind == "continuous":
            self._page.add((*path, "by"), f"'{quantity.name}' is continuous; 'by' needs levels")
            return
        for part in PART_OF_STATISTIC:
            for level in getattr(statistic, part) or ():
                self._page.member((*path, part, level), level, levels, f"level of {quantity.name}")

    def _model(self, statistic: Statistic, path: KeyPath) -> None:
        assert statistic.model is not None
        exposure = self._names.check(self._page, (*path, "exposure"), statistic.model.exposure)
        if exposure is not None and exposure.contrast is None and not exposure.contrasts:
            what = f"'{exposure.name}' does not say what is compared"
            self._page.add((*path, "exposure"), what, "define it with a contrast")
        for place, term in enumerate(statistic.model.terms):
            self._names.check(self._page, (*path, "terms", place, "var"), term.var)

"""The analysis against variables and definitions: every name known, and usable as what it is used for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from b12sarc.errors import nearest
from b12sarc.spec.analysis import Analysis, Family, Step
from b12sarc.spec.checks.conditions import RuleCheck
from b12sarc.spec.checks.context import Names, Page, Sources, meant
from b12sarc.spec.project import CYCLE
from b12sarc.spec.yaml_lines import KeyPath


class AnalysisCheck:
    """The checks of config/analysis.yaml, section by section."""

    def __init__(self, sources: Sources, names: Names, page: Page) -> None:
        self.analysis: Analysis = sources.analysis.model
        self.sets = sources.analysis.names("adjustment_sets")
        self.broken = sources.analysis.broken
        self.shelf = sources.shelf
        self.names = names
        self.page = page
        self.rules = RuleCheck(names, page)

    def run(self) -> None:
        """Check every section that is sound in itself."""
        sections: dict[str, Callable[[], None]] = {
            "population": self._population,
            "adjustment_sets": self._adjustment_sets,
            "models": self._models,
            "families": self._families,
            "describe": self._describe,
            "headline": self._headline,
            "dag": self._dag,
        }
        for section, check in sections.items():
            if section not in self.broken:
                check()

    def _add(self, path: KeyPath, what: str, fix: str = "") -> None:
        self.page.add(path, what, fix)

    def _one_of(self, path: KeyPath, names: Iterable[str], known: Iterable[str], what: str) -> None:
        known, names = list(known), list(names)
        for place, name in enumerate(names):
            self.page.member((*path, place), name, known, what)
        self.page.repeated(path, names)

    def _known(self, path: KeyPath, names: Iterable[str]) -> None:
        names = list(names)
        for place, name in enumerate(names):
            self.names.check(self.page, (*path, place), name)
        self.page.repeated(path, names)

    def _population(self) -> None:
        steps = [("domain", n, s) for n, s in enumerate(self.analysis.population.domain)]
        steps += [("analytic", n, s) for n, s in enumerate(self.analysis.population.analytic)]
        seen: set[str] = set()
        for part, place, step in steps:
            path = ("population", part, place)
            if step.id in seen:
                self._add((*path, "id"), f"step '{step.id}' is there twice", "give each step its own id")
            seen.add(step.id)
            self._step(path, step)

    def _step(self, path: KeyPath, step: Step) -> None:
        if step.keep is not None:
            self.rules.run(step.keep, (*path, "keep"))
        self._known((*path, "measured"), step.measured)
        if step.covariates_of is not None:
            at = (*path, "covariates_of")
            self.page.member(at, step.covariates_of, self.sets, "adjustment set")

    def _dag(self) -> None:
        for name, node in self.analysis.dag.nodes.items() if self.analysis.dag else ():
            path = ("dag", "nodes", name, "variables")
            self._known(path, node.variables)
            if (node.role == "unmeasured") is bool(node.variables):
                fix = "name a variable that measures it, or write role: unmeasured"
                said = "is unmeasured and has variables" if node.variables else "has no variables"
                self._add(("dag", "nodes", name), f"'{name}' {said}", fix)

    def _adjustment_sets(self) -> None:
        sets = self.analysis.adjustment_sets
        for name, chosen in sets.items():
            path = ("adjustment_sets", name)
            if chosen.extends is not None:
                at = (*path, "extends")
                self.page.member(at, chosen.extends, self.sets, "adjustment set")
            for place, term in enumerate(chosen.terms):
                self._term((*path, "terms", place), term.var, term.form)
            inherited = self._inherited(name)
            for place, term in enumerate(chosen.terms):
                if term.var in inherited or term.var in [t.var for t in chosen.terms[:place]]:
                    what = f"'{term.var}' is in this adjustment set already"
                    self._add((*path, "terms", place, "var"), what, "remove one of them")

    def _inherited(self, name: str) -> set[str]:
        """Return the covariates that an adjustment set has from those it extends; note a circle."""
        sets, chain = self.analysis.adjustment_sets, [name]
        covariates: set[str] = set()
        while (parent := sets[chain[-1]].extends) in sets:
            chain.append(str(parent))
            if parent in chain[:-1]:
                if parent == name == min(chain):
                    what = f"extends itself ({' extends '.join(chain)})"
                    self._add(("adjustment_sets", name, "extends"), what, "break the circle")
                return set()
            covariates |= {term.var for term in sets[str(parent)].terms}
        return covariates

    def _term(self, path: KeyPath, var: str, form: str) -> None:
        quantity = self.names.check(self.page, (*path, "var"), var)
        if quantity is None:
            return
        self._role((*path, "var"), var, "covariate")
        expected = "linear" if quantity.kind == "continuous" else "categorical"
        if form != expected:
            what = f"'{var}' is {quantity.kind}; form {form} does not fit"
            self._add((*path, "form"), what, f"write form: {expected}")

    def _role(self, path: KeyPath, name: str, role: str) -> None:
        definition = self.names.definition(name)
        if definition is not None and role not in definition.roles:
            what = f"'{name}' is not defined as {role} (roles: {', '.join(definition.roles)})"
            self._add(path, what, f"add {role} to its roles in the definitions, or use another")

    def _models(self) -> None:
        models = self.analysis.models
        for place, name in enumerate(models.exposures):
            self._exposure(("models", "exposures", place), name)
        for place, name in enumerate(models.outcomes):
            self._outcome(("models", "outcomes", place), name)
        self.page.repeated(("models", "exposures"), models.exposures)
        self.page.repeated(("models", "outcomes"), models.outcomes)
        if "adjustment_sets" not in self.broken:
            self._one_of(("models", "adjustments"), models.adjustments, self.sets, "adjustment set")
        if "describe" not in self.broken:
            subgroups = self.analysis.describe.subgroups
            self._one_of(
                ("models", "subgroups"), models.subgroups, subgroups, "subgroup (of describe.subgroups)"
            )
        for key in ("continuous_outcomes", "binary_outcomes", "missing"):
            self.page.repeated(("models", key), getattr(models, key))

    def _exposure(self, path: KeyPath, name: str) -> None:
        if name in (*self.names.variables, CYCLE):
            like = nearest(name, self.names.definitions)
            what = f"'{name}' is a variable; an exposure is a definition that says in words what is compared"
            self._add(path, what, like or "define it with roles: [exposure] and a contrast")
        elif self.names.check(self.page, path, name) is not None:
            self._role(path, name, "exposure")

    def _outcome(self, path: KeyPath, name: str) -> None:
        quantity = self.names.check(self.page, path, name)
        if quantity is None:
            return
        self._role(path, name, "outcome")
        if quantity.kind == "categorical":
            what = f"'{name}' has categories; an outcome is continuous or binary"
            self._add(path, what, "define a binary outcome from it")

    def _families(self) -> None:
        for name, family in self.analysis.families.items():
            self._family(("families", name), family)

    def _family(self, path: KeyPath, family: Family) -> None:
        for key, listed in self._fitted().items():
            self.page.among((*path, key), getattr(family, key), listed, f"models.{key}")
        used = dict.fromkeys(
            (*self.analysis.models.continuous_outcomes, *self.analysis.models.binary_outcomes)
        )
        if "models" not in self.broken:
            self.page.among((*path, "estimators"), family.estimators, used, "the estimators of models")
        self._one_of((*path, "cohorts"), family.cohorts, self.shelf, "cohort")
        self.page.repeated((*path, "group_by"), family.group_by)

    def _fitted(self) -> dict[str, list[str]]:
        """Return what is fitted, as it was meant: a misspelt name in models is reported there alone."""
        if "models" in self.broken:
            return {}
        models = self.analysis.models
        return {
            "exposures": meant(models.exposures, self.names.definitions),
            "outcomes": meant(models.outcomes, self.names.every),
            "adjustments": meant(models.adjustments, self.sets),
        }

    def _describe(self) -> None:
        describe = self.analysis.describe
        at: KeyPath = ("describe", "table1", "by")
        for place, name in enumerate(describe.table1.splits()):
            self._categories(at if describe.table1.by == name else (*at, place), name)
        self.page.repeated(at, describe.table1.splits())
        self._known(("describe", "table1", "rows"), describe.table1.rows)
        for place, name in enumerate(describe.prevalence_of):
            self._categories(("describe", "prevalence_of", place), name)
        self.page.repeated(("describe", "prevalence_of"), describe.prevalence_of)
        for key, subgroup in describe.subgroups.items():
            path = ("describe", "subgroups", key, "var")
            if subgroup.var is not None:
                self._categories(path, subgroup.var, "categorical")

    def _categories(self, path: KeyPath, name: str, *kinds: str) -> None:
        kinds = kinds or ("categorical", "binary")
        quantity = self.names.check(self.page, path, name)
        if quantity is not None and quantity.kind not in kinds:
            self._add(path, f"'{name}' is {quantity.kind}; expected a {' or '.join(kinds)} one")

    def _headline(self) -> None:
        headline, fitted = self.analysis.headline, self._fitted()
        for key in ("exposures", "outcomes"):
            if fitted:
                self.page.among(("headline", key), getattr(headline, key), fitted[key], f"models.{key}")
        if fitted and headline.adjustment not in fitted["adjustments"]:
            fix = nearest(headline.adjustment, fitted["adjustments"])
            what = f"'{headline.adjustment}' is not in models.adjustments"
            self._add(("headline", "adjustment"), what, fix or "add it there, or choose another")

"""The claims against what the run estimates: names, roles, and that something speaks to each."""

from __future__ import annotations

from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.claims import AssociationTest, Claims, ShareTest
from b12sarc.spec.yaml_lines import KeyPath


def check_claims(sources: Sources, names: Names, claims: Claims, page: Page) -> None:
    """Note everything of config/claims.yaml that does not fit the other files."""
    if {"models", "adjustment_sets", "describe"} & set(sources.analysis.broken) or not names.complete:
        return
    _ClaimsCheck(sources, names, claims, page).run()


class _ClaimsCheck:
    def __init__(self, sources: Sources, names: Names, claims: Claims, page: Page) -> None:
        self._analysis = sources.analysis.model
        self._names, self._claims, self._page = names, claims, page
        self._studies, self._shelf = sources.evidence.model.studies, sources.shelf
        models, own = self._analysis.models, claims.models
        self._fitted = [(models.exposures, models.outcomes, models.adjustments)]
        self._fitted += [(own.exposures, own.outcomes, own.adjustments)] if own else []

    def run(self) -> None:
        self._models()
        for name, claim in self._claims.claims.items():
            for place, test in enumerate(claim.associations):
                self._association(test, ("claims", name, "associations", place))
            for place, share in enumerate(claim.shares):
                self._share(share, ("claims", name, "shares", place))
            for place, study in enumerate(claim.evidence):
                self._page.member(
                    ("claims", name, "evidence", place), study, self._studies, "published study"
                )

    def _models(self) -> None:
        models = self._claims.models
        if models is None:
            return
        for key, role in (("exposures", "exposure"), ("outcomes", "outcome")):
            for place, name in enumerate(getattr(models, key)):
                self._has_role(("models", key, place), name, role)
            self._page.repeated(("models", key), getattr(models, key))
        known = self._analysis.adjustment_sets
        for place, name in enumerate(models.adjustments):
            self._page.member(("models", "adjustments", place), name, known, "adjustment set")

    def _has_role(self, path: KeyPath, name: str, role: str) -> None:
        quantity = self._names.check(self._page, path, name)
        definition = self._names.definition(name)
        if quantity is None or (role == "outcome" and definition is None):
            return
        if definition is None or role not in definition.roles:
            what = f"'{name}' does not have the role {role}"
            self._page.add(path, what, f"add it to its roles in definitions.yaml, or choose another {role}")
        elif quantity.kind == "categorical":
            self._page.add(path, f"'{name}' is categorical; a claim needs one number", "name a binary one")

    def _association(self, test: AssociationTest, path: KeyPath) -> None:
        adjustment = test.adjustment or self._analysis.headline.adjustment
        if test.adjustment is not None:
            known = self._analysis.adjustment_sets
            self._page.member((*path, "adjustment"), test.adjustment, known, "adjustment set")
        for place, exposure in enumerate(test.exposures):
            self._has_role((*path, "exposures", place), exposure, "exposure")
            for outcome in test.outcomes:
                if not any(exposure in e and outcome in o and adjustment in a for e, o, a in self._fitted):
                    what = f"no model of '{exposure}' and '{outcome}' is fitted with '{adjustment}'"
                    self._page.add((*path, "outcomes", outcome), what, "add it to models of this file")
        for outcome in test.outcomes:
            self._has_role((*path, "outcomes", outcome), outcome, "outcome")
        self._cohorts(test.cohorts, path)

    def _share(self, test: ShareTest, path: KeyPath) -> None:
        for place, name in enumerate(test.definitions):
            at = (*path, "definitions", place)
            variable, _, level = name.partition("[")
            quantity = self._names.check(self._page, at, variable)
            if quantity is None:
                continue
            if quantity.kind == "continuous":
                self._page.add(at, f"'{variable}' is continuous; a share needs a binary one, or a level")
            if quantity.kind == "categorical":
                self._page.member(at, level.rstrip("]"), quantity.levels, f"category of {variable}")
        self._cohorts(test.cohorts, path)

    def _cohorts(self, cohorts: tuple[str, ...], path: KeyPath) -> None:
        for place, name in enumerate(cohorts):
            self._page.member((*path, "cohorts", place), name, self._shelf, "cohort")

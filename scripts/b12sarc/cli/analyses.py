"""Which definitions a cohort can answer, and how many models of the analysis that makes."""

from __future__ import annotations

from typing import Any

from b12sarc.spec.availability import terms_left_out, why_unavailable
from b12sarc.spec.project import CYCLE, Project


def feasibility(project: Project, cohort: str) -> list[dict[str, Any]]:
    """Return a row for each definition, and for each outcome that is a variable: available, or why not."""
    names = dict.fromkeys([*project.definitions.definitions, *project.analysis.models.outcomes])
    rows = []
    for name in names:
        definition = project.definitions.definitions.get(name)
        reason = why_unavailable(project, cohort, name)
        roles = list(definition.roles) if definition is not None else ["outcome"]
        rows.append({"definition": name, "roles": roles, "available": reason is None, "reason": reason})
    return rows


def models(project: Project, cohort: str) -> list[dict[str, Any]]:
    """Return a row for each exposure and outcome that can be fitted, with the number of models.

    Counted as the grid counts them: adjustment sets whose covariates the cohort has, times estimators,
    treatments of missing values and subgroups; of a subgroup by levels, one.
    """
    asked = project.analysis.models
    lacks = {n: why_unavailable(project, cohort, n) is not None for n in _named(project)}
    sets = {a: _covariates(project, cohort, a) for a in asked.adjustments}
    rows = []
    for exposure in asked.exposures:
        for outcome in asked.outcomes:
            kind = project.quantity(outcome).kind
            if lacks[exposure] or lacks[outcome] or kind == "categorical" or exposure == outcome:
                continue
            if project.measured_in_both(exposure, outcome):
                continue
            fitted = [
                adjustment
                for adjustment, terms in sets.items()
                if not any(lacks[var] for var in terms if var not in (exposure, outcome))
            ]
            estimators = asked.continuous_outcomes if kind == "continuous" else asked.binary_outcomes
            n = len(fitted) * len(estimators) * len(asked.missing) * len(asked.subgroups)
            rows.append({"exposure": exposure, "outcome": outcome, "adjustments": fitted, "models": n})
    return rows


def adjustments_without(project: Project, cohort: str) -> dict[str, list[str]]:
    """Return the adjustment sets of which the cohort lacks a covariate, with what it lacks."""
    found: dict[str, list[str]] = {}
    for name in project.analysis.models.adjustments:
        terms = _covariates(project, cohort, name)
        lacks = [var for var in terms if why_unavailable(project, cohort, var) is not None]
        found |= {name: lacks} if lacks else {}
    return found


def _covariates(project: Project, cohort: str, adjustment: str) -> list[str]:
    """Return the covariates of a set, without those that are left out where a cohort cannot have them."""
    terms = project.analysis.terms(adjustment)
    out = terms_left_out(project, cohort, terms)
    return [term.var for term in terms if term.var not in out]


def _named(project: Project) -> set[str]:
    asked = project.analysis.models
    terms = {term.var for a in asked.adjustments for term in project.analysis.terms(a)}
    return {*asked.exposures, *asked.outcomes, *terms} | {CYCLE}

"""Whom a model is fitted to, and with what: its people and variables, with its sensitivity option at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from b12sarc.design import Domain
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import usable_terms
from b12sarc.options import View, same_values
from b12sarc.sample import Sample
from b12sarc.spec import Term
from b12sarc.specification import Specification


@dataclass(frozen=True, eq=False)
class Asked:
    """A model with its option at work.

    Attributes:
        sample: as the option sees it.
        spec: the model, with the exposure and the outcome that the option puts in place.
        terms: covariates.
        left_out: covariates that are the exposure or the outcome, in words.
        weighted: the domain, weighted for what was measured.
        mask: over all rows of the survey, the people in whom everything is known.
    """

    sample: Sample
    spec: Specification
    terms: tuple[Term, ...]
    left_out: tuple[str, ...]
    weighted: Domain
    mask: np.ndarray

    @property
    def needed(self) -> tuple[str, ...]:
        """Outcome, exposure and covariates."""
        return (self.spec.outcome, self.spec.exposure, *(term.var for term in self.terms))

    def people(self) -> Domain:
        """Return the people of the model, those of small levels of the exposure included."""
        return self.weighted.restrict(self.mask)


class Asker:
    """Finds the people and variables of one model after another; what they have in common is set up once.

    Attributes:
        subgroups: mask over all rows of the survey of each subgroup that the cohort has.
    """

    def __init__(self, sample: Sample):
        self.sample = sample
        names = sample.project.analysis.models.subgroups
        self.subgroups = {
            label: mask
            for name in names
            if missing_subgroup(sample, name) is None
            for label, mask in sample.subgroups(name).items()
        }
        self._view: Callable[[str], View] = lru_cache(maxsize=None)(lambda option: View.of(sample, option))

    def asked(self, spec: Specification) -> Asked:
        """Find the people and the variables of a model.

        Raises:
            DoesNotApplyError: its option has nothing to change in it, or asks for what is not there.
            NotEstimableError: the cohort lacks something that the model needs.
        """
        view = self._view(spec.option)
        main = self.sample.project.analysis.terms(spec.adjustment)
        if spec.option:
            of_main, _ = usable_terms(main, spec.exposure, spec.outcome)
            view.check(spec.outcome, (spec.exposure, *(t.var for t in of_main)))
            spec = replace(spec, outcome=view.name(spec.outcome), exposure=view.name(spec.exposure))
        terms, left_out = usable_terms(view.terms(main), spec.exposure, spec.outcome)
        needed = (spec.outcome, spec.exposure, *(t.var for t in terms))
        _refuse_lacking(view.sample, spec, needed)
        weighted = view.sample.domain_for((*needed, *view.chosen_by()))
        mask = view.sample.known(needed) & self.subgroups[spec.subgroup]
        mask = mask if view.keep is None else mask & view.keep
        return Asked(view.sample, spec, terms, left_out, weighted, mask)

    def changes_nobody(self, spec: Specification) -> bool:
        """Whether the option of a model leaves it as it is: the same people, with the same values.

        Raises:
            DoesNotApplyError: the option does not apply.
            NotEstimableError: one of the two models cannot be asked at all.
        """
        asked, main = self.asked(spec), self.asked(replace(spec, option=""))
        rows = main.people().rows
        if asked.weighted is not main.weighted or not np.array_equal(asked.people().rows, rows):
            return False
        return same_values(self._view(spec.option), self.sample, main.needed, rows)

    def dropped(self, spec: Specification) -> tuple[int, int]:
        """How many people of the main model the rule of its option drops, and of how many it is unknown.

        Those of whom it is unknown are among the first number.
        """
        view = self._view(spec.option)
        if view.keep is None or view.unknown is None:
            return 0, 0
        people = self.asked(replace(spec, option="")).people()
        return people.n - int(people.take(view.keep).sum()), int(people.take(view.unknown).sum())


def missing_subgroup(sample: Sample, name: str) -> str | None:
    """Why the cohort does not have a subgroup, if it does not."""
    variable = sample.project.analysis.describe.subgroups[name].var
    return None if variable is None or sample.has(variable) else sample.why_not(variable)


def _refuse_lacking(sample: Sample, spec: Specification, needed: tuple[str, ...]) -> None:
    """Refuse a model that the cohort has not the variables for, or that would say nothing."""
    lacking = [sample.why_not(name) for name in needed if not sample.has(name)]
    lacking += [why] if (why := missing_subgroup(sample, spec.subgroup.partition("=")[0])) else []
    if shared := sample.project.measured_in_both(spec.exposure, spec.outcome):
        lacking.append(f"exposure and outcome are made of the same measurement ({', '.join(shared)})")
    if sample.quantity(spec.outcome).kind == "categorical":
        lacking.append("a categorical variable cannot be an outcome")
    if lacking:
        raise NotEstimableError("; ".join(lacking))

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
from b12sarc.rules import evaluate
from b12sarc.sample import Sample
from b12sarc.spec import MULTIPLY_IMPUTED, Term
from b12sarc.specification import Specification


@dataclass(frozen=True, eq=False)
class Asked:
    """A model with its option at work.

    Attributes:
        sample: as the option sees it.
        spec: the model, with the exposure and the outcome that the option puts in place.
        terms: covariates.
        left_out: covariates that are the exposure or the outcome, or that the cohort cannot have, in words.
        weighted: the domain, weighted for what was measured.
        mask: over all rows of the survey, the people in whom everything is known.
        by_draw: what else decides who is in it, where that is imputed: from a completed sample to a mask over
            all rows of the survey.
    """

    sample: Sample
    spec: Specification
    terms: tuple[Term, ...]
    left_out: tuple[str, ...]
    weighted: Domain
    mask: np.ndarray
    by_draw: tuple[Callable[[Sample], np.ndarray], ...] = ()

    @property
    def varies(self) -> bool:
        """Whether other people are in it in another imputation."""
        return bool(self.by_draw)

    def mask_in(self, sample: Sample) -> np.ndarray:
        """Return the people in it, over all rows of the survey, as one imputation completes the sample."""
        return np.logical_and.reduce([self.mask, *(of(sample) for of in self.by_draw)])

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

    def __init__(
        self,
        sample: Sample,
        completed: Sample | None = None,
        subgroups: tuple[str, ...] | None = None,
    ):
        """Set up what models share.

        Args:
            sample: the cohort.
            completed: the same with its gaps filled, for models that rest on imputations; None: these are
                refused.
            subgroups: names of describe.subgroups; None: those of models.
        """
        self.sample = sample
        names = sample.project.analysis.models.subgroups if subgroups is None else subgroups
        self.subgroups = {
            label: mask
            for name in names
            if missing_subgroup(sample, name) is None
            for label, mask in sample.subgroups(name).items()
        }
        self._view: Callable[[str, Sample], View] = lru_cache(maxsize=None)(
            lambda option, whole: View.of(whole, option)
        )
        self._completed = completed
        self._subgroup = lru_cache(maxsize=256)(Sample.subgroup)
        self._kept = lru_cache(maxsize=256)(_kept)

    def asked(self, spec: Specification) -> Asked:
        """Find the people and the variables of a model.

        Raises:
            DoesNotApplyError: its option has nothing to change in it, or asks for what is not there.
            NotEstimableError: the cohort lacks something that the model needs.
        """
        whole = self._whole(spec.missing)
        view = self._view(spec.option, whole)
        main = self.sample.project.analysis.terms(spec.adjustment)
        if spec.option:
            of_main, _ = usable_terms(whole, main, spec.exposure, spec.outcome)
            view.check(spec.outcome, (spec.exposure, *(t.var for t in of_main)))
            spec = replace(spec, outcome=view.name(spec.outcome), exposure=view.name(spec.exposure))
        terms, left_out = usable_terms(view.sample, view.terms(main), spec.exposure, spec.outcome)
        needed = (spec.outcome, spec.exposure, *(t.var for t in terms))
        _refuse_lacking(view.sample, spec, needed)
        weighted = view.sample.domain_for((*needed, *view.chosen_by()))
        mask, by_draw = view.sample.known(needed), self._by_draw(view, spec)
        if not any(map(view.sample.is_imputed, _variables_of_subgroup(whole, spec.subgroup))):
            mask = mask & self.subgroups[spec.subgroup]
        if view.keep is not None and not any(map(view.sample.is_imputed, view.chosen_by())):
            mask = mask & view.keep
        return Asked(view.sample, spec, terms, left_out, weighted, mask, by_draw)

    @property
    def fills(self) -> bool:
        """Whether there is a sample with its gaps filled."""
        return self._completed is not None

    def _whole(self, missing: str) -> Sample:
        """The sample with its gaps, or with its gaps filled."""
        if missing not in MULTIPLY_IMPUTED:
            return self.sample
        if self._completed is None:
            raise NotEstimableError(f"{missing}: gaps are not filled in this analysis")
        return self._completed

    def _by_draw(self, view: View, spec: Specification) -> tuple[Callable[[Sample], np.ndarray], ...]:
        """Who is in a subgroup, or kept by an option, where that rests on imputed values."""
        found: list[Callable[[Sample], np.ndarray]] = []
        if any(map(view.sample.is_imputed, _variables_of_subgroup(view.sample, spec.subgroup))):
            found.append(lambda drawn: self._subgroup(drawn, spec.subgroup))
        if any(map(view.sample.is_imputed, view.chosen_by())):
            found.append(lambda drawn: self._kept(drawn, spec.option))
        return tuple(found)

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
        return same_values(self._view(spec.option, self.sample), self.sample, main.needed, rows)

    def dropped(self, spec: Specification) -> tuple[int, int]:
        """How many people of the main model the rule of its option drops, and of how many it is unknown.

        Those of whom it is unknown are among the first number.
        """
        view = self._view(spec.option, self.sample)
        if view.keep is None or view.unknown is None:
            return 0, 0
        people = self.asked(replace(spec, option="")).people()
        return people.n - int(people.take(view.keep).sum()), int(people.take(view.unknown).sum())


def missing_subgroup(sample: Sample, name: str) -> str | None:
    """Why the cohort does not have a subgroup, if it does not."""
    variable = sample.project.analysis.describe.subgroups[name].var
    return None if variable is None or sample.has(variable) else sample.why_not(variable)


def _variables_of_subgroup(sample: Sample, label: str) -> tuple[str, ...]:
    variable = sample.project.analysis.describe.subgroups[label.partition("=")[0]].var
    return () if variable is None else (variable,)


def _kept(drawn: Sample, option: str) -> np.ndarray:
    """Who is kept by an option whose rule rests on imputed values, in one completed data set."""
    sensitivity = drawn.project.analysis.sensitivity
    rule = None if sensitivity is None else sensitivity.options[option].keep
    if rule is None:
        return np.ones(len(drawn.frame), dtype=bool)
    columns = {name: drawn.series(name) for name in rule.variables()}
    return evaluate(rule, columns).fillna(False).to_numpy(bool)


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

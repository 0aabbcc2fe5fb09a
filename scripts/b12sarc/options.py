"""A sensitivity option at work: the sample, people and names that it puts in place of the main ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from b12sarc.as_measured import sample_as_measured
from b12sarc.inference import NotEstimableError
from b12sarc.rules import evaluate
from b12sarc.sample import Sample
from b12sarc.spec import Option, Rule, Term
from b12sarc.spec.availability import untellable


class DoesNotApplyError(NotEstimableError):
    """An option has nothing to change in a model, or the cohort lacks what the option asks for."""


@dataclass(frozen=True, eq=False)
class View:
    """The sample as an option sees it. Build it with :meth:`of`.

    Attributes:
        sample: the sample, with the values of the option where it has others.
        option: what is changed; None in the main analysis.
        keep: over all rows of the survey, who is kept; None: everybody.
        unknown: over all rows of the survey, who is dropped because the rule is unknown; None: no rule.
        why_not: why the cohort cannot tell who is kept; empty: it can.
        changed: variables and definitions that have other values than in the main analysis.
    """

    sample: Sample
    option: Option | None = None
    keep: np.ndarray | None = None
    unknown: np.ndarray | None = None
    why_not: str = ""
    changed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sample: Sample, name: str) -> View:
        """Return the view of an option of ``sensitivity.options``; an empty name is the main analysis."""
        if not name:
            return cls(sample)
        chosen = sample.project.analysis.sensitivity
        if chosen is None:
            raise ValueError(f"the configuration has no sensitivity options: {name}")
        option = chosen.options[name]
        changed: frozenset[str] = frozenset()
        if option.as_measured:
            if sample.filled:
                return cls(sample, option, why_not="values as measured are analysed in complete cases only")
            sample, changed = sample_as_measured(sample)
        if option.keep is None:
            return cls(sample, option, changed=changed)
        if lacking := _cannot_tell(sample, option.keep):
            return cls(sample, option, why_not=lacking, changed=changed)
        holds = evaluate(option.keep, sample.frame)
        keep = holds.fillna(False).to_numpy(bool)
        return cls(sample, option, keep, holds.isna().to_numpy(bool), changed=changed)

    @property
    def replaced(self) -> Mapping[str, str]:
        """What stands in the place of what."""
        return {} if self.option is None else self.option.replace

    def name(self, main: str) -> str:
        """Return what stands in the place of an exposure or outcome."""
        return self.replaced.get(main, main)

    def terms(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        """Return covariates with those of the option in place, and without those that it leaves out."""
        out = () if self.option is None else self.option.without
        return tuple(t.model_copy(update={"var": self.name(t.var)}) for t in terms if t.var not in out)

    def chosen_by(self) -> tuple[str, ...]:
        """Return the variables by which people are kept."""
        keep = None if self.option is None else self.option.keep
        return () if keep is None else tuple(sorted(keep.variables()))

    def check(self, outcome: str, others: Iterable[str]) -> None:
        """Refuse a model of the main analysis that the option does not change.

        Args:
            outcome: of the main model.
            others: its exposure and covariates.

        Raises:
            DoesNotApplyError: with the reason.
        """
        if self.option is None:
            return
        if self.why_not:
            raise DoesNotApplyError(self.why_not)
        option, others = self.option, tuple(others)
        names = (outcome, *others)
        if option.outcomes and outcome not in option.outcomes:
            raise DoesNotApplyError(f"not about {outcome}")
        here = [name for name in names if name in option.replace]
        lacking = [self.sample.why_not(new) for n in here if not self.sample.has(new := option.replace[n])]
        if lacking:
            raise DoesNotApplyError("; ".join(lacking))
        left_out = set(others) & set(option.without)
        if option.keep is None and not here and not left_out and not set(names) & self.changed:
            raise DoesNotApplyError(self._nothing_to_change())

    def _nothing_to_change(self) -> str:
        option = self.option
        if option is None or (option.as_measured and not (option.replace or option.without)):
            return "nothing in this model was brought to the scale of another laboratory method"
        return f"nothing of this is in the model: {', '.join((*option.replace, *option.without))}"


def same_values(view: View, main: Sample, names: Iterable[str], rows: np.ndarray) -> bool:
    """Whether everything that a model is made of has, among ``rows``, the values that it has in the main one.

    Args:
        view: of the option.
        main: the sample of the main analysis.
        names: exposure, outcome and covariates of the main model.
        rows: positions in the survey, of the people of both models.
    """
    out = () if view.option is None else view.option.without
    if any(name in out for name in names):
        return False
    pairs = [(view.name(name), name) for name in names if view.name(name) != name or name in view.changed]
    return all(
        not view.sample.is_imputed(new)
        and not main.is_imputed(old)
        and np.array_equal(view.sample.values(new)[rows], main.values(old)[rows], equal_nan=True)
        for new, old in pairs
    )


def _cannot_tell(sample: Sample, rule: Rule) -> str:
    """Return why a cohort cannot tell in whom a rule holds; nothing if it can."""
    names = sorted(rule.variables())
    lacking = [sample.why_not(name) for name in names if name not in sample.frame.columns]
    return "; ".join(lacking) or untellable(rule, sample.project.cohorts[sample.cohort]) or ""

"""One cohort as the estimators see it: the domain in its design, and each variable as a column of floats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from b12sarc.design import Domain, SurveyDesign
from b12sarc.frames import DOMAIN, FrameMeta
from b12sarc.inference import NotEstimableError
from b12sarc.spec import CYCLE, Project, Quantity

ALL = "all"
YES_NO = {"false": "No", "true": "Yes"}


def _domain(frame: pd.DataFrame, meta: FrameMeta, project: Project, weight: str) -> Domain:
    spec = project.cohorts[meta.cohort].design
    design = SurveyDesign.from_arrays(
        frame[weight], frame["stratum"], frame["psu"], nest=spec.nested, single_psu=spec.single_psu
    )
    return design.domain(frame[DOMAIN].to_numpy(bool))


@dataclass(frozen=True, eq=False)
class Sample:
    """A cohort's analysis frame, ready to be estimated from. Build it with :meth:`of`.

    Attributes:
        cohort: id of the cohort.
        project: the configuration.
        frame: every row of the survey.
        meta: what the columns are, and why others are not there.
        domain: the rows that the estimates are about, in the whole design.
    """

    cohort: str
    project: Project
    frame: pd.DataFrame
    meta: FrameMeta
    domain: Domain
    _values: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _known: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _domains: dict[str, Domain] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, frame: pd.DataFrame, meta: FrameMeta, project: Project) -> Sample:
        """Set up the design once and take the domain out of it.

        Raises:
            B12SarcError: the design columns are not those of a survey.
        """
        return cls(meta.cohort, project, frame, meta, _domain(frame, meta, project, "weight"))

    def domain_for(self, names: Iterable[str]) -> Domain:
        """The domain, weighted for what was measured: by the weight of the subsample, where there is one.

        Raises:
            NotEstimableError: the variables were measured in different parts of the sample, and no weight
                stands for those who are in all of them.
        """
        infos = [self.meta.columns[name] for name in names if name in self.meta.columns]
        parts = sorted({part for info in infos for part in info.subsample.split()})
        if not parts:
            return self.domain
        if len(parts) > 1:
            raise NotEstimableError(f"measured in different parts of the sample ({', '.join(parts)})")
        if parts[0] not in self._domains:
            self._domains[parts[0]] = _domain(self.frame, self.meta, self.project, f"weight_{parts[0]}")
        return self._domains[parts[0]]

    def has(self, name: str) -> bool:
        """Whether the cohort has the variable or definition."""
        return name in self.frame.columns

    def why_not(self, name: str) -> str:
        """Why the cohort does not have it, in words."""
        info = self.meta.columns.get(name)
        if info is not None and info.imputed:
            return f"{name}: imputed, to be analysed imputation by imputation"
        return f"{name}: {self.meta.unavailable[name]}"

    def quantity(self, name: str) -> Quantity:
        """The configuration's view of a variable or definition."""
        return self.project.quantity(name)

    def levels(self, name: str) -> dict[str, str]:
        """Level -> label, in the order of :meth:`values`; of a binary variable false and true.

        Of the survey cycle only those that this cohort has: the configuration lists those of all cohorts.
        """
        quantity = self.quantity(name)
        if quantity.kind == "binary":
            return YES_NO
        if name == CYCLE:
            return {c: c for c in quantity.levels if c in self.frame[CYCLE].cat.categories}
        return quantity.levels

    def values(self, name: str) -> np.ndarray:
        """Floats over all rows of the survey: the number, 0/1, or the position of the level; NaN missing."""
        if name not in self._values:
            self._values[name] = self._as_floats(name)
        return self._values[name]

    def known(self, names: Iterable[str]) -> np.ndarray:
        """Booleans over all rows of the survey: every one of ``names`` is known."""
        mask = np.ones(len(self.frame), dtype=bool)
        for name in names:
            if name not in self._known:
                self._known[name] = ~np.isnan(self.values(name))
            mask &= self._known[name]
        return mask

    def subgroups(self, name: str) -> dict[str, np.ndarray]:
        """Masks over all rows of the survey of a configured subgroup: ``all``, or ``sex=male`` and so on.

        Levels without anybody in the domain are left out.
        """
        variable = self.project.analysis.describe.subgroups[name].var
        if variable is None:
            return {ALL: np.ones(len(self.frame), dtype=bool)}
        values = self.values(variable)
        masks = {f"{name}={level}": values == i for i, level in enumerate(self.levels(variable))}
        return {label: mask for label, mask in masks.items() if self.domain.take(mask).any()}

    def _as_floats(self, name: str) -> np.ndarray:
        column = self.frame[name]
        if self.quantity(name).kind != "categorical":
            return column.to_numpy(dtype=float, na_value=np.nan)
        position = {level: float(i) for i, level in enumerate(self.levels(name))}
        by_category = np.array([position[c] for c in column.cat.categories] + [np.nan])
        return by_category[column.cat.codes]

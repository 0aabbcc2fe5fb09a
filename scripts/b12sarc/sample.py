"""One cohort as the estimators see it: the domain in its design, and each variable as a column of floats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from b12sarc.design import Domain, ReplicateDesign, SurveyDesign
from b12sarc.frames import COMPLETED_KEY, DOMAIN, IMPUTATION, NEST, FrameMeta, replicate_column
from b12sarc.imputed import Completed, Imputed
from b12sarc.inference import NotEstimableError
from b12sarc.pooling import CompleteDataFit, Pooled
from b12sarc.spec import CYCLE, Design, Project, Quantity, Term
from b12sarc.spec.availability import terms_left_out

ALL = "all"
YES_NO = {"false": "No", "true": "Yes"}


def _domain(frame: pd.DataFrame, meta: FrameMeta, project: Project, weight: str) -> Domain:
    """Set up the design of a cohort, whatever its kind, and take the domain out of it."""
    spec = project.cohorts[meta.cohort].design
    design = _replicated(frame, spec, weight) or _linearised(frame, spec, weight)
    return design.domain(frame[DOMAIN].to_numpy(bool))


def _linearised(frame: pd.DataFrame, spec: Design, weight: str) -> SurveyDesign:
    """Set up strata, PSUs and weights, as far as there are any; cycles without strata are strata."""
    given = spec.columns()
    return SurveyDesign.from_arrays(
        frame[weight],
        frame["stratum" if "stratum" in given else CYCLE],
        frame["psu"] if "psu" in given else None,
        nest=spec.psus_nested(),
        single_psu=spec.single_psu_policy(),
    )


def _replicated(frame: pd.DataFrame, spec: Design, weight: str) -> ReplicateDesign | None:
    """Set up replicate weights; None: the design has none."""
    replicates = spec.replicate_weights()
    if replicates is None:
        return None
    return ReplicateDesign.from_arrays(
        frame[weight],
        frame[[replicate_column(n) for n in range(1, len(replicates.names()) + 1)]].to_numpy(float),
        scale=replicates.total_scale(),
        rscales=replicates.scales(),
        mse=replicates.mse,
        df=replicates.df,
    )


@dataclass(frozen=True, eq=False)
class Sample:
    """A cohort's analysis frame, ready to be estimated from. Build it with :meth:`of`.

    Attributes:
        cohort: id of the cohort.
        project: the configuration.
        frame: every row of the survey.
        meta: what the columns are, and why others are not there.
        domain: the rows that the estimates are about, in the whole design.
        imputed: the variables of which every person has several imputed values; None: there are none.
        filled: whether these are the project's own imputations (:meth:`completed_by`).
    """

    cohort: str
    project: Project
    frame: pd.DataFrame
    meta: FrameMeta
    domain: Domain
    imputed: Imputed | None = None
    filled: bool = False
    _draw: Completed = field(default_factory=dict, repr=False)
    _values: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _known: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _domains: dict[str, Domain] = field(default_factory=dict, repr=False)
    _quantities: dict[str, Quantity] = field(default_factory=dict, repr=False)
    _levels: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    _completed: dict[int, Sample] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, frame: pd.DataFrame, meta: FrameMeta, project: Project, imputed: pd.DataFrame | None = None
    ) -> Sample:
        """Set up the design once and take the domain out of it.

        Args:
            frame: every row of the survey.
            meta: what the columns are.
            project: the configuration.
            imputed: long frame of the columns that ``meta`` calls imputed; without it the sample does not
                have them.

        Raises:
            B12SarcError: the design columns are not those of a survey; a person without every imputation.
        """
        sample = cls(meta.cohort, project, frame, meta, _domain(frame, meta, project, "weight"))
        names = [name for name, info in meta.columns.items() if info.imputed]
        if imputed is None or not names:
            return sample
        return replace(sample, imputed=sample._arranged(imputed, names))

    def completed_by(self, completed: pd.DataFrame) -> Sample:
        """Return the sample with its gaps filled several times; as it is, if nothing had to be imputed.

        Args:
            completed: long frame (completed.parquet) of what had gaps and of what rests on it. Its columns
                take the place of those of ``frame`` and of ``imputed``.

        Raises:
            B12SarcError: a person without every imputation.
        """
        names = [str(name) for name in completed if name not in COMPLETED_KEY]
        if completed.empty or not names:
            return replace(self, filled=True)
        nests = completed.groupby(IMPUTATION)[NEST].first()
        imputed = self._arranged(completed, names, tuple(int(nest) for nest in nests))
        fresh: dict[str, Any] = {"_draw": {}, "_values": {}, "_known": {}, "_completed": {}}
        return replace(self, imputed=imputed, filled=True, **fresh)

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
        return name in self.frame.columns or self.is_imputed(name)

    def is_imputed(self, name: str) -> bool:
        """Whether every person has several imputed values of it: an estimate then needs :meth:`pool`."""
        return name in self.imputed_names()

    def imputed_names(self) -> tuple[str, ...]:
        """The variables and definitions that are imputed."""
        return () if self.imputed is None else self.imputed.names

    def pool(self, analyse: Callable[[Sample], CompleteDataFit]) -> Pooled:
        """Run ``analyse`` on the sample as each imputation completes it, and pool what it returns.

        Raises:
            NotEstimableError: one of the analyses cannot be done; the reason names the imputation.
            TypeError: nothing is imputed.
        """
        if self.imputed is None:
            raise TypeError("nothing is imputed: analyse the sample itself")
        return self.imputed.pool(lambda completed: analyse(self._as_completed(completed)))

    def why_not(self, name: str) -> str:
        """Why the cohort does not have it, in words."""
        info = self.meta.columns.get(name)
        if info is not None and info.imputed:
            return f"{name}: imputed, to be analysed imputation by imputation"
        return f"{name}: {self.meta.unavailable[name]}"

    def left_out(self, terms: Iterable[Term]) -> dict[str, str]:
        """Covariate -> why the cohort cannot have it, of terms that are used ``where_available`` only."""
        optional = (term for term in terms if term.where_available and not self.has(term.var))
        return terms_left_out(self.project, self.cohort, optional)

    def quantity(self, name: str) -> Quantity:
        """The configuration's view of a variable or definition."""
        if name not in self._quantities:
            self._quantities[name] = self.project.quantity(name)
        return self._quantities[name]

    def levels(self, name: str) -> dict[str, str]:
        """Level -> label, in the order of :meth:`values`; of a binary variable false and true.

        Of the survey cycle only those that this cohort has: the configuration lists those of all cohorts.
        """
        if name not in self._levels:
            quantity = self.quantity(name)
            levels = YES_NO if quantity.kind == "binary" else quantity.levels
            if name == CYCLE:
                held = set(self.frame[CYCLE].cat.categories)
                levels = {cycle: cycle for cycle in levels if cycle in held}
            self._levels[name] = levels
        return self._levels[name]

    def values(self, name: str) -> np.ndarray:
        """Floats over all rows of the survey: the number, 0/1, or the position of the level; NaN missing.

        Raises:
            TypeError: it is imputed; only the samples that :meth:`pool` hands out have values of it.
        """
        if self.is_imputed(name):
            if name not in self._draw:
                raise TypeError(f"{name} is imputed: analyse each imputation, then pool (Sample.pool)")
            return self._draw[name]
        if name not in self._values:
            self._values[name] = self.as_floats(name, self.frame[name])
        return self._values[name]

    def known(self, names: Iterable[str]) -> np.ndarray:
        """Booleans over all rows of the survey: every one of ``names`` is known, in every imputation."""
        mask = np.ones(len(self.frame), dtype=bool)
        for name in names:
            if name not in self._known:
                self._known[name] = self._is_known(name)
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

    def series(self, name: str) -> pd.Series:
        """Return the values of a variable as the frame would hold them: numbers, booleans or categories."""
        quantity, values = self.quantity(name), self.values(name)
        if quantity.kind == "continuous":
            return pd.Series(values, self.frame.index)
        if quantity.kind == "binary":
            return pd.Series(values, self.frame.index).astype("boolean")
        codes = np.where(np.isnan(values), -1, values).astype(int)
        return pd.Series(pd.Categorical.from_codes(codes, list(self.levels(name))), self.frame.index)

    def subgroup(self, label: str) -> np.ndarray:
        """Mask of one subgroup of :meth:`subgroups`; nobody, if this sample has nobody of its level."""
        return self.subgroups(label.partition("=")[0]).get(label, np.zeros(len(self.frame), dtype=bool))

    def _as_completed(self, completed: Completed) -> Sample:
        """The sample as one imputation completes it: the same object each time, to be kept by others."""
        if id(completed) not in self._completed:
            self._completed[id(completed)] = replace(self, _draw=completed)
        return self._completed[id(completed)]

    def _is_known(self, name: str) -> np.ndarray:
        if self.imputed is not None and name in self.imputed.names:
            return self.imputed.known(name)
        return ~np.isnan(self.values(name))

    def _arranged(self, long: pd.DataFrame, names: list[str], nest: tuple[int, ...] = ()) -> Imputed:
        """Arrange the long frame of the imputed variables along the rows of the survey."""
        return Imputed.from_long(
            self.frame["person_id"].to_numpy(),
            long["person_id"].to_numpy(),
            long[IMPUTATION].to_numpy(),
            {name: self.as_floats(name, long[name]) for name in names},
            m=int(long[IMPUTATION].nunique()),
            where=f"cohort {self.cohort}: imputed variables",
            nest=nest,
        )

    def as_floats(self, name: str, column: pd.Series) -> np.ndarray:
        """Return other values of a quantity, in the form of :meth:`values`."""
        if self.quantity(name).kind != "categorical":
            return column.to_numpy(dtype=float, na_value=np.nan)
        position = {level: float(i) for i, level in enumerate(self.levels(name))}
        by_category = np.array([position[c] for c in column.cat.categories] + [np.nan])
        return by_category[column.cat.codes]

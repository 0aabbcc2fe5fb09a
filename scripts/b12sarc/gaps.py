"""Which gaps of a cohort are filled, and from what: the variables of its chains, block by block of cycles.

A block is the cycles that measured the same variables. What a cycle did not measure is not missing there but
absent, so blocks are imputed apart; a cohort whose cycles measured the same has one block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.chains import Column
from b12sarc.frames import DOMAIN, FrameMeta
from b12sarc.sample import Sample
from b12sarc.spec import CYCLE, Imputation, Project

MIN_PER_EFFECT = 5
"""People a PSU (or stratum) must have on average in a block to have an effect of its own."""


@dataclass(frozen=True, eq=False)
class Gap:
    """A variable whose gaps are filled in a block.

    Attributes:
        name: variable, or definition that is imputed as it is.
        rows: positions of the gaps among the rows of the block.
        values: sorted values that somebody has, shape (k,).
        scaled: the same on the scale of the chain.
    """

    name: str
    rows: np.ndarray
    values: np.ndarray
    scaled: np.ndarray

    def unscaled(self, imputed: np.ndarray) -> np.ndarray:
        """Return imputed values as somebody has them, to the last digit."""
        return self.values[np.searchsorted(self.scaled, imputed)]


@dataclass(frozen=True, eq=False)
class Block:
    """What a chain needs of the people of some cycles.

    Attributes:
        cycles: the cycles.
        rows: positions of its people in the survey, shape (n,).
        columns: variables of the chain.
        gaps: those of them that have gaps.
        fixed: other predictors, shape (n, q).
        groups: number of the design effect of each, shape (n,).
    """

    cycles: tuple[str, ...]
    rows: np.ndarray
    columns: dict[str, Column]
    gaps: tuple[Gap, ...]
    fixed: np.ndarray
    groups: np.ndarray


def wanted(project: Project, imputation: Imputation) -> tuple[str, ...]:
    """Return the variables behind every model, and the auxiliary ones, in the order of the dictionary.

    Definitions come last, if they are imputed whole. What is taken together with another is not among them.
    """
    analysis = project.analysis
    names = {*analysis.models.exposures, *analysis.models.outcomes, *imputation.auxiliary}
    names |= {term.var for chosen in analysis.models.adjustments for term in analysis.terms(chosen)}
    found = set().union(*(_parts(project, name, imputation) for name in names)) - {CYCLE}
    found -= {name for others in imputation.together.values() for name in others} - set(imputation.together)
    order = (*project.dictionary.variables, *project.definitions.definitions)
    return tuple(name for name in order if name in found)


def _parts(project: Project, name: str, imputation: Imputation) -> set[str]:
    definition = project.definitions.definitions.get(name)
    if definition is None or name in imputation.whole:
        return {name}
    return set().union(*(_parts(project, part, imputation) for part in definition.variables()))


def blocks(sample: Sample, imputation: Imputation) -> Iterator[Block]:
    """Yield the blocks of a cohort that have gaps to fill.

    Args:
        sample: the cohort, before anything is filled.
        imputation: what is filled, and how.
    """
    frame, project = sample.frame, sample.project
    names = [n for n in wanted(project, imputation) if n in frame.columns]
    domain = frame[frame[DOMAIN]]
    known = domain[names].notna().groupby(domain[CYCLE], observed=True).any()
    measured = {str(cycle): tuple(n for n in names if row[n]) for cycle, row in known.iterrows()}
    for chosen in dict.fromkeys(measured.values()):
        cycles = tuple(cycle for cycle, those in measured.items() if those == chosen)
        rows = np.flatnonzero((frame[DOMAIN] & frame[CYCLE].isin(cycles)).to_numpy(bool))
        block = _block(sample, imputation, cycles, rows, chosen)
        if block.gaps:
            yield block


def _block(
    sample: Sample, imputation: Imputation, cycles: tuple[str, ...], rows: np.ndarray, names: Iterable[str]
) -> Block:
    columns: dict[str, Column] = {}
    gaps, fixed = [], [design_columns(sample, imputation, rows)]
    for name in names:
        values = sample.values(name)[rows]
        scaled = np.log(values) if name in imputation.log else values
        missing = np.flatnonzero(np.isnan(values))
        if len(missing) and stays(name, sample.meta, imputation):
            fixed.append(with_indicator(scaled))
            continue
        quantity = sample.quantity(name)
        columns[name] = Column(scaled, len(sample.levels(name)) if quantity.kind == "categorical" else 0)
        if len(missing):
            known, first = np.unique(scaled[~np.isnan(scaled)], return_index=True)
            gaps.append(Gap(name, missing, values[~np.isnan(values)][first], known))
    groups = design_groups(sample, imputation, rows)
    return Block(cycles, rows, columns, tuple(gaps), np.column_stack(fixed), groups)


def stays(name: str, meta: FrameMeta, imputation: Imputation) -> str:
    """Return why the gaps of a variable are left as they are; empty: they are filled."""
    subsample = meta.columns[name].subsample if name in meta.columns else ""
    if subsample:
        return f"measured in a part of the sample ({subsample})"
    return imputation.not_imputed.get(name, "")


def with_indicator(values: np.ndarray) -> np.ndarray:
    """Return two predictors of a variable whose gaps stay: its value, 0 where unknown, and if it is known.

    The values are standardised. The other variables keep their relation to it in those in whom it is known.
    """
    known = ~np.isnan(values)
    if not known.any():
        return np.empty((len(values), 0))
    z = (values - values[known].mean()) / (values[known].std() or 1.0)
    return np.column_stack([np.where(known, z, 0.0), known.astype(float) - known.mean()])


def design_columns(sample: Sample, imputation: Imputation, rows: np.ndarray) -> np.ndarray:
    """Return the log weight, standardised, shape (n, 1); nothing if the design is left out."""
    if imputation.design == "none":
        return np.empty((len(rows), 0))
    weight = np.log(sample.frame["weight"].to_numpy(float)[rows])
    return ((weight - weight.mean()) / (weight.std() or 1.0))[:, None]


def design_groups(sample: Sample, imputation: Imputation, rows: np.ndarray) -> np.ndarray:
    """Return the number of each person's PSU within stratum and cycle, which says all three.

    Where PSUs have too few people for that, the stratum, and where strata have, the cycle.
    """
    frame = sample.frame.iloc[rows]
    keys = {"psu": (CYCLE, "stratum", "psu"), "stratum": (CYCLE, "stratum"), "none": (CYCLE,)}
    for design in tuple(keys)[tuple(keys).index(imputation.design) :]:
        if not set(keys[design]) <= set(frame.columns):
            continue
        number = frame.groupby(list(keys[design]), observed=True, sort=True).ngroup().to_numpy()
        if len(rows) >= MIN_PER_EFFECT * (number.max() + 1):
            return number
    return np.zeros(len(rows), dtype=int)


def taken_together(
    sample: Sample, main: str, others: Iterable[str], rows: np.ndarray, imputed: np.ndarray
) -> Mapping[str, np.ndarray]:
    """Return the values of other variables of the same measurement that go with imputed values of one.

    They are those of the first person of the block that has the same value of ``main`` (the donor, or
    somebody whose measurement is the same), of the same cycle if there is one.

    Args:
        sample: the cohort.
        main: the variable that was imputed.
        others: the other variables.
        rows: positions of the block's people in the survey.
        imputed: ``main`` completed, shape (n,).
    """
    cycle = sample.frame[CYCLE].iloc[rows].astype(str).to_numpy()
    found = {}
    for name in others:
        if name not in sample.frame.columns:
            continue
        values = sample.values(name)[rows].copy()
        pairs = pd.DataFrame({"cycle": cycle, "main": sample.values(main)[rows], "value": values}).dropna()
        here = pairs.groupby(["cycle", "main"])["value"].first()
        anywhere = pairs.groupby("main")["value"].first()
        gaps = np.flatnonzero(np.isnan(values))
        asked = pd.MultiIndex.from_arrays([cycle[gaps], imputed[gaps]])
        values[gaps] = here.reindex(asked).fillna(
            pd.Series(anywhere.reindex(imputed[gaps]).to_numpy(), index=asked)
        )
        found[name] = values
    return found

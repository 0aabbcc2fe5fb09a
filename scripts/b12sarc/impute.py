"""Fill the gaps of a cohort m times, and make what rests on them anew in each completed data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from b12sarc.chains import Chain
from b12sarc.derive import Remaking
from b12sarc.errors import B12SarcError
from b12sarc.frames import COMPLETED_KEY, DOMAIN, IMPUTATION, IMPUTED_KEY, NEST, FrameMeta, no_completions
from b12sarc.gaps import Block, blocks, taken_together, with_indicator
from b12sarc.sample import Sample
from b12sarc.spec import Imputation, Project

CHAINS = ("cohort", "variable", "cycles", "imputation", "iteration", "mean", "sd")
"""Columns of the course of the chains."""

Columns = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Completed:
    """What was imputed.

    Attributes:
        frame: long, columns :data:`~b12sarc.frames.COMPLETED_KEY` and every variable that had gaps, every
            definition that rests on one, and what the data bring imputed; m rows a person of the domain.
        chains: columns :data:`CHAINS`: mean and SD of the imputed values of a variable, on the scale of the
            chain, after each iteration of each chain.
    """

    frame: pd.DataFrame
    chains: pd.DataFrame


def impute(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    imputed: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Completed:
    """Fill the gaps of every variable that models need, in the domain.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration; without ``imputation``, or ``mi`` in ``models.missing``, nothing is done.
        imputed: long frame of what the data bring imputed (DXA); every chain is run inside one of its
            imputations.
        progress: called with (chains done, chains in all).

    Raises:
        B12SarcError: m is no multiple of the imputations that the data bring.
    """
    imputation = project.analysis.imputation
    if imputation is None or "mi" not in project.analysis.models.missing or not frame[DOMAIN].any():
        return Completed(no_completions(), pd.DataFrame(columns=list(CHAINS)))
    sample = Sample.of(frame, meta, project)
    draws = _draws(frame, imputed)
    nests = _nests(imputation, tuple(draws), meta.cohort)
    found, course = _run(sample, imputation, nests, draws, progress)
    if not found[0]:
        return Completed(no_completions(), pd.DataFrame(columns=list(CHAINS)))
    remaking = Remaking.of(
        project, meta.cohort, meta, {*found[0], *_names(imputed, meta)}, kept=imputation.whole
    )
    people = np.flatnonzero(frame[DOMAIN].to_numpy(bool))
    base = {str(name): frame[name].iloc[people] for name in frame}
    parts = []
    for number, (nest, values) in enumerate(zip(nests, found, strict=True), start=1):
        replaced = {name: _typed(sample, name, column[people], base) for name, column in values.items()}
        replaced |= {name: column.iloc[people] for name, column in draws.get(nest, {}).items()}
        part = pd.DataFrame({"person_id": base["person_id"], **replaced, **remaking.make(base | replaced)})
        parts.append(part.assign(**{IMPUTATION: number, NEST: nest}))
    return Completed(_long(parts, frame.iloc[people]), course)


def _run(
    sample: Sample,
    imputation: Imputation,
    nests: tuple[int, ...],
    draws: Mapping[int, Mapping[str, pd.Series]],
    progress: Callable[[int, int], None] | None,
) -> tuple[list[Columns], pd.DataFrame]:
    """Run every chain of every block; return the completed columns of each imputation, and their course."""
    found: list[Columns] = [{} for _ in nests]
    course: list[pd.DataFrame] = []
    every = list(blocks(sample, imputation))
    for place, block in enumerate(every):
        for k, nest in enumerate(nests):
            beside = [with_indicator(c.to_numpy(float)[block.rows]) for c in draws.get(nest, {}).values()]
            seed = (sample.project.config.seed, crc32(sample.cohort.encode()), place, k)
            chain = Chain(
                block.columns,
                np.column_stack([block.fixed, *beside]),
                block.groups,
                donors=imputation.donors,
                rng=np.random.default_rng(seed),
            )
            course.append(
                _follow(chain, block, imputation.iterations).assign(cohort=sample.cohort, imputation=k + 1)
            )
            _keep(sample, imputation, block, chain, found[k])
            if progress is not None:
                progress(place * len(nests) + k + 1, len(every) * len(nests))
    table = pd.concat(course, ignore_index=True) if course else pd.DataFrame(columns=list(CHAINS))
    return found, table[list(CHAINS)]


def _follow(chain: Chain, block: Block, iterations: int) -> pd.DataFrame:
    """Run a chain and say where the imputed values are after each iteration."""
    rows = []
    for iteration in range(1, iterations + 1):
        chain.iterate()
        for gap in block.gaps:
            values = chain.imputed(gap.name)
            rows.append((gap.name, " ".join(block.cycles), iteration, values.mean(), values.std()))
    return pd.DataFrame(rows, columns=["variable", "cycles", "iteration", "mean", "sd"])


def _keep(sample: Sample, imputation: Imputation, block: Block, chain: Chain, found: Columns) -> None:
    """Put what a chain imputed into the completed columns of its imputation."""
    for gap in block.gaps:
        column = found.setdefault(gap.name, sample.values(gap.name).copy())
        column[block.rows[gap.rows]] = gap.unscaled(chain.imputed(gap.name))
        others = imputation.together.get(gap.name, ())
        together = taken_together(sample, gap.name, others, block.rows, column[block.rows])
        for name, values in together.items():
            found.setdefault(name, sample.values(name).copy())[block.rows] = values


def _draws(frame: pd.DataFrame, imputed: pd.DataFrame | None) -> dict[int, dict[str, pd.Series]]:
    """Return imputation of the data -> variable -> values over all rows of the survey."""
    if imputed is None or imputed.empty:
        return {}
    found = {}
    for number, draw in imputed.groupby(IMPUTATION, sort=True):
        here = draw.set_index("person_id").reindex(frame["person_id"])
        names = [name for name in here if name not in IMPUTED_KEY]
        found[int(str(number))] = {str(name): here[name].set_axis(frame.index) for name in names}
    return found


def _names(imputed: pd.DataFrame | None, meta: FrameMeta) -> set[str]:
    """Return what the data bring imputed."""
    if imputed is None or imputed.empty:
        return set()
    return {str(name) for name in imputed if name not in IMPUTED_KEY and name in meta.columns}


def _nests(imputation: Imputation, numbers: tuple[int, ...], cohort: str) -> tuple[int, ...]:
    """Return for each of m imputations which of those of the data it completes: as many in each."""
    if not numbers:
        return (1,) * imputation.m
    if imputation.m % len(numbers):
        raise B12SarcError.at(
            f"cohort {cohort}: imputation.m",
            f"{imputation.m} imputations cannot be shared out among {len(numbers)} that the data bring",
            f"write a multiple of {len(numbers)}",
        )
    return tuple(number for number in numbers for _ in range(imputation.m // len(numbers)))


def _typed(sample: Sample, name: str, values: np.ndarray, base: Mapping[str, pd.Series]) -> pd.Series:
    """Return floats as the frame holds the variable: numbers, booleans or categories."""
    old = base[name]
    if sample.quantity(name).kind == "binary":
        return pd.Series(values, old.index).astype("boolean")
    if sample.quantity(name).kind != "categorical":
        return pd.Series(values, old.index)
    levels = np.array([*sample.levels(name), None], dtype=object)
    words = levels[np.where(np.isnan(values), -1, values).astype(int)]
    return pd.Series(pd.Categorical(words, categories=old.cat.categories), old.index)


def _long(parts: list[pd.DataFrame], people: pd.DataFrame) -> pd.DataFrame:
    """Put the imputations under each other: what had no gap in anybody of the domain is left out."""
    long = pd.concat(parts, ignore_index=True)
    whole = [n for n in people if n in long and n not in COMPLETED_KEY and people[n].notna().all()]
    order = [*COMPLETED_KEY, *(name for name in long if name not in (*COMPLETED_KEY, *whole))]
    return long.sort_values([*IMPUTED_KEY], ignore_index=True)[order]


def imputations(completed: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the completed data sets of a long frame, one after another."""
    for _, part in completed.groupby(IMPUTATION, sort=True):
        yield part

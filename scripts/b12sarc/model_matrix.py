"""Structured terms to a design matrix: intercept, exposure, covariates, in treatment coding.

There are no formula strings: a model is an exposure and a list of :class:`~b12sarc.spec.Term`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from b12sarc.design import Domain
from b12sarc.errors import B12SarcError
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample
from b12sarc.spec import Term

INTERCEPT = "(Intercept)"
FEW = 30
"""People in a level of the exposure below which a note says so: their variance rests on too few PSUs."""


@dataclass(frozen=True)
class ExposureTerm:
    """A column of the exposure, and what the number that is reported of it means.

    Attributes:
        name: the exposure, with its level where it has levels (``b12_status[deficient]``).
        position: its column in the model matrix.
        contrast: the comparison in words.
        multiply: the multiple of the coefficient that says it (-1 turns "per doubling" into "per halving").
    """

    name: str
    position: int
    contrast: str
    multiply: float


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """A design matrix over the rows of a domain.

    Attributes:
        x: floats, shape (n, p): intercept, exposure, covariates.
        names: name of each column.
        exposure: the exposure's columns.
        notes: what was left out of the covariates, and why; levels of the exposure that few people have.
    """

    x: np.ndarray
    names: tuple[str, ...]
    exposure: tuple[ExposureTerm, ...]
    notes: tuple[str, ...]


def usable_terms(
    sample: Sample, terms: Iterable[Term], exposure: str, outcome: str
) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Leave out of the covariates the outcome, the exposure, and what the cohort states that it cannot have.

    The last only if the term says ``where_available``. Return the rest, and what was left out in words.
    """
    terms = tuple(terms)
    notes = [f"{t.var} is the outcome: not a covariate" for t in terms if t.var == outcome]
    notes += [f"{t.var} is the exposure: not a covariate" for t in terms if t.var == exposure]
    impossible = sample.left_out(terms)
    notes += [f"left out, as the cohort cannot have it: {reason}" for reason in impossible.values()]
    return tuple(t for t in terms if t.var not in (outcome, exposure, *impossible)), tuple(notes)


def set_small_levels_apart(
    sample: Sample, domain: Domain, exposure: str, *, counted_in: Sample | None = None
) -> tuple[Domain, dict[str, str]]:
    """Leave out the people in levels of a discrete exposure that too few have (``models.min_level_n``).

    A coefficient that rests on a handful of people has a variance that rests on fewer PSUs still, and its
    p-value means nothing; the group is described, not compared. Where gaps were imputed, people are counted
    who are known to have the level (``counted_in``, the sample with its gaps), so that every imputation
    compares the same levels.

    Returns:
        The domain without these people, and for each level set apart the reason.

    Raises:
        NotEstimableError: too few people have the reference level, or any other.
    """
    quantity = sample.quantity(exposure)
    if quantity.kind == "continuous" or domain.n == 0:
        return domain, {}
    levels, values = tuple(sample.levels(exposure)), sample.values(exposure)
    observed = counted_in is not None and not counted_in.is_imputed(exposure)
    counted = domain.take(counted_in.values(exposure) if counted_in and observed else values)
    people = np.bincount(counted[~np.isnan(counted)].astype(int), minlength=len(levels))
    least = sample.project.analysis.models.min_level_n
    small = {level: int(n) for level, n in zip(levels, people, strict=True) if n < least}
    name = exposure if quantity.kind == "binary" else f"{exposure}[{{}}]"
    reasons = {
        name.format(level): f"{name.format(level)}: {n} people; a level of fewer than {least} is not compared"
        for level, n in small.items()
    }
    if len(small) > len(levels) - 2 or quantity.reference in small:
        raise NotEstimableError("; ".join(reasons.values()))
    apart = np.isin(values, [levels.index(level) for level in small])
    return (domain.restrict(~apart) if small else domain), reasons


def model_matrix(sample: Sample, domain: Domain, exposure: str, terms: Iterable[Term]) -> ModelMatrix:
    """Build the design matrix of a model.

    Args:
        sample: where the columns come from.
        domain: the rows, complete in the exposure and in every term.
        exposure: continuous, binary or categorical; coded against its reference level. Levels that nobody
            in the domain has get no column.
        terms: covariates; one with a single level (or value) in the domain is left out with a note, and so
            is a level that nobody has. Without its reference, a covariate is coded against its first level.

    Raises:
        NotEstimableError: nobody in the domain, an exposure of one level, or nobody in its reference level.
        B12SarcError: a term whose form does not suit its variable.
    """
    if domain.n == 0:
        raise NotEstimableError("nobody with the exposure, the outcome and every covariate known")
    columns, exposure_terms = _exposure(sample, domain, exposure)
    notes = _few(columns)
    for term in terms:
        added, said = _covariate(sample, domain, term)
        columns |= added
        notes += said
    x = np.column_stack([np.ones(domain.n), *columns.values()])
    return ModelMatrix(x, (INTERCEPT, *columns), exposure_terms, tuple(notes))


def smallest_cell(matrix: ModelMatrix, y: np.ndarray, *, binary: bool) -> int:
    """Count the fewest people that the exposure's coefficients can be worked back to.

    Of a discrete exposure the people in each of its groups, of a binary outcome with and without it: a crude
    model tells these counts, whatever is printed beside it.

    Args:
        matrix: of the model.
        y: its outcome, shape (n,).
        binary: whether the outcome is 0/1.
    """
    columns = matrix.x[:, sorted({term.position for term in matrix.exposure})]
    groups = np.ones((len(y), 1))
    if np.isin(columns, (0, 1)).all():
        groups = np.column_stack([columns, 1 - columns.sum(axis=1)])
    counts = [groups.T @ y, groups.T @ (1 - y)] if binary else [groups.sum(axis=0)]
    return round(min(c.min() for c in counts))


def _exposure(
    sample: Sample, domain: Domain, name: str
) -> tuple[dict[str, np.ndarray], tuple[ExposureTerm, ...]]:
    """Columns of the exposure, and what they mean."""
    quantity, values = sample.quantity(name), domain.take(sample.values(name))
    if quantity.kind != "categorical":
        contrast = quantity.contrast
        if contrast is None:
            raise ValueError(f"{name} is not an exposure: it says no contrast")
        _refuse_one_value(name, values)
        return {name: values}, (ExposureTerm(name, 1, contrast.text, contrast.multiply),)
    present, _ = _levels_present(sample, name, values)
    if quantity.reference not in present:
        raise NotEstimableError(
            f"{name}: nobody among {domain.n} has the reference level {quantity.reference}"
        )
    _refuse_one_value(name, values)
    coded = _treatment(name, values, present, quantity.reference)
    terms = tuple(
        ExposureTerm(f"{name}[{level}]", position, quantity.contrasts[level], 1.0)
        for position, level in enumerate((p for p in present if p != quantity.reference), start=1)
    )
    return coded, terms


def _few(columns: dict[str, np.ndarray]) -> list[str]:
    """Say which 0/1 columns of the exposure rest on few people."""
    people = {name: int(x.sum()) for name, x in columns.items() if np.isin(x, (0, 1)).all()}
    return [f"{name} rests on {n} people" for name, n in people.items() if n < FEW]


def _refuse_one_value(name: str, values: np.ndarray) -> None:
    if values.min() == values.max():
        raise NotEstimableError(f"the exposure {name} has one level among {len(values)} rows")


def _covariate(sample: Sample, domain: Domain, term: Term) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns of a covariate, and what was left out of them."""
    name, kind = term.var, sample.quantity(term.var).kind
    if (term.form, kind) in (("linear", "categorical"), ("categorical", "continuous")):
        raise B12SarcError.at(
            f"analysis configuration: covariate {name}",
            f"form '{term.form}' does not suit a {kind} variable",
            f"write form: {'categorical' if kind == 'categorical' else 'linear'}",
        )
    values = domain.take(sample.values(name))
    if values.min() == values.max():
        return {}, [f"{name} has one {'value' if kind == 'continuous' else 'level'} here: left out"]
    if kind != "categorical":
        return {name: values}, []
    present, absent = _levels_present(sample, name, values)
    notes = [f"{name}: nobody here has level {level}" for level in absent]
    reference = sample.quantity(name).reference
    if reference not in present:
        reference = next(iter(present))
        notes.append(f"{name}: coded against {reference}")
    return _treatment(name, values, present, reference), notes


def _levels_present(sample: Sample, name: str, values: np.ndarray) -> tuple[dict[str, int], list[str]]:
    """Position of each level that somebody has, and the levels that nobody has."""
    held = np.bincount(values.astype(int), minlength=len(sample.levels(name))) > 0
    present = {level: i for i, level in enumerate(sample.levels(name)) if held[i]}
    return present, [level for level in sample.levels(name) if level not in present]


def _treatment(
    name: str, values: np.ndarray, present: dict[str, int], reference: str
) -> dict[str, np.ndarray]:
    """Treatment coding: one 0/1 column for each level present except the reference."""
    return {
        f"{name}[{level}]": (values == position).astype(float)
        for level, position in present.items()
        if level != reference
    }

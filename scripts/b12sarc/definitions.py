"""The values of one definition, from the columns that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.eligibility import Reasons
from b12sarc.errors import B12SarcError
from b12sarc.formulas import FORMULAS
from b12sarc.frames import DOMAIN
from b12sarc.rules import Columns, evaluate
from b12sarc.spec import Component, Definition, Formula, Rule

_LOGARITHM: dict[str, Callable[[pd.Series], pd.Series]] = {"log2": np.log2, "ln": np.log}


@dataclass(frozen=True)
class Made:
    """Values of a definition, and what a reader should know of how they came about."""

    values: pd.Series
    note: str = ""


def make(definition: Definition, columns: Columns, reasons: Reasons, where: str) -> Made:
    """Return the values of a definition.

    binary: ``boolean``, NA where a missing value decides. categorical: the first level that holds; missing as
    soon as an earlier level is unknown, or if none holds. continuous: ``float64``.

    index: the mean of ``sign x (x - mean) / SD`` over the components that the cohort has, where all of them
    are known. ``mean = sum(w x) / sum(w)`` and ``SD = sqrt(sum(w (x - mean)^2) / sum(w))``, with ``w`` the
    combined weight and the sums over the rows of the domain in which every component is known.

    Args:
        definition: the definition.
        columns: every variable it reads; for an index also ``weight`` and ``in_domain``.
        reasons: what the cohort does not have; an index does without these components.
        where: cohort and definition, for messages.

    Raises:
        B12SarcError: a logarithm of a value that is not above 0; nobody to standardise an index over.
    """
    if definition.rule is not None:
        return Made(evaluate(definition.rule, columns))
    if definition.levels is not None:
        return Made(_first_level(definition.levels, columns))
    if definition.formula is not None:
        return Made(_by_formula(definition.formula, columns))
    if definition.value_of is not None:
        return Made(_transformed(definition.value_of.var, definition.value_of.transform, columns, where))
    has = tuple(c for c in definition.components or () if not reasons.get(c.var))
    return _index(has, columns, where)


def _index(components: tuple[Component, ...], columns: Columns, where: str) -> Made:
    values = pd.DataFrame(
        {i: _transformed(c.var, c.transform, columns, where) for i, c in enumerate(components)}
    )
    rows = columns[DOMAIN] & values.notna().all(axis=1)
    x, w = values[rows].to_numpy(), columns["weight"][rows].to_numpy()
    if len(w) < 2 or (np.ptp(x, axis=0) == 0).any():
        what = (
            f"cannot be standardised: {len(w)} persons in the domain have every component, or one is constant"
        )
        raise B12SarcError.at(where, what, "check its components, or take it out of the definitions")
    mean = w @ x / w.sum()
    sd = np.sqrt(w @ (x - mean) ** 2 / w.sum())
    signed = (values - mean) / sd * [c.sign for c in components]
    used = ", ".join(
        f"{c.transform} {c.var} (mean {m:.6g}, SD {s:.6g})"
        for c, m, s in zip(components, mean, sd, strict=True)
    )
    return Made(
        signed.mean(axis=1, skipna=False), f"standardised over {len(w)} persons of the domain: {used}"
    )


def _first_level(levels: Mapping[str, Rule], columns: Columns) -> pd.Series:
    answers = [evaluate(rule, columns) for rule in levels.values()]
    codes = pd.Series(-1, index=answers[0].index)
    undecided = codes.eq(-1)
    for code, holds in enumerate(answers):
        codes = codes.mask(undecided & holds.fillna(False), code)
        undecided &= ~holds.fillna(True).astype(bool)
    return pd.Series(pd.Categorical.from_codes(codes, list(levels)), index=codes.index)


def _by_formula(formula: Formula, columns: Columns) -> pd.Series:
    return FORMULAS[formula.name](**{argument: columns[var] for argument, var in formula.arguments.items()})


def _transformed(name: str, transform: str, columns: Columns, where: str) -> pd.Series:
    values = columns[name].astype("float64")
    if transform == "identity":
        return values
    not_above_0 = int((values <= 0).sum())
    if not_above_0:
        what = f"{transform} of {name}: {not_above_0} values are not above 0"
        raise B12SarcError.at(where, what, f"set plausible.min of {name} above 0 in the dictionary")
    return _LOGARITHM[transform](values)

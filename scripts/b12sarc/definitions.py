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
    are known. Mean and SD are weighted, over the rows of the domain in which the component is known:
    ``mean = sum(w x) / sum(w)`` and ``SD = sqrt(n / (n - 1) sum(w (x - mean)^2) / sum(w))``, with ``w`` the
    combined weight (R's ``svymean`` and ``svyvar``).

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
    scores, used = [], []
    for component in components:
        x = _transformed(component.var, component.transform, columns, where)
        mean, sd, n = _weighted_moments(x, columns, f"{where}: {component.var}")
        scores.append((x - mean) / sd * component.sign)
        used.append(f"{component.transform} {component.var} (mean {mean:.6g}, SD {sd:.6g}, {n} persons)")
    values = pd.concat(scores, axis=1).mean(axis=1, skipna=False)
    return Made(values, f"standardised over the domain: {', '.join(used)}")


def _weighted_moments(x: pd.Series, columns: Columns, where: str) -> tuple[float, float, int]:
    """Weighted mean and SD over the rows of the domain in which ``x`` is known, and how many they are."""
    rows = columns[DOMAIN] & x.notna()
    known, w = x[rows].to_numpy(), columns["weight"][rows].to_numpy()
    n = len(w)
    if n < 2 or np.ptp(known) == 0:
        what = f"cannot be standardised: known in {n} persons of the domain, or constant"
        raise B12SarcError.at(where, what, "take it out of the components of the index")
    mean = w @ known / w.sum()
    return mean, np.sqrt(n / (n - 1) * (w @ (known - mean) ** 2) / w.sum()), n


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

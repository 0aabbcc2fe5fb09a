"""Evaluate a condition on a frame, in three-valued (Kleene) logic."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeAlias

import pandas as pd

from b12sarc.spec import ByVariable, Rule

Columns: TypeAlias = pd.DataFrame | Mapping[str, pd.Series]
"""Columns of one frame by name; all share one index."""

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda values, among: values.isin(list(among)),
}


def evaluate(rule: Rule, columns: Columns) -> pd.Series:
    """Return for each row whether ``rule`` holds: True, False, or NA where a missing value decides.

    A comparison with a missing value is NA. ``all`` is False as soon as one part is False, ``any`` True as
    soon as one is True. Under ``by`` a row whose chooser is missing is known only where every category has a
    rule and all of them agree.

    Args:
        rule: the condition, already checked against the types of its variables.
        columns: continuous (float64), binary (``boolean``) and categorical columns that share one index.

    Returns:
        A ``boolean`` series with that index.
    """
    if rule.all is not None:
        return reduce(operator.and_, (evaluate(part, columns) for part in rule.all))
    if rule.any is not None:
        return reduce(operator.or_, (evaluate(part, columns) for part in rule.any))
    if rule.not_ is not None:
        return ~evaluate(rule.not_, columns)
    if rule.by is not None:
        return _by(rule.by, columns)
    return _compare(rule, columns)


def _compare(rule: Rule, columns: Columns) -> pd.Series:
    values = columns[str(rule.var)]
    holds = _COMPARE[str(rule.op)](values, rule.value)
    return holds.astype("boolean").mask(values.isna())


def _by(by: ByVariable, columns: Columns) -> pd.Series:
    chooser = columns[by.var]
    cases = {category: evaluate(case, columns) for category, case in by.cases.items()}
    result = pd.Series(pd.NA, index=chooser.index, dtype="boolean")
    if set(chooser.cat.categories) <= set(cases):
        every, some = reduce(operator.and_, cases.values()), reduce(operator.or_, cases.values())
        result = every.where(every.eq(some).fillna(False))
    for category in chooser.cat.categories:
        chosen = chooser.eq(category)
        result = result.mask(chosen, cases.get(category, pd.NA))
    return result

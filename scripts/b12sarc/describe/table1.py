"""The baseline table: characteristics of the people by exposure group, weighted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from b12sarc.describe.completed import difference_of, mean_of, share_of, tested
from b12sarc.describe.presentation import UNRELIABLE, flagged_mean, flagged_proportion
from b12sarc.design import Domain
from b12sarc.estimators import proportion
from b12sarc.estimators.proportions import MIN_N
from b12sarc.inference import NotEstimableError
from b12sarc.sample import ALL, Sample

TABLE1 = (
    *("cohort", "variable", "label", "unit", "level", "level_label"),
    *("by", "group", "group_label", "statistic"),
    *("n", "events", "n_weighted", "estimate", "se", "df", "conf_low", "conf_high", "flag"),
    *("smd", "p_value", "test", "note"),
)
"""Columns, in order."""

T = TypeVar("T")

PERSONS = "persons"
OVERALL = "Overall"


@dataclass(frozen=True, eq=False)
class _Groups:
    """The columns of the table.

    Attributes:
        domain: everybody whose group is known.
        position: group of each row of the survey, as a position in ``labels``; NaN unknown.
        labels: group -> label.
        reference: group that the others are compared with.
        by: the variable that makes the groups; ``""``: there are none.
    """

    domain: Domain
    position: np.ndarray
    labels: dict[str, str]
    reference: str
    by: str

    def masks(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """Id, label and mask of the whole and of each group."""
        yield ALL, OVERALL, ~np.isnan(self.position)
        for i, (group, label) in enumerate(self.labels.items()):
            yield group, label, self.position == i

    def mask(self, chosen: list[str]) -> np.ndarray:
        """Mask over all rows of the survey of several groups together."""
        return np.isin(self.position, [i for i, group in enumerate(self.labels) if group in chosen])

    def large(self, domain: Domain) -> tuple[list[str], list[str]]:
        """Groups with enough people in a domain to be compared, and what to say of the others."""
        people = {group: int(domain.take(mask).sum()) for group, _, mask in self.masks() if group != ALL}
        few = [f"{group} is not compared: {n} people" for group, n in people.items() if n < MIN_N]
        return [group for group, n in people.items() if n >= MIN_N], few


def table1(sample: Sample) -> pd.DataFrame:
    """Describe ``describe.table1.rows`` by the levels of ``describe.table1.by``.

    Long format: a row for each variable, level and group; pivot on ``group`` to print it.

    Returns:
        Columns :data:`TABLE1`.

        - ``by``: the first of ``table1.by`` that the cohort can answer; empty if it can answer none.
        - ``group``: ``all`` (the people of the domain whose group is known) first, then the levels of ``by``.
        - ``variable`` ``persons`` comes first: the share of the people in each group.
        - ``statistic``: ``mean`` of a continuous variable, or ``percent``: a *proportion* (0-1) with the
          interval of Korn and Graubard, for each level of a categorical variable and for "yes" of a binary
          one (``level`` empty).
        - ``n``: people of the group in whom the variable is known; ``events``: those with the level;
          ``n_weighted``: the population that these n stand for.
        - ``flag``: empty, or ``unreliable`` (NCHS would not show it), ``review`` or ``complement`` (1 - p is
          unreliable), with the rule after a colon.
        - ``smd``: absolute standardised difference from the reference group; on ``all``, the largest of them.
        - ``p_value``, ``test``: design-based, over the groups, the same on every row of a variable: Wald F of
          the means, or Rao-Scott F.
        - ``note``: groups that are not compared (fewer than 30 people: a variance from so few PSUs makes
          noise look certain), and why a test or a difference is not there.

        Of an imputed variable, numbers are pooled over the imputations, among people in whom every imputation
        is known; ``df`` is no whole number, ``smd`` the mean of the imputations', ``test`` ``D1``.
    """
    groups = _groups(sample, sample.domain)
    rows = _persons(sample, groups)
    for name in filter(sample.has, sample.project.analysis.describe.table1.rows):
        weighted = sample.domain_for([name])
        rows += _variable(sample, groups if weighted is sample.domain else _groups(sample, weighted), name)
    shared = {"cohort": sample.cohort, "by": groups.by}
    table = pd.DataFrame([{**shared, **row} for row in rows], columns=list(TABLE1))
    return table.astype({"n": "Int64", "events": "Int64", "df": "float64"})


def _groups(sample: Sample, weighted: Domain) -> _Groups:
    splits = sample.project.analysis.describe.table1.splits()
    by = next((name for name in splits if sample.has(name) and not sample.is_imputed(name)), "")
    if not by:
        return _Groups(weighted, np.zeros(len(sample.frame)), {}, "", "")
    labels, values = sample.levels(by), sample.values(by)
    domain = weighted.restrict(~np.isnan(values))
    return _Groups(domain, values, labels, sample.quantity(by).reference or next(iter(labels)), by)


def _persons(sample: Sample, groups: _Groups) -> list[dict[str, object]]:
    rows = []
    for group, label, mask in groups.masks():
        held = groups.domain.take(mask)
        numbers = _share(sample, groups.domain, held)
        if group == ALL:
            numbers = {
                "statistic": "percent",
                "n": groups.domain.n,
                "events": groups.domain.n,
                "estimate": 1.0,
            }
        words = {"variable": PERSONS, "label": "People", "group": group, "group_label": label}
        words |= {} if groups.by else {"note": _why_not_split(sample)}
        rows.append({**words, **numbers, "n_weighted": groups.domain.weights[held].sum()})
    return rows


def _why_not_split(sample: Sample) -> str:
    splits = sample.project.analysis.describe.table1.splits()
    return "; ".join(sample.why_not(name) for name in splits if not sample.has(name))


def _variable(sample: Sample, groups: _Groups, name: str) -> list[dict[str, object]]:
    quantity = sample.quantity(name)
    known = groups.domain.restrict(sample.known([name]))
    continuous = quantity.kind == "continuous"
    compared = _comparisons(sample, groups, known, name)
    levels = quantity.levels if quantity.kind == "categorical" else {"": ""}
    rows = []
    for position, (level, level_label) in enumerate(levels.items()):
        for group, group_label, mask in groups.masks():
            domain = known.restrict(mask)
            words = {"variable": name, "label": quantity.label, "unit": quantity.unit}
            words |= {"level": level, "level_label": level_label, "group": group, "group_label": group_label}
            wanted = position if quantity.kind == "categorical" else 1
            numbers = _mean(sample, name, domain) if continuous else _percent(sample, name, domain, wanted)
            rows.append({**words, **numbers, "n_weighted": domain.weights.sum(), **compared[group]})
    return rows


def _comparisons(sample: Sample, groups: _Groups, known: Domain, name: str) -> dict[str, dict[str, object]]:
    """For each group its standardised difference and the test over the groups, or why there is none."""
    continuous = sample.quantity(name).kind == "continuous"

    def compare(how: Callable[..., T], chosen: list[str]) -> tuple[T | None, str]:
        domain = known.restrict(groups.mask(chosen))
        return _tried(lambda: how(sample, name, domain, groups.position, continuous=continuous))

    large, notes = groups.large(known)
    if not groups.by:
        return {ALL: {"p_value": np.nan, "test": "", "note": "", "smd": np.nan}}
    test, reason = compare(tested, large)
    notes += [test.reason if test else reason]
    smd = dict.fromkeys(groups.labels, np.nan)
    for group in large if groups.reference in large else ():
        if group != groups.reference:
            found, reason = compare(difference_of, [group, groups.reference])
            smd[group] = np.nan if found is None else found
            notes += [f"{group}: {reason}"] if reason else []
    shared = {
        "p_value": test.p_value if test else np.nan,
        "test": "D1" if sample.is_imputed(name) else "Wald F" if continuous else "Rao-Scott F",
        "note": "; ".join(filter(None, notes)),
    }
    largest = max((d for d in smd.values() if not np.isnan(d)), default=np.nan)
    return {group: {**shared, "smd": d} for group, d in {ALL: largest, **smd}.items()}


def _tried(estimate: Callable[[], T]) -> tuple[T | None, str]:
    """The result and no reason, or no result and its reason."""
    try:
        return estimate(), ""
    except NotEstimableError as error:
        return None, error.reason


def _mean(sample: Sample, name: str, domain: Domain) -> dict[str, object]:
    found, reason = _tried(lambda: flagged_mean(mean_of(sample, name, domain)))
    return {"statistic": "mean", **(found or {"n": 0, "flag": f"{UNRELIABLE}: {reason}"})}


def _percent(sample: Sample, name: str, domain: Domain, wanted: int) -> dict[str, object]:
    found, reason = _tried(lambda: share_of(sample, name, domain, lambda values: values == wanted))
    numbers = flagged_proportion(found, UNRELIABLE) if found else {"n": 0, "flag": f"{UNRELIABLE}: {reason}"}
    return {"statistic": "percent", **numbers}


def _share(sample: Sample, domain: Domain, event: np.ndarray) -> dict[str, object]:
    level = sample.project.analysis.confidence_level
    found, reason = _tried(lambda: flagged_proportion(proportion(domain, event, level=level), UNRELIABLE))
    return {"statistic": "percent", **(found or {"n": 0, "flag": f"{UNRELIABLE}: {reason}"})}

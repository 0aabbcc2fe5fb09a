"""A result table as it may be shown: small cells hidden, hidden cells protected, the rest rounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Number

import numpy as np
import pandas as pd

from b12sarc.disclosure.cells import (
    DIGITS,
    protect_sum,
    rounded,
    significant,
    small,
    step_of_shares,
    step_of_sums,
    to_steps,
)
from b12sarc.disclosure.rules import SMALLEST_CELL, Sum, TableRule, rule_of
from b12sarc.disclosure.words import Vocabulary

FLAG = "flag"
DISCLOSURE = "disclosure"
"""Column that says why, and how much, is not shown in a row; empty: all is."""

FEW = "suppressed: fewer than {least} people"
VALUES = "withheld: values of single persons"
SECONDARY = "suppressed: it would give a cell of fewer than {least} people back"
UNSAID = "suppressed: not known on how many people it rests"


@dataclass(eq=False)
class _Table:
    """A table while it is being protected.

    Attributes:
        frame: the table.
        rule: what its columns are.
        least: the smallest count that may be shown.
        counts: count column -> its numbers, NaN where there is none.
        hidden: count column -> where it is hidden.
        primary: rows in which something is small in itself.
    """

    frame: pd.DataFrame
    rule: TableRule
    least: int
    counts: dict[str, np.ndarray]
    hidden: dict[str, np.ndarray]
    primary: np.ndarray

    @classmethod
    def of(cls, frame: pd.DataFrame, rule: TableRule, least: int) -> _Table:
        names = [name for name in (*rule.wholes, *rule.parts) if name in frame]
        counts = {name: _floats(frame[name]) for name in names}
        nothing = np.zeros(len(frame), dtype=bool)
        return cls(frame, rule, least, counts, {name: nothing.copy() for name in names}, nothing.copy())

    def hide_small(self) -> None:
        """Hide small wholes with all that is in their rows, and small parts and complements."""
        for name in self.counts:
            self.hidden[name] |= small(self.counts[name], self.least)
            whole = self.counts.get(self.rule.parts.get(name, ""))
            if whole is not None:
                left = small(whole - self.counts[name], self.least)
                self.hidden[name] |= left & ~self._given()
            self.primary |= self.hidden[name]

    def _given(self) -> np.ndarray:
        """Rows that are as they are by construction."""
        known = [self.frame[column] == value for column, value in self.rule.given.items()]
        return np.logical_and.reduce(known) if known else np.zeros(len(self.frame), dtype=bool)

    def protect(self) -> None:
        """Hide what would give a hidden cell back, until nothing changes."""
        before = -1
        while before != (before := sum(int(h.sum()) for h in self.hidden.values())):
            row = self.rows_hidden()
            for name in self.hidden:
                self.hidden[name] |= row
            self._in_row()
            for adds in self.rule.adds:
                self._over_rows(adds)

    def rows_hidden(self) -> np.ndarray:
        """Rows of which nothing is shown: one of their wholes is hidden."""
        found = np.zeros(len(self.frame), dtype=bool)
        for name in self.rule.wholes:
            found |= self.hidden.get(name, False)
        return found

    def _in_row(self) -> None:
        names = [name for name in self.rule.adds_up if name in self.counts]
        for i in range(len(self.frame)) if names else ():
            parts = np.array([self.counts[name][i] for name in names])
            held = np.array([self.hidden[name][i] for name in names])
            for name, hide in zip(names, protect_sum(parts, held, self.least), strict=True):
                self.hidden[name][i] |= hide

    def _over_rows(self, adds: Sum) -> None:
        if adds.over not in self.frame:
            return
        for cell in (cell for cell in adds.cells if cell in self.counts):
            for parts, total in self._families(adds):
                self._protect_family(cell, parts, self._total(adds, cell, parts, total))

    def _total(self, adds: Sum, cell: str, parts: np.ndarray, total: np.ndarray) -> float:
        """Return what the parts add up to, where the table says it."""
        if len(total):
            return float(self.counts[cell][total[0]])
        whole = self.counts.get(self.rule.parts.get(cell, "")) if adds.within_whole else None
        return float("nan") if whole is None else float(whole[parts[0]])

    def _protect_family(self, cell: str, parts: np.ndarray, total: float) -> None:
        counts, hidden = self.counts[cell][parts], self.hidden[cell][parts]
        unknown = ~np.isfinite(counts)
        if unknown.any() and np.isfinite(total):  # what others have left out is what the total leaves
            left = total - counts[~unknown].sum()
            counts, hidden = np.append(counts, left), np.append(hidden, small(np.array([left]), self.least))
        self.hidden[cell][parts] |= protect_sum(counts, hidden, self.least)[: len(parts)]

    def _families(self, adds: Sum) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the positions of rows that add up, and of the row of their total, if it is there."""
        labels = self.frame[adds.over].fillna("").astype(str)
        is_total = labels.isin(adds.totals).to_numpy()
        keys = [labels.str.partition(adds.mark)[0]] if adds.mark else [pd.Series("", index=labels.index)]
        others = [self.frame[c].fillna("").astype(str) for c in self._keys(adds.over)]
        whole = pd.Series(np.arange(len(labels)), index=labels.index)
        of_total: dict[tuple[str, ...], np.ndarray] = {}
        if is_total.any():
            of_total = dict(_groups(whole[is_total], [o[is_total] for o in others]))
        rest = ~is_total
        for key, at in _groups(whole[rest], [k[rest] for k in [*others, *keys]]):
            yield at, of_total.get(key[:-1], np.array([], dtype=int))

    def _keys(self, over: str) -> list[str]:
        """Return the columns of words that are the same in rows that add up."""
        said = {over, f"{over}_label", FLAG, DISCLOSURE, *self.rule.words}
        return [c for c in self.frame if c not in said and not _is_number(self.frame[c])]


def protect(table: str, frame: pd.DataFrame, least: int, vocabulary: Vocabulary) -> pd.DataFrame:
    """Return a table of one cohort as it may be shown.

    Args:
        table: name of its file, without ending.
        frame: the table, true.
        least: the smallest count that may be shown, and the base that others are rounded to.
        vocabulary: what may be said in words.

    Returns:
        The same rows and columns, in the same order, with :data:`DISCLOSURE`; hidden cells are empty.
    """
    rule = rule_of(table)
    working = _Table.of(frame.reset_index(drop=True), rule, least)
    working.hide_small()
    if table == "flow":
        _hide_flow(working)
    else:
        working.protect()
    return _shown(working, vocabulary).set_axis(frame.index)


def _hide_flow(working: _Table) -> None:
    """Hide steps of a flow: each is the difference of two rows.

    From a hidden step on, steps are hidden with what remains after them, until two or more together are as
    many as may be shown: then what remains is shown again.
    """
    excluded, remaining = working.counts["n_excluded"], working.counts["n_remaining"]
    working.hidden["n_excluded"] |= small(remaining, working.least)
    said = working.frame["description"].astype(str)
    structural = said.str.contains("(not applied: ", regex=False).to_numpy(copy=True)
    structural[:1] = True  # the first row excludes nobody
    working.hidden["n_excluded"] &= ~structural
    working.counts["n_excluded"][structural] = np.nan  # nobody, by construction: no cell, and no 0 either
    waiting: list[float] = []
    for i in range(len(excluded)):
        if structural[i]:
            working.hidden["n_remaining"][i] = bool(waiting)
            continue
        if waiting or working.hidden["n_excluded"][i]:
            working.hidden["n_excluded"][i] = True
            waiting.append(excluded[i])
            if len(waiting) < 2 or sum(waiting) < working.least:
                working.hidden["n_remaining"][i] = True
            else:
                waiting = []
    working.primary &= working.hidden["n_excluded"] | small(remaining, working.least)


def _shown(working: _Table, vocabulary: Vocabulary) -> pd.DataFrame:
    """Return the table without what is hidden, and with the rest rounded."""
    frame, rule = working.frame, working.rule
    unsaid, part = _resting(working)
    columns: dict[str, pd.Series] = {}
    lost, values_lost = np.zeros(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    cells = np.zeros(len(frame), dtype=int)
    for name in map(str, frame):
        column, known = frame[name], frame[name].notna().to_numpy()
        if name in rule.withheld:
            values_lost |= known
            cells += known
            columns[name] = column.iloc[:0].reindex(column.index)
        elif not _is_number(column):
            columns[name] = column if name == FLAG else _told(column, vocabulary, whole=name in rule.words)
        elif name in rule.keep or name == SMALLEST_CELL:
            columns[name] = column
        else:
            values, hide = _number(working, name, part)
            lost |= hide & known & (name not in rule.shared)
            cells += hide & known
            columns[name] = _typed(np.where(hide, np.nan, values), column)
    whys = (working.primary & lost, unsaid & lost, lost, values_lost)
    said = [why.format(least=working.least) for why in (FEW, UNSAID, SECONDARY, VALUES)]
    reasons = np.select(whys, said, "")
    done = pd.DataFrame(columns, index=frame.index, columns=list(frame))
    if FLAG in done:
        done[FLAG] = np.where(lost, reasons, done[FLAG].fillna(""))
    counted = [f"{why} [{n} cells]" if why else "" for why, n in zip(reasons, cells, strict=True)]
    return done.assign(**{DISCLOSURE: counted})


def _resting(working: _Table) -> tuple[np.ndarray, np.ndarray]:
    """Return rows that do not say what their numbers rest on, and rows whose numbers are hidden."""
    frame, rule = working.frame, working.rule
    hidden = [working.hidden[name] for name in rule.parts if name in working.hidden]
    part = np.logical_or.reduce([working.rows_hidden(), *hidden])
    if rule.rest == "counts":
        return np.zeros(len(frame), dtype=bool), part
    cell = _floats(frame[SMALLEST_CELL]) if SMALLEST_CELL in frame else np.full(len(frame), np.nan)
    working.primary |= small(cell, working.least)
    unsaid = ~np.isfinite(cell) & ~working.primary
    return unsaid, part | ~np.isfinite(cell) | small(cell, working.least)


def _number(working: _Table, name: str, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a column of numbers, rounded, and where it is hidden."""
    frame, rule, least = working.frame, working.rule, working.least
    values, row = _floats(frame[name]), working.rows_hidden()
    if name in working.counts:
        return rounded(working.counts[name], least), working.hidden[name]
    nothing = np.full(len(frame), np.nan)
    n = rounded(next((working.counts[w] for w in rule.wholes if w in working.counts), nothing), least)
    if name in rule.design:
        people = values + 1 >= n / 2  # as many as people: degrees of freedom of persons, not of clusters
        return np.where(people, rounded(values, least), values), row
    if name in rule.sums:  # of all, or of the part: the fewer they are, the coarser the step
        held = [c for c in (*rule.wholes, *rule.parts) if c in working.counts and rule.parts.get(c) != ""]
        fewest = rounded(np.fmin.reduce([working.counts[c] for c in held]), least)
        hidden = np.logical_or.reduce([row, *(working.hidden[c] for c in held)])
        return to_steps(values, step_of_sums(values, fewest, least)), hidden
    if name in rule.sizes:
        return rounded(values, least), part
    if name in rule.shared:
        part = pd.Series(part).groupby(frame[rule.shared[name]].to_numpy()).transform("any").to_numpy()
    shares = np.full(len(frame), name in rule.shares)
    if "statistic" in frame:
        shares &= (frame["statistic"] != "mean").to_numpy()
    digits = 2 if name == "se" and rule.shares else DIGITS
    return np.where(shares, _share(values, step_of_shares(n, least)), significant(values, digits)), part


def _share(values: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Round shares to their step, but never to 0 or 1 what is neither."""
    shown = to_steps(values, step)
    inside = (values > 0) & (values < 1) & (step < 0.5)
    return np.where(inside, np.clip(shown, step, 1 - step), shown)


def _told(column: pd.Series, vocabulary: Vocabulary, *, whole: bool) -> pd.Series:
    """Return a column of words without what they tell of data."""
    if pd.api.types.is_bool_dtype(column):
        return column
    told = {text: vocabulary.in_table(str(text), whole=whole) for text in column.dropna().unique()}
    return column.astype(object).map(told)


def _is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, also where words are among them."""
    if pd.api.types.is_bool_dtype(column):
        return False
    held = column.dropna() if column.dtype == object else ()
    return pd.api.types.is_numeric_dtype(column) or any(
        isinstance(value, Number) and not isinstance(value, bool | np.bool_) for value in held
    )


def _floats(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _typed(values: np.ndarray, before: pd.Series) -> pd.Series:
    """Return numbers in the type of a column, which can have missing values now."""
    if pd.api.types.is_integer_dtype(before):
        return pd.Series(values, index=before.index).astype("Int64")
    return pd.Series(values, index=before.index)


def _groups(at: pd.Series, keys: list[pd.Series]) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Yield each combination of keys with the values of ``at`` that have it."""
    if not keys:
        yield (), at.to_numpy()
        return
    for key, rows in at.groupby([k.to_numpy() for k in keys], sort=False):
        yield (key if isinstance(key, tuple) else (key,)), rows.to_numpy()

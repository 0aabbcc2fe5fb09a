"""Somebody who has all tables of a cohort and wants the small cells: linear bounds on every count of them.

Each count of each table is an unknown; the same count in two tables is the same unknown. What is printed
bounds it, and sums of parts are equations. A cell is found if the least and the greatest value that fit
everything are the same whole number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from b12sarc.disclosure.cells import step_of_shares

Name = tuple[str, ...]


class Attack:
    """Linear constraints on counts, gathered table by table."""

    def __init__(self, least: int, *, rounded: bool = True, unweighted: bool = False):
        self.least, self.rounded, self.unweighted = least, rounded, unweighted
        self.places: dict[Name, int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.equal: list[dict[int, float]] = []
        self.at_most: list[tuple[dict[int, float], float]] = []

    def count(self, *name: str) -> int:
        """The unknown of a count; what people can be."""
        if name not in self.places:
            self.places[name] = len(self.low)
            self.low.append(0.0)
            self.high.append(1e5)
        return self.places[name]

    def printed(self, at: int, value: float) -> None:
        """A count that is shown."""
        half = self.least / 2 if self.rounded else 0
        self.low[at] = max(self.low[at], value - half)
        self.high[at] = min(self.high[at], value + half - (1 if self.rounded else 0))

    def few(self, at: int) -> None:
        """A count that is said to be below the minimum."""
        self.high[at] = min(self.high[at], self.least - 1)

    def adds_up(self, total: int, parts: Iterable[int]) -> None:
        self.equal.append({total: 1.0} | dict.fromkeys(parts, -1.0))

    def not_above(self, one: int, other: int) -> None:
        self.at_most.append(({one: 1.0, other: -1.0}, 0.0))

    def share(self, part: int, whole: int, value: float, step: float) -> None:
        """An unweighted proportion that is shown, rounded to a step."""
        self.at_most.append(({part: 1.0, whole: -(value + step / 2)}, 0.0))
        self.at_most.append(({part: -1.0, whole: value - step / 2}, 0.0))

    def bounds(self, at: int) -> tuple[float, float]:
        """The least and the greatest value of a count that fit everything."""
        n = len(self.low)
        a_eq, a_ub = np.zeros((len(self.equal), n)), np.zeros((len(self.at_most), n))
        for row, terms in enumerate(self.equal):
            for place, factor in terms.items():
                a_eq[row, place] += factor
        for row, (terms, _) in enumerate(self.at_most):
            for place, factor in terms.items():
                a_ub[row, place] += factor
        found = []
        for sign in (1.0, -1.0):
            c = np.zeros(n)
            c[at] = sign
            solved = linprog(
                c,
                A_ub=a_ub if len(a_ub) else None,
                b_ub=np.array([b for _, b in self.at_most]) if len(a_ub) else None,
                A_eq=a_eq if len(a_eq) else None,
                b_eq=np.zeros(len(a_eq)) if len(a_eq) else None,
                bounds=list(zip(self.low, self.high, strict=True)),
            )
            assert solved.status == 0, "the tables contradict each other: the attack is wrong"
            found.append(sign * solved.fun)
        return math.ceil(found[0] - 1e-6), math.floor(found[1] + 1e-6)

    def by_subtraction(self) -> dict[Name, int]:
        """What follows from exact counts alone: one unknown of a sum after another."""
        known = {
            at: low for at, (low, high) in enumerate(zip(self.low, self.high, strict=True)) if low == high
        }
        while True:
            before = len(known)
            for terms in self.equal:
                open_ = [at for at in terms if at not in known]
                if len(open_) == 1:
                    rest = sum(factor * known[at] for at, factor in terms.items() if at in known)
                    known[open_[0]] = -rest / terms[open_[0]]
            if len(known) == before:
                return {name: round(known[at]) for name, at in self.places.items() if at in known}

    def determined(self, at: int) -> bool:
        low, high = self.bounds(at)
        return low == high


def attack(tables: dict[str, pd.DataFrame], by: str, least: int, **how: bool) -> Attack:
    """Read every table of a cohort."""
    a = Attack(least, **how)
    everybody = a.count("everybody")
    for _, r in tables["missingness"].iterrows():
        known, missing = a.count("known", r["variable"], "all"), a.count("missing", r["variable"])
        _read(a, everybody, r["n"])
        _read(a, missing, r["n_missing"], r)
        a.adds_up(everybody, [known, missing])
    _prevalences(a, tables["prevalence"])
    _characteristics(a, tables["table1"], by)
    _models(a, tables["estimates"])
    return a


def _read(a: Attack, at: int, value: float, row: pd.Series | None = None) -> None:
    """Read a printed count; of one that is hidden the attacker knows whether it is small itself."""
    if pd.notna(value):
        a.printed(at, float(value))
    elif row is not None and row.get("truly_few", False):
        a.few(at)


def _prevalences(a: Attack, table: pd.DataFrame) -> None:
    base = table["variable"].str.partition("[")[0]
    for (variable, subgroup), rows in table.groupby([base, "subgroup"], sort=False):
        known = a.count("known", variable, subgroup)
        events = [a.count("events", r["variable"], subgroup) for _, r in rows.iterrows()]
        for at, (_, r) in zip(events, rows.iterrows(), strict=True):
            _read(a, known, r["n"])
            _read(a, at, r["events"], r)
            a.adds_up(known, [at, a.count("without", r["variable"], subgroup)])
            _share(a, at, known, r)
        if len(events) > 1:
            a.adds_up(known, events)
    for variable, rows in table.groupby("variable", sort=False):
        name = variable.partition("[")[0]
        groups = [s for s in rows["subgroup"] if "=" in s]
        for kind in {s.partition("=")[0] for s in groups}:
            of_kind = [s for s in groups if s.startswith(f"{kind}=")]
            a.adds_up(a.count("events", variable, "all"), [a.count("events", variable, s) for s in of_kind])
            a.adds_up(a.count("known", name, "all"), [a.count("known", name, s) for s in of_kind])


def _characteristics(a: Attack, table: pd.DataFrame, by: str) -> None:
    for _, r in table[table["variable"] == "persons"].iterrows():
        _read(a, a.count("known", by, "all"), r["n"])
        if r["group"] != "all":
            _read(a, a.count("events", f"{by}[{r['group']}]", "all"), r["events"], r)
    rows = table[table["variable"] != "persons"]
    groups = [g for g in rows["group"].unique() if g != "all"]
    for (variable, level), of_level in rows.groupby(["variable", "level"], sort=False):
        for _, r in of_level.iterrows():
            n, events = (
                a.count("table1", variable, r["group"]),
                a.count("table1", variable, level, r["group"]),
            )
            _read(a, n, r["n"])
            if r["statistic"] == "percent":
                a.adds_up(n, [events, a.count("without", variable, level, r["group"])])
            if r["group"] != "all":
                unknown = a.count("unknown", variable, r["group"])
                a.adds_up(a.count("events", f"{by}[{r['group']}]", "all"), [n, unknown])
            if r["statistic"] == "percent":
                _read(a, events, r["events"], r)
                _share(a, events, n, r)
        a.adds_up(a.count("table1", variable, "all"), [a.count("table1", variable, g) for g in groups])
        cells = [a.count("table1", variable, level, g) for g in groups]
        a.adds_up(a.count("table1", variable, level, "all"), cells)
    for variable, of_variable in rows.groupby("variable", sort=False):
        levels = [level for level in of_variable["level"].unique() if level]
        for group in ["all", *groups] if levels else ():
            cells = [a.count("table1", variable, level, group) for level in levels]
            a.adds_up(a.count("table1", variable, group), cells)


def _models(a: Attack, table: pd.DataFrame) -> None:
    keys = ["outcome", "exposure", "adjustment"]
    for key, rows in table.groupby(keys, sort=False):
        for _, r in rows.iterrows():
            n, events = a.count("model", *key, r["subgroup"]), a.count("model events", *key, r["subgroup"])
            _read(a, n, r["n"])
            _read(a, events, r["events"])
            for name in key[:2]:
                lost = a.count("lost", name, *key, r["subgroup"])
                a.adds_up(a.count("known", name, r["subgroup"]), [n, lost])
            a.not_above(events, n)
        split = [s for s in rows["subgroup"].unique() if "=" in s]
        if split and "all" in set(rows["subgroup"]) and key[1] in ("b12_low", "log2_b12"):
            for word in ("model", "model events"):
                a.adds_up(
                    a.count(word, *key, "all"), [a.count(word, *key, f"sex={s}") for s in ("male", "female")]
                )


def _share(a: Attack, part: int, whole: int, row: pd.Series) -> None:
    if a.unweighted and a.rounded and pd.notna(row["estimate"]) and pd.notna(row["n"]):
        step = float(step_of_shares(np.array([float(row["n"])]), a.least)[0])
        if step < 0.5:
            a.share(part, whole, float(row["estimate"]), 2.001 * step)

"""Which columns look like the key, the weight, the strata, the PSUs and the visits of a survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from b12sarc.intake.columns import Column
from b12sarc.intake.matching import survey_score

CLEAR = 0.6
"""Score from which a column is taken for what it looks like."""


@dataclass(frozen=True)
class Role:
    """A column in a role of the survey.

    Attributes:
        column: the column.
        reasons: why, in words.
        others: further columns that could be it.
    """

    column: Column
    reasons: tuple[str, ...]
    others: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Survey:
    """What was guessed of the design.

    Attributes:
        keys: file -> key column.
        several: files in which a person has several rows.
        visits: of these, the column that tells visits apart, if one looks so.
        weight: sampling weight.
        strata: variance strata.
        psu: variance units.
    """

    keys: Mapping[str, Role]
    several: frozenset[str]
    visits: Mapping[str, Role]
    weight: Role | None
    strata: Role | None
    psu: Role | None

    @property
    def kind(self) -> str:
        """The kind of design that cohort.yaml would say."""
        if self.weight is None:
            return "simple"
        if self.psu is None:
            return "weights_only"
        return "clustered" if self.strata is None else "stratified_cluster"


def guess(columns: Mapping[str, Sequence[Column]]) -> Survey:
    """Return the design that the columns of the files (file -> columns) look like."""
    keys = {file: _key(file, columns) for file in columns}
    several = {
        file for file, role in keys.items() if role.column.n_distinct < role.column.n - role.column.n_missing
    }
    single = [column for file, found in columns.items() if file not in several for column in found]
    visits = {
        file: visit for file in several if (visit := _best(columns[file], "visit", _is_visit)) is not None
    }
    weight = _best(single, "weight", _is_weight)
    return Survey(
        keys,
        frozenset(several),
        visits,
        weight,
        _best(single, "strata", _is_group) if weight is not None else None,
        _best(single, "psu", _is_group) if weight is not None else None,
    )


def _key(file: str, columns: Mapping[str, Sequence[Column]]) -> Role:
    """Return the column that most looks like the key of a file: by words, values, and being in all files."""
    everywhere = set.intersection(*({c.name for c in found} for found in columns.values()))

    def rank(column: Column) -> tuple[float, float]:
        by_words = survey_score(column, "key")[0]
        unique = (
            column.n_distinct == column.n
            and column.n_missing == 0
            and (column.is_whole or not column.is_number)
        )
        shared = len(columns) > 1 and column.name in everywhere
        return by_words + 0.5 * unique + 0.3 * shared, by_words

    ranked = sorted(columns[file], key=rank, reverse=True)
    first = ranked[0]
    why = list(survey_score(first, "key")[1])
    if first.n_distinct == first.n:
        why.append("a different value in each row")
    return Role(first, tuple(why or ["nothing looks like a key: check it"]))


def _best(columns: Sequence[Column], role: str, fits: object) -> Role | None:
    scored = []
    for column in columns:
        score, why = survey_score(column, role)
        if score >= CLEAR and callable(fits) and fits(column):
            scored.append((score, column, why))
    scored.sort(key=lambda item: -item[0])
    if not scored:
        return None
    return Role(scored[0][1], tuple(scored[0][2]), tuple(column for _, column, _ in scored[1:4]))


def _is_weight(column: Column) -> bool:
    low = column.spread[0] if column.spread else 0
    return column.is_number and column.n_distinct > 10 and low >= 0


def _is_group(column: Column) -> bool:
    return 1 < column.n_distinct <= max(2, column.n // 2)


def _is_visit(column: Column) -> bool:
    return column.n_distinct > 1

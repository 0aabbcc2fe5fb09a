"""One row of several, where persons came several times: the visit that the cohort's rule chooses."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, nearest
from b12sarc.spec import Visits

_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"


@dataclass(frozen=True)
class Chosen:
    """A table of which each person keeps one row.

    Attributes:
        frame: the rows that are kept, in the order of the file.
        n_several: persons who had several rows.
        n_set_aside: rows that are not kept.
        n_incomplete: of the persons with several, those without any visit that has what the rule requires.
    """

    frame: pd.DataFrame
    n_several: int = 0
    n_set_aside: int = 0
    n_incomplete: int = 0


def choose_visit(frame: pd.DataFrame, key: str, visits: Visits, where: str) -> Chosen:
    """Keep one row of each person.

    Of a person's visits those come first that have everything required, then those that have a place in the
    order, then the one that the rule names (first, last, nearest). Rows without a key are left as they are.

    Args:
        frame: the table, upper-case columns.
        key: column that identifies a person.
        visits: the rule.
        where: the table, for messages.

    Raises:
        B12SarcError: a column of the rule is absent; it holds neither numbers nor dates; or two visits of a
            person cannot be told apart and the rule does not say which to take.
    """
    for column in (key, *(column.upper() for column in visits.columns())):
        if column not in frame:
            raise B12SarcError.at(where, f"the table has no column {column}", nearest(column, frame.columns))
    known = frame[key].notna() & frame[key].ne("")
    repeated = known & frame[key].duplicated(keep=False)
    required = [frame[c.upper()].notna() & frame[c.upper()].ne("") for c in visits.require]
    distance = _distance(frame, visits, where)
    order = pd.DataFrame(
        {
            "person": frame[key],
            "incomplete": ~pd.concat(required, axis=1).all(axis=1) if required else False,
            "unplaced": distance.isna(),
            "distance": distance.fillna(0.0),
            "place": range(len(frame)),
        }
    )[repeated]
    latest = visits.ties == "last_in_file"
    rank = ["incomplete", "unplaced", "distance"]
    order = order.sort_values(["person", *rank, "place"], ascending=[True] * 4 + [not latest], kind="stable")
    chosen = ~order["person"].duplicated()
    if visits.ties == "refuse":
        _refuse_ties(order, rank, visits, where)
    kept = ~frame.index.isin(order.index[~chosen])
    lacking = int(order.loc[chosen, "incomplete"].sum()) if required else 0
    return Chosen(frame[kept], int(chosen.sum()), int((~kept).sum()), lacking)


def _distance(frame: pd.DataFrame, visits: Visits, where: str) -> pd.Series:
    """Return a number for each row, the smaller the better; NaN where it has no place."""
    place = _number(frame[visits.order_by.upper()], where)
    if visits.choose == "first":
        return place
    if visits.choose == "last" or visits.nearest_to is None:
        return -place
    if visits.nearest_to.column is not None:
        target = frame[visits.nearest_to.column.upper()]
    else:
        value = visits.nearest_to.value
        kind = "str" if isinstance(value, str) else "float64"
        target = pd.Series(value, index=frame.index, dtype=kind).rename("nearest_to.value")
    if is_numeric_dtype(target) != is_numeric_dtype(frame[visits.order_by.upper()]):
        what = f"{visits.order_by.upper()} and {target.name} are not both numbers, or both dates"
        raise B12SarcError.at(where, what, "give both in one form (visits: nearest_to)")
    return (place - _number(target, where)).abs()


def _number(values: pd.Series, where: str) -> pd.Series:
    """Return numbers as they are, and dates (2015-06-30) as days; blanks are NaN."""
    if is_numeric_dtype(values):
        return values.astype("float64")
    given = values.mask(values.eq(""))
    odd = given.notna() & ~given.str.fullmatch(_DATE).fillna(False).astype(bool)
    dates = pd.to_datetime(given.mask(odd), format="ISO8601", errors="coerce")
    odd |= given.notna() & dates.isna()
    if odd.any():
        what = f"{values.name}: {int(odd.sum())} of {len(values)} values are neither numbers nor dates"
        raise B12SarcError.at(where, what, "visits are ordered by numbers, or by dates as 2015-06-30")
    return (dates - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)


def _refuse_ties(order: pd.DataFrame, rank: list[str], visits: Visits, where: str) -> None:
    first, second = order.groupby("person", sort=True)[rank].nth([0]), order.groupby("person")[rank].nth([1])
    tied = int((first.to_numpy() == second.to_numpy()).all(axis=1).sum())
    if tied:
        what = f"{tied} persons have two visits that {visits.order_by.upper()} does not tell apart"
        fix = "write ties: first_in_file or last_in_file under visits, or order by something else"
        raise B12SarcError.at(where, what, fix)

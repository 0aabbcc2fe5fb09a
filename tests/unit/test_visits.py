"""Of several visits one counts, by a rule; nobody is lost, and what is set aside is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.spec import Visits
from b12sarc.visits import Chosen, choose_visit

ROWS = pd.DataFrame(
    {
        "ID": [1.0, 2.0, 1.0, 3.0, 1.0, 3.0],
        "DAY": ["2016-01-05", "2015-02-01", "2015-01-05", "", "2017-01-05", "2016-06-01"],
        "AGE": [66.0, 70.0, 65.0, 80.0, 67.0, np.nan],
        "GRIP": [30.0, 20.0, np.nan, 25.0, 28.0, np.nan],
        "LAB": ["2015-12-30", "2015-02-01", "2015-12-30", "2016-06-30", "2015-12-30", "2016-06-30"],
    }
)


def choose(frame: pd.DataFrame = ROWS, **rule: Any) -> Chosen:
    return choose_visit(frame, "ID", Visits.model_validate({"order_by": "Day", **rule}), "x: 2015: exam")


def kept(frame: pd.DataFrame = ROWS, **rule: Any) -> list[int]:
    return choose(frame, **rule).frame.index.tolist()


def refusal(frame: pd.DataFrame = ROWS, **rule: Any) -> str:
    with pytest.raises(B12SarcError) as caught:
        choose(frame, **rule)
    return str(caught.value)


def test_the_first_and_the_last_visit_by_date():
    assert kept(choose="first") == [1, 2, 5]
    assert kept(choose="last") == [1, 4, 5]


def test_the_visit_nearest_to_a_date_for_everybody():
    assert kept(choose="nearest", nearest_to={"value": "2016-03-01"}) == [0, 1, 5]


def test_the_visit_nearest_to_a_column_of_the_same_row():
    assert kept(choose="nearest", nearest_to={"column": "lab"}) == [0, 1, 5]


def test_visits_are_ordered_by_numbers_too():
    assert kept(choose="first", order_by="AGE") == [1, 2, 3]
    assert kept(choose="nearest", order_by="AGE", nearest_to={"value": 66.2}) == [0, 1, 3]


def test_a_visit_that_has_what_is_required_comes_before_others():
    assert kept(choose="first", require=["GRIP"]) == [0, 1, 3]


def test_who_has_no_visit_with_what_is_required_keeps_the_one_that_the_rule_chooses():
    frame = ROWS.assign(GRIP=np.nan)
    chosen = choose(frame, choose="first", require=["GRIP", "AGE"])
    assert chosen.frame.index.tolist() == [1, 2, 5]
    assert chosen.n_incomplete == 2


def test_everybody_stays_and_what_is_set_aside_is_counted():
    chosen = choose(choose="first", require=["GRIP"])
    assert sorted(chosen.frame["ID"]) == [1, 2, 3]
    assert (chosen.n_several, chosen.n_set_aside, chosen.n_incomplete) == (2, 3, 0)


def test_a_person_with_one_row_keeps_it_whatever_it_lacks():
    one = pd.DataFrame({"ID": [1.0], "DAY": [""], "GRIP": [np.nan]})
    chosen = choose(one, choose="last", require=["GRIP"])
    assert (len(chosen.frame), chosen.n_several, chosen.n_set_aside) == (1, 0, 0)


def test_rows_without_a_key_are_left_for_the_check_of_the_key():
    frame = pd.concat([ROWS, ROWS.assign(ID=np.nan).iloc[:2]], ignore_index=True)
    assert choose(frame, choose="first").frame["ID"].isna().sum() == 2


def test_ties_stop_or_are_broken_by_place_in_the_file():
    frame = ROWS.assign(DAY="2015-01-01")
    assert refusal(frame, choose="first") == (
        "x: 2015: exam: 2 persons have two visits that DAY does not tell apart -> write ties: "
        "first_in_file or last_in_file under visits, or order by something else"
    )
    assert kept(frame, choose="first", ties="first_in_file") == [0, 1, 3]
    assert kept(frame, choose="first", ties="last_in_file") == [1, 4, 5]


def test_two_visits_without_a_date_are_a_tie():
    frame = ROWS.assign(DAY="")
    assert "2 persons have two visits" in refusal(frame, choose="last")


def test_visits_as_far_before_as_after_are_a_tie():
    frame = pd.DataFrame({"ID": [1.0, 1.0], "DAY": ["2015-01-01", "2015-01-03"]})
    assert "1 persons" in refusal(frame, choose="nearest", nearest_to={"value": "2015-01-02"})


def test_a_tie_below_the_chosen_visit_is_none():
    frame = pd.DataFrame({"ID": [1.0] * 3, "DAY": ["2015-01-01", "2016-01-01", "2016-01-01"]})
    assert kept(frame, choose="first") == [0]


def test_persons_may_be_named_by_text():
    frame = ROWS.assign(ID=["a", "b", "a", "c", "a", "c"])
    assert kept(frame, choose="first") == [1, 2, 5]


def test_what_is_neither_number_nor_date_is_counted_not_shown():
    frame = ROWS.assign(DAY=["5.1.2016", *ROWS["DAY"][1:5], "2016-13-41"])
    assert refusal(frame, choose="first") == (
        "x: 2015: exam: DAY: 2 of 6 values are neither numbers nor dates -> visits are ordered by "
        "numbers, or by dates as 2015-06-30"
    )


def test_a_number_is_not_near_a_date():
    assert refusal(choose="nearest", nearest_to={"value": 2016}) == (
        "x: 2015: exam: DAY and nearest_to.value are not both numbers, or both dates -> give both in "
        "one form (visits: nearest_to)"
    )


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ({"order_by": "DAYS", "choose": "first"}, "DAYS"),
        ({"choose": "nearest", "nearest_to": {"column": "LABB"}}, "LABB"),
        ({"choose": "last", "require": ["GRIPP"]}, "GRIPP"),
    ],
)
def test_a_column_that_is_not_there_is_named(rule: dict[str, Any], column: str):
    assert f"the table has no column {column} -> did you mean '{column[:-1]}'?" in refusal(**rule)

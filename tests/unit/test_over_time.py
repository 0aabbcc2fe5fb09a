"""Prevalence by survey cycle: which rows there are, what they are made from, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.over_time import BY_CYCLE, TRENDS, OverTimeTables, over_time
from b12sarc.spec import Project
from cycles_cohort import CYCLES, MIDDLES, RAW, cycles_frame, cycles_project


def made(frame: pd.DataFrame | None = None, project: Project | None = None) -> OverTimeTables:
    own, meta = cycles_frame()
    return over_time(own if frame is None else frame, meta, project or cycles_project())


def rows(table: pd.DataFrame, **chosen: str) -> pd.DataFrame:
    for column, value in chosen.items():
        table = table[table[column] == value]
    return table


@pytest.fixture(scope="module")
def tables() -> OverTimeTables:
    return made()


def one(tables: OverTimeTables, **chosen: str) -> pd.Series:
    found = rows(tables.by_cycle, **chosen)
    assert len(found) == 1
    return found.iloc[0]


def test_the_tables_have_their_columns(tables: OverTimeTables) -> None:
    assert (tuple(tables.by_cycle), tuple(tables.trends)[:-1]) == (BY_CYCLE, TRENDS)


def test_each_cycle_of_each_series_is_one_row(tables: OverTimeTables) -> None:
    low = rows(tables.by_cycle, variable="b12_low", bridged="harmonised", standardisation="crude")
    assert list(low["cycle"]) == list(CYCLES)
    assert list(low["year"]) == list(MIDDLES)
    assert not tables.by_cycle.duplicated(["variable", "bridged", "standardisation", "cycle"]).any()


def test_a_crude_prevalence_is_the_weighted_share_of_the_cycle(tables: OverTimeTables) -> None:
    frame, _ = cycles_frame()
    people = frame[frame["in_domain"] & (frame["cycle"] == "2005-2006")]
    low = people["serum_b12_pmol_l"] < 200
    row = one(tables, variable="b12_low", standardisation="crude", bridged="harmonised", cycle="2005-2006")
    assert row["estimate"] == pytest.approx(people["weight"][low].sum() / people["weight"].sum(), rel=1e-12)
    assert (row["n"], row["events"], row["df"]) == (len(people), low.sum(), 4)


def test_a_standardised_prevalence_weights_the_bands_by_the_standard_population(
    tables: OverTimeTables,
) -> None:
    frame, _ = cycles_frame()
    people = frame[frame["in_domain"] & (frame["cycle"] == "2005-2006")]
    low, weight, old = people["serum_b12_pmol_l"] < 200, people["weight"], people["age_years"] >= 75
    young_share = weight[low & ~old].sum() / weight[~old].sum()
    old_share = weight[low & old].sum() / weight[old].sum()
    chosen = {"variable": "b12_low", "bridged": "harmonised", "cycle": "2005-2006"}
    row = one(tables, standardisation="age_standardised", **chosen)
    assert row["estimate"] == pytest.approx(0.6 * young_share + 0.4 * old_share, rel=1e-12)


def test_a_definition_is_evaluated_anew_on_the_values_as_measured(tables: OverTimeTables) -> None:
    frame, _ = cycles_frame()
    first = frame[frame["in_domain"] & (frame["cycle"] == CYCLES[0])]
    chosen = {"variable": "b12_low", "standardisation": "crude", "cycle": CYCLES[0]}
    assert one(tables, bridged="as_measured", **chosen)["events"] == (first[RAW] < 200).sum()
    assert one(tables, bridged="harmonised", **chosen)["events"] == (first["serum_b12_pmol_l"] < 200).sum()
    assert (first[RAW] < 200).sum() > (first["serum_b12_pmol_l"] < 200).sum()


def test_cycles_that_were_not_bridged_are_the_same_in_both(tables: OverTimeTables) -> None:
    later = tables.by_cycle[tables.by_cycle["cycle"] != CYCLES[0]].drop(columns="bridged")
    bridged = tables.by_cycle.loc[later.index, "bridged"]
    b12 = later["variable"].str.startswith("b12")
    harmonised = later[b12 & (bridged == "harmonised")].reset_index(drop=True)
    as_measured = later[b12 & (bridged == "as_measured")].reset_index(drop=True)
    keys = ["variable", "standardisation", "cycle"]
    pd.testing.assert_frame_equal(
        harmonised.sort_values(keys, ignore_index=True), as_measured.sort_values(keys, ignore_index=True)
    )


def test_a_definition_made_from_another_one_follows_the_values_as_measured(tables: OverTimeTables) -> None:
    chosen = {"bridged": "as_measured", "standardisation": "crude", "cycle": CYCLES[0]}
    low, level = one(tables, variable="b12_low", **chosen), one(tables, variable="b12_status[low]", **chosen)
    assert level["events"] == low["events"]


def test_where_a_part_was_not_measured_nothing_is_as_measured_either(tables: OverTimeTables) -> None:
    both = rows(tables.by_cycle, variable="low_and_weak", standardisation="crude")
    assert {b: list(of["cycle"]) for b, of in both.groupby("bridged")} == {
        "harmonised": list(CYCLES[3:]),
        "as_measured": list(CYCLES[3:]),
    }


def test_what_no_assay_touches_is_followed_once(tables: OverTimeTables) -> None:
    assert set(rows(tables.by_cycle, variable="weak")["bridged"]) == {"harmonised"}


def test_without_a_bridged_value_there_is_nothing_as_measured() -> None:
    frame, _ = cycles_frame()
    tables = made(frame.assign(**{RAW: frame["serum_b12_pmol_l"]}))
    assert set(tables.by_cycle["bridged"]) == {"harmonised"}


def test_a_cycle_in_which_it_was_not_measured_has_no_row_and_is_named(tables: OverTimeTables) -> None:
    assert set(rows(tables.by_cycle, variable="weak")["cycle"]) == set(CYCLES[3:])
    trend = rows(tables.trends, variable="weak", standardisation="crude").iloc[0]
    assert trend["cycles"] == "2011-2012; 2013-2014"
    assert trend["not_measured"] == "1999-2000; 2001-2002; 2005-2006"


def test_the_slope_of_two_cycles_is_their_difference_per_two_years(tables: OverTimeTables) -> None:
    weak = rows(tables.by_cycle, variable="weak", standardisation="crude")["estimate"].to_numpy()
    trend = rows(tables.trends, variable="weak", standardisation="crude").iloc[0]
    assert trend["slope_per_2_years"] == pytest.approx(weak[1] - weak[0], rel=1e-12)
    assert trend["p_any_change"] == pytest.approx(trend["p_trend"], rel=1e-9)
    assert np.isnan(trend["p_departure"])
    assert trend["df"] == 8


def test_the_slope_follows_calendar_time_not_the_number_of_the_cycle(tables: OverTimeTables) -> None:
    chosen = {"variable": "b12_low", "bridged": "harmonised", "standardisation": "age_standardised"}
    share = rows(tables.by_cycle, **chosen)["estimate"].to_numpy()
    trend = rows(tables.trends, **chosen).iloc[0]
    assert trend["slope_per_2_years"] == pytest.approx(2 * np.polyfit(MIDDLES, share, 1)[0], rel=1e-10)
    assert 0 <= trend["p_departure"] <= 1


def test_a_trend_of_one_cycle_is_refused_with_the_reason() -> None:
    frame, _ = cycles_frame()
    tables = made(frame.assign(weak=frame["weak"].mask(frame["cycle"] == "2011-2012")))
    trend = rows(tables.trends, variable="weak", standardisation="crude").iloc[0]
    assert trend["reason"] == "measured in one survey cycle: no trend"
    assert np.isnan(trend["slope_per_2_years"])


def test_a_cycle_without_anybody_of_a_band_is_not_standardised_and_has_no_trend() -> None:
    frame, _ = cycles_frame()
    frame["in_domain"] &= (frame["cycle"] != "2005-2006") | (frame["age_years"] < 75)
    tables = made(frame)
    chosen = {"variable": "b12_low", "bridged": "harmonised", "standardisation": "age_standardised"}
    flag = one(tables, cycle="2005-2006", **chosen)["flag"]
    assert flag == "suppressed: nobody in age band 2 of 2: no standardised mean"
    assert "in age band 2" in rows(tables.trends, **chosen).iloc[0]["reason"]


def test_a_trend_names_the_cycles_of_which_nothing_may_be_shown() -> None:
    frame, _ = cycles_frame()
    in_cycle = (frame["cycle"] == "2013-2014") & frame["in_domain"]
    few = frame.index[in_cycle][20:]
    tables = made(frame.assign(weak=frame["weak"].where(~frame.index.isin(few))))
    row = one(tables, variable="weak", standardisation="crude", cycle="2013-2014")
    assert row["flag"].startswith("suppressed: n or effective n below 30")
    assert np.isnan(row["estimate"])
    trend = rows(tables.trends, variable="weak", standardisation="crude").iloc[0]
    assert trend["reason"] == "no estimate is shown for 2013-2014 (NCHS standards)"


def test_people_younger_than_the_first_band_are_refused() -> None:
    frame, _ = cycles_frame()
    young = int((frame["age_years"] < 65).sum())
    with pytest.raises(B12SarcError, match=f"{young} people of the domain are younger than 65 years"):
        made(frame.assign(in_domain=True))


def test_without_a_list_the_definitions_of_the_prevalence_table_are_followed() -> None:
    project = cycles_project(prevalence_of=())
    describe = project.analysis.describe
    assert set(describe.prevalence_of) >= {"b12_low", "b12_status", "weak"}
    names = {name.split("[")[0] for name in made(project=project).by_cycle["variable"]}
    assert names == {"b12_low", "b12_status", "weak"}


@pytest.mark.parametrize(
    ("cycles", "cohorts", "expected"),
    [(CYCLES, (), ["made_up"]), (CYCLES, ("another",), []), (CYCLES[:1], (), [])],
    ids=["several cycles", "not asked for", "one cycle"],
)
def test_cohorts_of_several_cycles_are_followed(
    cycles: tuple[str, ...], cohorts: tuple[str, ...], expected: list[str]
) -> None:
    assert cycles_project(cycles, cohorts=cohorts).over_time_cohorts() == expected

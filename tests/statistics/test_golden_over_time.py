"""Prevalence by survey cycle and its trends against R: tests/golden/over_time.R, on the same files.

The R script shares nothing with the package: it reads CDC's files itself and derives each variable again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.over_time import OverTimeTables, over_time
from real_cohort import COHORT, read_real_cohort

pytestmark = pytest.mark.real_data

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
RTOL = 1e-8
SERIES = ["cohort", "variable", "bridged", "standardisation"]


@pytest.fixture(scope="module")
def tables(nhanes_dir: Path, project: Path) -> OverTimeTables:
    real = read_real_cohort(nhanes_dir, project)
    return over_time(real.derived.frame, real.derived.meta, real.project)


def beside(ours: pd.DataFrame, name: str, key: list[str]) -> pd.DataFrame:
    """R's rows with ours beside them (R's columns end in ``_r``); only b12_status is ours alone."""
    r = pd.read_csv(GOLDEN / name)
    both = ours.merge(r[r["cohort"] == COHORT], on=key, how="outer", suffixes=("", "_r"), indicator=True)
    alone = both[both["_merge"] != "both"]
    assert set(alone["_merge"]) <= {"left_only"}, alone.to_string()
    assert {v.split("[")[0] for v in alone["variable"]} <= {"b12_status"}
    return both[both["_merge"] == "both"]


def assert_close(both: pd.DataFrame, columns: list[str]) -> None:
    for column in columns:
        ours, r = both[column].astype(float), both[f"{column}_r"].astype(float)
        np.testing.assert_allclose(ours, r, rtol=RTOL, err_msg=column)


@pytest.fixture(scope="module")
def by_cycle(tables: OverTimeTables) -> pd.DataFrame:
    shown = tables.by_cycle[~tables.by_cycle["flag"].str.startswith("suppressed")]
    return beside(shown, "over_time.csv", [*SERIES, "year"])


@pytest.fixture(scope="module")
def trends(tables: OverTimeTables) -> pd.DataFrame:
    return beside(tables.trends, "trends.csv", SERIES)


def test_every_prevalence_of_a_cycle_is_that_of_r(by_cycle: pd.DataFrame) -> None:
    assert len(by_cycle) == 48
    assert_close(by_cycle, ["estimate", "se", "conf_low", "conf_high", "n_eff"])


def test_people_events_and_degrees_of_freedom_are_those_of_r(by_cycle: pd.DataFrame) -> None:
    for column in ("n", "events", "df"):
        np.testing.assert_array_equal(
            by_cycle[column].astype(int), by_cycle[f"{column}_r"].astype(int), column
        )


def test_every_trend_is_that_of_r(trends: pd.DataFrame) -> None:
    assert len(trends) == 24
    assert_close(
        trends, ["slope_per_2_years", "se", "df", "conf_low", "conf_high", "p_trend", "p_any_change"]
    )

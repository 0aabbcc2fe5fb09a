"""Published tables from the real files: what is met to the printed digit, and by how much the rest is missed.

A number that is not listed in ``reproductions.csv`` as differing must round to the printed digits. What
differs is pinned to its computed value, so that neither the files nor the code can move it unseen; nothing is
tuned to a print.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from numpy.testing import assert_allclose
from scipy import stats

from b12sarc.reproduce.compare import reproduce
from b12sarc.reproduce.tables import NOT_COMPUTED, REPRODUCED
from b12sarc.spec.loading import load_project
from b12sarc.spec.study import studies
from real_cohort import absent_tables, reader

pytestmark = pytest.mark.real_data
GOLDEN = Path(__file__).parent.parent / "golden" / "reproductions.csv"


@pytest.fixture(scope="module")
def found(nhanes_dir: Path, project: Path) -> pd.DataFrame:
    config = yaml.safe_load((project / "config" / "config.yaml").read_text(encoding="utf-8"))
    loaded = load_project({**config, "cohorts": ["nhanes_2011_2014"], "reproductions": "all"}, project)
    tables = []
    for name, study in studies(loaded).items():
        (cohort,) = study.cohorts.values()
        absent = absent_tables(nhanes_dir, cohort)
        tables.append(reproduce(study, loaded.reproductions[name], reader(nhanes_dir, cohort), absent))
    return pd.concat(tables, ignore_index=True).set_index(["id", "quantity"])


@pytest.fixture(scope="module")
def missed() -> pd.DataFrame:
    return pd.read_csv(GOLDEN).set_index(["id", "quantity"])


def test_every_number_that_is_not_known_to_differ_rounds_to_the_printed_digits(found, missed):
    computed = found[found["status"] != NOT_COMPUTED]
    assert set(computed.index[computed["status"] != REPRODUCED]) == set(missed.index)
    assert (computed["status"] == REPRODUCED).sum() >= 220


def test_what_differs_differs_by_as_much_as_before(found, missed):
    assert_allclose(found.loc[missed.index, "computed"], missed["computed"], rtol=1e-9)
    assert (found.loc[missed.index, "status"] == missed["status"]).all()


def test_only_lean_mass_waits_for_files(found):
    waiting = found[found["status"] == NOT_COMPUTED]
    assert set(waiting.index.get_level_values("id")) <= {"batsis_2015"}
    assert waiting["note"].str.contains("waits for the whole-body DXA files").all()


def test_cdcs_table_of_the_two_assays_is_met_but_for_two_numbers(found):
    tables = found.loc[["cdc_vitb12_2005_2006", "cdc_vitb12_2011_2012"]]
    assert len(tables) == 26
    assert tables.index[tables["status"] != REPRODUCED].tolist() == [
        ("cdc_vitb12_2005_2006", "roche_p05"),
        ("cdc_vitb12_2011_2012", "gm SE"),
    ]


def test_the_folate_forms_are_met_in_people_means_and_percentiles_but_not_in_their_intervals(found):
    table = found.loc["cdc_folate_forms_2011_2012"]
    limits = table["part"].isin(["conf_low", "conf_high"])
    assert (table.loc[~limits, "status"] == REPRODUCED).all()
    assert (~limits).sum() == 49
    printed = table.loc[limits].assign(printed=table.loc[limits, "published"].astype(float))
    width = printed.groupby("label")[["printed", "computed"]].agg(lambda ends: ends.max() - ends.min())
    # 17 degrees of freedom; the prints hold two or three digits.
    of_90_percent = stats.t.ppf(0.95, 17) / stats.t.ppf(0.975, 17)
    assert_allclose(width["printed"] / width["computed"], of_90_percent, atol=0.03)

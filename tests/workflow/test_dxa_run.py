"""DXA as five imputations through a whole run: real people of 1999-2002 with MADE-UP lean mass, over HTTP.

CDC's whole-body files are not among the tests' files. Files in their form are made here for the persons of
the survey and served beside the real tables; no number of this run says anything about anybody.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

from checkout import Checkout, Result, copy_project
from conftest import nhanes_archive
from made_dxa import dxa_table, write_dxa
from once import once, session_folder

pytestmark = [pytest.mark.workflow, pytest.mark.real_data]

COHORT = "nhanes_1999_2002"
FILES = {
    "DEMO": ("1999", "nchs/data/nhanes/public/1999/datafiles/dxx.xpt", "DXX"),
    "DEMO_B": ("2001", "nchs/data/nhanes/public/2001/datafiles/dxx_b.xpt", "DXX_B"),
}
LEAN = ["alm_ht2", "low_alm_ht2_ewgsop2", "sarcopenia_iwgs"]
KEPT = ("population", "adjustment_sets", "families", "confidence_level", "synthesis")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def tables(checkout: Checkout) -> list[str]:
    """Every table of the cohort but those of the scans."""
    files = yaml.safe_load((checkout.folder / f"cohorts/{COHORT}/cohort.yaml").read_text())["files"]
    named = [f["table"] for f in files.values() if not f.get("optional")]
    by_cycle = [list(given.values()) if isinstance(given, dict) else [given] for given in named]
    return sorted({table for given in by_cycle for table in given})


def make_mirror(checkout: Checkout, folder: Path) -> None:
    """The real tables laid out as on CDC's server, and made-up scans of all examined from 8 years on."""
    archive = nhanes_archive()
    assert archive is not None
    subprocess.run(
        [sys.executable, archive / "serve.py", "--unpack", folder, *tables(checkout)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for demo, (year, path, member) in FILES.items():
        people, _ = pyreadstat.read_xport(folder / f"Nchs/Data/Nhanes/Public/{year}/DataFiles/{demo}.xpt")
        scanned = people.loc[(people["RIDSTATR"] == 2) & (people["RIDAGEYR"] >= 8), "SEQN"]
        (folder / path).parent.mkdir(parents=True)
        write_dxa(folder / path, dxa_table(scanned), member)


def trim(checkout: Checkout) -> None:
    """Leave of the analysis what lean mass needs, and one cohort in the run."""
    path = checkout.folder / "config/analysis.yaml"
    analysis = {k: v for k, v in yaml.safe_load(path.read_text()).items() if k in KEPT}
    analysis["population"]["analytic"] = [{"id": "scanned", "description": "Scanned", "measured": ["alm_kg"]}]
    analysis["models"] = {
        "exposures": ["b12_low_148", "log2_mma"],
        "outcomes": [*LEAN, "gait_speed_ms"],
        "adjustments": ["crude", "clinical"],
        "binary_outcomes": ["poisson"],
    }
    analysis["families"] = {"all": {"label": "All", "method": "holm"}}
    analysis["describe"] = {
        "table1": {"by": "b12_status", "rows": ["age_years", "alm_kg"]},
        "prevalence_of": ["b12_low_148", "low_alm_ht2_ewgsop2"],
        "subgroups": {"all": {"label": "Everybody"}},
    }
    analysis["headline"] = {"exposures": ["log2_mma"], "outcomes": ["alm_ht2"], "adjustment": "clinical"}
    path.write_text(yaml.safe_dump(analysis, sort_keys=False))
    run = {"run": "dxa", "cohorts": [COHORT], "reproductions": [], "claims": None}
    (checkout.folder / "config/dxa.yaml").write_text(yaml.safe_dump(run))
    checkout.replace(f"cohorts/{COHORT}/cohort.yaml", "title: ", "title: SYNTHETIC DATA in ")


@pytest.fixture(scope="module")
def run(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, Result]]:
    folder = session_folder(tmp_path_factory) / "dxa"
    checkout = Checkout(folder / "b12 sarc")

    def make(_: Path) -> None:
        copy_project(project, checkout.folder)
        trim(checkout)
        make_mirror(checkout, folder / "mirror")

    once(folder, make)
    handler = partial(Quiet, directory=str(folder / "mirror"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield checkout, checkout.snakemake("--configfile", "config/dxa.yaml", NHANES_BASE_URL=url)
        server.shutdown()


def result(run: tuple[Checkout, Result], name: str) -> Path:
    return run[0].folder / f"results/dxa/{COHORT}" / name


def test_the_files_are_fetched_and_the_run_ends_well(run: tuple[Checkout, Result]) -> None:
    assert run[1].code == 0, run[1].output
    raw = run[0].folder / "data/raw/nhanes"
    assert {p.name for p in raw.rglob("DXX*")} == {"DXX.xpt", "DXX_B.xpt"}


def test_five_imputations_a_person_and_no_lean_mass_beside_them(run: tuple[Checkout, Result]) -> None:
    long = pd.read_parquet(result(run, "analysis_imputed.parquet"))
    assert (long.groupby("person_id")["imputation"].nunique() == 5).all()
    assert {"alm_kg", *LEAN} <= set(long)
    assert not {"alm_kg", *LEAN} & set(pd.read_parquet(result(run, "analysis.parquet")))


def test_every_model_of_lean_mass_is_pooled_over_five_with_its_missing_information(
    run: tuple[Checkout, Result],
) -> None:
    estimates = pd.read_csv(result(run, "estimates.csv"))
    lean = estimates["outcome"].isin(LEAN)
    assert set(estimates.loc[lean, "outcome"]) == set(LEAN)
    assert (estimates.loc[lean, "missing"] == "mi_dxa").all()
    assert (estimates.loc[~lean, "missing"] != "mi_dxa").all()
    each = pd.read_csv(result(run, "imputation.csv"))
    pooled = each[each["imputation"] == "pooled"]
    assert set(each["imputation"]) == {"1", "2", "3", "4", "5", "pooled"}
    assert pooled["fmi"].between(0, 1).all()
    assert (pooled["fmi"] > 0.05).any()


def test_a_pooled_coefficient_is_the_mean_of_the_five_and_its_df_less_than_the_design(
    run: tuple[Checkout, Result],
) -> None:
    each = pd.read_csv(result(run, "imputation.csv"))
    keys = ["outcome", "term", "adjustment"]
    single = each[each["imputation"] != "pooled"].groupby(keys)[["coef", "df"]].mean()
    pooled = each[each["imputation"] == "pooled"].set_index(keys)
    np.testing.assert_allclose(pooled["coef"].loc[single.index], single["coef"], rtol=1e-9)
    assert (pooled["df"].loc[single.index] < single["df"]).all()


def test_what_needs_lean_mass_is_available_in_both_cycles(run: tuple[Checkout, Result]) -> None:
    catalogue = pd.read_csv(result(run, "definitions.csv")).set_index("definition")
    assert (catalogue.loc[LEAN, "cycles"] == "1999-2000 2001-2002").all()
    assert not catalogue.loc["sarcopenia_ewgsop2_confirmed", "available"]

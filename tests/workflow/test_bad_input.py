"""Whatever a user gets wrong is one line that says what to do, and leaves nothing half-written behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import Checkout, Result
from helpers_http import port_with_nobody

pytestmark = pytest.mark.workflow

COHORT = "cohorts/nhanes_2011_2014/cohort.yaml"
DEFINITIONS = "config/definitions.yaml"
DEMO_G = "Nchs/Data/Nhanes/Public/2011/DataFiles/DEMO_G.xpt"
DEMO_G_RECEIPT = "results/nhanes/receipts/nhanes/2011-2012/DEMO_G.json"

# What is wrong -> file, text, its replacement; what the error names.
CONFIGURATION = {
    "variable that is not in the dictionary": (COHORT, "  grip_max_kg:", "  grip_maxx_kg:", "grip_maxx_kg"),
    "misspelt key": (COHORT, "{file: body, column: BMXHT", "{file: body, colum: BMXHT", "'column'"),
    "unit that does not convert": (COHORT, "LBDB12SI, unit: pmol/L", "LBDB12SI, unit: kg", "kg"),
    "cut-off for an unknown variable": (
        DEFINITIONS,
        "var: mma_nmol_l, op",
        "var: mma_nmoll, op",
        "mma_nmol_l",
    ),
    "misspelt key of the run": ("config/config.yaml", "raw_dir: data/raw", "raw_dirr: data/raw", "'raw_dir'"),
    "unknown cohort": ("config/config.yaml", "[nhanes_2011_2014]", "[nhanes_2011_2015]", "nhanes_2011_2014"),
}
TABLES = {
    "missing table": (lambda path: path.unlink(), "DEMO_G.xpt"),
    "truncated table": (lambda path: path.write_bytes(path.read_bytes()[:-4000]), "truncated"),
    "web page in place of a table": (lambda path: path.write_text("<!DOCTYPE html><html>"), "web page"),
    "another table": (lambda path: path.write_bytes(path.with_name("BMX_G.xpt").read_bytes()), "BMX_G"),
}
ANALYSIS = {
    "empty domain": (
        "config/analysis.yaml",
        'op: ">=", value: 65, unit: years}}',
        'op: "==", value: 65.5, unit: years}}',
        "domain is empty",
    ),
    "exposure with one level": (
        DEFINITIONS,
        'rule: {var: serum_b12_pmol_l, op: "<", value: 148, unit: pmol/L}\n    contrast',
        'rule: {var: serum_b12_pmol_l, op: "<", value: 2, unit: pmol/L}\n    contrast',
        "b12_low_148",
    ),
}


def assert_one_clear_error(result: Result, named: str) -> None:
    assert result.code != 0
    assert len(result.errors) == 1, result.output
    assert named in result.errors[0]
    assert "Traceback" not in result.output


@pytest.mark.parametrize("mistake", CONFIGURATION)
def test_a_mistake_in_the_configuration_stops_before_anything_is_planned(
    checkout: Checkout, mistake: str
) -> None:
    file, old, new, named = CONFIGURATION[mistake]
    checkout.replace(file, old, new)
    before = checkout.files()
    result = checkout.snakemake("--dry-run")
    assert_one_clear_error(result, named)
    assert result.errors[0].startswith(f"error: {file}:")
    assert result.rules == set()
    assert checkout.files() == before


def test_all_mistakes_are_told_at_once(checkout: Checkout) -> None:
    for file, old, new, _ in list(CONFIGURATION.values())[:4]:
        checkout.replace(file, old, new)
    assert len(checkout.snakemake("--dry-run").errors) == 4


@pytest.mark.parametrize("damage", TABLES)
def test_a_damaged_table_is_refused_and_not_kept(checkout: Checkout, mirror: Path, damage: str) -> None:
    spoil, named = TABLES[damage]
    spoil(mirror / DEMO_G)
    result = checkout.snakemake(DEMO_G_RECEIPT, NHANES_BASE_URL=mirror.as_uri())
    assert_one_clear_error(result, named)
    assert "DEMO_G.xpt" in result.errors[0]
    assert checkout.half_written == set()
    assert not [name for name in checkout.files() if "DEMO_G" in name and name.endswith((".xpt", ".json"))]


def test_a_column_that_the_table_does_not_have_is_named_with_the_nearest_one(checkout: Checkout) -> None:
    checkout.replace(COHORT, "column: LBDB12SI", "column: LBDB12SX")
    result = checkout.demo()
    assert result.code != 0
    assert {("LBDB12SX" in e, "LBDB12SI" in e) for e in result.errors} == {(True, True)}
    assert "Traceback" not in result.output
    assert "results/demo/synthetic/harmonised.parquet" not in checkout.files()
    assert checkout.half_written == set()


@pytest.mark.parametrize("mistake", ANALYSIS)
def test_an_analysis_that_cannot_be_made_stops_with_its_reason(demo: Checkout, mistake: str) -> None:
    file, old, new, named = ANALYSIS[mistake]
    demo.replace(file, old, new)
    result = demo.demo()
    assert_one_clear_error(result, named)
    assert "synthetic/analysis.parquet" not in demo.files("results/demo")
    assert demo.half_written == set()


def test_a_server_out_of_reach_is_said_in_one_line_with_the_two_ways_on(checkout: Checkout) -> None:
    checkout.replace("config/config.yaml", "retries: 4", "retries: 0")
    url = f"http://127.0.0.1:{port_with_nobody()}"
    result = checkout.snakemake("--cores", "1", NHANES_BASE_URL=url)
    assert_one_clear_error(result, f"{url}/Nchs/Data/Nhanes/Public/")
    assert "NHANES_BASE_URL" in result.errors[0]
    assert "make demo" in result.errors[0]
    assert checkout.files("data/raw") <= {"README.md"}


def test_the_last_thing_said_before_snakemakes_own_words_is_the_error(
    checkout: Checkout, mirror: Path
) -> None:
    (mirror / DEMO_G).unlink()
    result = checkout.snakemake(NHANES_BASE_URL=mirror.as_uri())
    stopped = result.output.index("The run stopped.")
    assert result.errors[0] in result.output[stopped:]
    assert "docs/how-to/errors.md" in result.output[stopped:]

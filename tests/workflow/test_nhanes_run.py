"""The NHANES results from CDC's files, over HTTP; what is in data/raw is used, watched, and never deleted."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
import yaml

from checkout import Checkout, Result

pytestmark = [pytest.mark.workflow, pytest.mark.real_data]

RAW = "data/raw/nhanes/2011-2012/VITB12_G.xpt"
RECEIPT = "results/nhanes/receipts/nhanes/2011-2012/VITB12_G.json"
LOCK = "cohorts/nhanes_2011_2014/sources.lock"
FROM_FETCH = {
    *("impute", "sensitivity", "multiverse", "specification_curve", "fit_claims", "claims"),
    *("reproduce_table", "reproduce"),
    *("fetch", "check_codebook", "harmonise", "derive", "describe", "over_time", "fit", "feasibility"),
    *("dose_response", "effect_modification", "marginal_effects"),
    *("combine", "synthesise", "figures", "provenance", "report", "crate"),
}


def test_the_run_ends_well_with_estimates_of_every_outcome(finished_nhanes: tuple[Checkout, Result]) -> None:
    checkout, result = finished_nhanes
    assert result.code == 0, result.output
    with (checkout.folder / "results/nhanes/estimates.csv").open(newline="") as lines:
        outcomes = {row["outcome"] for row in csv.DictReader(lines)}
    assert outcomes == {
        *("grip_max_kg", "low_grip_ewgsop2", "low_grip_fnih", "low_grip_awgs2019", "low_grip_ewgsop2010"),
        *("low_grip_sdoc", "chair_rise_difficulty", "anaemia_who", "macrocytosis", "height_cm"),
        *("knee_strength_n", "knee_torque_nm", "gait_speed_ms", "slow_gait_ewgsop2", "slow_gait_awgs2019"),
        *("neuropathy_monofilament", "balance_fail", "log2_mma", "log2_hcy"),
    }


def test_nothing_of_the_real_run_says_synthetic(finished_nhanes: tuple[Checkout, Result]) -> None:
    folder = finished_nhanes[0].folder / "results/nhanes"
    assert "SYNTHETIC DATA" not in (folder / "headline.txt").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" not in finished_nhanes[1].output


def test_every_table_was_downloaded_from_the_mirror_and_locked(
    finished_nhanes: tuple[Checkout, Result],
) -> None:
    folder = finished_nhanes[0].folder
    sources = json.loads((folder / "results/nhanes/nhanes_2011_2014/sources.json").read_text())
    lock = yaml.safe_load((folder / LOCK).read_text())
    assert len(sources) == 2 * 17
    assert all(s["origin"] == "downloaded" and s["url"].startswith("http://127.0.0.1:") for s in sources)
    assert {s["table"]: s["sha256"] for s in sources} == {t: entry["sha256"] for t, entry in lock.items()}


def test_every_number_of_the_codebook_pages_is_met(finished_nhanes: tuple[Checkout, Result]) -> None:
    path = finished_nhanes[0].folder / "results/nhanes/nhanes_2011_2014/codebook_check.csv"
    with path.open(newline="") as lines:
        checks = list(csv.DictReader(lines))
    assert len(checks) > 100
    assert [c for c in checks if c["ok"] != "True"] == []


def test_a_second_run_does_nothing_and_needs_no_server(nhanes: Checkout) -> None:
    again = nhanes.snakemake()
    assert again.nothing_to_do, again.output
    assert not nhanes.connections.exists()


def test_tables_placed_by_hand_are_used_offline(nhanes: Checkout, checkout: Checkout) -> None:
    shutil.copytree(nhanes.folder / "data/raw/nhanes", checkout.folder / "data/raw/nhanes")
    result = checkout.snakemake("--until", "check_codebook")
    assert result.code == 0, result.output
    assert "rror in file" not in result.output
    assert not checkout.connections.exists()
    assert json.loads((checkout.folder / RECEIPT).read_text())["origin"] == "data/raw"


def test_a_table_that_was_replaced_is_noticed_and_kept(nhanes: Checkout) -> None:
    raw = nhanes.folder / RAW
    changed = raw.read_bytes()[:-160] + b"\x42" * 80 + raw.read_bytes()[-80:]
    raw.write_bytes(changed)
    result = nhanes.snakemake()
    assert result.code == 1
    assert len(result.errors) == 1, result.output
    assert f"error: {RAW}: changed since it was first used" in result.errors[0]
    assert raw.read_bytes() == changed
    assert not (nhanes.folder / RECEIPT).exists()


def test_a_table_that_was_replaced_is_noticed_again_after_the_failure(nhanes: Checkout) -> None:
    raw = nhanes.folder / RAW
    raw.write_bytes(raw.read_bytes()[:-160] + b"\x42" * 80 + raw.read_bytes()[-80:])
    first, second = nhanes.snakemake(), nhanes.snakemake()
    assert first.errors == second.errors != []


def test_a_table_that_was_removed_is_fetched_again(nhanes: Checkout, cdc_server: str) -> None:
    before = (nhanes.folder / RAW).read_bytes()
    (nhanes.folder / RAW).unlink()
    assert nhanes.snakemake("--dry-run").rules == FROM_FETCH
    assert nhanes.snakemake("--until", "check_codebook", NHANES_BASE_URL=cdc_server).code == 0
    assert (nhanes.folder / RAW).read_bytes() == before


def test_deleting_all_outputs_leaves_the_tables(nhanes: Checkout) -> None:
    before = nhanes.files("data/raw")
    assert nhanes.snakemake("--delete-all-output").code == 0
    assert nhanes.files("data/raw") == before

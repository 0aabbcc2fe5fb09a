"""A clean run of the demonstration gives every output, offline, and the same bytes each time."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from checkout import Checkout, Result

pytestmark = pytest.mark.workflow

COLUMNS = {
    "synthetic/flow.csv": "step description n_excluded n_remaining weighted_remaining",
    "synthetic/prevalence.csv": """cohort variable subgroup n events estimate se df conf_low conf_high n_eff
        flag""",
    "synthetic/over_time.csv": """cohort variable bridged standardisation cycle year n events estimate se df
        conf_low conf_high n_eff flag""",
    "synthetic/trends.csv": """cohort variable bridged standardisation cycles slope_per_2_years se df conf_low
        conf_high p_trend p_departure p_any_change not_measured reason""",
    "synthetic/effect_modification.csv": """cohort modifier outcome exposure adjustment estimator missing
        measure scale level term contrast n events n_psu n_strata df coef se p_value coef_low coef_high
        estimate conf_low conf_high f df_num p_holm p_bh note reason""",
    "synthetic/dose_response.csv": """cohort outcome exposure adjustment subgroup estimator missing value unit
        reference estimate conf_low conf_high coef se df""",
    "synthetic/marginal_effects.csv": """cohort outcome exposure comparison term level contrast adjustment
        subgroup estimator missing n events n_psu n_strata df mean mean_se mean_low mean_high difference
        difference_se difference_low difference_high difference_p ratio log_ratio_se ratio_low ratio_high
        reason""",
    "estimates.csv": """cohort outcome exposure term contrast adjustment subgroup estimator missing n events
        n_psu n_strata df coef se p_value coef_low coef_high estimate conf_low conf_high p_adjusted
        p_holm p_bh family""",
    "feasibility.csv": "definition label roles cohort available reason cycles",
    "meta.csv": """exposure outcome term contrast adjustment estimator subgroup missing synthetic method k
        cohorts weights left_out estimate conf_low conf_high coef se df p_value coef_low coef_high
        prediction_low prediction_high tau2 tau2_low tau2_high i2 q q_p_value hartung_knapp_factor
        leave_one_out_low leave_one_out_high note""",
}
OF_THE_COHORT = """codebook_check.csv sources.json harmonised.parquet harmonisation.csv analysis.parquet
    flow.csv definitions.csv table1.csv prevalence.csv missingness.csv estimates.csv not_estimable.csv
    model_notes.csv over_time.csv trends.csv dose_response.csv dose_response_tests.csv
    dose_response_distribution.csv marginal_effects.csv effect_modification.csv"""
OUTPUTS = {
    *("estimates.csv", "feasibility.csv", "meta.csv", "headline.txt", "provenance.json", "report.html"),
    *(f"synthetic/{name}" for name in OF_THE_COHORT.split()),
}


def test_the_demonstration_ends_well_and_says_where_the_report_is(
    finished_demo: tuple[Checkout, Result],
) -> None:
    checkout, result = finished_demo
    assert result.code == 0, result.output
    assert "Report: results/demo/report.html" in result.output
    assert (checkout.folder / "results/demo/headline.txt").read_text().strip() in result.output


def test_a_person_at_the_terminal_sees_how_far_a_long_job_is(finished_demo: tuple[Checkout, Result]) -> None:
    line = r"^synthetic/fit: [\d,]+ of [\d,]+ models \(\d+ %\), (about [\d:]+ left, )?[\d:]+ so far$"
    assert re.search(line, finished_demo[1].output, re.MULTILINE), finished_demo[1].output


def test_every_output_that_others_rely_on_is_there(finished_demo: tuple[Checkout, Result]) -> None:
    files = finished_demo[0].files("results/demo")
    assert files >= OUTPUTS
    assert any(name.startswith("figures/") and name.endswith(".svg") for name in files)
    assert any(name.startswith("figures/") and name.endswith(".png") for name in files)
    assert any(name.startswith("tables/") and name.endswith(".csv") for name in files)


@pytest.mark.parametrize("file", COLUMNS)
def test_columns_are_those_that_were_promised(finished_demo: tuple[Checkout, Result], file: str) -> None:
    with (finished_demo[0].folder / "results/demo" / file).open(newline="") as lines:
        assert next(csv.reader(lines)) == COLUMNS[file].split()


def test_nothing_half_written_is_left(finished_demo: tuple[Checkout, Result]) -> None:
    assert finished_demo[0].half_written == set()


def test_the_run_reaches_for_no_network(finished_demo: tuple[Checkout, Result]) -> None:
    assert not finished_demo[0].connections.exists()


def test_everything_a_person_reads_says_synthetic_data(finished_demo: tuple[Checkout, Result]) -> None:
    checkout, result = finished_demo
    folder = checkout.folder / "results/demo"
    shown = [folder / "report.html", folder / "headline.txt", *folder.glob("figures/*.svg")]
    assert [p.name for p in shown if "SYNTHETIC DATA" not in p.read_text(encoding="utf-8")] == []
    assert "SYNTHETIC DATA" in result.output


def test_provenance_names_every_input_with_its_sha256(finished_demo: tuple[Checkout, Result]) -> None:
    folder = finished_demo[0].folder / "results/demo"
    text = (folder / "provenance.json").read_text(encoding="utf-8")
    sources = json.loads((folder / "synthetic/sources.json").read_text(encoding="utf-8"))
    assert len(sources) == 22
    assert [s["table"] for s in sources if s["sha256"] not in text] == []


def test_a_second_run_does_nothing(demo: Checkout) -> None:
    again = demo.demo()
    assert again.code == 0
    assert again.nothing_to_do, again.output


def test_snakemakes_own_report_holds_the_figures(demo: Checkout) -> None:
    result = demo.demo("--report", "snakemake.html")
    assert result.code == 0, result.output
    assert "synthetic_headline" in (demo.folder / "snakemake.html").read_text(encoding="utf-8")


def test_two_clean_runs_give_the_same_bytes_in_every_csv(
    finished_demo: tuple[Checkout, Result], checkout: Checkout
) -> None:
    second = checkout.demo("--cores", "1")
    assert second.code == 0, second.output
    names = [n for n in finished_demo[0].files("results/demo") if n.endswith(".csv")]
    different = [n for n in names if _bytes(finished_demo[0], n) != _bytes(checkout, n)]
    assert len(names) > 10
    assert different == []


def _bytes(checkout: Checkout, name: str) -> bytes:
    return Path(checkout.folder, "results/demo", name).read_bytes()

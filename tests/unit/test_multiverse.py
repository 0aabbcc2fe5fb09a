"""The multiverse of a cohort: the grid once, oriented, what was left out, and each model once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.bootstrap import rao_wu_factors
from b12sarc.disclosure import Guard, guarding
from b12sarc.fit import Fitter, fit_grid
from b12sarc.multiverse.cohort import CohortMultiverse, as_shown, cohort_multiverse
from b12sarc.multiverse.grid import specifications, subgroup_names
from b12sarc.multiverse.orient import exposure_factor, outcome_factor, weighted_sd
from b12sarc.sample import Sample
from b12sarc.spec import Analysis, Multiverse, Project
from b12sarc.specification_curve import Part, counted, read_specifications, summarise, write_specifications
from small_cohort import small_frame, small_project

OPTIONS = """
adjustment: full
exposures: [b12_low]
outcomes: [grip]
options:
  older: {label: Older, reason: asked, keep: {var: age_years, op: ">", value: 70, unit: years}}
  nobody: {label: Everybody, reason: asked, keep: {var: age_years, op: ">", value: 0, unit: years}}
  shorter: {label: Without height, reason: asked, without: [height_cm]}
"""
MULTIVERSE = """
markers: {b12: B12, hcy: Homocysteine}
domains: {strength: Strength, size: Size}
exposures:
  b12_low: {marker: b12, direction: 1}
  b12_status: {marker: b12, direction: 1, level: deficient}
  log2_b12: {marker: b12, direction: 1}
  hcy_high: {marker: hcy, direction: 1}
outcomes:
  grip: {domain: strength, direction: -1}
  weak: {domain: strength, direction: 1}
  height_cm: {domain: size, direction: -1}
grids:
  one:
    adjustments: [crude, full]
    subgroups: [all, sex]
    options: [main, older, nobody, shorter]
    binary_outcomes: [poisson, logistic]
  two: {adjustments: [crude, demographic]}
  elsewhere: {cohorts: [another], adjustments: [demographic], options: [older]}
joint_null: {draws: 200}
"""


def project_of(text: str = MULTIVERSE) -> Project:
    project = small_project()
    sections = {"sensitivity": yaml.safe_load(OPTIONS), "multiverse": yaml.safe_load(text)}
    analysis = project.analysis.model_dump(exclude_unset=True) | sections
    return replace(project, analysis=Analysis.model_validate(analysis))


@pytest.fixture(scope="module")
def project() -> Project:
    return project_of()


@pytest.fixture(scope="module")
def found(project: Project) -> CohortMultiverse:
    return as_shown(cohort_multiverse(small_frame()[0], small_frame()[1], project))


def multiverse_of(project: Project) -> Multiverse:
    assert project.analysis.multiverse is not None
    return project.analysis.multiverse


def row(table: pd.DataFrame, **choices: str) -> pd.Series:
    asked = {"adjustment": "crude", "subgroup": "all", "option": "main"} | choices
    for name, value in asked.items():
        table = table[table[name] == value]
    assert len(table) == 1, table
    return table.iloc[0]


def test_every_combination_of_every_grid_of_the_cohort_is_asked_once(project: Project) -> None:
    sample = Sample.of(small_frame()[0], small_frame()[1], project)
    asker = Fitter(sample, None, subgroup_names(multiverse_of(project), "made_up")).asker
    asked = specifications(sample, multiverse_of(project), asker)
    # 4 exposures x (2 continuous outcomes, 1 binary one by 2 estimators) x 2 sets x 3 subgroups x 4 options,
    # and of the second grid what the first has not: the demographic set with poisson.
    assert len(asked) == len(set(asked)) == 4 * 4 * 2 * 3 * 4 + 4 * 3


def test_all_that_was_asked_is_in_the_table_or_counted(found: CohortMultiverse) -> None:
    asked = 4 * 4 * 2 * 3 * 4 + 4 * 3
    assert len(counted(found.table)) + found.left_out["specifications"].sum() == asked
    assert len(counted(found.table)) == found.replicates.shape[1]


def test_what_the_cohort_lacks_is_counted_with_its_reason_and_not_in_the_table(
    found: CohortMultiverse,
) -> None:
    lacking = found.left_out[found.left_out["kind"] == "not_measured"]
    assert set(lacking["reason"]) == {"hcy_high: not assayed here"}
    assert lacking["specifications"].sum() == 4 * 2 * 3 * 4 + 3
    assert "hcy_high" not in set(found.table["exposure"])


def test_an_option_that_changes_nobody_leads_to_the_same_model_and_is_not_counted(
    found: CohortMultiverse,
) -> None:
    again = row(found.table, exposure="b12_low", outcome="grip", option="nobody")
    assert again["left_out"] == "same_model"
    assert again["reason"] == "same model as option main"
    assert np.isnan(again["coef"])


def test_an_option_without_anything_to_change_is_counted_as_such(found: CohortMultiverse) -> None:
    kinds = found.left_out.set_index("kind")
    reasons = kinds.loc[["option_does_not_apply"], "reason"]
    assert any("shorter: nothing of this is in the model: height_cm" in reason for reason in reasons)


def test_shared_specifications_have_the_very_numbers_of_the_estimates(
    found: CohortMultiverse, project: Project
) -> None:
    estimates = fit_grid(small_frame()[0], small_frame()[1], project).estimates
    of_main = counted(found.table)[lambda t: (t["option"] == "main") & (t["subgroup"] == "all")]
    keys = ["exposure", "outcome", "adjustment", "subgroup", "estimator", "missing", "term", "contrast"]
    both = of_main.merge(estimates, on=keys, suffixes=("", "_grid"), validate="1:1")
    assert len(both) == len(of_main) > 20
    for name in ("coef", "se", "df", "p_value", "estimate", "conf_low", "conf_high", "n"):
        pd.testing.assert_series_equal(both[name], both[f"{name}_grid"], check_names=False, check_dtype=False)
        assert (both[name].astype(float) == both[f"{name}_grid"].astype(float)).all()


def test_an_estimate_above_zero_says_worse_status_with_worse_health(found: CohortMultiverse) -> None:
    weaker = row(found.table, exposure="b12_low", outcome="grip")
    more_often = row(found.table, exposure="b12_low", outcome="weak", estimator="poisson")
    assert np.sign(weaker["effect"]) == -np.sign(weaker["coef"])
    assert np.sign(more_often["effect"]) == np.sign(more_often["coef"])
    assert weaker["effect_low"] < weaker["effect"] < weaker["effect_high"]


def test_turning_a_direction_mirrors_every_effect(found: CohortMultiverse) -> None:
    turned = project_of(
        MULTIVERSE.replace(
            "grip: {domain: strength, direction: -1}", "grip: {domain: strength, direction: 1}"
        )
    )
    other = cohort_multiverse(small_frame()[0], small_frame()[1], turned).table
    mine, theirs = (t[t["outcome"] == "grip"].reset_index() for t in (found.table, other))
    np.testing.assert_array_equal(mine["effect"], -theirs["effect"])
    np.testing.assert_array_equal(mine["effect_low"], -theirs["effect_high"])


def test_a_difference_is_in_standard_deviations_and_per_two_of_a_continuous_exposure(
    found: CohortMultiverse, project: Project
) -> None:
    frame = small_frame()[0]
    known = frame["in_domain"] & (frame["weight"] > 0) & frame["grip"].notna() & frame["log2_b12"].notna()
    of = frame[known]
    scale = 2 * weighted_sd(of["log2_b12"].to_numpy(), of["weight"].to_numpy())
    sd = weighted_sd(of["grip"].to_numpy(), of["weight"].to_numpy())
    here = row(found.table, exposure="log2_b12", outcome="grip")
    assert here["effect"] == pytest.approx(-here["coef"] * scale / sd, rel=1e-12)


def test_odds_and_prevalence_ratios_of_a_small_effect_agree_on_the_axis() -> None:
    y, weights = np.repeat([0.0, 1.0], [70, 30]), np.ones(100)
    log_pr = 0.01
    odds = np.log(0.3 * np.exp(log_pr) / (1 - 0.3 * np.exp(log_pr))) - np.log(0.3 / 0.7)
    by_odds = odds * outcome_factor(y, weights, "logistic")
    assert log_pr * outcome_factor(y, weights, "poisson") == pytest.approx(by_odds, rel=0.01)
    assert exposure_factor(y, weights, continuous=False) == 1


def test_replicates_vary_as_the_standard_errors_say(found: CohortMultiverse) -> None:
    spread = found.replicates.astype(float).std(axis=0)
    assert np.abs(spread - 1).mean() < 0.1
    assert np.abs(found.replicates.astype(float).mean(axis=0)).max() < 0.4


def test_the_same_bytes_twice(found: CohortMultiverse, project: Project, tmp_path: Path) -> None:
    again = as_shown(cohort_multiverse(small_frame()[0], small_frame()[1], project))
    for name, multiverse in (("a", found), ("b", again)):
        write_specifications(tmp_path / name, multiverse.table)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert found.replicates.tobytes() == again.replicates.tobytes()


def test_what_was_written_is_read_again_to_the_last_digit(found: CohortMultiverse, tmp_path: Path) -> None:
    write_specifications(tmp_path / "m.parquet", found.table)
    back = read_specifications(tmp_path / "m.parquet")
    for name in ("coef", "se", "p_value", "conf_high"):
        np.testing.assert_array_equal(back[name], found.table[name])
    assert list(back["reason"]) == list(found.table["reason"])
    np.testing.assert_allclose(back["effect"], found.table["effect"], rtol=1e-6)


def test_a_level_that_is_set_apart_leaves_the_specification_without_estimate() -> None:
    frame = small_frame()[0]
    deficient = frame["b12_status"] == "deficient"
    frame.loc[deficient & (deficient.cumsum() > 5), "b12_status"] = "marginal"
    table = cohort_multiverse(frame, small_frame()[1], project_of()).table
    of = row(table, exposure="b12_status", outcome="grip")
    assert of["left_out"] == "not_estimable"
    assert of["reason"].endswith("people; a level of fewer than 10 is not compared")


def test_the_summary_counts_shares_and_what_is_left_out(project: Project) -> None:
    table = pd.DataFrame(
        {
            "cohort": "made_up",
            "marker": "b12",
            "domain": "strength",
            "left_out": ["", "", "", "", "same_model"],
            "effect": [0.4, 0.2, 0.1, -0.3, np.nan],
            "coef": [0.4, 0.2, 0.1, -0.3, np.nan],
            "effect_low": [0.1, -0.1, -0.1, -0.5, np.nan],
            "effect_high": [0.7, 0.5, 0.3, -0.1, np.nan],
            "se": [0.1] * 4 + [np.nan],
            "df": [20.0] * 4 + [np.nan],
        }
    )
    left_out = pd.DataFrame(
        [
            ("made_up", "b12", "strength", "same_model", "other choices", 1),
            ("made_up", "hcy", "size", "not_measured", "no", 7),
        ],
        columns=["cohort", "marker", "domain", "kind", "reason", "specifications"],
    )
    replicates = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float16)
    summary = summarise({"made_up": Part(table, left_out, replicates)}, project)
    one = summary[
        (summary["cohort"] == "made_up") & (summary["marker"] == "b12") & (summary["domain"] == "strength")
    ].iloc[0]
    assert (one["asked"], one["specifications"], one["left_out_same_model"]) == (5, 4, 1)
    assert list(one[["share_worse", "share_better", "share_clear_worse", "share_clear_better"]]) == [
        0.75,
        0.25,
        0.25,
        0.25,
    ]
    assert one["median"] == pytest.approx(0.15)
    assert (one["q25"], one["q75"]) == (pytest.approx(0.0), pytest.approx(0.25))
    none = summary[(summary["marker"] == "hcy") & (summary["domain"] == "size")].iloc[0]
    assert (none["asked"], none["specifications"], none["left_out_not_measured"]) == (7, 0, 7)
    assert np.isnan(none["p_median"])
    every = summary[(summary["cohort"] == "") & (summary["marker"] == "") & (summary["domain"] == "")].iloc[0]
    assert (every["asked"], every["specifications"]) == (12, 4)


def test_a_pool_and_its_part_draw_the_same_psus(project: Project) -> None:
    sample = Sample.of(small_frame()[0], small_frame()[1], project)
    design = sample.domain.design
    kept = design.stratum_labels[design.stratum] >= design.stratum_labels[3]
    part = type(design).from_arrays(
        design.weight[kept], design.stratum_labels[design.stratum][kept], design.psu[kept]
    )
    whole = rao_wu_factors(design, draws=50, seed=3, sample="s")
    np.testing.assert_array_equal(
        rao_wu_factors(part, draws=50, seed=3, sample="s"), whole[:, -part.psu_stratum.size :]
    )
    assert (rao_wu_factors(part, draws=50, seed=4, sample="s") != whole[:, -part.psu_stratum.size :]).any()


def test_of_a_restricted_cohort_specifications_of_few_people_are_withheld_and_counted(
    project: Project,
) -> None:
    whole = cohort_multiverse(small_frame()[0], small_frame()[1], project)
    with guarding(Guard({"made_up": 40})):
        shown = as_shown(whole)
    withheld = shown.table[shown.table["left_out"] == "withheld"]
    assert 0 < len(withheld) < len(counted(whole.table))
    assert withheld[["coef", "se", "effect", "effect_low"]].isna().all(axis=None)
    kept = counted(shown.table)
    assert whole.table.loc[kept.index, "smallest_cell"].min() >= 40
    assert shown.replicates.shape[1] == len(kept)
    assert shown.left_out.set_index("kind").loc[["withheld"], "specifications"].sum() == len(withheld)
    assert "smallest_cell" not in shown.table

"""Gaps of a made-up survey filled, with and without DXA imputations of its own: SYNTHETIC, of nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from b12sarc.derive import Derived
from b12sarc.errors import B12SarcError
from b12sarc.fit import Fitter, fit_grid
from b12sarc.frames import COMPLETED_KEY, read_frame, write_frame
from b12sarc.gaps import blocks, design_groups, wanted
from b12sarc.imputation_tables import DIAGNOSTICS, diagnostics, rhat
from b12sarc.impute import CHAINS, Completed, impute
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample
from b12sarc.spec import Analysis, Imputation, Project
from b12sarc.specification import Specification
from made_dxa import COHORT, derived, dxa_project, half_scanned

M, NESTS = 10, 5
SETTINGS = {"m": M, "iterations": 2, "donors": 3, "log": ["b12"], "auxiliary": ["gait_ms"]}


def project(**settings: object) -> Project:
    """The made-up survey, its gaps to be filled."""
    base = dxa_project()
    analysis = base.analysis.model_dump(exclude_unset=True)
    analysis["models"] |= {"missing": ["complete_case", "mi"]}
    analysis["imputation"] = SETTINGS | settings
    return replace(base, analysis=Analysis(**analysis))


def with_gaps(cohort: Derived) -> pd.DataFrame:
    """The frame with B12, height and gait unknown in some, and what rests on them unknown too."""
    rng, frame = np.random.default_rng(2), cohort.frame.copy()
    for name, rests in {"b12": "b12_low", "height_cm": "tall", "gait_ms": None}.items():
        gaps = rng.random(len(frame)) < 0.15
        frame.loc[gaps, name] = np.nan
        if rests:
            frame.loc[gaps, rests] = pd.NA
    return frame


@pytest.fixture(scope="module")
def cohort() -> Derived:
    return derived(half_scanned())


@pytest.fixture(scope="module")
def frame(cohort) -> pd.DataFrame:
    return with_gaps(cohort)


@pytest.fixture(scope="module")
def completed(cohort, frame) -> Completed:
    return impute(frame, cohort.meta, project(), cohort.imputed)


@pytest.fixture(scope="module")
def domain(frame) -> pd.DataFrame:
    return frame[frame["in_domain"]].set_index("person_id")


def each(completed: Completed, name: str) -> pd.DataFrame:
    """A completed variable: a row a person, a column an imputation."""
    return completed.frame.pivot(index="person_id", columns="imputation", values=name)


def test_every_person_of_the_domain_has_every_imputation_and_nobody_else_has_one(completed, domain):
    table = completed.frame
    assert list(table.columns[:3]) == list(COMPLETED_KEY)
    assert_array_equal(np.unique(table["person_id"]), domain.index)
    assert (table.groupby("person_id").size() == M).all()


def test_known_values_are_the_same_in_every_imputation(completed, domain):
    for name in ("b12", "height_cm", "gait_ms"):
        known = domain[name].notna()
        values = each(completed, name)[known]
        assert (values.to_numpy() == domain.loc[known, name].to_numpy()[:, None]).all()


def test_who_has_no_gap_is_unchanged_in_every_variable(completed, domain):
    whole = domain.index[domain[["b12", "height_cm", "gait_ms"]].notna().all(axis=1)]
    for name in ("b12", "b12_low", "height_cm", "tall"):
        values = each(completed, name).loc[whole]
        assert (values.to_numpy() == domain.loc[whole, name].to_numpy()[:, None]).all()


def test_imputed_values_are_values_that_somebody_has_to_the_last_digit(completed, domain):
    for name in ("b12", "height_cm", "gait_ms"):
        gaps = domain[name].isna()
        values = each(completed, name)[gaps]
        assert gaps.sum() > 20
        assert np.isin(values.to_numpy(), domain[name].dropna()).all()
        assert (values.nunique(axis=1) > 1).mean() > 0.9


def test_definitions_are_made_anew_in_each_imputation(completed):
    table = completed.frame
    assert ((table["b12"] < 300) == table["b12_low"]).all()
    assert ((table["height_cm"] > 170) == table["tall"]).all()
    assert table["b12_low"].notna().all()


def test_what_had_no_gap_is_not_in_the_file(completed):
    assert not {"age_years", "sex"} & set(completed.frame)


# ---- inside the imputations that the data bring


def test_imputations_are_shared_out_among_those_of_the_data(completed):
    nests = completed.frame.groupby("imputation")["nest"].unique()
    assert [list(nest) for nest in nests] == [[1], [1], [2], [2], [3], [3], [4], [4], [5], [5]]


def test_dxa_values_are_those_of_the_nest_never_averaged(completed, cohort):
    source = cohort.imputed.set_index(["person_id", "imputation"])["alm_kg"]
    table = completed.frame.dropna(subset=["alm_kg"])
    assert_array_equal(table["alm_kg"], source.loc[list(zip(table["person_id"], table["nest"], strict=True))])


def test_what_rests_on_dxa_and_on_a_gap_is_made_of_both(completed):
    table = completed.frame.dropna(subset=["alm_kg"])
    np.testing.assert_allclose(table["alm_ht2"], table["alm_kg"] / (table["height_cm"] / 100) ** 2)
    low = table["alm_ht2"] < 7
    assert (table["sarcopenia"] == (low & (table["gait_ms"] < 1))).all()


def test_of_who_was_not_scanned_dxa_is_not_imputed(completed, cohort):
    scanned = set(cohort.imputed["person_id"])
    unknown = completed.frame.loc[completed.frame["alm_kg"].isna(), "person_id"]
    assert set(unknown) == set(completed.frame["person_id"]) - scanned != set()


def test_a_number_that_nests_do_not_share_out_is_refused(cohort, frame):
    with pytest.raises(B12SarcError, match="12 imputations cannot be shared out among 5"):
        impute(frame, cohort.meta, project(m=12), cohort.imputed)


def test_models_stand_side_by_side_complete_and_imputed(cohort, frame, completed):
    asked = project()
    fitted = fit_grid(frame, cohort.meta, asked, imputed=cohort.imputed, completed=completed.frame)
    table = fitted.estimates.set_index(["outcome", "adjustment", "missing"])
    assert set(table.loc["tall"].index.unique("missing")) == {"complete_case", "mi"}
    assert set(table.loc["alm_ht2"].index.unique("missing")) == {"mi_dxa", "mi_nested"}
    for outcome, few, all_of_them in (("tall", "complete_case", "mi"), ("alm_ht2", "mi_dxa", "mi_nested")):
        pair = table.loc[outcome].loc["basic"]
        assert pair.loc[few, "n"] < pair.loc[all_of_them, "n"]
    said = fitted.imputation.groupby("missing")["imputation"].unique()
    assert list(said["mi"]) == list(said["mi_nested"]) == ["pooled"]
    assert list(said["mi_dxa"]) == ["1", "2", "3", "4", "5", "pooled"]
    assert (fitted.imputation["fmi"].dropna() > 0).all()


def test_a_model_that_rests_on_imputations_is_refused_where_there_are_none(cohort, frame):
    fitter = Fitter(Sample.of(frame, cohort.meta, project()))
    with pytest.raises(NotEstimableError, match="gaps are not filled in this analysis"):
        fitter.fit(Specification("tall", "b12_low", "crude", "all", "poisson", "mi"))


# ---- what is not imputed


def two_cycles(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as two cycles, of which the second did not measure gait."""
    second = frame["person_id"] > 200
    cycles = pd.Categorical(np.where(second, "2001-2002", "1999-2000"))
    return frame.assign(cycle=cycles, gait_ms=frame["gait_ms"].mask(second))


def test_what_a_cycle_did_not_measure_stays_unknown_there_and_is_imputed_in_the_other(cohort, frame):
    done = impute(two_cycles(frame), cohort.meta, project(), cohort.imputed)
    table = done.frame.assign(second=done.frame["person_id"] > 200)
    assert table.loc[table["second"], "gait_ms"].isna().all()
    assert table.loc[~table["second"], "gait_ms"].notna().all()
    assert table["b12"].notna().all()
    assert set(done.chains["cycles"]) == {"1999-2000", "2001-2002"}


def test_what_the_configuration_leaves_stays_and_still_tells_of_the_others(cohort, frame):
    asked = project(not_imputed={"gait_ms": "made up"})
    done = impute(frame, cohort.meta, asked, cohort.imputed)
    assert "gait_ms" not in done.frame
    [block] = blocks(Sample.of(frame, cohort.meta, asked), asked.analysis.imputation)
    assert block.fixed.shape[1] == 1 + 2  # log weight; gait, and whether it is known


def test_what_a_subsample_measured_is_not_imputed(cohort, frame):
    gait = replace(cohort.meta.columns["gait_ms"], subsample="balance")
    meta = replace(cohort.meta, columns={**cohort.meta.columns, "gait_ms": gait})
    assert "gait_ms" not in impute(frame, meta, project(), cohort.imputed).frame


def test_without_the_treatment_nothing_is_imputed(cohort, frame):
    done = impute(frame, cohort.meta, dxa_project())
    assert done.frame.empty
    assert list(done.frame) == list(COMPLETED_KEY)
    assert list(done.chains) == list(CHAINS)


def test_without_gaps_the_imputed_model_is_the_complete_one(cohort):
    frame = cohort.frame.drop(columns=["sarcopenia"], errors="ignore")
    done = impute(frame, cohort.meta, project())
    table = fit_grid(frame, cohort.meta, project(), completed=done.frame).estimates
    tall = table[table["outcome"] == "tall"].drop(columns="missing")
    pd.testing.assert_frame_equal(
        tall[table["missing"] == "mi"].reset_index(drop=True),
        tall[table["missing"] == "complete_case"].reset_index(drop=True),
    )


# ---- which variables, and the design


def test_the_variables_are_those_behind_the_models_and_the_auxiliary_ones():
    asked = project()
    names = wanted(asked, Imputation(**SETTINGS))
    assert set(names) == {"age_years", "sex", "height_cm", "b12", "gait_ms", "alm_kg"}


def test_a_definition_imputed_whole_takes_the_place_of_its_parts():
    names = wanted(project(), Imputation(**(SETTINGS | {"whole": ("tall",)})))
    assert "tall" in names


@pytest.mark.parametrize(("design", "effects"), [("psu", 20), ("stratum", 10), ("none", 1)])
def test_the_design_has_an_effect_for_each_psu_stratum_or_cycle(cohort, frame, design, effects):
    asked = Imputation(**(SETTINGS | {"design": design}))
    sample = Sample.of(frame, cohort.meta, project())
    groups = design_groups(sample, asked, np.arange(len(frame)))
    assert len(np.unique(groups)) == groups.max() + 1 == effects


def test_psus_of_one_person_each_have_no_effect_of_their_own(cohort, frame):
    alone = frame.assign(psu=np.arange(len(frame)))
    groups = design_groups(
        Sample.of(alone, cohort.meta, project()), Imputation(**SETTINGS), np.arange(len(frame))
    )
    assert groups.max() + 1 == 10


def test_what_is_taken_together_comes_from_one_person_of_the_cycle(cohort, frame):
    twice = frame.assign(gait_ms=frame["b12"] * 2)
    asked = project(auxiliary=[], together={"b12": ["gait_ms"]})
    done = impute(twice, cohort.meta, asked, cohort.imputed)
    assert (done.frame["gait_ms"] == done.frame["b12"] * 2).all()


# ---- the same again, and what is said of it


def test_two_runs_give_the_same_bytes(cohort, frame, completed, tmp_path):
    again = impute(frame, cohort.meta, project(), cohort.imputed)
    for number, done in enumerate((completed, again)):
        write_frame(tmp_path / f"{number}.parquet", done.frame, cohort.meta)
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()
    back, _ = read_frame(tmp_path / "0.parquet")
    pd.testing.assert_frame_equal(back, completed.frame)


def test_another_seed_gives_other_values(cohort, frame, completed):
    other = replace(project(), config=project().config.model_copy(update={"seed": 5}))
    assert not impute(frame, cohort.meta, other, cohort.imputed).frame["b12"].equals(completed.frame["b12"])


def test_diagnostics_count_gaps_and_compare_weighted_means(cohort, frame, completed, domain):
    sample = Sample.of(frame, cohort.meta, project())
    table = diagnostics(sample, completed.frame, completed.chains)
    assert tuple(table.columns) == DIAGNOSTICS
    rows = table.set_index("variable")
    known = domain["b12"].notna()
    assert rows.loc["b12", "n_missing"] == (~known).sum()
    assert rows.loc["b12", "made"] == "imputed"
    assert rows.loc["b12_low", "made"] == "derived"
    mean = np.average(domain.loc[known, "b12"], weights=domain.loc[known, "weight"])
    np.testing.assert_allclose(rows.loc["b12", "observed_mean"], mean)
    drawn = each(completed, "b12").loc[domain.index[~known]].mean(axis=1)
    weights = domain.loc[~known, "weight"]
    np.testing.assert_allclose(rows.loc["b12", "imputed_mean"], np.average(drawn, weights=weights))
    assert rows.loc["b12_low", "completed"] == pytest.approx(completed.frame["b12_low"].sum() / M)


def test_chains_that_agree_have_a_scale_reduction_near_one_and_others_have_not():
    rng = np.random.default_rng(1)
    key = pd.MultiIndex.from_product([range(1, 21), range(1, 11)], names=["imputation", "iteration"])
    course = key.to_frame(index=False).assign(variable="x", cycles="1999-2000")
    noise = rng.normal(size=len(course))
    assert rhat(course.assign(mean=noise))["x"] < 1.05
    assert rhat(course.assign(mean=noise + course["imputation"]))["x"] > 2


def test_the_cohort_is_named_in_the_course_of_the_chains(completed):
    assert set(completed.chains["cohort"]) == {COHORT}
    assert len(completed.chains) == 3 * M * SETTINGS["iterations"]

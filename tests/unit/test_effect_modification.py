"""Effect modification of a small made-up cohort: what is estimated in whom, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from b12sarc.disclosure import SMALLEST_CELL, Guard
from b12sarc.effect_modification import BELOW_ONE, COLUMNS, effect_modification
from b12sarc.fit import Fitter, Specification
from b12sarc.frames import ColumnInfo
from b12sarc.sample import Sample
from b12sarc.spec import EffectModification, Modifier
from small_cohort import small_frame, small_project

MODIFIERS = {
    "sex": Modifier(var="sex", label="Sex"),
    "race": Modifier(var="race", label="Race"),
    "diabetes": Modifier(var="diabetes", label="Diabetes"),
    "hcy": Modifier(var="hcy_high", label="Homocysteine"),
}
KEY = ["modifier", "outcome", "exposure", "estimator"]


def project(modifiers=MODIFIERS, models=None, **keys):
    made = small_project(**(models or {}))
    asked = {"exposures": ("b12_low", "b12_status", "log2_b12"), "outcomes": ("grip", "weak")}
    section = EffectModification(
        modifiers=modifiers, **(asked | {"adjustments": ("full",), "min_n": 20} | keys)
    )
    return replace(made, analysis=made.analysis.model_copy(update={"effect_modification": section}))


def table(frame=None, **keys):
    made, meta = small_frame()
    return effect_modification(made if frame is None else frame, meta, project(**keys))


@pytest.fixture(scope="module")
def found():
    return table()


def of(frame, **values):
    return frame[np.logical_and.reduce([frame[name] == value for name, value in values.items()])]


def test_columns_are_those_of_the_contract(found):
    assert tuple(found.columns) == (*COLUMNS, SMALLEST_CELL)


def test_of_a_restricted_cohort_nothing_is_shown_that_rests_on_too_few_people(found):
    shown = Guard({"made_up": 10}).protected("effect_modification", found)
    few = found["coef"].notna() & (found[SMALLEST_CELL] < 10)
    enough = found["coef"].notna() & (found[SMALLEST_CELL] >= 10)
    assert few.sum() > 20
    assert enough.sum() > 20
    assert shown.loc[few, ["coef", "se", "p_value", "estimate"]].isna().all(axis=None)
    assert shown.loc[enough, "coef"].notna().mean() > 0.5
    assert not shown["n"].dropna().between(1, 9).any()
    assert not shown["events"].dropna().between(1, 9).any()


def test_every_model_has_its_tests_or_a_reason(found):
    tests = of(found, measure="test")
    models = tests[KEY].drop_duplicates()
    assert len(models) == 4 * 3 * 3  # modifiers x exposures x (linear, poisson, logistic)
    assert (tests["p_value"].notna() | (tests["reason"].fillna("") != "")).all()


def test_subgroup_is_the_model_of_its_people_without_the_modifier(found):
    frame, meta = small_frame()
    plain = Sample.of(frame, meta, small_project(subgroups=["all", "sex"]))
    model = Fitter(plain).fit(
        Specification("grip", "log2_b12", "full", "sex=female", "linear", "complete_case")
    )
    at = {
        "modifier": "sex",
        "outcome": "grip",
        "exposure": "log2_b12",
        "measure": "subgroup",
        "level": "female",
    }
    row = of(found, **at).iloc[0]
    term = model.matrix.exposure[0]
    assert row["coef"] == pytest.approx(-model.fit.coef[term.position], rel=1e-12)
    assert (row["se"], row["n"], row["df"]) == (model.fit.se[term.position], model.fit.n, model.fit.df)


def test_a_modifier_of_three_levels_has_two_products_and_one_test_of_both(found):
    at = {"modifier": "race", "outcome": "grip", "exposure": "log2_b12"}
    assert list(of(found, measure="product", **at)["level"]) == ["b", "c"]
    assert list(of(found, measure="test", **at)["df_num"]) == [2]


def test_an_exposure_of_three_levels_is_compared_level_by_level(found):
    at = {"modifier": "sex", "outcome": "grip", "exposure": "b12_status"}
    terms = set(of(found, measure="product", **at)["term"])
    assert terms == {"b12_status[deficient]", "b12_status[marginal]"}
    assert list(of(found, measure="test", **at)["df_num"]) == [2]


def test_joint_rows_count_the_people_of_their_cell(found):
    frame, _ = small_frame()
    at = {"modifier": "sex", "outcome": "weak", "exposure": "b12_low", "estimator": "poisson"}
    joint = of(found, measure="joint", **at).fillna({"term": ""}).set_index(["level", "term"])["n"]
    model = of(found, measure="test", **at).iloc[0]["n"]
    known = (
        frame[["weak", "b12_low", "height_cm"]].notna().all(axis=1)
        & frame["in_domain"]
        & (frame["weight"] > 0)
    )
    low, women = frame["b12_low"].fillna(False).astype(bool), frame["sex"] == "female"
    assert known.sum() == model
    assert joint["female", "b12_low"] == (known & low & women).sum()
    assert joint["female", ""] == (known & ~low & women).sum()
    assert joint["male", "b12_low"] == (known & low & ~women).sum()


def test_a_modifier_that_the_cohort_lacks_is_refused_once_a_model_with_the_reason(found):
    rows = of(found, modifier="hcy")
    assert set(rows["measure"]) == {"test"}
    assert (rows["reason"] == "hcy_high: not assayed here").all()


def test_a_level_of_too_few_people_is_refused_alone(found):
    frame, _ = small_frame()
    frame["diabetes"] = pd.array(np.arange(len(frame)) % 40 == 3, dtype="boolean")
    rows = table(frame, modifiers={"diabetes": MODIFIERS["diabetes"]}, exposures=("log2_b12",))
    linear = of(rows, outcome="grip")
    few = of(linear, measure="subgroup", level="true").iloc[0]
    assert few["reason"].startswith("diabetes[true]: ")
    assert few["reason"].endswith("people; a level of fewer than 20 is not looked at by itself")
    assert of(linear, measure="subgroup", level="false")["estimate"].notna().all()
    assert of(linear, measure="test")["reason"].iloc[0] == few["reason"]


def test_a_cell_of_too_few_exposed_people_gives_no_product():
    frame, _ = small_frame()
    sick = frame["diabetes"].fillna(False).astype(bool)
    frame.loc[sick & (frame.index % 9 > 0), "b12_low"] = False
    rows = table(
        frame, modifiers={"diabetes": MODIFIERS["diabetes"]}, exposures=("b12_low",), outcomes=("grip",)
    )
    reason = of(rows, measure="test")["reason"].iloc[0]
    assert reason.startswith("b12_low in diabetes[true]: ")
    assert reason.endswith("a group of fewer than 10 is not compared")


def test_the_modifier_replaces_its_own_covariate_and_what_it_is_told_to():
    spec = {"sex": Modifier(var="sex", label="Sex", replaces=("height_cm", "race"))}
    with_race = of(
        table(modifiers={"sex": MODIFIERS["sex"]}), measure="test", exposure="log2_b12", outcome="grip"
    )
    without = of(table(modifiers=spec), measure="test", exposure="log2_b12", outcome="grip")
    assert without["df"].iloc[0] == with_race["df"].iloc[0] + 3  # height and two columns of race


def test_exposure_and_modifier_of_the_same_measurement_are_refused():
    status = {"status": Modifier(var="b12_status", label="Status")}
    rows = table(modifiers=status, exposures=("log2_b12",), outcomes=("grip",))
    assert rows["reason"].tolist() == [
        "the modifier b12_status and the exposure are made of the same measurement"
    ]


def test_adjusted_p_values_are_those_of_a_scale_and_estimator(found):
    tests = of(found, measure="test")
    for _, family in tests.groupby(["scale", "estimator"]):
        known = family[family["p_value"].notna()]
        assert known["p_holm"].max() <= 1
        smallest = known["p_value"].min()
        assert known["p_holm"].min() == pytest.approx(min(1, len(known) * smallest))
    assert found.loc[found["measure"] != "test", "p_holm"].isna().all()


def test_excess_of_ratios_below_one_says_that_it_means_little(found):
    excess = found[found["measure"].isin(["reri", "ap", "synergy"])]
    below = excess[excess["note"] == BELOW_ONE]
    assert 0 < len(below) < len(excess)


def imputed_grip():
    """The frame without grip and weak, its metadata, and three imputations of both."""
    frame, meta = small_frame()
    rng = np.random.default_rng(9)
    people = frame.loc[frame["grip"].notna(), ["person_id", "grip"]]
    each = [
        people.assign(imputation=i, grip=people["grip"] + rng.normal(0, 1, len(people))) for i in (1, 2, 3)
    ]
    long = pd.concat(each)
    columns = {name: ColumnInfo(name, "imputed", imputed=True) for name in ("grip", "weak")}
    meta = replace(meta, columns={**meta.columns, **columns})
    return frame.drop(columns=["grip", "weak"]), meta, long.assign(weak=(long["grip"] < 20).astype("boolean"))


def test_with_an_imputed_outcome_every_number_is_pooled():
    frame, meta, long = imputed_grip()
    chosen = {"exposures": ("log2_b12",), "adjustments": ("crude",)}
    asked = project(modifiers={"sex": MODIFIERS["sex"]}, **chosen)
    rows = effect_modification(frame, meta, asked, None, long)
    assert set(rows["missing"]) == {"mi_dxa"}
    for outcome, estimator in (("grip", "linear"), ("weak", "poisson"), ("weak", "logistic")):
        model = of(rows, outcome=outcome, estimator=estimator)
        product = of(model, measure="product").iloc[0]
        test = of(model, measure="test").iloc[0]
        assert 1 < product["df"] < 20 + 1 - 4 - 10  # Barnard and Rubin's: fewer than those of a complete fit
        assert product["p_value"] == pytest.approx(test["p_value"], rel=1e-9)
    poisson = of(rows, estimator="poisson")
    assert {"reri", "ap", "synergy", "difference_contrast"} <= set(poisson["measure"])
    assert of(poisson, measure="reri")["se"].notna().all()


def test_pooled_contrast_is_the_mean_of_those_of_the_imputations():
    frame, meta, long = imputed_grip()
    chosen = {"modifiers": {"sex": MODIFIERS["sex"]}, "exposures": ("log2_b12",), "outcomes": ("weak",)}
    pooled = effect_modification(frame, meta, project(**chosen, adjustments=("crude",)), None, long)
    full, full_meta = small_frame()
    each = []
    for _, one in long.groupby("imputation"):
        drawn = full.assign(weak=full["person_id"].map(one.set_index("person_id")["weak"]).astype("boolean"))
        each.append(effect_modification(drawn, full_meta, project(**chosen, adjustments=("crude",))))
    for measure in ("product", "reri", "difference", "difference_contrast"):
        alone = [of(one, measure=measure, estimator="poisson")["coef"].to_numpy() for one in each]
        together = of(pooled, measure=measure, estimator="poisson")["coef"].to_numpy()
        np.testing.assert_allclose(together, np.mean(alone, axis=0), rtol=1e-9)


def test_a_modifier_with_imputed_gaps_moves_people_between_groups():
    frame, meta = small_frame()
    rng = np.random.default_rng(2)
    gaps = frame.index % 7 == 0
    gappy = frame.assign(diabetes=frame["diabetes"].mask(gaps))
    draws = []
    for i in (1, 2, 3, 4):
        drawn = frame["diabetes"].mask(gaps, pd.Series(rng.random(len(frame)) < 0.3).astype("boolean"))
        draws.append(frame[["person_id"]].assign(imputation=i, nest=1, diabetes=drawn))
    asked = project(
        modifiers={"diabetes": MODIFIERS["diabetes"]},
        exposures=("log2_b12",),
        outcomes=("grip",),
        adjustments=("crude",),
        models={"missing": ["complete_case", "mi"]},
        missing=("complete_case", "mi"),
    )
    rows = effect_modification(gappy, meta, asked, None, None, pd.concat(draws, ignore_index=True))
    product = of(rows, measure="product").set_index("missing")
    assert product.loc["mi", "n"] > product.loc["complete_case", "n"]
    assert product.loc["mi", "df"] < product.loc["complete_case", "df"]
    subgroup = of(rows, measure="subgroup", level="true").set_index("missing")
    assert subgroup.loc["mi", "n"] > subgroup.loc["complete_case", "n"]


def test_progress_is_told_after_each_model_with_a_modifier():
    said = []
    frame, meta = small_frame()
    asked = project(modifiers={"sex": MODIFIERS["sex"]}, exposures=("log2_b12",), outcomes=("grip",))
    effect_modification(frame, meta, asked, lambda done, total: said.append((done, total)))
    assert said == [(1, 1)]


def test_two_runs_give_the_same_table(found):
    pd.testing.assert_frame_equal(found, table())

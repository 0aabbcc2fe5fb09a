from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from b12sarc.describe import describe, missingness, prevalence, table1
from b12sarc.estimators import chi_square, compare_means, mean, proportion, standardised_difference
from small_cohort import small_frame, small_project, small_sample


def one(table, **values):
    found = table[(table[list(values)] == pd.Series(values)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


# ---- prevalence


def test_prevalence_columns_are_those_of_the_contract():
    numbers = ["n", "events", "estimate", "se", "df", "conf_low", "conf_high", "n_eff"]
    columns = ["cohort", "variable", "subgroup", *numbers, "flag"]
    assert list(prevalence(small_sample()).columns) == columns


def test_prevalence_of_every_level_overall_and_by_subgroup_without_what_the_cohort_lacks():
    table = prevalence(small_sample())
    terms = ["b12_low", *(f"b12_status[{level}]" for level in ("deficient", "marginal", "adequate")), "weak"]
    wanted = [(term, subgroup) for term in terms for subgroup in ("all", "sex=male", "sex=female")]
    assert list(table[["variable", "subgroup"]].itertuples(index=False, name=None)) == wanted


def test_prevalence_is_the_weighted_proportion_in_those_in_whom_it_is_known():
    sample = small_sample()
    mask = sample.known(["b12_low"]) & (sample.values("sex") == 1)
    domain = sample.domain.restrict(mask)
    expected = proportion(domain, domain.take(sample.values("b12_low")))
    row = one(prevalence(sample), variable="b12_low", subgroup="sex=female")
    for name in ("n", "events", "estimate", "se", "df", "conf_low", "conf_high", "n_eff"):
        assert row[name] == getattr(expected, name), name


def test_shares_of_the_levels_sum_to_one():
    table = prevalence(small_sample())
    levels = table[table["variable"].str.startswith("b12_status") & (table["subgroup"] == "all")]
    assert levels["estimate"].sum() == pytest.approx(1)


def test_suppressed_prevalence_keeps_n_and_df_only():
    frame, _ = small_frame()
    frame.loc[frame.index[25:], "weak"] = pd.NA
    row = one(prevalence(small_sample(frame)), variable="weak", subgroup="all")
    assert row["flag"].startswith("suppressed: n or effective n below 30")
    assert 0 < row["n"] < 30
    assert row[["events", "estimate", "se", "conf_low", "conf_high", "n_eff"]].isna().all()


def test_prevalence_known_in_nobody_is_suppressed_with_n_zero():
    frame, _ = small_frame()
    frame["weak"] = pd.array([pd.NA] * len(frame), dtype="boolean")
    row = one(prevalence(small_sample(frame)), variable="weak", subgroup="all")
    assert row["n"] == 0
    assert row["flag"].startswith("suppressed")


def test_subgroup_without_people_in_the_domain_has_no_row():
    frame, _ = small_frame()
    frame["in_domain"] &= frame["sex"] == "male"
    assert set(prevalence(small_sample(frame))["subgroup"]) == {"all", "sex=male"}


# ---- table 1


@pytest.fixture(scope="module")
def baseline():
    return table1(small_sample())


def test_table1_has_everybody_first_and_then_the_groups_in_order(baseline):
    groups = baseline[baseline["variable"] == "age_years"]["group"]
    assert list(groups) == ["all", "deficient", "marginal", "adequate"]


def test_table1_counts_the_people_of_each_group_and_their_share(baseline):
    people = baseline[baseline["variable"] == "persons"].set_index("group")
    parts = people.drop(index="all")
    assert parts["events"].sum() == people.loc["all", "events"]
    assert parts["estimate"].sum() == pytest.approx(1)
    assert parts["n_weighted"].sum() == pytest.approx(people.loc["all", "n_weighted"])


def test_table1_describes_people_whose_group_is_known(baseline):
    sample = small_sample()
    known = sample.domain.restrict(sample.known(["b12_status"]))
    assert one(baseline, variable="persons", group="all")["n"] == known.n < sample.domain.n


@pytest.mark.parametrize(("by", "taken"), [(["hcy_high", "sex"], "sex"), (["hcy_high"], "")])
def test_table1_is_split_by_the_first_that_the_cohort_has_or_by_nothing_with_the_reason(by, taken):
    sample = small_sample()
    describe = sample.project.analysis.describe
    split = describe.table1.model_copy(update={"by": tuple(by)})
    analysis = sample.project.analysis.model_copy(
        update={"describe": describe.model_copy(update={"table1": split})}
    )
    made = table1(replace(sample, project=replace(sample.project, analysis=analysis)))

    assert set(made["by"]) == {taken}
    assert set(made["group"]) == ({"all", "male", "female"} if taken else {"all"})
    notes = made.loc[made["variable"] == "persons", "note"]
    assert taken or notes.tolist() == ["hcy_high: not assayed here"]
    assert taken or made["p_value"].isna().all()


def test_continuous_row_is_the_weighted_mean_of_the_group_with_its_wald_test(baseline):
    sample = small_sample()
    known = sample.domain.restrict(sample.known(["b12_status", "age_years"]))
    group = known.restrict(sample.values("b12_status") == 1)
    expected = mean(group, group.take(sample.values("age_years")))
    row = one(baseline, variable="age_years", group="marginal")
    assert (row["estimate"], row["se"], row["n"]) == (expected.estimate, expected.se, expected.n)
    test = compare_means(
        known, known.take(sample.values("age_years")), known.take(sample.values("b12_status"))
    )
    assert (row["p_value"], row["test"]) == (test.p_value, "Wald F")


def test_categorical_row_is_the_share_of_the_level_with_the_rao_scott_test(baseline):
    sample = small_sample()
    known = sample.domain.restrict(sample.known(["b12_status", "sex"]))
    group = known.restrict(sample.values("b12_status") == 0)
    expected = proportion(group, group.take(sample.values("sex")) == 1)
    row = one(baseline, variable="sex", level="female", group="deficient")
    assert (row["estimate"], row["conf_low"], row["events"]) == (
        expected.estimate,
        expected.conf_low,
        expected.events,
    )
    test = chi_square(known, known.take(sample.values("sex")), known.take(sample.values("b12_status")))
    assert (row["p_value"], row["test"]) == (test.p_value, "Rao-Scott F")


def test_binary_row_has_one_line_of_those_with_it(baseline):
    rows = baseline[(baseline["variable"] == "diabetes") & (baseline["group"] == "all")]
    assert list(rows["level"]) == [""]
    assert rows["estimate"].iloc[0] < 0.5


def test_standardised_difference_is_from_the_reference_and_the_largest_stands_on_all(baseline):
    sample = small_sample()
    pair = sample.domain.restrict(np.isin(sample.values("b12_status"), [0, 2]))
    expected = standardised_difference(
        pair, pair.take(sample.values("age_years")), pair.take(sample.values("b12_status"))
    )
    rows = baseline[baseline["variable"] == "age_years"].set_index("group")["smd"]
    assert rows["deficient"] == expected.estimate
    assert np.isnan(rows["adequate"])
    assert rows["all"] == max(rows["deficient"], rows["marginal"])


def test_group_of_few_people_is_described_but_not_compared():
    frame, _ = small_frame()
    few = frame.index[frame["b12_status"] == "deficient"][20:]
    frame.loc[few, "b12_status"] = "adequate"
    table = table1(small_sample(frame))
    row = one(table, variable="age_years", group="deficient")
    assert np.isfinite(row["estimate"])
    assert np.isnan(row["smd"])
    assert "deficient is not compared" in row["note"]
    assert row["flag"].startswith("review: n below 30")
    sample = small_sample(frame)
    rest = sample.domain.restrict(np.isin(sample.values("b12_status"), [1, 2]))
    test = compare_means(rest, rest.take(sample.values("age_years")), rest.take(sample.values("b12_status")))
    assert row["p_value"] == test.p_value


def test_unreliable_share_keeps_its_numbers_and_says_so():
    frame, _ = small_frame()
    few = frame.index[frame["b12_status"] == "deficient"][20:]
    frame.loc[few, "b12_status"] = "adequate"
    row = one(table1(small_sample(frame)), variable="diabetes", group="deficient")
    assert row["flag"].startswith("unreliable: n or effective n below 30")
    assert np.isfinite(row["estimate"])


def test_table1_leaves_out_what_the_cohort_lacks(baseline):
    assert "hcy_high" not in set(baseline["variable"])


def test_variable_of_one_value_has_no_test_and_says_why():
    frame, _ = small_frame()
    frame["diabetes"] = pd.array([False] * len(frame), dtype="boolean")
    row = one(table1(small_sample(frame)), variable="diabetes", group="all")
    assert np.isnan(row["p_value"])
    assert "one level" in row["note"]


# ---- missingness


def test_missingness_counts_in_the_domain():
    sample = small_sample()
    frame = sample.frame.iloc[sample.domain.rows]
    row = one(missingness(sample), variable="grip")
    assert row["n"] == len(frame)
    assert row["n_missing"] == frame["grip"].isna().sum() > 0
    assert row["fraction"] == frame["grip"].isna().mean()


def test_missingness_is_weighted_by_the_survey_weight():
    sample = small_sample()
    frame = sample.frame.iloc[sample.domain.rows]
    expected = frame.loc[frame["grip"].isna(), "weight"].sum() / frame["weight"].sum()
    assert one(missingness(sample), variable="grip")["weighted_fraction"] == pytest.approx(expected)


def test_missingness_lists_every_variable_but_not_the_design():
    variables = set(missingness(small_sample())["variable"])
    assert {"age_years", "b12_status", "weak"} <= variables
    assert not variables & {"person_id", "cycle", "stratum", "psu", "weight", "in_domain"}


def test_describe_makes_the_three_tables():
    frame, meta = small_frame()
    described = describe(frame, meta, small_project())
    pd.testing.assert_frame_equal(described.table1, table1(small_sample()))
    pd.testing.assert_frame_equal(described.prevalence, prevalence(small_sample()))
    pd.testing.assert_frame_equal(described.missingness, missingness(small_sample()))

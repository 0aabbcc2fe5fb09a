from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import model_matrix, set_small_levels_apart, usable_terms
from b12sarc.sample import Sample
from b12sarc.spec import Term
from b12sarc.spec.cohort import Mapping
from small_cohort import small_frame, small_sample

AGE = Term(var="age_years", form="linear")
SEX = Term(var="sex", form="categorical")
RACE = Term(var="race", form="categorical")
CYCLE = Term(var="cycle", form="categorical")


def matrix_of(exposure, terms=(), keep=None, frame=None):
    """Matrix of the made-up cohort over the domain rows that are complete (and in ``keep``)."""
    sample = small_sample(frame)
    mask = sample.known([exposure, *(t.var for t in terms)])
    domain = sample.domain.restrict(mask if keep is None else mask & keep(sample))
    return sample, domain, model_matrix(sample, domain, exposure, terms)


def column(matrix, name):
    return matrix.x[:, matrix.names.index(name)]


def test_columns_are_intercept_then_exposure_then_covariates_in_order():
    _, _, matrix = matrix_of("log2_b12", [AGE, SEX, RACE])
    assert matrix.names == ("(Intercept)", "log2_b12", "age_years", "sex[female]", "race[b]", "race[c]")
    assert (column(matrix, "(Intercept)") == 1).all()


def test_columns_hold_the_values_of_the_domain_rows():
    sample, domain, matrix = matrix_of("log2_b12", [AGE, SEX])
    rows = sample.frame.iloc[domain.rows]
    np.testing.assert_array_equal(column(matrix, "log2_b12"), rows["log2_b12"])
    np.testing.assert_array_equal(column(matrix, "age_years"), rows["age_years"])
    np.testing.assert_array_equal(column(matrix, "sex[female]"), rows["sex"] == "female")


def test_binary_exposure_is_one_column_with_its_contrast():
    sample, domain, matrix = matrix_of("b12_low")
    (term,) = matrix.exposure
    assert (term.name, term.position, term.contrast, term.multiply) == ("b12_low", 1, "low vs not low", 1.0)
    np.testing.assert_array_equal(matrix.x[:, 1], sample.frame["b12_low"].iloc[domain.rows].astype(float))


def test_per_halving_multiplies_the_coefficient_by_minus_one():
    _, _, matrix = matrix_of("log2_b12")
    assert matrix.exposure[0].multiply == -1


def test_categorical_exposure_is_coded_against_its_reference_with_words_for_each_level():
    sample, domain, matrix = matrix_of("b12_status")
    assert [(t.name, t.position, t.contrast) for t in matrix.exposure] == [
        ("b12_status[deficient]", 1, "deficient vs adequate"),
        ("b12_status[marginal]", 2, "marginal vs adequate"),
    ]
    status = sample.frame["b12_status"].iloc[domain.rows]
    np.testing.assert_array_equal(matrix.x[:, 2], status == "marginal")


def few_marginal(sample: Sample, people: int) -> np.ndarray:
    """Everybody but the marginal ones, and this many of those."""
    marginal = sample.values("b12_status") == 1
    keep = ~marginal
    keep[np.flatnonzero(sample.domain.mask & marginal)[:people]] = True
    return keep


@pytest.mark.parametrize("people", [0, 9])
def test_a_level_that_fewer_than_ten_people_have_is_set_apart_with_the_reason(people):
    sample = small_sample()
    domain = sample.domain.restrict(few_marginal(sample, people) & sample.known(["b12_status"]))
    rest, reasons = set_small_levels_apart(sample, domain, "b12_status")
    assert reasons == {
        "b12_status[marginal]": f"b12_status[marginal]: {people} people; "
        "a level of fewer than 10 is not compared"
    }
    assert rest.n == domain.n - people


def test_a_level_that_ten_people_have_is_compared():
    sample = small_sample()
    domain = sample.domain.restrict(few_marginal(sample, 10) & sample.known(["b12_status"]))
    assert set_small_levels_apart(sample, domain, "b12_status") == (domain, {})


@pytest.mark.parametrize("exposure", ["b12_low", "b12_status"])
def test_too_few_in_the_reference_or_in_all_others_is_not_estimable(exposure):
    sample = small_sample()
    keep = sample.values("b12_status") == (2 if exposure == "b12_low" else 1)
    domain = sample.domain.restrict(keep & sample.known([exposure]))
    with pytest.raises(NotEstimableError, match="0 people; a level of fewer than 10 is not compared"):
        set_small_levels_apart(sample, domain, exposure)


def test_a_continuous_exposure_has_no_levels_to_set_apart():
    sample = small_sample()
    assert set_small_levels_apart(sample, sample.domain, "log2_b12") == (sample.domain, {})


def test_exposure_level_that_nobody_has_is_not_a_column():
    _, _, matrix = matrix_of("b12_status", keep=lambda s: s.values("b12_status") != 1)
    assert matrix.names == ("(Intercept)", "b12_status[deficient]")


def test_exposure_without_its_reference_level_is_not_estimable():
    with pytest.raises(NotEstimableError, match=r"nobody among .* has the reference level adequate"):
        matrix_of("b12_status", keep=lambda s: s.values("b12_status") < 2)


@pytest.mark.parametrize("exposure", ["b12_low", "b12_status"])
def test_exposure_of_one_level_is_not_estimable(exposure):
    with pytest.raises(NotEstimableError, match=f"exposure {exposure} has one level"):
        matrix_of(exposure, keep=lambda s: s.values("b12_status") == 2)


def test_domain_without_rows_is_not_estimable():
    with pytest.raises(NotEstimableError, match="nobody with"):
        matrix_of("b12_low", keep=lambda s: np.zeros(len(s.frame), dtype=bool))


def test_exposure_level_of_few_people_is_noted():
    _, _, matrix = matrix_of("b12_status", keep=lambda s: few_marginal(s, 4))
    assert matrix.notes == ("b12_status[marginal] rests on 4 people",)


def test_covariate_of_one_level_is_left_out_with_a_note():
    _, _, matrix = matrix_of("b12_low", [SEX, CYCLE], keep=lambda s: s.values("cycle") == 0)
    assert matrix.names == ("(Intercept)", "b12_low", "sex[female]")
    assert matrix.notes == ("cycle has one level here: left out",)


def test_covariate_level_that_nobody_has_is_dropped_with_a_note():
    _, _, matrix = matrix_of("b12_low", [RACE], keep=lambda s: s.values("race") != 1)
    assert matrix.names == ("(Intercept)", "b12_low", "race[c]")
    assert matrix.notes == ("race: nobody here has level b",)


def test_covariate_without_its_reference_is_coded_against_its_first_level():
    _, _, matrix = matrix_of("b12_low", [RACE], keep=lambda s: s.values("race") != 0)
    assert matrix.names == ("(Intercept)", "b12_low", "race[c]")
    assert "race: coded against b" in matrix.notes


def test_cycles_of_other_cohorts_are_not_levels_of_this_one():
    frame, _ = small_frame()
    frame["cycle"] = frame["cycle"].cat.remove_categories("2013-2014").fillna("2011-2012")
    _, _, matrix = matrix_of("b12_low", [CYCLE], frame=frame)
    assert matrix.notes == ("cycle has one level here: left out",)


def test_form_that_does_not_suit_the_variable_is_refused():
    with pytest.raises(B12SarcError, match="form 'linear' does not suit a categorical variable"):
        matrix_of("b12_low", [Term(var="sex", form="linear")])


def test_a_covariate_that_the_cohort_cannot_have_is_left_out_with_a_note_if_it_is_used_where_available():
    sample = small_sample()
    refused = Mapping(status="impossible", reason="not measured")
    cohort = sample.project.cohorts[sample.cohort].model_copy(update={"variables": {"race": refused}})
    project = replace(sample.project, cohorts={sample.cohort: cohort})
    sample = replace(sample, project=project, frame=sample.frame.drop(columns="race"))
    optional = RACE.model_copy(update={"where_available": True})
    assert usable_terms(sample, [SEX, optional], exposure="b12_low", outcome="grip") == (
        (SEX,),
        ("left out, as the cohort cannot have it: race: not measured",),
    )
    assert usable_terms(sample, [SEX, RACE], exposure="b12_low", outcome="grip") == ((SEX, RACE), ())


def test_outcome_and_exposure_are_never_covariates():
    terms, notes = usable_terms(small_sample(), [AGE, SEX, RACE], exposure="sex", outcome="age_years")
    assert terms == (RACE,)
    assert notes == ("age_years is the outcome: not a covariate", "sex is the exposure: not a covariate")

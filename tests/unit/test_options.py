"""What a sensitivity option does to a model: other people, variables, values as measured, or nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from b12sarc.fit import FittedModel, Fitter, Specification
from b12sarc.frames import raw_name
from b12sarc.inference import NotEstimableError
from b12sarc.options import DoesNotApplyError
from b12sarc.sample import Sample
from b12sarc.spec import Project, Sensitivity
from small_cohort import small_frame, small_project

OPTIONS = {
    "over_70": {"keep": {"var": "age_years", "op": ">", "value": 70}},
    "diabetics": {"keep": {"var": "diabetes", "op": "==", "value": True}},
    "everybody": {"keep": {"var": "age_years", "op": ">=", "value": 65}},
    "by_height": {"keep": {"var": "height_cm", "op": ">", "value": 160}},
    "unknown_to_it": {"keep": {"var": "hcy_high", "op": "==", "value": True}},
    "strict": {"replace": {"weak": "very_weak"}},
    "same_weak": {"replace": {"weak": "weak_again"}},
    "not_here": {"replace": {"weak": "elsewhere"}},
    "bare": {"without": ["height_cm"]},
    "raw": {"as_measured": True},
    "of_grip": {"keep": {"var": "age_years", "op": ">", "value": 70}, "outcomes": ["grip"]},
}


def project() -> Project:
    made = small_project()
    words = {"label": "An option", "reason": "asked"}
    asked = {"adjustment": "full", "exposures": ["b12_low", "log2_b12"], "outcomes": ["weak", "grip"]}
    asked |= {"options": {name: {**words, **o} for name, o in OPTIONS.items()}}
    options = Sensitivity.model_validate(asked)
    definitions = dict(made.definitions.definitions)
    weak = definitions["weak"]
    definitions |= {"very_weak": weak, "weak_again": weak, "elsewhere": weak}
    return replace(
        made,
        definitions=made.definitions.model_copy(update={"definitions": definitions}),
        analysis=made.analysis.model_copy(update={"sensitivity": options}),
    )


def frame() -> pd.DataFrame:
    made, _ = small_frame()
    made["very_weak"] = (made["grip"] < 18).astype("boolean").mask(made["grip"].isna())
    made["weak_again"] = made["weak"]
    # The harmonised values are 1.1 times what was measured in the first cycle.
    made["b12"] = 2.0 ** made["log2_b12"]
    made[raw_name("b12")] = (made["b12"] / 1.1).where(made["cycle"] == "2011-2012")
    return made


@pytest.fixture(scope="module")
def sample() -> Sample:
    _, meta = small_frame()
    meta = replace(meta, unavailable={**meta.unavailable, "elsewhere": "not asked"})
    return Sample.of(frame(), meta, project())


@pytest.fixture(scope="module")
def fitter(sample: Sample) -> Fitter:
    return Fitter(sample)


def spec(option: str = "", **changes: str) -> Specification:
    main = Specification("weak", "b12_low", "full", "all", "poisson", "complete_case")
    return replace(main, option=option, **changes)


def same(one: FittedModel, other: FittedModel) -> bool:
    return np.array_equal(one.fit.coef, other.fit.coef) and np.array_equal(one.fit.se, other.fit.se)


def test_a_rule_narrows_the_domain_and_leaves_the_design_whole(sample: Sample, fitter: Fitter) -> None:
    kept = fitter.fit(spec("over_70"))
    old = sample.values("age_years") > 70
    narrowed = Sample.of(
        sample.frame.assign(in_domain=sample.frame["in_domain"] & old), sample.meta, project()
    )
    assert same(kept, Fitter(narrowed).fit(spec()))
    assert kept.fit.n < fitter.fit(spec()).fit.n


def test_people_of_whom_the_rule_is_unknown_are_dropped_and_counted(sample: Sample, fitter: Fitter) -> None:
    crude = spec("by_height", adjustment="crude")
    dropped, unknown = fitter.asker.dropped(crude)
    people = sample.domain.take(sample.known(["weak", "b12_low"]))
    tall = sample.domain.take(sample.values("height_cm"))[people]
    assert unknown == np.isnan(tall).sum() > 0
    assert (
        dropped
        == people.sum() - (tall > 160).sum()
        == fitter.fit(replace(crude, option="")).fit.n - (fitter.fit(crude).fit.n)
    )


def test_a_replaced_outcome_is_fitted_in_place_of_the_main_one(fitter: Fitter) -> None:
    assert same(fitter.fit(spec("strict")), fitter.fit(spec(outcome="very_weak")))
    assert not same(fitter.fit(spec("strict")), fitter.fit(spec()))


def test_a_covariate_that_is_left_out_is_not_in_the_model(fitter: Fitter) -> None:
    names, main = fitter.fit(spec("bare")).matrix.names, fitter.fit(spec()).matrix.names
    assert set(main) - set(names) == {"height_cm"}


def test_values_as_measured_make_the_definitions_anew(sample: Sample, fitter: Fitter) -> None:
    measured = sample.frame[raw_name("b12")].fillna(sample.frame["b12"])
    low = (measured < 148).astype("boolean").mask(measured.isna())
    anew = Fitter(Sample.of(sample.frame.assign(b12_low=low), sample.meta, project()))
    assert same(fitter.fit(spec("raw")), anew.fit(spec()))
    assert not same(fitter.fit(spec("raw")), fitter.fit(spec()))


@pytest.mark.parametrize(
    ("option", "changes", "reason"),
    [
        ("unknown_to_it", {}, "hcy_high: not assayed here"),
        ("not_here", {}, "elsewhere: not asked"),
        ("strict", {"outcome": "grip", "estimator": "linear"}, "nothing of this is in the model: weak"),
        ("bare", {"adjustment": "demographic"}, "nothing of this is in the model: height_cm"),
        (
            "bare",
            {"outcome": "height_cm", "estimator": "linear"},
            "nothing of this is in the model: height_cm",
        ),
        ("of_grip", {}, "not about weak"),
    ],
)
def test_an_option_that_does_not_apply_says_why(
    fitter: Fitter, option: str, changes: dict[str, str], reason: str
) -> None:
    with pytest.raises(DoesNotApplyError, match=reason):
        fitter.fit(spec(option, **changes))


def test_values_as_measured_do_not_apply_where_nothing_was_bridged() -> None:
    made, meta = small_frame()
    with pytest.raises(DoesNotApplyError, match="nothing in this model was brought to the scale"):
        Fitter(Sample.of(made, meta, project())).fit(spec("raw"))


@pytest.mark.parametrize(
    ("option", "nobody"),
    [("everybody", True), ("same_weak", True), ("over_70", False), ("strict", False), ("bare", False)],
)
def test_an_option_that_leaves_people_and_values_as_they_are_is_recognised(
    fitter: Fitter, option: str, *, nobody: bool
) -> None:
    assert fitter.asker.changes_nobody(spec(option)) is nobody
    assert same(fitter.fit(spec(option)), fitter.fit(spec())) is nobody


def test_what_the_data_cannot_answer_under_an_option_has_its_reason(fitter: Fitter) -> None:
    with pytest.raises(NotEstimableError) as caught:
        fitter.fit(spec("diabetics", exposure="hcy_high"))
    assert not isinstance(caught.value, DoesNotApplyError)

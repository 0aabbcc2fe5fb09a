"""Who is in the domain, and how the losses are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.eligibility import FLOW, flow, in_domain
from b12sarc.errors import B12SarcError
from b12sarc.spec import Analysis

AGED = {"id": "aged", "description": "Aged", "keep": {"var": "age_years", "op": ">=", "value": 65}}
EXAMINED = {"id": "examined", "description": "Examined", "examined": True}
FRAME = pd.DataFrame(
    {
        "age_years": [64.999, 65.0, 80.0, 70.0, np.nan, 71.0],
        "weight": [10.0, 20.0, 30.0, 0.0, 50.0, 7.0],
        "b12": [100.0, np.nan, 200.0, 300.0, 400.0, 500.0],
        "bmi": [20.0, 20.0, 20.0, 20.0, 20.0, np.nan],
        "smoking": pd.Categorical(["never", "never", "former", None, "never", "never"]),
    }
)


def analysis(domain: list[dict[str, Any]], analytic: list[dict[str, Any]] | None = None) -> Analysis:
    return Analysis.model_validate(
        {
            "population": {"id": "p", "title": "P", "domain": domain, "analytic": analytic or []},
            "adjustment_sets": {
                "crude": {"label": "Crude"},
                "small": {"label": "Small", "terms": [{"var": "smoking", "form": "categorical"}]},
                "large": {"label": "Large", "extends": "small", "terms": [{"var": "bmi"}]},
            },
            "models": {"exposures": ["b12"], "outcomes": ["bmi"], "adjustments": ["crude"]},
            "families": {},
            "describe": {
                "table1": {"by": "smoking", "rows": ["bmi"]},
                "prevalence_of": [],
                "subgroups": {"all": {"label": "Everybody"}},
            },
            "headline": {"exposures": ["b12"], "outcomes": ["bmi"], "adjustment": "crude"},
        }
    )


def test_the_domain_is_aged_65_or_over_with_a_weight_above_0():
    assert in_domain(FRAME, analysis([AGED, EXAMINED]), {}, "c").tolist() == [
        False,
        True,
        True,
        False,
        False,
        True,
    ]


def test_the_domain_mark_is_a_plain_bool_that_cannot_be_missing():
    assert in_domain(FRAME, analysis([AGED]), {}, "c").dtype == bool


def test_an_empty_domain_names_the_step_that_emptied_it():
    nobody = {"id": "older", "description": "d", "keep": {"var": "age_years", "op": ">", "value": 80}}
    with pytest.raises(
        B12SarcError, match=r"population\.domain\.older: the domain is empty.* all of the 4 persons"
    ):
        in_domain(FRAME, analysis([AGED, nobody, EXAMINED]), {}, "c")


def test_a_domain_on_what_the_cohort_lacks_is_refused_with_the_reason():
    with pytest.raises(B12SarcError, match=r"population\.domain\.aged: .*age_years: never asked"):
        in_domain(FRAME, analysis([AGED]), {"age_years": "age_years: never asked"}, "c")


def test_the_flow_starts_with_everybody_and_follows_domain_and_analytic_steps():
    measured = {"id": "b12", "description": "B12 measured", "measured": ["b12"]}
    covariates = {"id": "complete", "description": "Covariates known", "covariates_of": "large"}
    table = flow(FRAME, analysis([AGED, EXAMINED], [measured, covariates]), {})
    assert tuple(table.columns) == FLOW
    assert table.to_dict("split")["data"] == [
        ["survey", "Everybody in the survey", 0, 6, 117.0],
        ["aged", "Aged", 2, 4, 57.0],
        ["examined", "Examined", 1, 3, 57.0],
        ["b12", "B12 measured", 1, 2, 37.0],
        ["complete", "Covariates known", 1, 1, 30.0],
    ]


def test_a_step_on_what_the_cohort_lacks_excludes_nobody_and_says_so():
    mma = {"id": "mma", "description": "MMA measured", "measured": ["b12", "mma"]}
    table = flow(FRAME, analysis([AGED], [mma]), {"mma": "mma: not assayed", "b12": None})
    assert table.iloc[-1].tolist() == ["mma", "MMA measured (not applied: mma: not assayed)", 0, 4, 57.0]


def test_a_covariate_that_the_cohort_cannot_have_is_not_asked_for_and_that_is_said():
    covariates = {"id": "complete", "description": "Covariates known", "covariates_of": "large"}
    whole = analysis([AGED, EXAMINED], [covariates])
    name = whole.terms("large")[0].var
    table = flow(FRAME.drop(columns=name), whole, {name: f"{name}: not asked"}, {name})
    assert table.iloc[-1]["description"] == f"Covariates known (without {name})"


def test_a_set_without_covariates_excludes_nobody():
    crude = {"id": "crude", "description": "Crude", "covariates_of": "crude"}
    assert flow(FRAME, analysis([AGED], [crude]), {})["n_excluded"].tolist() == [0, 2, 0]

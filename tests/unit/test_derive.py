"""Definitions become columns only where a cohort can answer them; the rest is stated with its reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.derive import Derived, derive
from b12sarc.errors import B12SarcError
from b12sarc.frames import ColumnInfo, FrameMeta
from b12sarc.spec import Analysis, Cohort, Config, Definitions, Dictionary, Project

CYCLE = "2011-2012"
VARIABLES: dict[str, dict[str, Any]] = {
    "age_years": {"label": "Age", "type": "continuous", "unit": "years"},
    "b12": {"label": "B12", "type": "continuous", "unit": "pmol/L"},
    "mma": {"label": "MMA", "type": "continuous", "unit": "nmol/L"},
    "hcy": {"label": "Homocysteine", "type": "continuous", "unit": "umol/L"},
    "grip": {"label": "Grip", "type": "continuous", "unit": "kg"},
    "height_cm": {"label": "Height", "type": "continuous", "unit": "cm"},
    "creatinine": {"label": "Creatinine", "type": "continuous", "unit": "mg/dL"},
    "sex": {
        "label": "Sex",
        "type": "categorical",
        "categories": {"male": "Men", "female": "Women"},
        "reference": "male",
    },
    "ever": {"label": "Ever smoked", "type": "binary"},
    "now": {
        "label": "Smokes now",
        "type": "categorical",
        "categories": {"yes": "Yes", "no": "No"},
        "reference": "no",
    },
}
IMPOSSIBLE = {"status": "impossible", "reason": "not assayed"}


def compare(var: str, op: str, value: Any) -> dict[str, Any]:
    unit = VARIABLES[var].get("unit") if var in VARIABLES else None
    return {"var": var, "op": op, "value": value} | ({"unit": unit} if unit else {})


def binary(rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"label": "L", "roles": ["outcome"], "kind": "binary", "rule": rule, "citation": "me"}
    return base | more


def exposure(definition: dict[str, Any]) -> dict[str, Any]:
    return definition | {"roles": ["exposure"], "contrast": {"text": "per unit"}}


def continuous(**how: Any) -> dict[str, Any]:
    return {"label": "L", "roles": ["covariate"], "kind": "continuous", "unit": "u", "citation": "me"} | how


B12_LOW = exposure(binary(compare("b12", "<", 148)))
SMOKING = {
    "label": "Smoking",
    "roles": ["covariate"],
    "kind": "categorical",
    "levels": {
        "never": compare("ever", "==", False),
        "former": compare("now", "==", "no"),
        "current": compare("now", "==", "yes"),
    },
    "reference": "never",
    "citation": "me",
}
INDEX = {
    "label": "Index",
    "roles": ["covariate"],
    "kind": "index",
    "components": [
        {"var": "b12", "transform": "ln", "sign": 1},
        {"var": "mma", "transform": "ln", "sign": -1},
        {"var": "hcy", "transform": "ln", "sign": -1},
    ],
    "unit": "z-score",
    "citation": "me",
}
ADULT = {"id": "aged", "description": "Aged", "keep": compare("age_years", ">=", 65)}
EXAMINED = {"id": "examined", "description": "Examined", "examined": True}


def project(
    definitions: dict[str, dict[str, Any]],
    lacking: tuple[str, ...] = ("hcy",),
    domain: tuple[dict[str, Any], ...] = (ADULT, EXAMINED),
) -> Project:
    definitions = {"b12_low": B12_LOW} | definitions
    mapped = {
        name: {"file": "demo", "column": name} | ({"unit": v["unit"]} if "unit" in v else {"map": {1: "x"}})
        for name, v in VARIABLES.items()
    }
    cohort = {
        "schema_version": 2,
        "access": "public",
        "id": "c",
        "title": "C",
        "population": "P",
        "citation": "me",
        "archive": {"name": "x", "table_path": "{table}.xpt", "codebook_path": "{table}.htm"},
        "cycles": {CYCLE: {"begin_year": 2011}},
        "files": {"demo": {"table": {CYCLE: "DEMO"}, "format": "xport", "key": "SEQN"}},
        "design": {
            "kind": "stratified_cluster",
            "strata": {"file": "demo", "column": "STRA"},
            "psu": {"file": "demo", "column": "PSU"},
            "weight": {"role": "mec", "file": "demo", "column": "WT"},
        },
        "variables": mapped | dict.fromkeys(lacking, IMPOSSIBLE),
    }
    exposures = [name for name, d in definitions.items() if "exposure" in d["roles"]]
    analysis = {
        "population": {"id": "p", "title": "Aged 65 or over", "domain": list(domain)},
        "adjustment_sets": {"crude": {"label": "Crude"}},
        "models": {"exposures": exposures, "outcomes": ["grip"], "adjustments": ["crude"]},
        "families": {},
        "describe": {
            "table1": {"by": "b12_low", "rows": ["grip"]},
            "prevalence_of": [],
            "subgroups": {"all": {"label": "Everybody"}},
        },
        "headline": {"exposures": exposures[:1], "outcomes": ["grip"], "adjustment": "crude"},
    }
    return Project(
        config=Config.model_validate({"run": "r", "cohorts": ["c"]}),
        dictionary=Dictionary.model_validate({"variables": VARIABLES}),
        definitions=Definitions.model_validate({"definitions": definitions}),
        analysis=Analysis.model_validate(analysis),
        cohorts={"c": Cohort.model_validate(cohort)},
    )


def harmonised(**columns: Any) -> pd.DataFrame:
    """Six persons, all but the last aged 65 or over; ``columns`` replace those of the same name."""
    n = 6
    given = {
        "person_id": range(1, n + 1),
        "cycle": pd.Categorical([CYCLE] * n),
        "stratum": [1, 1, 1, 2, 2, 2],
        "psu": [1, 2, 1, 2, 1, 2],
        "weight": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        "age_years": [65.0, 70.0, 80.0, 75.0, 66.0, 40.0],
        "b12": [100.0, 147.99, 148.0, 300.0, np.nan, 200.0],
        "mma": [400.0, 100.0, 300.0, 150.0, 200.0, 1000.0],
        "grip": [26.9, 27.0, 15.9, 16.0, np.nan, 50.0],
        "height_cm": [170.0, 160.0, 150.0, np.nan, 180.0, 175.0],
        "creatinine": [1.0, 0.6, 0.9, 1.4, np.nan, 1.0],
        "sex": pd.Categorical(["male", "male", "female", "female", "male", "female"], ["male", "female"]),
        "ever": pd.array([False, True, True, pd.NA, True, False], dtype="boolean"),
        "now": pd.Categorical(["yes", "yes", "no", "no", None, None], categories=["yes", "no"]),
    }
    return pd.DataFrame(given | columns)


META = FrameMeta(
    "c",
    "C",
    False,
    "harmonised",
    {"b12": ColumnInfo("B12", "continuous")},
    {"kind": "x"},
    {"hcy": "not assayed"},
)


def run(definitions: dict[str, dict[str, Any]], frame: pd.DataFrame | None = None, **how: Any) -> Derived:
    return derive(harmonised() if frame is None else frame, META, project(definitions, **how), "c")


def values(done: Derived, name: str) -> list[Any]:
    return [None if pd.isna(x) else x for x in done.frame[name]]


def refusal(definitions: dict[str, dict[str, Any]], frame: pd.DataFrame | None = None, **how: Any) -> str:
    with pytest.raises(B12SarcError) as caught:
        run(definitions, frame, **how)
    return str(caught.value)


def test_b12_148_is_not_low():
    assert values(run({}), "b12_low") == [True, True, False, False, None, False]


def test_a_binary_definition_is_boolean():
    assert run({}).frame["b12_low"].dtype == "boolean"


def test_grip_cutoffs_are_strict_and_differ_by_sex():
    rule = {
        "by": {"var": "sex", "cases": {"male": compare("grip", "<", 27), "female": compare("grip", "<", 16)}}
    }
    assert values(run({"weak": binary(rule)}), "weak") == [True, False, True, False, None, False]


def test_never_smoked_is_never_whatever_the_question_on_smoking_now_holds():
    smoking = run({"smoking": SMOKING}).frame["smoking"]
    assert smoking.tolist()[:3] == ["never", "current", "former"]


def test_a_level_is_missing_as_soon_as_an_earlier_one_is_unknown_or_none_holds():
    # person 4: ever is unknown though now says no; person 5: ever smoked, now unknown
    assert values(run({"smoking": SMOKING}), "smoking")[3:] == [None, None, "never"]


def test_levels_come_in_the_order_of_the_definition():
    assert list(run({"smoking": SMOKING}).frame["smoking"].cat.categories) == ["never", "former", "current"]


def test_log2_per_doubling():
    log2 = run({"log2_mma": continuous(value_of={"var": "mma", "transform": "log2"})}).frame["log2_mma"]
    assert log2[0] - log2[1] == pytest.approx(2.0, abs=1e-12)
    assert log2.dtype == "float64"


def test_the_natural_logarithm_and_the_identity():
    forms = {t: continuous(value_of={"var": "mma", "transform": t}) for t in ("ln", "identity")}
    frame = run(forms).frame
    assert frame["ln"][0] == pytest.approx(np.log(400.0), rel=1e-15)
    assert frame["identity"].tolist() == frame["mma"].tolist()


def test_a_logarithm_of_0_is_refused_with_the_number_of_such_values():
    frame = harmonised(mma=[0.0, -1.0, 5.0, np.nan, 6.0, 7.0])
    message = refusal({"log2_mma": continuous(value_of={"var": "mma", "transform": "log2"})}, frame)
    assert "definitions.log2_mma: log2 of mma: 2 values are not above 0" in message


def test_a_formula_takes_its_arguments_by_name():
    arguments = {"creatinine_mg_dl": "creatinine", "age_years": "age_years", "sex": "sex"}
    egfr = continuous(formula={"name": "ckd_epi_2021_creatinine", "arguments": arguments})
    done = run({"egfr": egfr}, harmonised(age_years=[70.0, 70.0, 70.0, 85.0, 66.0, 40.0]))
    assert done.frame["egfr"].round(3)[[0, 3]].tolist() == [80.967, 36.868]
    assert np.isnan(done.frame["egfr"][4])


def test_a_definition_may_read_another_that_stands_after_it():
    done = run({"weak_too": binary(compare("weak", "==", True)), "weak": binary(compare("grip", "<", 20))})
    assert values(done, "weak_too") == values(done, "weak") == [False, False, True, True, None, False]
    assert list(done.frame)[-4:] == ["b12_low", "weak_too", "weak", "in_domain"]


def test_each_marker_of_the_index_is_standardised_with_weights_over_those_of_the_domain_who_have_it():
    done = run({"index": INDEX}).frame
    # row 5 lacks B12 but still counts for MMA; row 6 is outside the domain
    b12, w_b12 = np.log([100.0, 147.99, 148.0, 300.0]), np.array([1.0, 2.0, 3.0, 4.0])
    mma, w_mma = np.log([400.0, 100.0, 300.0, 150.0, 200.0]), done["weight"].to_numpy()[:5]

    def z(value, x, w):
        mean = np.average(x, weights=w)
        return (np.log(value) - mean) / np.sqrt(np.cov(x, aweights=w, ddof=0) * len(x) / (len(x) - 1))

    rows = [(100.0, 400.0), (147.99, 100.0), (148.0, 300.0), (300.0, 150.0), (np.nan, 200.0), (200.0, 1000.0)]
    expected = [(z(one, b12, w_b12) - z(other, mma, w_mma)) / 2 for one, other in rows]
    assert done["index"].tolist() == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_an_index_does_without_a_definition_that_the_cohort_cannot_answer():
    log2_hcy = continuous(value_of={"var": "hcy", "transform": "log2"}, unit="log2 umol/L")
    components = [*INDEX["components"][:2], {"var": "log2_hcy", "transform": "identity", "sign": -1}]
    done = run({"log2_hcy": log2_hcy, "index": INDEX, "same": INDEX | {"components": components}})
    assert values(done, "same") == values(done, "index")


def test_the_index_says_what_it_was_standardised_with():
    note = run({"index": INDEX}).meta.columns["index"].note
    assert "standardised over the domain: ln b12 (mean 5.24062, SD 0.455804, 4 persons), ln mma" in note
    assert "hcy" not in note


def test_a_definition_that_reads_an_index_comes_after_it():
    good = binary({"var": "index", "op": ">", "value": 0, "unit": "z-score"})
    done = run({"good": good, "index": INDEX})
    assert values(done, "good") == [None if np.isnan(x) else x > 0 for x in done.frame["index"]]


def test_a_domain_on_an_index_is_refused():
    step = {
        "id": "good",
        "description": "d",
        "keep": {"var": "index", "op": ">", "value": 0, "unit": "z-score"},
    }
    assert (
        "population.domain.good: the domain cannot be formed: index: made within the domain itself"
        in refusal({"index": INDEX}, domain=(ADULT, step))
    )


def test_an_index_of_a_constant_is_refused():
    assert "definitions.index: mma: cannot be standardised" in refusal(
        {"index": INDEX}, harmonised(mma=[5.0] * 6)
    )


def test_every_row_is_kept_and_the_domain_only_marked():
    done = run({})
    assert done.frame["person_id"].tolist() == [1, 2, 3, 4, 5, 6]
    assert done.frame["in_domain"].tolist() == [True] * 5 + [False]


def test_a_domain_may_read_a_definition():
    step = {"id": "low", "description": "d", "keep": compare("b12_low", "==", True)}
    definitions = {"b12_low": binary(compare("b12", "<", 148)), "log2_mma": LOG2_MMA}
    assert run(definitions, domain=(ADULT, step)).frame["in_domain"].tolist() == [True, True] + [False] * 4


LOG2_MMA = exposure(continuous(value_of={"var": "mma", "transform": "log2"}))


def test_what_the_cohort_lacks_is_no_column_but_a_reason():
    done = run({"high": exposure(binary(compare("hcy", ">", 15)))})
    assert "high" not in done.frame
    assert "hcy" in done.meta.unavailable["high"]
    assert "not assayed" in done.meta.unavailable["high"]


def test_what_needs_something_that_is_not_available_is_not_available_either():
    confirmed = {"all": [compare("high", "==", True), compare("grip", "<", 27)]}
    done = run({"high": binary(compare("hcy", ">", 15)), "confirmed": binary(confirmed)})
    assert "confirmed" not in done.frame
    assert "not assayed" in done.meta.unavailable["confirmed"]


def test_the_catalogue_lists_every_definition():
    catalogue = run({"high": binary(compare("hcy", ">", 15)), "index": INDEX}).definitions
    assert list(catalogue) == [
        "cohort",
        "definition",
        "label",
        "roles",
        "kind",
        "available",
        "reason",
        "cycles",
    ]
    assert catalogue["definition"].tolist() == ["b12_low", "high", "index"]
    assert catalogue["available"].tolist() == [True, False, True]
    assert (catalogue["reason"] != "").tolist() == [False, True, False]


def test_a_definition_with_the_name_of_a_column_is_refused():
    assert "definitions.grip: a column of the frame has this name already" in refusal(
        {"grip": binary(compare("b12", "<", 1))}
    )


def test_an_empty_domain_is_refused():
    assert "population.domain.aged: the domain is empty" in refusal({}, harmonised(age_years=[64.0] * 6))


def test_an_exposure_with_one_level_in_the_domain_is_refused_with_that_level():
    message = refusal({}, harmonised(b12=[200.0, 300.0, 400.0, np.nan, 500.0, 100.0]))
    assert "exposure b12_low: " in message
    assert "all 4 known values are 'False'" in message


def test_an_exposure_that_nobody_in_the_domain_has_is_refused():
    message = refusal({}, harmonised(b12=[np.nan] * 5 + [100.0]))
    assert "exposure b12_low: an exposure needs two levels in the domain: none is known" in message


def test_new_columns_are_described():
    done = run({"smoking": SMOKING, "index": INDEX})
    columns = done.meta.columns
    assert set(done.frame) - set(harmonised()) <= set(columns)
    assert columns["smoking"].type == "categorical"
    assert columns["smoking"].sources == ("ever", "now")
    assert (columns["index"].type, columns["index"].unit) == ("continuous", "z-score")
    assert columns["index"].sources == ("b12", "mma")
    assert columns["in_domain"].label == "Aged 65 or over"
    assert done.meta.stage == "analysis"


def test_the_flow_is_that_of_the_population():
    assert run({}).flow["n_remaining"].tolist() == [6, 5, 5]


def test_the_harmonised_frame_is_left_as_it_was():
    frame = harmonised()
    run({"index": INDEX}, frame)
    pd.testing.assert_frame_equal(frame, harmonised())

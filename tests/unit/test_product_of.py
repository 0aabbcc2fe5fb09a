"""A variable that is a product of columns: body mass index of weight and height."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from b12sarc.errors import B12SarcError
from b12sarc.mapping_ops import Source, harvest
from b12sarc.spec import Mapping, Variable

BMI = Variable.model_validate(
    {
        "label": "Body mass index",
        "type": "continuous",
        "unit": "kg/m2",
        "plausible": {"min": 7, "max": 150, "source": "made up"},
    }
)
HEIGHT = {"column": "cm", "over": 100, "inverse": True}


def mapping(**more: Any) -> Mapping:
    factors = [{"column": "kg", "missing": [999]}, HEIGHT, HEIGHT]
    return Mapping.model_validate({"file": "f", "product_of": factors, "unit": "kg/m2"} | more)


def source(**columns: list[Any]) -> Source:
    return Source(pd.DataFrame(columns), "2020", "c, 2020, f, bmi_kg_m2")


def test_body_mass_index_of_weight_and_height() -> None:
    found = harvest(mapping(), BMI, source(KG=[70.0, 90.0], CM=[170.0, 180.0]))
    assert found.values.to_numpy() == pytest.approx([70 / 1.7**2, 90 / 1.8**2])


def test_it_is_missing_where_a_factor_is_and_a_code_is_counted() -> None:
    found = harvest(mapping(), BMI, source(KG=[999.0, np.nan, 70.0, 70.0], CM=[170.0, 170.0, np.nan, 0.0]))
    assert found.values.isna().all()
    assert (found.n_missing_code, found.n_implausible) == (1, 0)


def test_an_implausible_product_is_set_missing_and_counted() -> None:
    found = harvest(mapping(), BMI, source(KG=[70.0, 70.0], CM=[1.7, 170.0]))
    assert found.values.isna().tolist() == [True, False]
    assert found.n_implausible == 1


def test_valid_if_keeps_the_others_out() -> None:
    kept = mapping(valid_if=[{"column": "ok", "in": [1]}])
    found = harvest(kept, BMI, source(KG=[70.0, 70.0], CM=[170.0, 170.0], OK=[1, 2]))
    assert found.values.isna().tolist() == [False, True]


def test_its_columns_are_those_of_its_factors() -> None:
    assert mapping().columns("2020") == ("KG", "CM")


def test_text_in_a_factor_is_named() -> None:
    with pytest.raises(B12SarcError, match=r"column CM holds text, where numbers are wanted"):
        harvest(mapping(), BMI, source(KG=[70.0], CM=["tall"]))


def test_it_is_the_one_operation() -> None:
    with pytest.raises(ValidationError, match="give file and exactly one of"):
        mapping(column="kg")

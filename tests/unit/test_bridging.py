"""Equations between laboratory methods: the printed vectors, applied once, the range counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.bridging import Measured, bridged, n_outside
from b12sarc.errors import B12SarcError
from b12sarc.spec import Assays, Equation

# raw value -> result, as CDC's equations give them (reference: formula-test-vectors.json)
VECTORS = {
    "b12_biorad_to_roche": {
        100: 120.226, 150: 178.159, 200: 235.504, 221.8: 260.365, 300: 348.986, 345.8: 400.553,
        350: 405.271, 400: 461.316, 463.9: 532.637, 469.8: 539.207, 624.7: 710.888, 1016: 1139.428,
    },
    "b12_roche_to_biorad": {200: 169.848, 300: 257.89, 350: 302.267, 400: 346.834, 528.8: 462.371},
    "hcy_imx_to_axsym": {
        5: 5.3566, 8: 8.5023, 10: 10.5877, 13: 13.7027, 15: 15.7724, 20: 20.9273, 30: 31.1753,
    },
    "creatinine_1999_2000": {0.6: 0.7548, 0.8: 0.9574, 1.0: 1.16, 1.5: 1.6665},
    "creatinine_2005_2006": {0.6: 0.5708, 0.8: 0.7664, 1.0: 0.962, 1.5: 1.451},
    "folate_biorad_to_microbiological": {30.4: 45.9955},
    "mma_gc_ms_to_lc_ms_ms": {271: 271},
}  # fmt: skip
CASES = [(name, x, y) for name, vector in VECTORS.items() for x, y in vector.items()]


@pytest.fixture(scope="module")
def equations(project: Path) -> dict[str, Equation]:
    text = (project / "config" / "assays.yaml").read_text(encoding="utf-8")
    return Assays.model_validate(yaml.safe_load(text)).equations


def digits(value: float) -> int:
    return len(str(value).partition(".")[2])


@pytest.mark.parametrize(("name", "x", "y"), CASES)
def test_an_equation_gives_the_printed_digits(equations, name, x, y):
    equation = equations[name]
    got = bridged(Measured(pd.Series([float(x)]), equation.from_), equation, "here").values.iloc[0]
    assert round(got, max(3, digits(y))) == y


@pytest.mark.parametrize(
    ("biorad", "roche"), [(148, 174.26), (185, 216.37), (221, 257.10), (258, 298.75), (300, 345.82)]
)
def test_a_cut_off_in_pmol_is_bridged_through_pg_ml(equations, biorad, roche):
    equation = equations["b12_biorad_to_roche"]
    pg_ml = Measured(pd.Series([biorad / 0.738]), equation.from_)
    assert round(bridged(pg_ml, equation, "here").values.iloc[0] * 0.738, 2) == roche


def test_a_homocysteine_cut_off_on_the_axsym_scale_has_its_equal_on_the_imx_scale(equations):
    equation = equations["hcy_imx_to_axsym"]
    imx = pd.Series([9.4356, 12.3221, 14.253, 19.0988])
    got = bridged(Measured(imx, "abbott_imx"), equation, "here").values
    assert got.tolist() == pytest.approx([10, 13, 15, 20], abs=1e-3)


def test_the_two_b12_equations_are_not_inverse_because_cdc_rounded_them(equations):
    forth, back = equations["b12_biorad_to_roche"], equations["b12_roche_to_biorad"]
    there = bridged(Measured(pd.Series([200.0]), forth.from_), forth, "here")
    assert round(bridged(there, back, "here").values.iloc[0], 2) == 200.98


def test_an_equation_applied_twice_is_refused(equations):
    equation = equations["hcy_imx_to_axsym"]
    once = bridged(Measured(pd.Series([10.0]), "abbott_imx"), equation, "c: 1999-2000: hcy")
    assert once.assay == "abbott_axsym"
    with pytest.raises(B12SarcError) as caught:
        bridged(once, equation, "c: 1999-2000: hcy")
    assert str(caught.value) == (
        "c: 1999-2000: hcy: the equation takes abbott_imx, and the values are on the scale of abbott_axsym"
        " -> an equation is applied once, to raw values"
    )


def test_values_outside_the_range_are_counted_and_still_converted(equations):
    equation = equations["b12_biorad_to_roche"]
    values = pd.Series([80.9, 81.0, 1688.0, 1688.1, np.nan])
    assert n_outside(equation, values) == 2
    assert bridged(Measured(values, equation.from_), equation, "here").values.notna().tolist() == [
        True
    ] * 4 + [False]


def test_an_open_range_counts_on_its_closed_side_only(equations):
    assert n_outside(equations["creatinine_2005_2006"], pd.Series([0.1, 3.0, 3.1])) == 1
    assert n_outside(equations["creatinine_1999_2000"], pd.Series([0.1, 30.0])) == 0


def test_what_has_no_logarithm_is_missing(equations):
    equation = equations["folate_biorad_to_microbiological"]
    got = bridged(Measured(pd.Series([0.5, 1.0, 30.4]), equation.from_), equation, "here").values
    assert got.isna().tolist() == [True, True, False]


def test_raw_values_are_left_as_they_were(equations):
    raw = pd.Series([200.0])
    bridged(Measured(raw, "biorad_quantaphase_ii"), equations["b12_biorad_to_roche"], "here")
    assert raw.tolist() == [200.0]

"""Numbers of a made-up publication against a direct computation, and when a number counts as met: SYNTHETIC."""

# ruff: noqa: E501 (each case is one line of a table)

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from b12sarc.figures.reproduction import draw_reproduction, reproduction_figure
from b12sarc.readers import Table
from b12sarc.reproduce.compare import reproduce
from b12sarc.reproduce.tables import COLUMNS, DIFFERS, NOT_COMPUTED, REPRODUCED, WITHIN, put_together
from b12sarc.spec.study import studies
from b12sarc.style import figure_style
from b12sarc.tables import write_csv
from helpers_spec import COHORT, CONFIG, MiniProject

FILE = "config/reproductions/printed.yaml"
HEAD = """\
id: printed
title: Printed
source: {citation: Somebody 2001, where: Table 1, checked: read}
cohort: mini
cycles: [2011-2012]
definitions:
  low_300: {label: Low, roles: [exposure], kind: binary, rule: {var: b12, op: "<", value: 300, unit: pmol/L}, contrast: {text: low vs not}, citation: s}
population:
  - {id: adults, description: Adults, keep: {var: age, op: ">=", value: 20, unit: years}, printed: %d}
  - {id: examined, description: Examined, examined: true}
statistics:
"""
N = 300


def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(5)
    demo = pd.DataFrame(
        {
            "SEQN": np.arange(1.0, N + 1),
            "STRA": np.arange(N) // 30,
            "PSU": np.arange(N) % 2,
            "WT": rng.uniform(0, 3, N) * (rng.random(N) > 0.05),
            "AGE": rng.integers(10, 80, N).astype(float),
            "SEX": rng.integers(1, 3, N).astype(float),
            "WALK": rng.integers(1, 3, N).astype(float),
        }
    )
    # B12 in pg/mL; a third of the people has none. pmol/L is 0.738 times as much in the dictionary of the test.
    b12 = np.where(rng.random(N) < 0.3, np.nan, np.exp(rng.normal(6, 0.4, N)))
    lab = pd.DataFrame(
        {"SEQN": demo["SEQN"], "B12": b12, "G1": rng.normal(30, 5, N), "G2": rng.normal(30, 5, N)}
    )
    return {"demo": demo, "lab": lab}


def run(folder: Path, statistics: str, printed: int = 1, absent: dict | None = None) -> pd.DataFrame:
    mini = MiniProject(folder)
    mini.write(FILE, HEAD % printed + dedent(statistics))
    mini.edit(CONFIG, "seed: 1", "seed: 1\nreproductions: all")
    mini.edit(
        COHORT, "2013-2014: LAB_H}, key: SEQN}", "2013-2014: LAB_H}, key: SEQN, optional: waits for blood}"
    )
    project = mini.load()
    study = studies(project)["printed"]
    found = reproduce(
        study, project.reproductions["printed"], lambda file, _: Table(tables()[file], {}), absent
    )
    return found.set_index("quantity")


def people() -> pd.DataFrame:
    """The examined adults, by a direct computation."""
    both = tables()["demo"].merge(tables()["lab"], on="SEQN")
    both["PMOL"] = 0.738 * both["B12"]
    return both[(both["AGE"] >= 20) & (both["WT"] > 0)]


def test_a_step_of_the_chain_is_compared_with_the_people_left(tmp_path: Path) -> None:
    left = int((tables()["demo"]["AGE"] >= 20).sum())
    row = run(tmp_path, "  - {id: n, label: N, kind: count, of: b12, printed: 1}", printed=left).loc["adults"]
    assert (row["computed"], row["status"], row["n"]) == (left, REPRODUCED, left)


def test_every_kind_of_number_equals_a_direct_computation(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """\
          - {id: n, label: N, kind: count, of: b12, printed: 1}
          - {id: men, label: N, kind: count, by: sex, printed: {male: 1, female: 1}}
          - {id: mean, label: M, kind: mean, of: b12, printed: 1, se: 1, conf_low: 1, conf_high: 1}
          - {id: gm, label: G, kind: geometric_mean, of: b12, times: 2, printed: 1, se: 1}
          - {id: sd, label: S, kind: standard_deviation, of: b12, printed: 1}
          - {id: low, label: L, kind: proportion, of: low_300, times: 100, printed: 1}
          - {id: hard, label: H, kind: proportion, of: walk, level: hard, printed: 1}
          - {id: median, label: Q, kind: quantile, of: b12, at: 0.5, rule: math, printed: 1}
          - {id: men_mean, label: M, kind: mean, of: b12, where: {var: sex, op: "==", value: male}, printed: 1}
          - {id: plain, label: U, kind: mean, of: b12, unweighted: true, printed: 1}
          - {id: plain_q, label: U, kind: quantile, of: b12, at: 0.25, rule: school, unweighted: true, printed: 1}
          - {id: plain_p, label: U, kind: proportion, of: low_300, unweighted: true, printed: 1}
          - {id: plain_gm, label: U, kind: geometric_mean, of: b12, unweighted: true, printed: 1}
          - {id: plain_sd, label: U, kind: standard_deviation, of: b12, unweighted: true, printed: 1}
          - {id: old, label: A, kind: mean, of: b12, standardise: {age: age, people: {20: 3, 50: 1}, source: s}, printed: 1}
          - {id: old_p, label: A, kind: proportion, of: low_300, standardise: {age: age, people: {20: 3, 50: 1}, source: s}, printed: 1}
          - {id: slope, label: R, kind: regression, of: grip, model: {exposure: low_300, terms: [{var: age}], estimator: linear}, printed: 1}
        """,
    )["computed"]  # fmt: skip
    known = people().dropna(subset="PMOL")
    w, x, low = known["WT"], known["PMOL"], known["PMOL"] < 300
    mean = np.average(x, weights=w)
    assert found["n"] == len(known)
    assert (found["men[male]"], found["men[female]"]) == tuple((people()["SEX"] == s).sum() for s in (1, 2))
    assert_allclose(found["mean"], mean)
    assert_allclose((found["mean lower limit"] + found["mean upper limit"]) / 2, mean)
    assert_allclose(found["gm"], 2 * np.exp(np.average(np.log(x), weights=w)))
    assert_allclose(found["sd"], np.sqrt(np.average((x - mean) ** 2, weights=w) * len(x) / (len(x) - 1)))
    assert_allclose(found["low"], 100 * np.average(low, weights=w))
    assert_allclose(found["hard"], np.average(people()["WALK"] == 2, weights=people()["WT"]))
    ordered = known.sort_values("PMOL")
    half = np.searchsorted(ordered["WT"].cumsum(), 0.5 * w.sum())
    assert_allclose(found["median"], ordered["PMOL"].iloc[half])
    men = known["SEX"] == 1
    assert_allclose(found["men_mean"], np.average(x[men], weights=w[men]))
    assert_allclose(found["plain"], x.mean())
    assert_allclose(found["plain_q"], np.quantile(x, 0.25, method="averaged_inverted_cdf"))
    assert_allclose(found["plain_p"], low.mean())
    assert_allclose(found["plain_gm"], np.exp(np.log(x).mean()))
    assert_allclose(found["plain_sd"], x.std())
    young = known["AGE"] < 50
    parts = [np.average(y[band], weights=w[band]) for y in (x, low) for band in (young, ~young)]
    assert_allclose(
        found[["old", "old_p"]], [parts[:2] @ np.array([0.75, 0.25]), parts[2:] @ np.array([0.75, 0.25])]
    )
    grip = known[["G1", "G2"]].max(axis=1)
    terms = np.column_stack([np.ones(len(known)), low, known["AGE"]])
    assert_allclose(found["slope"], sm.WLS(grip, terms, weights=w).fit().params.iloc[1], rtol=1e-9)


@pytest.mark.parametrize(
    ("printed", "tolerance", "status"),
    [
        ("{:.1f}", None, REPRODUCED),
        ("{:.0f}", None, REPRODUCED),
        ("off_by_one", None, DIFFERS),
        ("off_by_one", 1.6, WITHIN),
        ("off_by_one", 0.4, DIFFERS),
    ],
)
def test_a_number_is_met_where_it_rounds_to_the_printed_digits(
    tmp_path: Path, printed: str, tolerance: float | None, status: str
) -> None:
    known = people().dropna(subset="PMOL")
    mean = np.average(known["PMOL"], weights=known["WT"])
    text = f"{mean + 1:.0f}" if printed == "off_by_one" else printed.format(mean)
    extra = f", tolerance: {tolerance}, tolerance_reason: why" if tolerance else ""
    row = run(tmp_path, f'  - {{id: mean, label: M, kind: mean, of: b12, printed: "{text}"{extra}}}').loc[
        "mean"
    ]
    assert row["status"] == status
    assert row["note"] == ("why" if tolerance else "")
    assert_allclose(row["difference"], mean - float(text))
    assert row["tolerance"] == max(tolerance or 0, 0.05 if "." in text else 0.5)


def test_what_rests_on_a_file_that_is_not_there_says_so_and_the_rest_is_computed(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        "  - {id: b12, label: B, kind: mean, of: b12, by: sex, printed: {male: 1, female: 2}}\n"
        "  - {id: n, label: N, kind: count, printed: 1}",
        absent={("2011-2012", "LAB_G"): "not in the archive"},
    )
    lost = found.loc[["b12[male]", "b12[female]"]]
    assert (lost["status"] == NOT_COMPUTED).all()
    assert lost["computed"].isna().all()
    assert (lost["note"] == "b12: waits for blood (not in the archive)").all()
    assert found.loc["n", "computed"] == len(people())


def test_a_population_that_rests_on_a_file_that_is_not_there_is_not_computed_at_all(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    measured = "  - {id: examined, description: Examined, examined: true}"
    mini.write(
        FILE,
        (HEAD % 7).replace(measured, "  - {id: b12, description: B, measured: [b12], printed: 5}")
        + "  - {id: n, label: N, kind: count, printed: 1}\n",
    )
    mini.edit(CONFIG, "seed: 1", "seed: 1\nreproductions: all")
    mini.edit(
        COHORT, "2013-2014: LAB_H}, key: SEQN}", "2013-2014: LAB_H}, key: SEQN, optional: waits for blood}"
    )
    project = mini.load()
    found = reproduce(
        studies(project)["printed"],
        project.reproductions["printed"],
        lambda file, _: Table(tables()[file], {}),
        {("2011-2012", "LAB_G"): "not in the archive"},
    )
    assert found["quantity"].tolist() == ["adults", "b12", "n"]
    assert (found["status"] == NOT_COMPUTED).all()
    assert found["note"].str.contains("waits for blood").all()


def test_the_table_keeps_its_columns_and_the_noughts_of_the_print(tmp_path: Path) -> None:
    found = run(tmp_path, '  - {id: mean, label: M, kind: mean, of: b12, printed: "6.0"}').reset_index()
    write_csv(tmp_path / "a.csv", found[list(COLUMNS)])
    both = put_together([tmp_path / "a.csv", tmp_path / "a.csv"])
    assert tuple(both) == COLUMNS
    assert both["published"].tolist() == ["1", "6.0"] * 2
    assert_allclose(both["computed"], pd.concat([found["computed"]] * 2))


def test_the_figure_is_the_same_bytes_twice_and_tells_how_many_agree(tmp_path: Path) -> None:
    found = run(tmp_path, '  - {id: mean, label: M, kind: mean, of: b12, printed: "6.0"}').reset_index()
    for name in ("one", "two"):
        draw_reproduction(found, tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "0 of 2 numbers agree to the printed digits" in (tmp_path / "one.svg").read_text()


def test_a_publication_without_its_files_is_drawn_as_such(tmp_path: Path) -> None:
    found = run(tmp_path, "  - {id: n, label: N, kind: count, printed: 1}").reset_index()
    waiting = found.assign(id="other", status=NOT_COMPUTED, computed=np.nan)
    with figure_style():
        figure = reproduction_figure(pd.concat([found, waiting], ignore_index=True))
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts == ["not computed: the files are not here"]

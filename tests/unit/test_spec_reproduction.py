"""What a published table may say, and the one line that each mistake in it gives."""

# ruff: noqa: E501 (each case is one line of a table)

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from b12sarc.spec.reproduction import digits
from b12sarc.spec.study import studies
from helpers_spec import CONFIG, MiniProject

FILE = "config/reproductions/printed.yaml"
PRINTED = """\
    id: printed
    title: Printed
    source: {citation: Somebody 2001, where: Table 1, checked: read}
    cohort: mini
    cycles: [2011-2012]
    variables:
      pulse:
        label: Pulse
        type: continuous
        unit: /min
        from: {file: demo, column: PULSE, unit: /min}
    definitions:
      low_200: {label: Low, roles: [outcome], kind: binary, rule: {var: b12, op: "<", value: 200, unit: pmol/L}, citation: s}
    population:
      - {id: adults, description: Adults, keep: {var: age, op: ">=", value: 20, unit: years}, printed: 100}
      - {id: measured, description: Measured, measured: [b12]}
    statistics:
      - {id: share, label: Share, kind: proportion, of: low_200, times: 100, printed: 3.1, se: "0.10"}
      - {id: by_sex, label: Share, kind: proportion, of: low_200, by: sex, printed: {male: 1, female: 2}}
      - {id: hard, label: Hard, kind: proportion, of: walk, level: hard, printed: 4}
      - {id: median, label: Median, kind: quantile, of: pulse, at: 0.5, where: {var: sex, op: "==", value: male}, printed: 70}
      - {id: adjusted, label: Adjusted, kind: mean, of: b12, standardise: {age: age, people: {20: 3, 60: 1}, source: s}, printed: 5}
      - {id: slope, label: Slope, kind: regression, of: grip, model: {exposure: low_b12, terms: [{var: age}], estimator: linear}, printed: 1}
    """


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(FILE, dedent(PRINTED))
    made.edit(CONFIG, "seed: 1", "seed: 1\nreproductions: all")
    return made


def test_the_example_is_sound_and_becomes_a_study_of_what_it_reads(mini: MiniProject) -> None:
    study = studies(mini.load())["printed"]
    (cohort,) = study.cohorts.values()

    assert list(cohort.cycles) == ["2011-2012"]
    assert set(study.dictionary.variables) == {"age", "b12", "sex", "walk", "pulse", "grip"}
    assert set(study.definitions.definitions) == {"low_200", "low_b12"}
    assert cohort.variables["pulse"].file == "demo"
    assert cohort.files["demo"].sources() == {"2011-2012": "DEMO_G"}
    assert [step.id for step in study.analysis.population.domain] == ["adults", "measured"]


def test_a_run_names_its_reproductions_or_takes_all(mini: MiniProject) -> None:
    assert list(mini.load(reproductions=["printed"]).reproductions) == ["printed"]
    assert mini.load(reproductions=[]).reproductions == {}
    assert "there is no file 'config/reproductions/print.yaml'" in mini.problems(reproductions=["print"])[0]


def test_a_cohort_outside_the_run_is_borrowed(mini: MiniProject) -> None:
    other = mini.read("cohorts/mini/cohort.yaml").replace("id: mini", "id: other")
    mini.write("cohorts/other/cohort.yaml", other)
    mini.edit(FILE, "cohort: mini", "cohort: other")

    project = mini.load()
    assert list(project.cohorts) == ["mini"]
    assert list(project.borrowed) == ["other"]
    assert list(studies(project)["printed"].cohorts) == ["other"]


@pytest.mark.parametrize(
    ("printed", "n"), [(3, 0), (3.1, 1), ("3.10", 2), ("0.348", 3), (1016, 0), ("6.0", 1), (-0.5, 1)]
)
def test_digits_behind_the_point_are_those_printed(printed: float | str, n: int) -> None:
    assert digits(printed) == n


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("id: printed", "id: other", "id", "the id is 'other', but the file is 'printed.yaml'"),
        ("cohort: mini", "cohort: minni", "cohort", "there is no cohort 'minni'"),
        ("[2011-2012]", "[2011-2013]", "cycles#1", "unknown cycle: '2011-2013'"),
        ("file: demo, column: PULSE", "file: demmo, column: PULSE", "variables.pulse.from.file", "unknown file: 'demmo'"),
        ("column: PULSE, unit: /min", "column: PULSE, unit: Hz", "variables.pulse.from.unit", "unit 'Hz' does not convert"),
        ("{var: b12, op", "{var: b13, op", "definitions.low_200.rule.var", "unknown variable: 'b13'"),
        ("keep: {var: age", "keep: {var: aged", "population#1.keep.var", "unknown variable: 'aged'"),
        ("measured: [b12]", "measured: [b12x]", "population#2.measured#1", "unknown variable: 'b12x'"),
        ("measured: [b12]", "covariates_of: basic", "population#2.covariates_of", "a published population has no adjustment sets"),
        ("id: hard,", "id: share,", "statistics#3", "'share' is listed twice"),
        ("of: walk, level: hard", "of: walk", "statistics#3", "the share of which category of 'walk'?"),
        ("level: hard", "level: hardd", "statistics#3.level", "unknown category of walk: 'hardd'"),
        ("kind: quantile, of: pulse", "kind: quantile, of: walk", "statistics#4.of", "'walk' is categorical; quantile needs continuous"),
        ("by: sex, printed: {male", "by: sex, printed: {men", "statistics#2.printed.men", "unknown level of sex: 'men'"),
        ("by: sex", "by: age", "statistics#2.by", "'age' is continuous; 'by' needs levels"),
        ("value: male}, printed", "value: man}, printed", "statistics#4.where.value", "'sex' has no category 'man'"),
        ("{age: age,", "{age: aje,", "statistics#5.standardise.age", "unknown variable: 'aje'"),
        ("exposure: low_b12", "exposure: weak", "statistics#6.model.exposure", "'weak' does not say what is compared"),
        ("terms: [{var: age}]", "terms: [{var: aged}]", "statistics#6.model.terms#1.var", "unknown variable: 'aged'"),
        ('se: "0.10"', 'se: "0,10"', "statistics#1.se", "'0,10' is no number"),
        (', printed: 3.1, se: "0.10"', "", "statistics#1", "nothing is printed: give one of printed, se"),
        ("printed: 3.1", "printed: {male: 3.1}", "statistics#1", "with 'by' a printed number stands for each level"),
        ("at: 0.5, ", "", "statistics#4", "'at' is the probability of a quantile, and of nothing else"),
        ("kind: regression", "kind: mean", "statistics#6", "'model' belongs to a regression, and a regression needs one"),
        ("kind: proportion, of: walk, level: hard", "kind: proportion", "statistics#3", "'proportion' of what?"),
        ("printed: 4}", "printed: 4, tolerance: 1}", "statistics#3", "tolerance goes with tolerance_reason"),
        ("printed: 4}", "printed: 4, se: 1, unweighted: true}", "statistics#3", "an unweighted statistic has no design-based standard error or interval"),
        ("of: b12, standardise", "of: b12, unweighted: true, standardise", "statistics#5", "unweighted goes with a proportion, a mean or a quantile, without standardise"),
        ("kind: mean, of: b12, standardise", "kind: geometric_mean, of: b12, standardise", "statistics#5", "standardise goes with a proportion or a mean"),
    ],
)  # fmt: skip
def test_a_wrong_reproduction_is_refused_with_its_place(
    mini: MiniProject, old: str, new: str, key: str, said: str
) -> None:
    mini.edit(FILE, old, new)

    (problem,) = mini.problems()
    assert problem.startswith(f"{FILE}:")
    assert f": {key}: " in problem
    assert said in problem

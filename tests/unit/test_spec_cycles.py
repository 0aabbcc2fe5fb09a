"""What differs between cycles: tables, mappings, weights of parts of the sample; and pools of cohorts."""

from __future__ import annotations

from pathlib import Path

import pytest

from b12sarc.spec.availability import availability, missing_cycles
from helpers_spec import COHORT, CONFIG, Case, MiniProject

FIRST, SECOND = "2011-2012", "2013-2014"
MMA = "mma: {file: lab, column: MMA, unit: nmol/L}"
BY_CYCLE = (
    "mma: {per_cycle: {2011-2012: {file: lab, column: MMA, unit: nmol/L}, "
    "2013-2014: {status: impossible, reason: not assayed}}}"
)
PRODUCTS = "rx: {table: {2011-2012: RX_G, 2013-2014: RX_H}, key: SEQN, rows: many}"
WALK = "walk: {file: demo, column: WALK, map: {1: easy, 2: hard}, missing: [7, 9]}"
SUBSAMPLE = "variables:\n  age"
HALF = "subsamples: {half: {label: Half, weights: [{file: lab, column: WTH}]}}\nvariables:\n  age"

CASES = [
    Case(
        MMA,
        BY_CYCLE.replace("{per_cycle: {", "{per_cycle: {2013-2015: {status: impossible, reason: x}, "),
        "variables.mma.per_cycle.2013-2015",
        "unknown cycle: '2013-2015'",
        "did you mean '2013-2014'?",
    ),
    Case(
        MMA,
        BY_CYCLE.replace("2011-2012: {file: lab, column: MMA, unit: nmol/L}, ", ""),
        "variables.mma.per_cycle",
        "nothing is given for cycle 2011-2012",
        "add 2011-2012: ...",
    ),
    Case(
        MMA,
        "mma: {per_cycle: {2011-2012: {status: impossible, reason: a}, "
        "2013-2014: {status: impossible, reason: b}}}",
        "variables.mma.per_cycle",
        "the cohort has it in no cycle, and says so cycle by cycle",
        "write status and reason once instead",
    ),
    Case(
        MMA,
        BY_CYCLE.replace("mma: {", "mma: {unit: nmol/L, "),
        "variables.mma",
        "with per_cycle, what holds in a cycle stands below it; only a note beside",
    ),
    Case(
        MMA,
        BY_CYCLE.replace("column: MMA, unit: nmol/L", "column: MMA, unit: pints"),
        "variables.mma.per_cycle.2011-2012.unit",
        "unit 'pints' does not convert to nmol/L (accepted: nmol/L)",
        "use one of these, or add its factor to accepts of mma in the dictionary",
    ),
    Case(
        PRODUCTS,
        PRODUCTS.replace("rows: many", "rows: imputed"),
        "files.rx",
        "rows: imputed goes with imputation (a column) and imputations (how many)",
    ),
    Case(
        PRODUCTS,
        "rx: {table: RX, key: SEQN, rows: many}",
        "files.rx",
        "a table for all cycles has a begin_year; a table by cycle has none of its own",
    ),
    Case(
        PRODUCTS,
        PRODUCTS.replace("rows: many", "rows: many, joins: [{file: lab, by: DRUG, columns: [X]}]"),
        "files.rx.joins#1.file",
        "file 'lab' lists persons",
        "join a file with rows: reference",
    ),
    Case(
        "key: SEQN}\n  rx",
        "key: SEQN, joins: [{file: demo, by: DRUG, columns: [X]}]}\n  rx",
        "files.lab",
        "joins add columns to a file with rows: many",
    ),
    Case(
        PRODUCTS,
        PRODUCTS.replace("rows: many", "rows: many, page_differs: {2014: {rows: 3, reason: x}}").replace(
            "2014: {r", '"2014": {r'
        ),
        "files.rx.page_differs.2014",
        "unknown cycle: '2014'",
        "did you mean '2013-2014'?",
    ),
    Case(
        WALK,
        WALK.replace("missing: [7, 9]", "missing: [7, 9], subsample: halb"),
        "variables.walk.subsample",
        "unknown subsample: 'halb'",
        "known: ",
    ),
    Case(
        SUBSAMPLE,
        HALF.replace("file: lab", "file: rx"),
        "subsamples.half.weights#1.file",
        "file 'rx' has several rows a person; a weight needs one",
        "name a file with rows: one",
    ),
    Case(
        SUBSAMPLE,
        HALF.replace("column: WTH", "column: WTH, years: 6"),
        "subsamples.half.weights#1.years",
        "the weight of 2011-2012 stands for 6 years; expected 2 to 4",
        "at least the years of its cycle, at most those of all cycles pooled",
    ),
    Case(
        WALK,
        WALK.replace("column: WALK", "column: WALK, cut: {op: '>', value: 1}"),
        "variables.walk",
        "give map (codes) or cut (a number), not both",
    ),
    Case(
        "smoker: {file: demo, column: SMOKE, map: {1: true, 2: false}}",
        "smoker: {file: demo, column: SMOKE, map: {1: true, 2: false}, "
        "blank_is: {value: 0, where: {column: AGE, in: [1]}}}",
        "variables.smoker.blank_is.value",
        "'smoker' is binary; expected true or false, found '0'",
        "write true or false, without quotes",
    ),
    Case(
        MMA,
        "mma: {file: lab, column: MMA, cut: {op: '>', value: 1}, unit: nmol/L}",
        "variables.mma.cut",
        "'mma' is continuous; cut does not give numbers",
        "remove cut",
    ),
    Case(
        "grip: {file: lab, max_of: [G1, G2], unit: kg}",
        "grip: {file: lab, max_of: [G1, G2], unit: kg, numerator: 2}",
        "variables.grip",
        "numerator goes with column: it is divided by one",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_cohort_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, COHORT)


def test_a_file_may_lack_a_cycle_in_which_nothing_is_read_from_it(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, "rx: {table: {2011-2012: RX_G, 2013-2014: RX_H}", "rx: {table: {2011-2012: RX_G}")
    drug = "drug: {file: rx, any_row: {column: DRUG, in: [d1]}, answered_if: {column: USE, in: [1, 2]}}"
    there = drug.removeprefix("drug: ")
    mini.edit(
        COHORT,
        drug,
        f"drug: {{per_cycle: {{{FIRST}: {there}, {SECOND}: {{status: impossible, reason: x}}}}}}",
    )

    assert mini.problems() == []


@pytest.fixture
def partly(tmp_path: Path) -> MiniProject:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, MMA, BY_CYCLE)
    return mini


def test_a_definition_says_in_which_cycles_it_cannot_be_told(partly: MiniProject) -> None:
    project = partly.load()

    assert availability(project, "mini")["index"] is None
    assert missing_cycles(project, "mini")["index"] == {SECOND: "mma: not assayed"}
    assert "low_b12" not in missing_cycles(project, "mini")


def test_variables_that_are_never_in_one_cycle_together_make_nothing(partly: MiniProject) -> None:
    creatinine = "creatinine: {file: lab, column: CREA, unit: mg/dL}"
    other = (
        "creatinine: {per_cycle: {2011-2012: {status: impossible, reason: no machine}, "
        "2013-2014: {file: lab, column: CREA, unit: mg/dL}}}"
    )
    partly.edit(COHORT, creatinine, other)
    both = (
        "rule: {any: [{var: mma, op: '>', value: 1, unit: nmol/L}, "
        "{var: creatinine, op: '>', value: 1, unit: mg/dL}]}"
    )
    partly.edit("config/definitions.yaml", 'rule: {var: mass, op: "<", value: 10, unit: kg}', both)

    assert availability(partly.load(), "mini")["low_mass"] == (
        "creatinine: no machine (2011-2012); mma: not assayed (2013-2014)"
    )


def test_a_cohort_without_an_optional_table_says_what_waits_for_it(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(
        COHORT, "2013-2014: LAB_H}, key: SEQN}", "2013-2014: LAB_H}, key: SEQN, optional: waits for blood}"
    )
    cohort = mini.load().cohorts["mini"]

    without = cohort.without({(SECOND, "LAB_H"): "not there (HTTP 404)"})

    assert list(without.in_cycles("mma")) == [FIRST]
    assert without.variables["mma"].at(SECOND).reason == "waits for blood (not there (HTTP 404))"
    assert without.variables["age"] == cohort.variables["age"]
    assert cohort.without({}) == cohort


# ---- pools

SECOND_COHORT = "cohorts/later/cohort.yaml"
POOL = "cohorts/pool/cohort.yaml"


@pytest.fixture
def pool(tmp_path: Path) -> MiniProject:
    """The mini cohort of 2011-2012 (a four-year weight) and one of 2015-2016, pooled."""
    mini = MiniProject(tmp_path)
    text = mini.read(COHORT)
    for old, new in (
        ("  2013-2014: {begin_year: 2013, years: 2}\n", ""),
        (", 2013-2014: DEMO_H", ""),
        (", 2013-2014: LAB_H", ""),
        (", 2013-2014: RX_H", ""),
        (", 2013-2014: B12H", ""),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    later = text.replace("id: mini", "id: later").replace("2011-2012", "2015-2016").replace("2011", "2015")
    for name in ("DEMO_G", "LAB_G", "RX_G"):
        later = later.replace(name, name[:-1] + "I")
    later = later.replace("column: WT, years: 2", "column: WTNEW, years: 2")
    later = later.replace(MMA, "mma: {file: lab, column: MMAUM, unit: nmol/L}")
    creatinine = "creatinine: {file: lab, column: CREA, unit: mg/dL}"
    later = later.replace(creatinine, "creatinine: {status: impossible, reason: no machine}")
    mini.write(COHORT, text)
    mini.write(SECOND_COHORT, later)
    mini.write(
        POOL,
        "schema_version: 2\nid: pool\npools: [mini, later]\ntitle: Pool\npopulation: All\ncitation: us\n",
    )
    mini.edit(CONFIG, "cohorts: [mini]", "cohorts: [pool, mini]")
    return mini


def test_a_pool_has_the_cycles_and_tables_of_its_cohorts(pool: MiniProject) -> None:
    cohort = pool.load().cohorts["pool"]

    assert list(cohort.cycles) == ["2011-2012", "2015-2016"]
    assert cohort.files["lab"].table == {"2011-2012": "LAB_G", "2015-2016": "LAB_I"}
    assert cohort.archive.name == "mini_files"


def test_the_weights_of_a_pool_are_combined_by_the_years_they_stand_for(pool: MiniProject) -> None:
    cohort = pool.load().cohorts["pool"]

    assert [cohort.weight_column(cycle) for cycle in cohort.cycles] == ["WT", "WTNEW"]
    assert [cohort.weight_factor(cycle) for cycle in cohort.cycles] == [0.5, 0.5]


def test_what_the_cohorts_map_alike_is_mapped_once_and_the_rest_by_cycle(pool: MiniProject) -> None:
    variables = pool.load().cohorts["pool"].variables

    assert variables["age"].per_cycle is None
    assert variables["mma"].at("2011-2012").column == "MMA"
    assert variables["mma"].at("2015-2016").column == "MMAUM"


def test_a_pool_keeps_in_whom_each_cycle_measured(pool: MiniProject) -> None:
    said = "{2015-2016: {var: age, max: 69, source: x}}"
    old = "mma: {file: lab, column: MMAUM, unit: nmol/L}"
    pool.edit(SECOND_COHORT, old, f"{old[:-1]}, measured_within: {said}}}")

    mapping = pool.load().cohorts["pool"].variables["mma"]
    assert mapping.within_in("2011-2012") is None
    assert mapping.within_in("2015-2016").max == 69
    assert list(missing_cycles(pool.load(), "pool")["mma"]) == ["2015-2016"]


def test_a_pool_has_only_what_all_its_cohorts_have(pool: MiniProject) -> None:
    creatinine = pool.load().cohorts["pool"].variables["creatinine"]

    assert (creatinine.status, creatinine.reason) == ("impossible", "no machine (later)")


def test_what_a_pool_says_itself_holds(pool: MiniProject) -> None:
    pool.write(POOL, pool.read(POOL) + "variables:\n  age: {file: demo, column: AGE, unit: years, cap: 80}\n")

    assert pool.load().cohorts["pool"].variables["age"].top_in("2015-2016") == 80


def test_archives_that_differ_are_told_of(pool: MiniProject) -> None:
    pool.edit(SECOND_COHORT, "https://example.org", "https://example.net")

    assert (
        f"{POOL}:3: pools: archive of mini, later is not the same in all of them -> give it in this file"
        in (pool.problems())
    )


def test_a_fault_in_a_pooled_cohort_is_named_in_its_own_file(pool: MiniProject) -> None:
    pool.edit(SECOND_COHORT, "column: MMAUM, unit: nmol/L", "column: MMAUM, unit: pints")

    assert pool.problems() == [
        f"{pool.at(SECOND_COHORT, 'MMAUM')}: variables.mma.per_cycle.2015-2016.unit: unit 'pints' does not"
        " convert to nmol/L (accepted: nmol/L)"
        " -> use one of these, or add its factor to accepts of mma in the dictionary"
    ]


def test_a_cohort_cannot_pool_itself_or_one_that_is_not_there(pool: MiniProject) -> None:
    pool.edit(POOL, "[mini, later]", "[mini, pool]")
    assert f"{POOL}:3: pools#2: extends itself (pool extends pool) -> break the circle" in pool.problems()
    pool.edit(POOL, "[mini, pool]", "[mini, latter]")
    assert any("there is no cohort 'latter'" in problem for problem in pool.problems())


def test_a_cohort_extends_or_pools_not_both(pool: MiniProject) -> None:
    pool.edit(POOL, "pools:", "extends: mini\npools:")

    assert pool.problems() == [
        f"{POOL}:4: pools: a cohort extends one cohort, or pools several; this one says both"
        " -> remove one of the two"
    ]


# ---- weights of parts of the sample


def test_the_weight_of_a_part_is_combined_over_the_cycles_that_have_it(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    half = HALF.replace("column: WTH", "column: {2013-2014: WTH}")
    mini.edit(COHORT, SUBSAMPLE, half)
    mini.edit(COHORT, WALK, WALK.replace("missing: [7, 9]", "missing: [7, 9], subsample: half"))
    cohort = mini.load().cohorts["mini"]
    weight = cohort.subsamples["half"].weights[0]

    assert cohort.subsample_columns(weight) == {SECOND: "WTH"}
    assert cohort.subsample_factor(weight, SECOND) == 1
    assert "WTH" in cohort.raw_columns("lab", SECOND)
    assert "WTH" not in cohort.raw_columns("lab", FIRST)


def test_a_part_in_which_nothing_was_measured_is_not_read(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, SUBSAMPLE, HALF)

    cohort = mini.load().cohorts["mini"]

    assert cohort.subsamples_used() == {}
    assert "WTH" not in cohort.raw_columns("lab", FIRST)

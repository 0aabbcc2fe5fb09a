"""No table of a restricted cohort shows few people, or lets them be had by subtraction. Somebody tries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from attacker import Attack, Name, attack
from b12sarc.disclosure import SMALLEST_CELL, Guard, Vocabulary, guarded, guarding
from b12sarc.disclosure.cells import protect_sum, rounded, step_of_shares
from b12sarc.disclosure.rules import RULES, TableRule
from b12sarc.disclosure.words import HIDDEN, WITHHELD
from b12sarc.tables import write_csv
from restricted_cohort import LEAST, Published, published, told
from small_cohort import COHORT

BY = "b12_status"
COHORTS = [(1, False), (2, True)]
COUNTS = ("n", "events", "n_missing")


@pytest.fixture(scope="module", params=COHORTS, ids=["weighted", "equal weights"])
def tables(request: pytest.FixtureRequest) -> Published:
    return published(request.param[0], equal_weights=request.param[1])


@pytest.fixture(scope="module")
def true_counts(tables: Published) -> dict[Name, int]:
    """Every count that the true tables tell, exactly."""
    return attack(tables.true, BY, LEAST, rounded=False).by_subtraction()


def test_there_are_one_to_nine_people_in_many_places(true_counts: dict[Name, int]) -> None:
    few = [name for name, n in true_counts.items() if 0 < n < LEAST]
    assert len(few) > 20
    assert {name[0] for name in few} >= {"missing", "table1", "lost", "unknown"}


def test_no_shown_count_is_below_the_minimum_nor_is_what_it_leaves(tables: Published) -> None:
    for name, shown in tables.shown.items():
        true = tables.true[name]
        for column in [c for c in COUNTS if c in shown]:
            seen = shown[column].notna()
            assert (true.loc[seen, column] >= LEAST).all(), (name, column)
            if column != "n" and name != "estimates":
                left = (true["n"] - true[column])[seen & ~_everybody(shown)]
                assert (left >= LEAST).all(), (name, column)


def _everybody(table: pd.DataFrame) -> pd.Series:
    if "group" not in table:
        return pd.Series(False, index=table.index)
    return (table["variable"] == "persons") & (table["group"] == "all")


def test_every_shown_count_is_a_multiple_of_the_minimum(tables: Published) -> None:
    for shown in tables.shown.values():
        for column in [c for c in COUNTS if c in shown]:
            assert (shown[column].dropna() % LEAST == 0).all()


def test_estimates_go_with_the_counts_that_they_tell(tables: Published) -> None:
    assert any(t["disclosure"].str.contains("fewer than").any() for t in tables.shown.values())
    for name in ("table1", "prevalence"):
        hidden = tables.shown[name]["events"].isna() & tables.true[name]["events"].notna()
        assert (
            tables.shown[name].loc[hidden, ["estimate", "se", "conf_low", "conf_high"]].isna().all(axis=None)
        )
        assert (tables.shown[name].loc[hidden, "flag"].str.startswith("suppressed: ")).all()


def test_weighted_counts_say_no_more_than_counts(tables: Published) -> None:
    shown, true = tables.shown["table1"], tables.true["table1"]
    assert shown.loc[shown["events"].isna() & true["events"].notna(), "n_weighted"].isna().all()
    if (true["n_weighted"] % 1 == 0).all():  # everybody counts alike
        assert (shown["n_weighted"].dropna() % LEAST == 0).all()


def test_nothing_hidden_is_written_as_a_number_and_every_row_says_why(tables: Published) -> None:
    for name, shown in tables.shown.items():
        assert len(shown) == len(tables.true[name])
        numbers = [c for c in tables.true[name] if c not in (SMALLEST_CELL, "p_value", "smd")]
        lost = (shown[numbers].isna() & tables.true[name][numbers].notna()).any(axis=1)
        assert ((shown["disclosure"] != "") == lost).all(), name


def test_subtraction_over_all_tables_gives_no_small_cell(
    tables: Published, true_counts: dict[Name, int]
) -> None:
    tried = attack(
        told(tables), BY, LEAST, unweighted=bool((tables.true["prevalence"]["n_eff"] % 1 == 0).all())
    )
    few = [name for name, n in true_counts.items() if n < LEAST and name in tried.places]
    bounds = {name: tried.bounds(tried.places[name]) for name in few}
    assert len(few) > 20
    assert all(low <= true_counts[name] <= high for name, (low, high) in bounds.items())  # a fair attack
    assert [name for name, (low, high) in bounds.items() if low == high] == []


def test_the_same_attack_finds_small_cells_that_are_only_left_out(
    tables: Published, true_counts: dict[Name, int]
) -> None:
    bare = dict(tables.true)
    for name, column in (("table1", "events"), ("prevalence", "events"), ("missingness", "n_missing")):
        shown = bare[name][column].where(bare[name][column] >= LEAST)
        bare[name] = bare[name].assign(
            **{column: shown}, truly_few=(bare[name][column] < LEAST).fillna(False)
        )
    tried = attack(bare, BY, LEAST, rounded=False)
    few = [name for name, n in true_counts.items() if 0 < n < LEAST and name in tried.places]
    found = [name for name in few if tried.determined(tried.places[name])]
    assert len(found) > len(few) / 2


def test_the_attack_finds_what_one_subtraction_gives() -> None:
    a = Attack(LEAST, rounded=False)
    a.printed(a.count("all"), 100)
    a.printed(a.count("men"), 93)
    a.adds_up(a.count("all"), [a.count("men"), a.count("women")])
    assert a.determined(a.count("women"))


@pytest.mark.parametrize("seed", range(200))
def test_a_protected_sum_gives_no_cell_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = rng.choice([0, 2, 5, 9, 11, 30, 200], rng.integers(2, 7)).astype(float)
    hidden = protect_sum(parts, parts < LEAST, LEAST)
    assert (hidden >= (parts < LEAST)).all()
    if hidden.any() and parts.sum() >= LEAST:
        assert hidden.sum() > 1
        assert parts[hidden].sum() >= LEAST
    if not (parts < LEAST).any():
        assert not hidden.any()


def test_a_share_says_no_more_than_its_rounded_count() -> None:
    n = np.arange(10.0, 5000)
    assert (step_of_shares(n, LEAST) * n >= np.minimum(LEAST, n) - 1e-9).all()
    assert (step_of_shares(n, LEAST) <= 1).all()


def test_rounding_is_the_same_for_the_same_count() -> None:
    assert rounded(np.array([14.0, 15, 24, 25]), LEAST).tolist() == [10, 20, 20, 30]


STEPS = [
    *(("survey", 0, 1000), ("old", 400, 600), ("examined", 3, 597), ("b12", 50, 547)),
    *(("mma", 4, 543), ("grip", 5, 538), ("hcy", 0, 538)),
]


@pytest.fixture
def flow() -> pd.DataFrame:
    table = pd.DataFrame(STEPS, columns=["step", "n_excluded", "n_remaining"])
    words = ["Step (not applied: hcy: not assayed)" if step == "hcy" else "Step" for step in table["step"]]
    weighted = table["n_remaining"] * 1234.5
    return table.assign(description=words, weighted_remaining=weighted)


GUARD = Guard({COHORT: LEAST}, Vocabulary.of(["hcy: not assayed"]))


def test_steps_of_a_flow_are_hidden_with_what_gives_them_back(flow: pd.DataFrame) -> None:
    shown = GUARD.protected("flow", flow).set_index("step")
    assert shown["n_excluded"].dropna().to_dict() == {"old": 400}
    assert shown["n_remaining"].dropna().to_dict() == {"survey": 1000, "old": 600, "b12": 550}
    assert shown["weighted_remaining"].notna().equals(shown["n_remaining"].notna())
    assert (shown.loc[["survey", "old"], "disclosure"] == "").all()
    assert shown.loc["hcy", "disclosure"] != ""


def test_a_table_that_nobody_described_shows_no_estimate_unless_it_says_what_it_rests_on() -> None:
    new = pd.DataFrame(
        {"cohort": COHORT, "what": ["a", "b"], "n": [200, 200], "curve": [1.23456, 2.5], "max": 99.0}
    )
    bare = GUARD.protected("a_new_table", new)
    assert bare["curve"].isna().all()
    assert bare["max"].isna().all()
    stated = GUARD.protected("a_new_table", new.assign(**{SMALLEST_CELL: [30, 4]}))
    assert stated["curve"].tolist()[:1] == [1.23]
    assert stated["curve"].isna().tolist() == [False, True]
    assert stated["disclosure"].tolist()[1] == "suppressed: fewer than 10 people [2 cells]"


def test_numbers_among_words_are_numbers() -> None:
    mixed = pd.DataFrame({"what": ["a", "b"], "found": [987654.25, "word"]})
    assert "987654.25" not in GUARD.protected("a_new_table", mixed).to_csv()


def test_a_pure_number_as_text_is_not_shown() -> None:
    text = pd.DataFrame({"what": ["a"], "value": ["987654.25"]})
    assert "987654.25" not in GUARD.protected("a_new_table", text).to_csv()


def test_sentences_lose_what_they_tell() -> None:
    reasons = ["7 people have it", "nobody here has level c", "hcy: not assayed", "too few PSUs"]
    shown = GUARD.protected("not_estimable", pd.DataFrame({"cohort": COHORT, "reason": reasons}))
    assert shown["reason"].tolist() == [
        f"{HIDDEN} people have it",
        WITHHELD,
        "hcy: not assayed",
        "too few PSUs",
    ]


def test_a_cohort_that_may_be_passed_on_is_written_as_it_is(tmp_path) -> None:
    table = pd.DataFrame({"cohort": ["other"], "n": [3], SMALLEST_CELL: [3]})
    write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == "cohort,n\nother,3\n"
    with guarding(GUARD):
        write_csv(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == "cohort,n,disclosure\nother,3,\n"


def test_what_a_row_rests_on_is_never_written() -> None:
    assert SMALLEST_CELL not in guarded("t", pd.DataFrame({SMALLEST_CELL: [100]}))
    with guarding(GUARD):
        assert SMALLEST_CELL not in guarded("t", pd.DataFrame({"n": [100], SMALLEST_CELL: [100]}))


def test_the_rules_name_columns_that_the_tables_have(tables: Published) -> None:
    for name, rule in RULES.items():
        if name in tables.true:
            named = {
                *rule.wholes,
                *rule.parts,
                *rule.shares,
                *rule.sums,
                *(rule.sizes if name == "prevalence" else ()),
                *(a.over for a in rule.adds),
            }
            assert named <= set(tables.true[name]), name


def test_minimum_and_maximum_are_withheld_in_every_table() -> None:
    assert all({"min", "max"} <= set(r.withheld) for n, r in RULES.items() if n != "codebook_check")
    assert {"min", "max"} <= set(TableRule().withheld)

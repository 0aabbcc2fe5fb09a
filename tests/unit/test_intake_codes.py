"""Codes for "no answer" are recognised by their labels, and by how they stand apart from all other values."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.intake.codes import guess_map
from b12sarc.intake.columns import Column
from b12sarc.intake.pile import likely_missing
from b12sarc.intake.plausibility import BARS, histogram, suspicious_unit
from b12sarc.intake.words import means_missing, vocabulary
from b12sarc.spec.dictionary import Variable

B12 = Variable(label="B12", type="continuous", unit="pmol/L", accepts={"pg/mL": 0.738})
SEX = Variable(
    label="Sex", type="categorical", categories={"male": "Men", "female": "Women"}, reference="male"
)
ILL = Variable(label="Ill", type="binary")


@pytest.mark.parametrize(
    "words",
    [
        "Refused",
        "Don't know",
        "-9 Refusal",
        "Item not applicable",
        "모름, 무응답",
        "weiß nicht",
        "No contesta",
        "NA",
    ],
)
def test_a_label_that_means_no_answer_is_recognised(words: str) -> None:
    assert means_missing(words)


@pytest.mark.parametrize(
    "words", ["No", "None", "Never smoked", "Not at all", "Other", "Unable to do", "남자"]
)
def test_a_label_that_is_an_answer_is_kept(words: str) -> None:
    assert not means_missing(words)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({1: 50, 2: 50, 7: 3, 9: 5}, [7, 9]),
        ({1: 50, 2: 50, 3: 9}, []),
        ({1: 9, 2: 9, 3: 9, 4: 9, 5: 9, 6: 9, 7: 9, 8: 9, 9: 9}, []),
        ({1: 50, 2: 50, 9: 2}, []),
        ({0: 50, 1: 50, -9: 4, -1: 5}, [-9, -1]),
        ({0: 90, 1: 20, 2: 9, 77: 4, 99: 8}, [77, 99]),
        ({7: 20, 8: 20, 9: 20}, []),
    ],
    ids=["7 and 9", "3 of 3", "a row", "too few people", "negative", "77 and 99", "nothing below"],
)
def test_codes_apart_from_the_row_of_the_others_are_likely_missing(
    counts: dict[float, int], expected: list[float]
) -> None:
    assert likely_missing(counts) == expected


def measured(**more: int) -> dict[float, int]:
    values = {round(20 + n / 3, 1): 2 for n in range(100)}
    return values | {
        float(value): n for value, n in ((k.removeprefix("v").replace("_", "."), n) for k, n in more.items())
    }


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (measured(), []),
        (measured(v99_9=8), [99.9]),
        (measured(v999=8), [999]),
        (measured(v999=2), []),
        (measured() | {-9.0: 5}, [-9]),
        (measured() | {88.0: 60, 95.3: 1, 150.2: 1}, [88]),
    ],
    ids=["none", "99.9", "999", "two people", "negative", "a spike"],
)
def test_piles_at_the_end_of_a_range_are_likely_missing(
    counts: dict[float, int], expected: list[float]
) -> None:
    assert likely_missing(counts) == expected


def test_a_declared_code_is_not_told_again() -> None:
    assert likely_missing({1: 50, 2: 50, 7: 5, 9: 5}, declared=[9]) == [7]


def coded(labels: dict[int | str, str], counts: dict[int | str, int]) -> Column:
    is_number = not any(isinstance(code, str) for code in counts)
    return Column("f", "C", "", is_number, 100, 0, len(counts), counts=counts, value_labels=labels)


def test_categories_are_mapped_by_their_value_labels() -> None:
    column = coded({1: "남자", 2: "Weiblich", 9: "Refused"}, {1: 40, 2: 50, 9: 10})

    assert guess_map(column, SEX, vocabulary().variables["sex"]) == {1: "male", 2: "female"}


def test_texts_are_mapped_by_what_they_say() -> None:
    assert guess_map(coded({}, {"F": 50, "M": 50}), SEX, vocabulary().variables["sex"]) == {
        "F": "female",
        "M": "male",
    }


def test_yes_and_no_are_mapped_to_true_and_false() -> None:
    column = coded({1: "Yes, told so", 2: "No", 3: "Borderline", 7: "Refused"}, {1: 9, 2: 9, 3: 9, 7: 9})

    assert guess_map(column, ILL, vocabulary().variables["diabetes"]) == {1: True, 2: False, 3: False}


def test_a_code_without_words_is_not_guessed() -> None:
    assert guess_map(coded({}, {1: 50, 2: 50}), SEX, vocabulary().variables["sex"]) == {}


def test_a_histogram_shows_neither_the_ends_nor_bars_of_few_people() -> None:
    values = np.sort(np.concatenate([np.linspace(10, 20, 1000), [999.0] * 5, [0.0] * 3]))

    low, high, bars = histogram(values, 10) or (0, 0, "")

    assert 10 <= low < 10.2
    assert 19.8 < high <= 20
    assert set(bars) <= set(BARS[1:])


def test_few_people_have_no_histogram() -> None:
    assert histogram(np.arange(29.0), 10) is None


@pytest.mark.parametrize(
    ("values", "unit", "said"),
    [
        ([300.0], "pmol/L", None),
        ([0.3 * 1], "pmol/L", "in nmol/L or ng/mL or ug/L it would be usual"),
        (
            [1000.0],
            "pmol/L",
            "a median of 1000 pmol/L is unusual: elsewhere it is 150 to 750; in pg/mL it would be usual",
        ),
        ([1000.0 * 0.738], "pg/mL", None),
        ([1e6], "pmol/L", "a median of 1000000 pmol/L is unusual: elsewhere it is 150 to 750"),
    ],
)
def test_a_median_that_is_unusual_for_its_unit_is_told(
    values: list[float], unit: str, said: str | None
) -> None:
    found = suspicious_unit("serum_b12_pmol_l", B12, unit, [np.array(values * 40)])

    assert (found is None) if said is None else (found is not None and said in found[0])


def test_a_median_of_few_people_is_not_judged() -> None:
    assert suspicious_unit("serum_b12_pmol_l", B12, "pmol/L", [np.array([0.3] * 29)]) is None

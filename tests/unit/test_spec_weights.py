"""Weights of pooled cycles, computed from the years that a weight stands for (NHANES guide, section 1.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import COHORT, MiniProject

MEC2 = {"role": "mec", "file": "demo", "column": "WTMEC2YR"}
CYCLES = ("1999-2000", "2001-2002", "2003-2004", "2005-2006", "2011-2012", "2013-2014")


def factors(tmp_path: Path, cycles: tuple[str, ...], years: object) -> list[float]:
    """Return the weight factors of a cohort that pools ``cycles``."""
    cohort = MiniProject(tmp_path).load().cohorts["mini"]
    waves = {c: {"begin_year": int(c[:4]), "years": 2} for c in cycles}
    data = cohort.model_dump() | {"cycles": waves}
    data["design"] |= {"weight": MEC2 | {"years": years}}
    pooled = type(cohort).model_validate(data)
    return [pooled.weight_factor(c) for c in cycles]


def four_year_first(cycles: tuple[str, ...]) -> dict[str, int]:
    return {c: 4 if c < "2002" else 2 for c in cycles}


@pytest.mark.parametrize(
    ("cycles", "years", "expected"),
    [
        (CYCLES[4:], 2, [1 / 2, 1 / 2]),
        (CYCLES[:2], 4, [1, 1]),
        (CYCLES[:3], four_year_first(CYCLES[:3]), [2 / 3, 2 / 3, 1 / 3]),
        (CYCLES[:4], four_year_first(CYCLES[:4]), [1 / 2, 1 / 2, 1 / 4, 1 / 4]),
        (CYCLES, four_year_first(CYCLES), [2 / 6, 2 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6]),
    ],
    ids=["2011-2014", "1999-2002", "1999-2004", "1999-2006", "all six"],
)
def test_weights_are_combined_as_the_nhanes_guide_prints(
    tmp_path: Path, cycles: tuple[str, ...], years: object, expected: list[float]
) -> None:
    assert factors(tmp_path, cycles, years) == pytest.approx(expected, rel=1e-15)


def test_a_four_year_weight_for_one_two_year_cycle_is_refused(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, "column: WT, years: 2", "column: WT, years: 6")

    assert mini.problems() == [
        f"{mini.at(COHORT, 'column: WT')}: design.weight.years: the weight of 2011-2012 stands for 6 years; "
        "expected 2 to 4 -> at least the years of its cycle, at most those of all cycles pooled"
    ]

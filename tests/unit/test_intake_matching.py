"""Columns are matched to the dictionary by name, label, unit, range and values, and it is said why."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from b12sarc.intake.columns import Column
from b12sarc.intake.matching import label_score, match, matches, name_score, together
from b12sarc.intake.words import has_phrase, plain, unit_in, usual_medians, vocabulary
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.dictionary import Dictionary
from b12sarc.xport import read_layout


@pytest.fixture(scope="module")
def dictionary(project: Path) -> Dictionary:
    return Dictionary(**yaml.safe_load((project / "config/dictionary.yaml").read_text(encoding="utf-8")))


def column(name: str, label: str = "", median: float | None = None, **more: object) -> Column:
    return Column("exam", name, label, True, 500, 0, int(more.pop("n_distinct", 200)), median=median, **more)


@pytest.mark.parametrize(
    ("name", "known", "least", "most"),
    [
        ("HE_B12", "heb12", 1.0, 1.0),
        ("w2_hgs", "hgs", 0.95, 0.95),
        ("hgs_v3", "hgs", 0.95, 0.95),
        ("exam_grip_right", "grip", 0.8, 0.8),
        ("maxgripstrength", "grip", 0.6, 0.6),
        ("homocystein", "homocysteine", 0.5, 0.6),
        ("bmi", "b12", 0.0, 0.0),
    ],
)
def test_a_name_fits_the_better_the_less_is_beside_it(
    name: str, known: str, least: float, most: float
) -> None:
    assert least <= name_score(name, [known]) <= most


def test_a_label_fits_the_better_the_less_is_beside_the_phrase() -> None:
    alone, phrase = label_score("Grip strength (kg)", ["grip strength"])
    beside, _ = label_score("Reading of grip strength of the second day", ["grip strength"])

    assert (alone, phrase) == (1.0, "grip strength")
    assert 0.5 < beside < 0.8


@pytest.mark.parametrize(
    ("label", "phrase"),
    [
        ("VITAMINE B12 sérique", "vitamine b12"),
        ("혈청 비타민 B12 농도", "비타민 b12"),
        ("Größe in cm", "grosse"),
    ],
)
def test_accents_case_and_writing_do_not_matter(label: str, phrase: str) -> None:
    assert has_phrase(plain(label), phrase)


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Vitamin B12 (pg/mL)", "pg/mL"),
        ("MMA, µmol/L", "umol/L"),
        ("Weight, lb", None),
        ("Weight (lb)", "lb"),
        ("Serum B12 pmol/l", "pmol/L"),
        ("Body mass index (kg/m**2)", "kg/m2"),
        ("Standing height", None),
    ],
)
def test_the_unit_of_a_label_is_found(label: str, unit: str | None) -> None:
    assert unit_in(label) == unit


def test_a_median_that_fits_two_units_says_both(dictionary: Dictionary) -> None:
    found = match(
        column("b12", "vitamin B12", 300), "serum_b12_pmol_l", dictionary.variables["serum_b12_pmol_l"]
    )

    assert found.score > 0.9
    assert (found.unit, found.others) == ("pmol/L", ("pg/mL", "ng/L"))
    assert "a median of 300 fits pmol/L (usual 150 to 750) or pg/mL (usual 203 to 1020)" in " ".join(
        found.reasons
    )


def test_a_median_that_fits_one_unit_only_names_it(dictionary: Dictionary) -> None:
    found = match(column("mma", median=0.15), "mma_nmol_l", dictionary.variables["mma_nmol_l"])

    assert (found.unit, found.others) == ("umol/L", ())


def test_a_label_that_names_a_unit_in_which_the_median_is_unusual_says_so(dictionary: Dictionary) -> None:
    found = match(column("mma", "MMA (nmol/L)", 0.15), "mma_nmol_l", dictionary.variables["mma_nmol_l"])

    assert any("says nmol/L, but a median of 0.15 is unusual in it; in umol/L" in r for r in found.reasons)


def test_an_unusual_median_lowers_the_score(dictionary: Dictionary) -> None:
    variable = dictionary.variables["serum_b12_pmol_l"]

    usual, odd = (match(column("b12", median=m), "serum_b12_pmol_l", variable).score for m in (300, 5))

    assert odd < 0.7 * usual


@pytest.mark.parametrize(
    ("name", "label", "variable"),
    [
        ("b12_supp", "Vitamin B12 supplement", "serum_b12_pmol_l"),
        ("gs_why", "Grip strength: reason not done", "grip_max_kg"),
        ("wt", "Examination weight", "body_weight_kg"),
        ("hba1c", "Glycated haemoglobin", "haemoglobin_g_dl"),
    ],
)
def test_words_that_speak_against_a_variable_keep_a_column_away(
    dictionary: Dictionary, name: str, label: str, variable: str
) -> None:
    assert match(column(name, label, 300), variable, dictionary.variables[variable]).score < 0.45


def test_trials_and_hands_are_suggested_together(dictionary: Dictionary) -> None:
    names = ("gs_r_1", "gs_r_2", "gs_l_1")
    columns = [column(name, f"Grip strength {name[3]} (kg)", 30) for name in names]
    columns.append(column("gs_why", "Grip strength: reason not done", None, n_distinct=3))

    found = matches(dictionary, columns)["grip_max_kg"]

    assert [m.column.name for m in together(found, vocabulary().variables["grip_max_kg"])] == list(names)


def test_every_variable_with_a_usual_median_names_its_source() -> None:
    assert [
        name for name, usual in usual_medians().items() if not usual.source or usual.low >= usual.high
    ] == []


def test_the_usual_medians_leave_room_for_what_the_dictionary_calls_plausible(dictionary: Dictionary) -> None:
    limits = {n: v.plausible for n, v in dictionary.variables.items() if v.plausible and n in usual_medians()}

    assert len(limits) > 15
    assert [
        n for n, p in limits.items() if not p.min <= usual_medians()[n].low < usual_medians()[n].high <= p.max
    ] == []


@pytest.mark.real_data
@pytest.mark.parametrize(("with_names", "share"), [(True, 0.85), (False, 0.6)], ids=["names", "labels alone"])
def test_of_nhanes_most_columns_are_found(
    project: Path, nhanes_dir: Path, dictionary: Dictionary, with_names: bool, share: float
) -> None:
    """Names and labels of all 690 columns of 2013-2014, without their values: the right one comes first."""
    text = (project / "cohorts/nhanes_2011_2014/cohort.yaml").read_text(encoding="utf-8")
    cohort, cycle = Cohort(**yaml.safe_load(text)), "2013-2014"
    columns, labels = {}, {}
    for file in (f for f in cohort.files.values() if f.rows == "one"):
        table = file.table_in(cycle)
        layout = read_layout(nhanes_dir / f"Nchs/Data/Nhanes/Public/2013/DataFiles/{table}.xpt")
        for variable in layout.variables:
            labels[variable.name] = variable.label
            columns[variable.name] = column(
                variable.name if with_names else "x", variable.label, n_distinct=20
            )
    found = matches(dictionary, columns.values())
    own = {n: m.own_columns(cycle) for n in dictionary.variables if (m := cohort.in_cycles(n).get(cycle))}
    asked = {n: names for n, names in own.items() if names and names[0] in columns}
    first = {n: found[n][0].column.label for n in asked if found[n]}
    right = [n for n, label in first.items() if label in {labels[c] for c in asked[n]}]

    assert len(asked) > 25
    assert len(right) >= share * len(asked), sorted(set(asked) - set(right))

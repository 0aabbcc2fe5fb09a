"""NHANES 1999-2006 as CDC published it: what the pipeline makes of it equals a direct computation.

The direct computation reads the files with pyreadstat and knows their columns by name; it shares no code with
the package. Only counts and percentages stand here, no value of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from b12sarc.spec.availability import missing_cycles
from real_cohort import RealCohort, read_real_cohort

pytestmark = pytest.mark.real_data

A, B, C, D = "1999-2000", "2001-2002", "2003-2004", "2005-2006"
EARLY, LATE, BOTH, ALL = "nhanes_1999_2002", "nhanes_2003_2006", "nhanes_1999_2006", "nhanes_1999_2014"
BASE = {"DEMO": ("DEMO", "DEMO_B", "DEMO_C", "DEMO_D"), "B12": ("LAB06", "L06_B", "L06NB_C", "B12_D")}


@dataclass(frozen=True)
class Raw:
    """CDC's tables, read as they are."""

    nhanes_dir: Path

    def table(self, name: str, cycle: str) -> pd.DataFrame:
        folder = self.nhanes_dir / "Nchs" / "Data" / "Nhanes" / "Public" / cycle[:4] / "DataFiles"
        frame, _ = pyreadstat.read_xport(folder / f"{name}.xpt", encoding="WINDOWS-1252")
        return frame.rename(columns=str.upper).copy()

    def column(self, name: str, column: str, cycle: str) -> pd.Series:
        """One column by person."""
        return self.table(name, cycle).set_index("SEQN")[column]


@pytest.fixture(scope="module")
def raw(nhanes_dir: Path) -> Raw:
    return Raw(nhanes_dir)


@pytest.fixture(scope="module")
def real(nhanes_dir: Path, project: Path) -> Callable[[str], RealCohort]:
    made: dict[str, RealCohort] = {}

    def cohort(name: str) -> RealCohort:
        if name not in made:
            made[name] = read_real_cohort(nhanes_dir, project, name=name)
        return made[name]

    return cohort


def of_cycle(cohort: RealCohort, name: str, cycle: str) -> pd.Series:
    """A variable of one cycle, by person."""
    frame = cohort.derived.frame
    here = frame[frame["cycle"] == cycle]
    return pd.Series(here[name].to_numpy(), index=here["person_id"].astype(float))


# ---- people, weights, domain

PEOPLE = {EARLY: (9965, 11039), LATE: (10122, 10348), BOTH: (9965, 11039, 10122, 10348)}
DOMAIN = {EARLY: [1196, 1242], LATE: [1372, 1125], ALL: [1196, 1242, 1372, 1125, 1166, 1265]}
FACTORS = {EARLY: [1, 1], BOTH: [1 / 2, 1 / 2, 1 / 4, 1 / 4], ALL: [1 / 3, 1 / 3, 1 / 6, 1 / 6, 1 / 6, 1 / 6]}


@pytest.mark.parametrize("name", PEOPLE)
def test_everybody_interviewed_is_there(real, name):
    assert len(real(name).derived.frame) == sum(PEOPLE[name])


@pytest.mark.parametrize("name", DOMAIN)
def test_the_domain_by_cycle(real, name):
    frame = real(name).derived.frame
    assert frame[frame["in_domain"]].groupby("cycle", observed=True).size().tolist() == DOMAIN[name]


@pytest.mark.parametrize("name", FACTORS)
def test_weights_are_the_four_year_weight_first_then_the_two_year_weight(real, raw, name):
    cohort = real(name)
    tables = dict(zip((A, B, C, D), BASE["DEMO"], strict=True)) | {
        "2011-2012": "DEMO_G",
        "2013-2014": "DEMO_H",
    }
    for cycle, factor in zip(cohort.derived.frame["cycle"].cat.categories, FACTORS[name], strict=True):
        column = "WTMEC4YR" if cycle in (A, B) else "WTMEC2YR"
        expected = raw.column(tables[cycle], column, cycle) * factor
        assert of_cycle(cohort, "weight", cycle).to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-14)


def test_the_weights_of_a_pool_sum_to_one_population(real):
    sums = [real(name).derived.frame["weight"].sum() / 1e6 for name in (EARLY, LATE, BOTH, ALL)]
    assert sums == pytest.approx([278.65, 288.92, 283.79, 292.16], abs=0.005)


def test_age_is_top_coded_alike_in_the_pool_of_all_cycles(real):
    ages = real(ALL).derived.frame.groupby("cycle", observed=True)["age_years"]
    assert ages.max().tolist() == [80] * 6
    assert real(EARLY).derived.frame["age_years"].max() == 85


def test_strata_of_the_cycles_do_not_overlap_and_give_the_design_degrees_of_freedom(real):
    frame = real(BOTH).derived.frame
    by_cycle = frame.groupby("cycle", observed=True)
    strata = by_cycle["stratum"].nunique()
    psus = frame.drop_duplicates(["stratum", "psu"]).groupby("cycle", observed=True).size()
    assert (psus - strata).tolist() == [14, 15, 15, 15]


# ---- variables as CDC released them

SAME = {
    EARLY: {
        "serum_b12_pmol_l": [("LAB06", "LBDB12SI"), ("L06_B", "LBDB12SI")],
        "serum_b12_pg_ml": [("LAB06", "LBXB12"), ("L06_B", "LBXB12")],
        "homocysteine_umol_l": [None, ("L06_B", "LBDHCY")],
        "knee_strength_n": [("MSX", "MSDPF"), ("MSX_B", "MSDPF")],
        "knee_velocity_deg_s": [("MSX", "MSDPFVEL"), ("MSX_B", "MSDPFVEL")],
        "cystatin_c_mg_l": [("SSCYST_A", "SSCYPC"), ("SSCYST_B", "SSCYPC")],
        "ferritin_ng_ml": [("LAB06", "LBXFER"), ("L06_B", "LBXFER")],
        "serum_iron_ug_dl": [("LAB18", "LBXSIR"), ("L40_B", "LBXSIR")],
        "serum_creatinine_mg_dl": [None, ("L40_B", "LBDSCR")],
        "crp_mg_dl": [("LAB11", "LBXCRP"), ("L11_B", "LBXCRP")],
        "cotinine_ng_ml": [("LAB06", "LBXCOT"), ("L06_B", "LBXCOT")],
        "haemoglobin_g_dl": [("LAB25", "LBXHGB"), ("L25_B", "LBXHGB")],
        "mcv_fl": [("LAB25", "LBXMCVSI"), ("L25_B", "LBXMCVSI")],
        "height_cm": [("BMX", "BMXHT"), ("BMX_B", "BMXHT")],
        "bmi_kg_m2": [("BMX", "BMXBMI"), ("BMX_B", "BMXBMI")],
        "body_weight_kg": [("BMX", "BMXWT"), ("BMX_B", "BMXWT")],
        "waist_cm": [("BMX", "BMXWAIST"), ("BMX_B", "BMXWAIST")],
        "calf_cm": [("BMX", "BMXCALF"), ("BMX_B", "BMXCALF")],
        "income_poverty_ratio": [("DEMO", "INDFMPIR"), ("DEMO_B", "INDFMPIR")],
        "age_years": [("DEMO", "RIDAGEYR"), ("DEMO_B", "RIDAGEYR")],
    },
    LATE: {
        "serum_b12_pmol_l": [("L06NB_C", "LBDB12SI"), ("B12_D", "LBDB12SI")],
        "serum_b12_pg_ml": [("L06NB_C", "LBXB12"), ("B12_D", "LBXB12")],
        "homocysteine_umol_l": [("L06MH_C", "LBXHCY"), ("HCY_D", "LBXHCY")],
        "serum_creatinine_mg_dl": [("L40_C", "LBXSCR"), None],
        "crp_mg_dl": [("L11_C", "LBXCRP"), ("CRP_D", "LBXCRP")],
        "cotinine_ng_ml": [("L06COT_C", "LBXCOT"), ("COT_D", "LBXCOT")],
        "haemoglobin_g_dl": [("L25_C", "LBXHGB"), ("CBC_D", "LBXHGB")],
        "calf_cm": [("BMX_C", "BMXCALF"), ("BMX_D", "BMXCALF")],
        "height_cm": [("BMX_C", "BMXHT"), ("BMX_D", "BMXHT")],
        "bmi_kg_m2": [("BMX_C", "BMXBMI"), ("BMX_D", "BMXBMI")],
    },
}
CYCLES = {EARLY: (A, B), LATE: (C, D)}
SAME_CASES = [
    (name, variable, cycle, *source)
    for name, variables in SAME.items()
    for variable, sources in variables.items()
    for cycle, source in zip(CYCLES[name], sources, strict=True)
    if source is not None
]


@pytest.mark.parametrize(("name", "variable", "cycle", "table", "column"), SAME_CASES)
def test_a_variable_is_the_raw_column_person_by_person(real, raw, name, variable, cycle, table, column):
    got = of_cycle(real(name), variable, cycle)
    expected = raw.column(table, column, cycle).reindex(got.index)
    pd.testing.assert_series_equal(got, expected, check_names=False)


def test_mma_is_in_nmol_here_and_not_assayed_in_2005_2006(real, raw):
    early, late = real(EARLY), real(LATE)
    for cohort, cycle, table in ((early, A, "LAB06"), (early, B, "L06_B"), (late, C, "L06MH_C")):
        got = of_cycle(cohort, "mma_nmol_l", cycle)
        expected = (raw.column(table, "LBXMMA", cycle) * 1000).round(1).reindex(got.index)
        pd.testing.assert_series_equal(got, expected, check_names=False)
    assert of_cycle(late, "mma_nmol_l", D).isna().all()
    assert (of_cycle(late, "mma_nmol_l", C) == 35).sum() == 43  # below the limit of detection


def test_only_the_homocysteine_of_1999_2000_is_brought_to_axsym(real, raw):
    cohort = real(EARLY)
    imx = raw.column("LAB06", "LBXHCY", A)
    got = of_cycle(cohort, "homocysteine_umol_l", A)
    assert got.to_numpy() == pytest.approx(
        (10 ** (0.983 * np.log10(imx) + 0.0418)).reindex(got.index), nan_ok=True
    )
    assert of_cycle(cohort, "homocysteine_umol_l_raw", A).count() == imx.count() == 7599
    assert of_cycle(cohort, "homocysteine_umol_l_raw", B).count() == 0


def test_creatinine_is_standardised_in_the_two_cycles_that_need_it(real, raw):
    for name, cycle, table, slope, intercept in (
        (EARLY, A, "LAB18", 1.013, 0.147),
        (LATE, D, "BIOPRO_D", 0.978, -0.016),
    ):
        got = of_cycle(real(name), "serum_creatinine_mg_dl", cycle)
        expected = (slope * raw.column(table, "LBXSCR", cycle) + intercept).reindex(got.index)
        assert got.to_numpy() == pytest.approx(expected.to_numpy(), nan_ok=True)


def test_walks_become_speeds_and_impossible_ones_are_counted(real, raw):
    cohort = real(EARLY)
    report = cohort.harmonised.report.set_index(["variable", "cycle"])
    for cycle, table, column, n, impossible in (
        (A, "MSX", "MSXWTIME", 1933, 2),
        (B, "MSX_B", "MSXW20TM", 2027, 1),
    ):
        seconds = raw.column(table, column, cycle)
        speed = 6.096 / seconds
        got = of_cycle(cohort, "gait_speed_ms", cycle)
        expected = speed.where(speed.between(0.1, 2.5)).reindex(got.index)
        assert got.to_numpy() == pytest.approx(expected.to_numpy(), nan_ok=True)
        assert seconds.count() == n
        assert report.loc[("gait_speed_ms", cycle), "n_implausible"] == impossible


def test_knee_strength_counts_are_those_of_the_codebook_and_two_arms_are_errors(real):
    report = real(EARLY).harmonised.report.set_index(["variable", "cycle"])
    assert report.loc[("knee_strength_n", A), "n_valid"] == 1500  # Ostchega 2004 has 1,499
    assert report.loc[("knee_strength_n", B), "n_valid"] == 1542
    assert [report.loc[("knee_lever_arm_cm", c), "n_implausible"] for c in (A, B)] == [2, 0]
    torque = real(EARLY).derived.frame["knee_torque_nm"]
    assert torque.count() == 1500 + 1542 - 2
    assert torque.dropna().between(5, 400).all()


def test_only_these_values_that_cdc_released_are_implausible(real):
    found = {}
    for name in (EARLY, LATE, ALL):
        report = real(name).harmonised.report
        for row in report[report["n_implausible"] > 0].itertuples():
            found[row.variable, row.cycle] = row.n_implausible
    assert found == {("gait_speed_ms", A): 2, ("gait_speed_ms", B): 1, ("knee_lever_arm_cm", A): 2}


# ---- questionnaires, feet, balance, drugs

LEVELS = {1: "none", 2: "some", 3: "much", 4: "unable"}
CHAIR = {A: (1601, 439, 126, 97), B: (1719, 438, 155, 125), C: (1796, 499, 165, 98), D: (1560, 392, 114, 80)}


@pytest.mark.parametrize("cycle", CHAIR)
def test_difficulty_standing_up_has_the_counts_of_the_codebook(real, cycle):
    levels = of_cycle(real(BOTH), "chair_rise_level", cycle).value_counts()
    assert tuple(levels[level] for level in LEVELS.values()) == CHAIR[cycle]


def test_who_needs_equipment_to_walk_has_difficulty_walking(real, raw):
    for cycle, table, asked, equipment, n in (
        (A, "PFQ", "PFQ060B", "PFQ055", 118),
        (B, "PFQ_B", "PFQ060B", "PFQ055", 171),
        (C, "PFQ_C", "PFQ061B", "PFQ054", 351),
        (D, "PFQ_D", "PFQ061B", "PFQ054", 272),
    ):
        answers = raw.table(table, cycle).set_index("SEQN")
        got = of_cycle(real(BOTH), "walking_difficulty", cycle)
        age = of_cycle(real(BOTH), "age_years", cycle)
        needs = answers.index[answers[equipment] == 1]
        assert answers.loc[needs, asked].isna().all()
        assert got.reindex(needs).all()
        assert (age.reindex(needs) >= 65).sum() == n
        hard = answers.index[answers[asked].isin([2, 3, 4])]
        assert got.reindex(hard).all()
        easy = answers.index[(answers[asked] == 1) & (answers[equipment] != 9)]
        assert not got.reindex(easy).any()


@pytest.mark.parametrize(
    ("cycle", "table", "unknown"), [(A, "LEXPN", 137), (B, "LEXPN_B", 109), (C, "LEXPN_C", 87)]
)
def test_no_neuropathy_takes_two_feet_that_are_known(real, raw, cycle, table, unknown):
    feet = raw.table(table, cycle).set_index("SEQN")[["LEALPN", "LEARPN"]]
    got = of_cycle(real(BOTH), "neuropathy_monofilament", cycle).reindex(feet.index)
    assert (feet["LEALPN"] == -1).sum() == unknown
    assert got[(feet >= 1).any(axis=1)].all()
    assert not got[(feet == 0).all(axis=1)].any()
    assert got[~(feet >= 1).any(axis=1) & ~(feet == 0).all(axis=1)].isna().all()


def test_the_balance_test_in_its_three_cycles(real, raw):
    # Trial 2 is a retest. Agrawal 2009: 35.4 % of those aged 40 and over failed in 2001-2004; by education
    # 50.9 % (less than high school) and 28.6 % (more), by direct computation with two-year weights.
    rows = []
    for cycle, name, table, demo in ((B, EARLY, "BAX_B", "DEMO_B"), (C, LATE, "BAX_C", "DEMO_C")):
        people = raw.table(demo, cycle).set_index("SEQN")
        failed = of_cycle(real(name), "balance_fail", cycle).rename("failed")
        trials = raw.table(table, cycle).set_index("SEQN")[["BAXPFC41", "BAXPFC42"]]
        direct = (trials["BAXPFC41"] == 2) & (trials["BAXPFC42"] != 1)
        reached = trials["BAXPFC41"].notna()
        assert (failed.reindex(trials.index)[reached] == direct[reached]).all()
        assert failed.reindex(trials.index)[~reached].isna().all()
        rows.append(people.join(failed))
    both = pd.concat(rows)
    both = both[(both["RIDAGEYR"] >= 40) & both["failed"].notna()]

    def percent(part: pd.DataFrame) -> float:
        return round(100 * float(np.average(part["failed"].astype(float), weights=part["WTMEC2YR"])), 1)

    assert len(both) == 2433 + 2310
    assert percent(both) == 35.4
    assert percent(both[both["DMDEDUC2"].isin([1, 2])]) == 50.9
    assert percent(both[both["DMDEDUC2"].isin([4, 5])]) == 28.6


def test_balance_is_weighted_by_the_half_sample_and_beyond_its_ages_by_the_cycle_that_tested(real, raw):
    cohort = real(EARLY)
    half = of_cycle(cohort, "weight_balance", A)
    assert half[half > 0].to_dict() == pytest.approx(raw.column("BAX", "WTSBA4YR", A).dropna().to_dict())
    full, age = of_cycle(cohort, "weight_balance", B), of_cycle(cohort, "age_years", B)
    two_years = raw.column("DEMO_B", "WTMEC2YR", B)
    assert full[age >= 70].to_dict() == pytest.approx(two_years[age >= 70].to_dict())
    assert full[(age < 70) & (full > 0)].to_dict() == pytest.approx(
        raw.column("BAX_B", "WTSBA4YR", B).dropna().to_dict()
    )
    old = cohort.derived.frame[cohort.derived.frame["age_years"] >= 65]
    assert old["weight_balance"].sum() / old["weight"].sum() == pytest.approx(0.92, abs=0.01)
    tested = old[old["balance_fail"].notna() & (old["weight_balance"] > 0)]
    assert tested.groupby("cycle", observed=True).size().tolist() == [115, 834]


@pytest.mark.parametrize(
    ("name", "column", "factors"),
    [
        ("weight_diet_day1", ("WTDR4YR", "WTDR4YR"), (1, 1)),
        ("weight_cystatin", ("WTSCY4YR", "WTSCY4YR"), (1, 1)),
    ],
)
def test_parts_of_the_sample_have_their_four_year_weight(real, raw, name, column, factors):
    tables = {"weight_diet_day1": ("DRXTOT", "DRXTOT_B"), "weight_cystatin": ("SSCYST_A", "SSCYST_B")}[name]
    for cycle, table, factor, weight in zip((A, B), tables, factors, column, strict=True):
        got = of_cycle(real(EARLY), name, cycle)
        expected = raw.column(table, weight, cycle).reindex(got.index).fillna(0) * factor
        assert got.to_numpy() == pytest.approx(expected.to_numpy())


def test_diet_weights_are_combined_over_all_cycles(real, raw):
    got = of_cycle(real(ALL), "weight_diet_day1", C)
    assert got.to_numpy() == pytest.approx(
        (raw.column("DR1TOT_C", "WTDRD1", C) / 6).reindex(got.index).fillna(0)
    )
    four = of_cycle(real(ALL), "weight_diet_day1", A)
    assert four.to_numpy() == pytest.approx(
        (raw.column("DRXTOT", "WTDR4YR", A) / 3).reindex(four.index).fillna(0)
    )


@pytest.mark.parametrize(
    ("variable", "counts"),
    [
        ("cyanocobalamin_prescription", (3, 6, 4, 0)),
        ("metformin", (164, 184, 240, 228)),
        ("proton_pump_inhibitor", (213, 338, 427, 402)),
        ("corticosteroid", (96, 87, 82, 83)),
        ("levodopa", (17, 10, 6, 12)),
    ],
)
def test_people_with_a_prescription(real, variable, counts):
    assert tuple(int(of_cycle(real(BOTH), variable, cycle).sum()) for cycle in (A, B, C, D)) == counts


# ---- supplements


def direct_intake(raw: Raw, cycle: str) -> tuple[pd.Series, pd.Series]:
    """Vitamin B12 from supplements (ug/day) and who takes any, written out again."""
    table = {A: "DSQFILE2", B: "DSQ2_B", C: "DSQ2_C", D: "DSQ2_D"}[cycle]
    person = {A: "DSQFILE1", B: "DSQ1_B", C: "DSQ1_C", D: "DSQ1_D"}[cycle]
    contents = raw.table("DSII", A)[["DSDPID", "DSDINGR", "DSDQTY", "DSDUNIT"]]
    contents = contents[contents["DSDINGR"].isin(["VITAMIN B-12", "COENZYME B12"])]
    contents = contents.assign(UG=contents["DSDQTY"] * contents["DSDUNIT"].map({4: 1, 1: 1000}))
    products = raw.table("DSPI", A)[["DSDPID", "DSDSUPID", "DSDSERVQ"]].dropna(subset="DSDSUPID")
    taken = raw.table(table, cycle).merge(products, on="DSDSUPID").merge(contents, on="DSDPID")
    if cycle == A:
        times = taken["DSD100Q"].where(taken["DSD100Q"] < 77777)
        a_day = times * taken["DSD100U"].map({1: 1, 2: 1 / 7, 3: 1 / 30})
        amount = taken["DSD120Q"].where(taken["DSD120Q"] < 7777)
    else:
        a_day = taken["DSD103"].where(taken["DSD103"] <= 30) / 30
        amount = taken["DSD122Q"].where(taken["DSD122Q"] < 777777)
    taken = taken.assign(INTAKE=a_day * amount / taken["DSDSERVQ"] * taken["UG"])
    total = taken.groupby("SEQN")["INTAKE"].agg(lambda x: x.sum(skipna=False))
    answered = raw.column(person, "DSD010", cycle).isin([1, 2])
    everybody = pd.Series(0.0, index=answered.index[answered])
    user = everybody.index.isin(total.index)
    return total.reindex(everybody.index).where(user, 0.0), pd.Series(user, index=everybody.index)


@pytest.mark.parametrize("cycle", [A, B, C, D])
def test_supplemental_b12_equals_a_direct_computation(real, raw, cycle):
    intake, user = direct_intake(raw, cycle)
    got = of_cycle(real(BOTH), "supplement_b12_ug_day", cycle)
    assert got.to_numpy() == pytest.approx(intake.reindex(got.index).to_numpy(), rel=1e-12, nan_ok=True)
    known = of_cycle(real(BOTH), "b12_supplement", cycle)
    assert (known.dropna().astype(bool) == user.reindex(known.dropna().index)).all()
    assert set(known.dropna().index) == set(user.index)


def test_supplemental_b12_is_plausible_and_raises_serum_b12(real):
    old = real(BOTH).derived.frame
    old = old[old["in_domain"]]
    users = old[old["supplement_b12_ug_day"] > 0]
    by_cycle = users.groupby("cycle", observed=True)["supplement_b12_ug_day"].median()
    assert by_cycle.between(6, 25).all()  # a multivitamin of those years held 6 or 25 ug
    both = old[["supplement_b12_ug_day", "serum_b12_roche_pmol_l"]].dropna()
    assert both.corr("spearman").iloc[0, 1] > 0.3


def test_half_of_adults_took_a_supplement_in_1999_2000_as_radimer_printed(raw):
    # Radimer 2004 (Am J Epidemiol 160:339): 52 % of those aged 20 and over, NHANES 1999-2000.
    people = raw.table("DEMO", A).set_index("SEQN").join(raw.column("DSQFILE1", "DSD010", A))
    adults = people[(people["RIDAGEYR"] >= 20) & people["DSD010"].isin([1, 2])]
    assert round(100 * float(np.average(adults["DSD010"] == 1, weights=adults["WTINT2YR"]))) == 52


# ---- exposures


def test_the_equivalent_cut_off_finds_the_same_people_by_either_assay(real):
    frame = real(BOTH).derived.frame
    pd.testing.assert_series_equal(frame["b12_low_equiv"], frame["b12_low_148"], check_names=False)


def test_the_pool_of_all_cycles_has_b12_on_one_scale(real):
    frame = real(ALL).derived.frame
    apart = (frame["serum_b12_pmol_l"] - frame["serum_b12_roche_pmol_l"]).abs()
    assert apart.max() <= 0.0501  # rounded to 0.1, as CDC's own
    early = frame["cycle"].isin([A, B, C, D])
    assert (
        frame.loc[early, "serum_b12_pmol_l"].notna() == frame.loc[early, "serum_b12_pmol_l_raw"].notna()
    ).all()


@pytest.mark.parametrize("name", [EARLY, LATE, BOTH, ALL])
def test_what_no_nhanes_cohort_can_answer_is_refused(real, name):
    catalogue = real(name).derived.definitions.set_index("definition")
    never = ["sarcopenia_ewgsop2_confirmed", "sarcopenia_fnih", "sarcopenia_awgs2019", "sarcopenia_sdoc"]
    assert not catalogue.loc[never, "available"].any()
    assert catalogue.loc[never, "reason"].str.contains("grip_max_kg|alm_kg").all()
    assert not set(never) & set(real(name).derived.frame)


@pytest.mark.parametrize(("cohort", "cycles"), [(LATE, [C]), (BOTH, [A, B, C])])
def test_lean_mass_is_answered_in_the_cycles_that_scanned_at_every_age(real, cohort, cycles):
    """Whole-body scans of 2005-2006 ended at 69 years (CDC DXXAG_D)."""
    project = real(cohort).project
    without = missing_cycles(project, cohort)["low_alm_ht2_ewgsop2"]
    assert [c for c in project.cohorts[cohort].cycles if c not in without] == cycles
    assert without[D] == "alm_kg: measured only at age_years 8 to 69; the population goes beyond"


def test_lean_mass_waits_for_its_files_and_the_cohort_runs(real):
    catalogue = real(EARLY).derived.definitions.set_index("definition")
    if catalogue.loc["alm_ht2", "available"]:
        pytest.skip("the DXA files are here")
    reason = catalogue.loc["alm_ht2", "reason"]
    assert reason.startswith("alm_kg: waits for the whole-body DXA files of 1999-2006")


def test_definitions_by_cycle(real):
    cycles = real(LATE).derived.definitions.set_index("definition")["cycles"]
    assert cycles["mma_high_271"] == cycles["b12_functional"] == cycles["neuropathy_monofilament"] == C
    assert cycles["hcy_high_15"] == f"{C} {D}"
    functional = real(LATE).derived.frame.set_index("cycle")["b12_functional"]
    assert functional[D].isna().all()

"""NHANES 2011-2014 as CDC published it: what the pipeline makes of it equals a direct computation.

The direct computation reads the files with pyreadstat and knows their columns by name; it shares no code with
the package. Only counts and percentages stand here, no value of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

from b12sarc.derive import Derived, derive
from b12sarc.harmonise import Harmonised, harmonise
from b12sarc.readers import Table, read_table
from b12sarc.spec import Cohort, Project
from b12sarc.spec.loading import load_project

pytestmark = pytest.mark.real_data
COHORT = "nhanes_2011_2014"
LETTER = {"2011-2012": "G", "2013-2014": "H"}
TABLES = (
    "DEMO", "VITB12", "MMA", "MGX", "BMX", "BIOPRO", "CBC", "DIQ", "SMQ", "PFQ", "FOLFMS", "COT", "DR1TOT",
    "DSQTOT", "MCQ", "PAQ",
)  # fmt: skip
READINGS = [f"MGXH{hand}T{trial}" for hand in (1, 2) for trial in (1, 2, 3)]


def file_of(nhanes_dir: Path, table: str, cycle: str) -> Path:
    folder = nhanes_dir / "Nchs" / "Data" / "Nhanes" / "Public" / cycle[:4] / "DataFiles"
    table = {"COT_G": "COTNAL"}.get(f"{table}_{LETTER[cycle]}", table)
    return folder / f"{table}_{LETTER[cycle]}.xpt"


def raw_table(nhanes_dir: Path, table: str) -> pd.DataFrame:
    """One table of both cycles, upper-case names, one name for the B12 column that was renamed."""
    parts = [
        pyreadstat.read_xport(file_of(nhanes_dir, table, cycle), encoding="WINDOWS-1252")[0].assign(
            CYCLE=cycle
        )
        for cycle in LETTER
    ]
    both = pd.concat([part.rename(columns=str.upper) for part in parts], ignore_index=True)
    if table == "VITB12":
        both["PGML"] = both["LBXB12"].fillna(both["LBDB12"])
    if table == "DR1TOT":
        diet = both["DR1TVB12"].where(both["DR1DRSTZ"] == 1).rename("DIET")
        both = both[["SEQN", "CYCLE"]].join(diet)
    if table == "DSQTOT":
        counted = both["DSQTVB12"].notna() | ~both["DSD010"].isin([1, 2])
        both = both[["SEQN", "CYCLE"]].join(both["DSQTVB12"].where(counted, 0).rename("SUPPLEMENT"))
    return both


@dataclass(frozen=True)
class Real:
    project: Project
    harmonised: Harmonised
    derived: Derived
    raw: pd.DataFrame
    prescriptions: pd.DataFrame

    @property
    def frame(self) -> pd.DataFrame:
        return self.derived.frame

    @property
    def domain(self) -> pd.Series:
        """Direct computation of the domain, by position of the row."""
        return (self.raw["RIDAGEYR"] >= 65) & (self.raw["WTMEC2YR"] > 0)


def reader(cohort: Cohort, nhanes_dir: Path):
    def read(file: str, cycle: str) -> Table:
        table = cohort.files[file].table[cycle]
        path = cohort.archive.table_path.format(begin_year=cohort.cycles[cycle].begin_year, table=table)
        return read_table(nhanes_dir / path, "xport", cohort.raw_columns(file, cycle))

    return read


@pytest.fixture(scope="module")
def real(nhanes_dir: Path, project: Path) -> Real:
    config = yaml.safe_load((project / "config" / "config.yaml").read_text(encoding="utf-8"))
    loaded = load_project(config, project)
    cohort = loaded.cohorts[COHORT]
    done = harmonise(cohort, loaded.dictionary, reader(cohort, nhanes_dir), loaded.assays)
    raw = raw_table(nhanes_dir, "DEMO")
    for table in TABLES[1:]:
        raw = raw.merge(raw_table(nhanes_dir, table).drop(columns="CYCLE"), on="SEQN", how="left")
    return Real(
        loaded,
        done,
        derive(done.frame, done.meta, loaded, COHORT),
        raw,
        raw_table(nhanes_dir, "RXQ_RX"),
    )


def percent(values: pd.Series, weight: pd.Series) -> float:
    """Weighted percentage of True among those in whom it is known."""
    known = values.notna()
    return 100 * float(np.average(values[known].astype(float), weights=weight[known]))


def test_everybody_interviewed_in_either_cycle_is_there(real):
    assert len(real.frame) == 9756 + 10175
    assert (real.frame["person_id"] == real.raw["SEQN"]).all()


def test_weights_are_half_of_the_two_year_weights(real):
    assert (real.frame["weight"] * 2 == real.raw["WTMEC2YR"]).all()
    assert (real.frame["weight"] == 0).sum() == (9756 - 9338) + (10175 - 9813)


def test_strata_and_psus_are_those_of_the_files(real):
    assert (real.frame["stratum"] == real.raw["SDMVSTRA"]).all()
    assert (real.frame["psu"] == real.raw["SDMVPSU"]).all()
    assert real.frame.groupby("cycle", observed=True)["stratum"].nunique().tolist() == [14, 15]


CONTINUOUS = {
    "age_years": "RIDAGEYR",
    "income_poverty_ratio": "INDFMPIR",
    "serum_b12_pmol_l": "LBDB12SI",
    "serum_b12_pg_ml": "PGML",
    "mma_nmol_l": "LBXMMASI",
    "height_cm": "BMXHT",
    "bmi_kg_m2": "BMXBMI",
    "haemoglobin_g_dl": "LBXHGB",
    "mcv_fl": "LBXMCVSI",
    "serum_creatinine_mg_dl": "LBXSCR",
    "serum_b12_roche_pmol_l": "LBDB12SI",
    "serum_folate_nmol_l": "LBDFOTSI",
    "supplement_b12_ug_day": "SUPPLEMENT",
    "diet_b12_ug_day": "DIET",
    "body_weight_kg": "BMXWT",
    "waist_cm": "BMXWAIST",
    "serum_iron_ug_dl": "LBXSIR",
    "cotinine_ng_ml": "LBXCOT",
}


@pytest.mark.parametrize(("name", "column"), CONTINUOUS.items())
def test_a_continuous_variable_is_the_raw_column_person_by_person(real, name, column):
    pd.testing.assert_series_equal(real.frame[name], real.raw[column], check_names=False)


def test_no_continuous_variable_was_left_out_above(real):
    continuous = {n for n, v in real.project.dictionary.variables.items() if v.type == "continuous"}
    assert continuous & set(real.frame) == {*CONTINUOUS, "grip_max_kg"}


def test_the_report_agrees_with_the_raw_columns_in_number_and_range(real):
    report = real.harmonised.report.set_index(["variable", "cycle"])
    for name, column in CONTINUOUS.items():
        for cycle, rows in real.raw.groupby("CYCLE"):
            row = report.loc[(name, cycle)]
            found = (row["n_valid"], row["min"], row["max"])
            assert found == (rows[column].count(), rows[column].min(), rows[column].max()), name


def test_no_value_that_cdc_released_is_implausible(real):
    assert real.harmonised.report["n_implausible"].sum() == 0


def test_b12_in_pmol_is_the_measured_value_times_0_738(real):
    difference = (real.frame["serum_b12_pg_ml"] * 0.738 - real.frame["serum_b12_pmol_l"]).abs()
    assert difference.max() <= 0.0501


def test_grip_is_the_best_single_reading_of_either_hand(real):
    expected = pd.concat([real.raw[c] for c in READINGS], axis=1).max(axis=1)
    pd.testing.assert_series_equal(real.frame["grip_max_kg"], expected, check_names=False)


def test_grip_is_between_half_of_and_all_of_the_sum_of_two_hands(real):
    both = real.raw["MGDCGSZ"]
    tested = both.notna()
    assert tested.sum() == 7064 + 7677
    assert (real.frame["grip_max_kg"][tested] >= both[tested] / 2 - 1e-9).all()
    assert (real.frame["grip_max_kg"][tested] < both[tested]).all()


def test_people_tested_with_one_hand_are_kept(real):
    one_hand = real.frame["grip_max_kg"].notna() & real.raw["MGDCGSZ"].isna()
    assert one_hand.sum() == 113 + 130
    assert (real.raw["MGDEXSTS"][one_hand] == 2).all()


CODES = {
    "sex": ("RIAGENDR", {1: "male", 2: "female"}),
    "race_ethnicity": ("RIDRETH1", {1: "hispanic", 2: "hispanic", 3: "nh_white", 4: "nh_black", 5: "other"}),
    "education": (
        "DMDEDUC2",
        {
            1: "lt_high_school",
            2: "lt_high_school",
            3: "high_school",
            4: "gt_high_school",
            5: "gt_high_school",
        },
    ),
    "chair_rise_level": ("PFQ061I", {1: "none", 2: "some", 3: "much", 4: "unable"}),
    "smokes_now": ("SMQ040", {1: "every_day", 2: "some_days", 3: "not_at_all"}),
    "smoked_100_cigarettes": ("SMQ020", {1: True, 2: False}),
    "diabetes": ("DIQ010", {1: True, 2: False, 3: False}),
}


@pytest.mark.parametrize("name", CODES)
def test_codes_mean_what_the_codebook_says(real, name):
    column, meaning = CODES[name]
    for code, count in real.raw[column].value_counts().items():
        got = real.frame[name][real.raw[column] == code]
        if code in meaning:
            assert (got == meaning[code]).sum() == count
        else:
            assert got.isna().all()
    assert real.frame[name][real.raw[column].isna()].isna().all()


def test_prescriptions_of_cyanocobalamin(real):
    treated = set(real.prescriptions.loc[real.prescriptions["RXDDRGID"] == "d00413", "SEQN"])
    refused = set(real.prescriptions.loc[real.prescriptions["RXDUSE"].isin([7, 9]), "SEQN"])
    found = real.frame["cyanocobalamin_prescription"]
    assert set(real.frame.loc[found.fillna(False), "person_id"]) == treated
    assert set(real.frame.loc[found.isna(), "person_id"]) == refused
    assert (len(treated), len(refused), int(found[real.frame["in_domain"]].sum())) == (9, 8, 7)


def test_the_domain(real):
    assert (real.frame["in_domain"] == real.domain).all()
    by_cycle = real.frame[real.frame["in_domain"]].groupby("cycle", observed=True).size()
    assert by_cycle.tolist() == [1166, 1265]


def test_the_flow_equals_a_direct_count(real):
    raw, frame = real.raw, real.frame
    aged = raw["RIDAGEYR"] >= 65
    steps = [raw["SEQN"] > 0, aged, raw["WTMEC2YR"] > 0, raw["LBDB12SI"].notna(), raw["LBXMMASI"].notna()]
    steps += [raw[READINGS].notna().any(axis=1)]
    known = raw[["INDFMPIR", "BMXHT", "BMXBMI", "LBXSCR"]].notna().all(axis=1) & raw["DMDEDUC2"].le(5)
    smoking = raw["SMQ020"].eq(2) | (raw["SMQ020"].eq(1) & raw["SMQ040"].le(3))
    steps += [known & smoking & raw["DIQ010"].le(3)]
    remaining = [np.logical_and.reduce(steps[: i + 1]) for i in range(len(steps))]
    flow = real.derived.flow
    assert flow["n_remaining"].tolist() == [int(mask.sum()) for mask in remaining]
    weighted = [float(raw["WTMEC2YR"][mask].sum()) / 2 for mask in remaining]
    assert flow["weighted_remaining"].tolist() == pytest.approx(weighted, rel=1e-12)
    assert (flow["n_excluded"].tolist()[1:] == -flow["n_remaining"].diff().dropna()).all()
    assert frame["in_domain"].sum() == flow.set_index("step")["n_remaining"]["examined"] == 2431


def direct_definitions(raw: pd.DataFrame) -> dict[str, pd.Series]:
    """Each binary definition of the plan written out again: True, False, or missing."""
    men = raw["RIAGENDR"] == 1
    b12, mma, grip = raw["LBDB12SI"], raw["LBXMMASI"], raw[READINGS].max(axis=1)

    def known(condition: pd.Series, *needs: pd.Series) -> pd.Series:
        return condition.astype("boolean").mask(pd.concat(needs, axis=1).isna().any(axis=1))

    def weak(cut_men: float, cut_women: float) -> pd.Series:
        return known(grip < np.where(men, cut_men, cut_women), grip)

    functional = known((b12 < 221) & (mma > 271), b12, mma)
    equipment, far, steps = raw["PFQ054"], raw["PFQ061B"], raw["PFQ061C"]
    kappa, alpha = np.where(men, 0.9, 0.7), np.where(men, -0.302, -0.241)
    ratio = raw["LBXSCR"] / kappa
    egfr = 142 * ratio.clip(upper=1) ** alpha * ratio.clip(lower=1) ** -1.2 * 0.9938 ** raw["RIDAGEYR"]
    egfr = egfr * np.where(men, 1, 1.012)

    def difficulty(asked: pd.Series) -> pd.Series:
        hard = known(asked.isin([2, 3, 4]), asked.where(asked <= 4))
        return hard.mask(equipment == 1, True).mask((equipment > 2) & ~hard.fillna(False), pd.NA)

    return {
        "b12_low_148": known(b12 < 148, b12),
        "b12_low_equiv": known(b12 < 174.26, b12),
        "b12_over_1000": known(b12 > 1000, b12),
        "b12_supplement_use": known(raw["SUPPLEMENT"] > 0, raw["SUPPLEMENT"]),
        "diet_b12_enough": known(raw["DIET"] >= 2.4, raw["DIET"]),
        "walking_difficulty": difficulty(far),
        "stairs_difficulty": difficulty(steps),
        "kidney_disease": known(egfr < 60, egfr),
        "diabetes_known": known(raw["DIQ010"] == 1, raw["DIQ010"].where(raw["DIQ010"] <= 3)),
        "thyroid_known": known(raw["MCQ160M"] == 1, raw["MCQ160M"].where(raw["MCQ160M"] <= 2)),
        "low_iron": known(raw["LBXSIR"] < 60, raw["LBXSIR"]),
        "folate_high": known(raw["LBDFOTSI"] > 78.5, raw["LBDFOTSI"]),
        "adequate_b12_if_high_mma": known(b12 >= 221, b12).where(mma > 271),
        "high_mma_if_low_b12": known(mma > 271, mma).where(b12 < 148),
        "active_smoker_cotinine": known(raw["LBXCOT"] > 10, raw["LBXCOT"]),
        "mma_high_271": known(mma > 271, mma),
        "b12_functional": functional.mask(b12.ge(221) | mma.le(271), False),
        "low_grip_ewgsop2": weak(27, 16),
        "low_grip_ewgsop2_untested_weak": weak(27, 16).mask(raw["MGDEXSTS"] == 3, True),
        "low_grip_ewgsop2_untested_strong": weak(27, 16).mask(raw["MGDEXSTS"] == 3, False),
        "low_grip_fnih": weak(26, 16),
        "low_grip_awgs2019": weak(28, 18),
        "low_grip_ewgsop2010": weak(30, 20),
        "low_grip_sdoc": weak(35.5, 20),
        "chair_rise_difficulty": known(
            raw["PFQ061I"].isin([2, 3, 4]), raw["PFQ061I"].where(raw["PFQ061I"] <= 4)
        ),
        "anaemia_who": known(raw["LBXHGB"] < np.where(men, 13, 12), raw["LBXHGB"]),
        "macrocytosis": known(raw["LBXMCVSI"] > 100, raw["LBXMCVSI"]),
    }


def test_every_binary_definition_equals_a_direct_computation(real):
    direct = direct_definitions(real.raw)
    binary = {n for n, d in real.project.definitions.definitions.items() if d.kind == "binary"}
    assert binary & set(real.frame) == set(direct)
    for name, expected in direct.items():
        pd.testing.assert_series_equal(real.frame[name], expected, check_names=False, obj=name)


# known and true in the domain
COUNTS = {
    "b12_low_148": (2243, 64),
    "mma_high_271": (2247, 462),
    "low_grip_ewgsop2": (2178, 227),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_in_the_domain(real, name):
    values = real.frame[name][real.frame["in_domain"]]
    assert (values.count(), values.sum()) == COUNTS[name]


def test_b12_status_by_its_levels(real):
    b12, status = real.raw["LBDB12SI"], real.frame["b12_status"]
    assert (status.eq("deficient") == b12.lt(148)).all()
    assert (status.eq("marginal") == (b12.ge(148) & b12.lt(221))).all()
    assert (status.isin(["adequate", "treated"]) <= b12.ge(221)).all()
    treated = real.frame["cyanocobalamin_prescription"].fillna(False)
    assert (status.eq("treated") == (b12.ge(221) & treated)).all()


def test_smoking_is_as_the_plan_says_in_words(real):
    ever, now, smoking = real.raw["SMQ020"], real.raw["SMQ040"], real.frame["smoking"]
    assert (smoking.eq("never") == ever.eq(2)).all()
    assert (smoking.eq("current") == (ever.eq(1) & now.isin([1, 2]))).all()
    assert (smoking.eq("former") == (ever.eq(1) & now.eq(3))).all()
    assert not smoking[~ever.isin([1, 2])].notna().any()


def test_logarithms_and_egfr_equal_a_direct_computation(real):
    raw, frame = real.raw, real.frame
    kappa, alpha = (
        np.where(raw["RIAGENDR"] == 2, (0.7,), (0.9,)),
        np.where(raw["RIAGENDR"] == 2, -0.241, -0.302),
    )
    ratio = raw["LBXSCR"] / kappa
    egfr = 142 * np.minimum(ratio, 1) ** alpha * np.maximum(ratio, 1) ** -1.2 * 0.9938 ** raw["RIDAGEYR"]
    egfr = egfr * np.where(raw["RIAGENDR"] == 2, 1.012, 1)
    expected = {
        "log2_b12": np.log2(raw["LBDB12SI"]),
        "log2_mma": np.log2(raw["LBXMMASI"]),
        "egfr_ckd_epi_2021": egfr,
    }
    for name, values in expected.items():
        pd.testing.assert_series_equal(frame[name], values, check_names=False, rtol=1e-14)


def test_the_index_is_the_mean_of_markers_that_have_weighted_mean_0_and_sd_1_in_the_domain(real):
    markers = {"LBDB12SI": 1, "LBXMMASI": -1}
    z = pd.DataFrame({name: sign * np.log(real.raw[name]) for name, sign in markers.items()})
    for name in z:
        rows = real.domain & z[name].notna()
        x, w = z[name][rows], real.raw["WTMEC2YR"][rows]
        centred = z[name] - np.average(x, weights=w)
        z[name] = centred / np.sqrt(np.average(centred[rows] ** 2, weights=w) * len(x) / (len(x) - 1))
    pd.testing.assert_series_equal(
        real.frame["b12_index"], z.mean(axis=1, skipna=False), check_names=False, rtol=1e-10
    )


def test_what_these_cycles_cannot_answer_is_refused_with_its_reason(real):
    needs = (
        "hcy",
        "gait",
        "alm",
        "sarcopenia_",
        "knee_torque",
        "neuropathy",
        "balance",
        "cystatin",
        "vitamin_c",
        "chair_stand",
        "sarcopenia_chair",
    )
    names = real.project.definitions.definitions
    refused = {name for name in names if any(word in name for word in needs)}
    catalogue = real.derived.definitions.set_index("definition")
    assert set(catalogue.index[~catalogue["available"]]) == refused
    assert not refused & set(real.frame)
    assert "DXA" in real.derived.meta.unavailable["sarcopenia_ewgsop2_confirmed"]


# NCHS Data Brief 179 (Looker and Wang 2015): 2011-2012, aged 60 and over, best of six readings, in whole
# percents. Where the percents are not met exactly, published-targets.tsv (R11, R12) allows one point. Those
# by race are met after adjustment to the 2000 standard population (per million, by first year of age; Klein
# 2001), and missed by up to four points without.
ONE_POINT = 1.0
STANDARD_2000 = {60: 73104, 70: 58772, 80: 33350}


@pytest.fixture(scope="module")
def brief(real, nhanes_dir) -> pd.DataFrame:
    first = real.frame[(real.frame["cycle"] == "2011-2012") & (real.frame["age_years"] >= 60)]
    first = first[(first["weight"] > 0) & first["grip_max_kg"].notna()]
    men = first["sex"] == "male"
    weak = first["grip_max_kg"] < np.where(men, 26, 16)
    normal = first["grip_max_kg"] >= np.where(men, 32, 20)
    grade = np.select([weak, normal], ["weak", "normal"], "intermediate")
    with_asian = raw_table(nhanes_dir, "DEMO").set_index("SEQN")["RIDRETH3"].reindex(first["person_id"])
    return first.assign(grade=grade, reduced=~normal, ridreth3=with_asian.to_numpy())


def age_adjusted(group: pd.DataFrame) -> float:
    decade = (group["age_years"] // 10 * 10).clip(upper=80)
    by_age = {age: percent(g["reduced"], g["weight"]) for age, g in group.groupby(decade)}
    return sum(by_age[age] * people for age, people in STANDARD_2000.items()) / sum(STANDARD_2000.values())


def test_data_brief_179_weak_intermediate_normal(brief):
    found = [percent(brief["grade"] == g, brief["weight"]) for g in ("weak", "intermediate", "normal")]
    assert [round(p) for p in found] == [5, 13, 82]


def test_data_brief_179_directly_from_the_raw_files(real):
    raw = real.raw[(real.raw["CYCLE"] == "2011-2012") & (real.raw["RIDAGEYR"] >= 60)]
    grip, men = raw[READINGS].max(axis=1), raw["RIAGENDR"] == 1
    weak, normal = grip < np.where(men, 26, 16), grip >= np.where(men, 32, 20)
    weight = raw["WTMEC2YR"].where(grip.notna(), 0)
    assert [round(percent(x, weight)) for x in (weak, ~weak & ~normal, normal)] == [5, 13, 82]


def test_data_brief_179_difficulty_rising_from_an_armless_chair(brief):
    groups = [brief[brief["grade"] == g] for g in ("weak", "intermediate", "normal")]
    found = [percent(g["chair_rise_difficulty"], g["weight"]) for g in groups]
    assert [round(p) for p in found] == [55, 26, 13]


@pytest.mark.parametrize(("sex", "published"), [("male", 46), ("female", 58)])
def test_data_brief_179_reduced_strength_at_80_and_over(brief, sex, published):
    oldest = brief[(brief["age_years"] >= 80) & (brief["sex"] == sex)]
    assert percent(oldest["reduced"], oldest["weight"]) == pytest.approx(published, abs=ONE_POINT)


@pytest.mark.parametrize(
    ("codes", "published"),
    [([6], 40), ([1, 2], 32), ([3], 18), ([4], 19)],
    ids=["asian", "hispanic", "white", "black"],
)
def test_data_brief_179_reduced_strength_by_race_and_hispanic_origin(brief, codes, published):
    assert age_adjusted(brief[brief["ridreth3"].isin(codes)]) == pytest.approx(published, abs=ONE_POINT)

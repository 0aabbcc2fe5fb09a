"""SYNTHETIC DATA: the files of the worked examples, written from their population.yaml.

python -m b12sarc.synthetic.example_files           # those in cohorts/*/data, anew
python -m b12sarc.synthetic.example_files FOLDER    # two files of the tutorial, into FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from b12sarc.files import whole_file
from b12sarc.synthetic.draws import Columns, stream
from b12sarc.synthetic.example_people import Example, blanks, draw_example, load_example

PG_PER_PMOL = 1 / 0.738
KG_PER_LB = 0.45359237
LABEL = "SYNTHETIC DATA: made-up people, not a finding about anybody"
Labels = Mapping[str, Mapping[int, str]]


def main(arguments: list[str]) -> None:
    """Write the files of both examples, or those of the tutorial."""
    root = Path(__file__).resolve().parents[3]
    cohorts = root / "cohorts"
    if arguments:
        write_harbour(load_example(cohorts / "korean_style" / "population.yaml"), Path(arguments[0]))
        return
    for name, write in (("korean_style", write_korean), ("volunteers", write_volunteers)):
        write(load_example(cohorts / name / "population.yaml"), cohorts / name / "data")


# ---------------------------------------------------------------- Korean style: SPSS and CSV

KOREAN_LABELS: Labels = {
    "sex": {1: "남자", 2: "여자"},
    "edu": {1: "초졸이하", 2: "중졸", 3: "고졸", 4: "대졸이상", 8: "비해당", 9: "모름/무응답"},
    "BS1_1": {
        1: "5갑(100개비) 미만",
        2: "5갑(100개비) 이상",
        3: "피운 적 없음",
        8: "비해당",
        9: "모름/무응답",
    },
    "BS3_1": {
        1: "매일 피움",
        2: "가끔 피움",
        3: "과거에는 피웠으나 현재 피우지 않음",
        8: "비해당",
        9: "모름/무응답",
    },
    "DE1_dg": {0: "없음", 1: "있음", 8: "비해당", 9: "모름/무응답"},
    "BE3_31": {**{d + 1: f"{d}일" for d in range(8)}, 88: "비해당", 99: "모름/무응답"},
}
KOREAN_COLUMNS = {
    "id": "개인 아이디",
    "year": "조사연도",
    "sex": "성별",
    "age": "만나이 (80 = 80세 이상)",
    "edu": "교육수준 재분류",
    "BS1_1": "평생흡연 여부",
    "BS3_1": "현재흡연 여부",
    "BE3_31": "1주일간 걷기 일수",
    "DE1_dg": "당뇨병 의사진단 여부",
    "HE_ht": "신장 (cm)",
    "HE_BMI": "체질량지수 (kg/m2)",
    **{
        f"GS_mea_{h}_{i}": f"{w}손 악력 {i}차 (kg)"
        for h, w in (("r", "오른"), ("l", "왼"))
        for i in (1, 2, 3)
    },
    "kstrata": "분산추정 층",
    "psu": "조사구 번호",
    "wt_itvex": "건강설문·검진 가중치",
}


def write_korean(example: Example, folder: Path) -> None:
    """Write HN_ALL.sav and HN_LAB.csv."""
    people = draw_example(example)
    everybody = _korean_people(example, people)
    _write_sav(everybody, folder / "HN_ALL.sav", KOREAN_COLUMNS, KOREAN_LABELS)
    tested = ~blanks(example, "blood")
    lab = pd.DataFrame({"id": everybody["id"], **_laboratory(example, people)})[tested]
    _write_csv(lab, folder / "HN_LAB.csv", sep=",", decimal=".")


def _korean_people(example: Example, people: Columns) -> pd.DataFrame:
    rng = stream(example.seed, "korean codes")
    n = example.people
    education = np.choose(people["education"], [np.where(rng.random(n) < 0.7, 1, 2), 3, 4])
    frame = pd.DataFrame(
        {
            "id": [f"A19{psu:03d}{i:05d}" for i, psu in enumerate(people["psu"])],
            "year": 2019,
            "sex": 1 + people["female"],
            "age": people["age"],
            "edu": np.where(blanks(example, "education"), 9, education),
            "BS1_1": np.where(people["smoking"] == 0, 3, 2),
            "BS3_1": np.choose(people["smoking"], [8, 3, 1]),
            "BE3_31": rng.choice([*range(1, 9), 99], n),
            "DE1_dg": np.where(blanks(example, "diabetes"), 9, people["diabetes"]),
            "HE_ht": np.where(blanks(example, "height"), np.nan, people["height"].round(1)),
            "HE_BMI": np.where(blanks(example, "height"), np.nan, people["bmi"].round(1)),
            **_six_trials(example, people),
            "kstrata": 1901 + people["stratum"],
            "psu": 101 + people["psu"],
            "wt_itvex": people["weight"],
        }
    )
    unknown = blanks(example, "smoking")
    frame.loc[unknown, ["BS1_1", "BS3_1"]] = 9
    return frame


def _six_trials(example: Example, people: Columns) -> Columns:
    """Three readings of each hand, in kg, the best as drawn. 888: hand not tested; 999: refused."""
    rng = stream(example.seed, "grip trials")
    best = people["grip"].round(1)
    below = np.abs(rng.normal(0, 1.5, (example.people, 6))).round(1)
    below[np.arange(example.people), rng.integers(0, 3, example.people)] = 0
    trials = np.maximum(best[:, None] - below, 3.0)
    trials[blanks(example, "grip_left"), 3:] = 888
    trials[blanks(example, "grip")] = 999
    names = [f"GS_mea_{hand}_{i}" for hand in "rl" for i in (1, 2, 3)]
    return {name: trials[:, i].round(1) for i, name in enumerate(names)}


def _laboratory(example: Example, people: Columns) -> Columns:
    """Vitamin B12 in pg/mL, creatinine in mg/dL, haemoglobin in g/dL."""
    b12 = (2 ** people["log2_b12"] * PG_PER_PMOL).round(0)
    return {
        "HE_B12": np.where(blanks(example, "b12"), np.nan, b12),
        "HE_crea": people["creatinine"].round(2),
        "HE_HB": people["haemoglobin"].round(1),
    }


# ---------------------------------------------------------------- volunteers: one Stata file, several visits

VOLUNTEER_LABELS: Labels = {
    "sex": {1: "male", 2: "female"},
    "educ": {1: "lower secondary or less", 2: "upper secondary", 3: "tertiary"},
    "smoker": {0: "never", 1: "former", 2: "current, some days", 3: "current, every day"},
    "dm": {0: "no", 1: "yes", 9: "do not know"},
}
VOLUNTEER_COLUMNS = {
    "pid": "Participant number",
    "visit": "Visit number",
    "age": "Age at visit (years)",
    "sex": "Sex",
    "educ": "Highest education",
    "smoker": "Smoking status",
    "dm": "Diabetes diagnosed by a doctor",
    "ht_m": "Height (m)",
    "bmi": "Body mass index (kg/m2)",
    "grip_lb": "Grip strength, dominant hand, best of two (lb)",
    "chair5": "Time for five chair stands (s)",
    "b12": "Serum vitamin B12 (pmol/L)",
    "hcy": "Plasma homocysteine (umol/L)",
    "creat": "Serum creatinine (umol/L)",
    "hb": "Haemoglobin (g/L)",
}


def write_volunteers(example: Example, folder: Path) -> None:
    """Write visits.dta: a row a visit; every fourth person came twice, first without blood and tests."""
    people = draw_example(example)
    last = _volunteers(example, people)
    early = last.iloc[::4].assign(visit=1, age=last["age"] - 1)
    early.loc[:, ["grip_lb", "chair5", "b12", "hcy", "creat", "hb"]] = np.nan
    visits = pd.concat([early, last]).sort_values(["pid", "visit"], kind="stable")
    _write_dta(visits.astype(_small(visits)), folder / "visits.dta", VOLUNTEER_COLUMNS, VOLUNTEER_LABELS)


def _volunteers(example: Example, people: Columns) -> pd.DataFrame:
    rng, n = stream(example.seed, "volunteer codes"), example.people
    bled = ~blanks(example, "blood")
    slow, beyond = people["slow_chair"] == 1, rng.exponential(3.0, n)
    seconds = np.where(slow, 15.1 + beyond, np.clip(rng.normal(11.3, 1.8, n), 6.0, 14.9)).round(1)
    smoker = np.choose(people["smoking"], [0, 1, np.where(rng.random(n) < 0.2, 2, 3)]).astype(float)
    return pd.DataFrame(
        {
            "pid": 5000 + np.arange(n),
            "visit": 1 + (np.arange(n) % 4 == 0),
            "age": people["age"],
            "sex": 1 + people["female"],
            "educ": np.where(
                blanks(example, "education"), np.nan, 3 - 2 * people["lt_high_school"] - people["high_school"]
            ),
            "smoker": np.where(blanks(example, "smoking"), np.nan, smoker),
            "dm": np.where(blanks(example, "diabetes"), 9, people["diabetes"]),
            "ht_m": np.where(blanks(example, "height"), np.nan, (people["height"] / 100).round(3)),
            "bmi": np.where(blanks(example, "height"), np.nan, people["bmi"].round(1)),
            "grip_lb": np.where(blanks(example, "grip"), np.nan, (people["grip"] / KG_PER_LB).round(1)),
            "chair5": np.where(blanks(example, "chair"), np.nan, seconds),
            "b12": np.where(bled, (2 ** people["log2_b12"]).round(0), np.nan),
            "hcy": np.where(bled & ~blanks(example, "hcy"), (2 ** people["log2_hcy"]).round(1), np.nan),
            "creat": np.where(bled, (people["creatinine"] * 88.42).round(0), np.nan),
            "hb": np.where(bled, (people["haemoglobin"] * 10).round(0), np.nan),
        }
    )


def _small(frame: pd.DataFrame) -> dict[str, str]:
    return {name: "int32" if name in ("pid", "visit") else "float32" for name in frame}


# ---------------------------------------------------------------- tutorial: other people, in another disguise

HARBOUR_LABELS: Labels = {
    "geschl": {1: "männlich", 2: "weiblich"},
    "schule": {1: "höchstens Hauptschule", 2: "Abitur oder Lehre", 3: "Studium", 9: "keine Angabe"},
    "rauchen": {1: "täglich", 2: "gelegentlich", 3: "früher", 4: "nie", 9: "keine Angabe"},
    "zucker": {1: "ja", 2: "nein", 9: "weiß nicht"},
}
HARBOUR_COLUMNS = {
    "nr": "Personennummer",
    "alter": "Alter (Jahre)",
    "geschl": "Geschlecht",
    "schule": "Höchster Abschluss",
    "rauchen": "Raucher",
    "zucker": "Diabetes, vom Arzt festgestellt",
    "groesse": "Körpergröße (cm)",
    "bmi": "Body mass index (kg/m2)",
    "griff_re": "Handkraft rechts (kg)",
    "griff_li": "Handkraft links (kg)",
    "schicht": "Stratum",
    "psu": "Primary sampling unit",
    "gew": "Gewichtung",
}


def write_harbour(example: Example, folder: Path) -> None:
    """Write survey.dta and blood.csv (semicolons, decimal commas): a made-up survey of a harbour town."""
    other = example.model_copy(update={"seed": example.seed + 1, "people": 1200})
    people = draw_example(other)
    trials = np.column_stack(list(_six_trials(other, people).values()))
    frame = pd.DataFrame(
        {
            "nr": 70001 + np.arange(other.people),
            "alter": people["age"],
            "geschl": 1 + people["female"],
            "schule": np.where(blanks(other, "education"), 9, 1 + people["education"]),
            "rauchen": np.where(blanks(other, "smoking"), 9, np.choose(people["smoking"], [4, 3, 1])),
            "zucker": np.where(blanks(other, "diabetes"), 9, 2 - people["diabetes"]),
            "groesse": np.where(blanks(other, "height"), np.nan, people["height"].round(1)),
            "bmi": people["bmi"].round(1),
            "griff_re": trials[:, :3].max(axis=1),
            "griff_li": trials[:, 3:].max(axis=1),
            "schicht": 1 + people["stratum"],
            "psu": 1 + people["psu"],
            "gew": people["weight"],
        }
    )
    _write_dta(frame, folder / "survey.dta", HARBOUR_COLUMNS, HARBOUR_LABELS)
    blood = _laboratory(other, people)
    lab = pd.DataFrame({"nr": frame["nr"], "b12": blood["HE_B12"], "krea": blood["HE_crea"]})
    _write_csv(lab[~blanks(other, "blood")], folder / "blood.csv", sep=";", decimal=",")


# ---------------------------------------------------------------- formats


def _write_sav(frame: pd.DataFrame, target: Path, columns: Mapping[str, str], labels: Labels) -> None:
    said: dict[str, str | None] = {name: columns[name] for name in frame}
    coded: dict[str, dict[int | float, str]] = {}
    for name, words in labels.items():
        coded[name] = {}
        coded[name].update(words.items())
    with whole_file(target) as temporary:
        pyreadstat.write_sav(
            frame,
            temporary,
            file_label=LABEL,
            column_labels=said,
            variable_value_labels=coded,
            row_compress=True,
        )


def _write_dta(frame: pd.DataFrame, target: Path, columns: Mapping[str, str], labels: Labels) -> None:
    with whole_file(target) as temporary:
        frame.to_stata(
            temporary,
            write_index=False,
            version=118,
            data_label=LABEL,
            time_stamp=pd.Timestamp("2026-11-23").to_pydatetime(),
            variable_labels=dict(columns),
            value_labels={name: dict(words) for name, words in labels.items()},
        )


def _write_csv(frame: pd.DataFrame, target: Path, *, sep: str, decimal: str) -> None:
    with whole_file(target) as temporary:
        frame.to_csv(temporary, index=False, sep=sep, decimal=decimal, lineterminator="\n")


if __name__ == "__main__":
    main(sys.argv[1:])

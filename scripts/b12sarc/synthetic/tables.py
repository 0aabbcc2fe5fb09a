"""The made-up people as NHANES' tables: its names, codes, eligibility, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from b12sarc.synthetic.answers import ask, asked_if, yes_no
from b12sarc.synthetic.draws import Columns, linear_predictor, logistic, stream
from b12sarc.synthetic.grip_table import grip_table
from b12sarc.synthetic.population import Population, Race
from b12sarc.synthetic.prescriptions import prescription_table
from b12sarc.synthetic.sampling import RACES

Builder = Callable[[Columns, Population], pd.DataFrame]


def make_table(name: str, people: Columns, population: Population) -> pd.DataFrame:
    """Return a table of all cycles (keys of :data:`TABLES`), sorted by person.

    Columns are CDC's, those of either cycle, and ``cycle`` (0, 1); rows, those whom the table is about.
    """
    return TABLES[name](people, population)


def _frame(people: Columns, rows: np.ndarray, columns: Mapping[str, np.ndarray]) -> pd.DataFrame:
    frame = pd.DataFrame({"cycle": people["cycle"], "SEQN": people["person"].astype(float), **columns})
    return frame[rows].reset_index(drop=True)


def _demo(people: Columns, population: Population) -> pd.DataFrame:
    rng, sample, missing = stream(population.seed, "demo"), population.sample, population.missing
    n, examined = len(people["age"]), people["examined"]
    releases = np.array([cycle.release for cycle in sample.cycles.values()])
    education = ask(people["education"], missing.refused_or_unknown, rng)
    no_income = rng.random(n) < _by_race(missing.income, people)
    columns = {
        "SDDSRVYR": releases[people["cycle"]].astype(float),
        "RIDSTATR": np.where(examined, 2.0, 1.0),
        "RIAGENDR": 1 + people["female"],
        "RIDAGEYR": people["age"],
        "RIDRETH1": np.minimum(people["ridreth3"], 5).astype(float),
        "RIDRETH3": people["ridreth3"].astype(float),
        "RIDEXMON": asked_if(examined, 1.0 + (rng.random(n) < 0.53)),
        "DMDEDUC2": asked_if(people["age"] >= 20, education),
        "WTINT2YR": people["weight_interview"],
        "WTMEC2YR": people["weight_examination"],
        "SDMVPSU": people["psu"].astype(float),
        "SDMVSTRA": people["stratum"].astype(float),
        "INDFMPIR": asked_if(~no_income, people["income"]),
    }
    return _frame(people, np.full(n, True), columns)


def _by_race(shares: Mapping[Race, float], people: Columns) -> np.ndarray:
    return np.sum([shares[race] * people[race] for race in RACES], axis=0)


def _blood(people: Columns, population: Population) -> np.ndarray:
    """Return who gave blood at the examination."""
    missing, rng = population.missing, stream(population.seed, "blood")
    none = rng.random(len(people["age"])) < _by_race(missing.blood, people)
    return people["examined"] & ~none


def _serum(people: Columns, population: Population, assay: str) -> np.ndarray:
    """Return whose serum was enough for this assay."""
    n, missing = len(people["age"]), population.missing
    enough = stream(population.seed, "serum").random(n) >= missing.serum
    done = stream(population.seed, f"assay {assay}").random(n) >= missing.one_assay
    return _blood(people, population) & enough & done


def _b12_target(people: Columns) -> np.ndarray:
    """Return who is in the B12 and MMA tables: examined and 20 and over, 19 in the second cycle."""
    return people["examined"] & (people["age"] >= np.where(people["cycle"] == 0, 20, 19))


def _b12(people: Columns, population: Population) -> pd.DataFrame:
    measured = _serum(people, population, "b12")
    pg_ml = asked_if(measured, people["b12_pg_ml"])
    si = asked_if(measured, people["b12_pmol_l"])
    return _frame(people, _b12_target(people), {"LBXB12": pg_ml, "LBDB12": pg_ml, "LBDB12SI": si})


def _mma(people: Columns, population: Population) -> pd.DataFrame:
    measured = _serum(people, population, "mma")
    columns = {
        "LBXMMASI": asked_if(measured, people["mma"]),
        "LBDMMALC": asked_if(measured, np.zeros(len(measured))),
    }
    return _frame(people, _b12_target(people), columns)


def _grip(people: Columns, population: Population) -> pd.DataFrame:
    model, rng = population.missing, stream(population.seed, "grip table")
    untested = rng.random(len(people["age"])) < logistic(linear_predictor(model.no_grip, people))
    columns = grip_table(people["grip"], people["age"], untested, model.one_hand, rng)
    return _frame(people, people["examined"] & (people["age"] >= 6), columns)


def _body(people: Columns, population: Population) -> pd.DataFrame:
    rng, n = stream(population.seed, "body table"), len(people["age"])
    standing = people["age"] >= 2
    height_known = standing & (rng.random(n) >= population.missing.height)
    weight_known = rng.random(n) >= population.missing.weight
    both, partial = weight_known & (height_known | ~standing), rng.random(n) < 0.07
    some = weight_known | height_known
    columns = {
        "BMDSTATS": np.select([both & ~partial, both, some], [1.0, 2.0, 3.0], 4.0),
        "BMXWT": asked_if(weight_known, (people["bmi"] * (people["height"] / 100) ** 2).round(1)),
        "BMXHT": asked_if(height_known, people["height"]),
        "BMXBMI": asked_if(weight_known & height_known, people["bmi"]),
    }
    return _frame(people, people["examined"], columns)


def _biochem(people: Columns, population: Population) -> pd.DataFrame:
    rng, measured = stream(population.seed, "biochemistry"), _serum(people, population, "biochemistry")
    n = len(measured)
    albumin = np.clip(rng.normal(4.25, 0.3, size=n), 2.0, 5.6).round(1)
    urea = np.clip(13 * np.exp(0.008 * (90 - people["egfr"]) + 0.25 * rng.normal(size=n)), 2, 120).round()
    values = {
        "LBXSAL": albumin,
        "LBDSALSI": (10 * albumin).round(),
        "LBXSBU": urea,
        "LBDSBUSI": (0.357 * urea).round(2),
        "LBXSCR": people["creatinine"],
        "LBDSCRSI": (88.4 * people["creatinine"]).round(2),
    }
    columns = {name: asked_if(measured, column) for name, column in values.items()}
    return _frame(people, people["examined"] & (people["age"] >= 12), columns)


def _cbc(people: Columns, population: Population) -> pd.DataFrame:
    rng, measured = stream(population.seed, "blood count"), _blood(people, population)
    n, haemoglobin, volume = len(measured), people["haemoglobin"], people["cell_volume"]
    haematocrit = (haemoglobin * np.clip(rng.normal(2.96, 0.05, size=n), 2.75, 3.2)).round(1)
    red_cells = (10 * haematocrit / volume).round(2)
    values = {
        "LBXWBCSI": np.clip(7 * np.exp(0.3 * rng.normal(size=n)), 1.5, 60).round(1),
        "LBXRBCSI": red_cells,
        "LBXHGB": haemoglobin,
        "LBXHCT": haematocrit,
        "LBXMCVSI": volume,
        "LBXMCHSI": (10 * haemoglobin / red_cells).round(1),
        "LBXPLTSI": np.clip(230 * np.exp(0.26 * rng.normal(size=n)), 15, 800).round(),
    }
    columns = {name: asked_if(measured, column) for name, column in values.items()}
    return _frame(people, people["examined"] & (people["age"] >= 1), columns)


def _diabetes(people: Columns, population: Population) -> pd.DataFrame:
    rng, silent = stream(population.seed, "diabetes table"), population.missing.refused_or_unknown
    n, diabetic = len(people["age"]), people["diabetes"] == 1
    borderline = ~diabetic & (people["age"] >= 20) & (rng.random(n) < 0.03)
    told = ask(np.select([diabetic, borderline], [1.0, 3.0], 2.0), silent, rng)
    first = np.minimum((people["age"] * (1 - 0.45 * rng.random(n) ** 1.5)).round(), 80)
    columns = {
        "DIQ010": told,
        "DID040": asked_if(told == 1, np.where(rng.random(n) < 0.01, 999.0, np.maximum(first, 1))),
        "DIQ050": ask(yes_no(diabetic & (rng.random(n) < 0.3)), silent / 3, rng),
    }
    return _frame(people, people["age"] >= 1, columns)


def _smoking(people: Columns, population: Population) -> pd.DataFrame:
    """Build SMQ. A few who never smoked answer whether they smoke now, as happens in questionnaires."""
    rng, silent = stream(population.seed, "smoking table"), population.missing.refused_or_unknown
    n, asked = len(people["age"]), people["age"] >= np.where(people["cycle"] == 0, 20, 18)
    ever = ask(yes_no((people["former"] + people["current"]) > 0), silent, rng)
    now = ask(np.where(people["former"] == 1, 3.0, 1.0 + (rng.random(n) < 0.18)), silent / 2, rng)
    odd = (ever == 2) & (rng.random(n) < 0.002)
    first = np.clip(rng.normal(18, 4, size=n).round(), 7, 60)
    started = np.select([rng.random(n) < 0.03, rng.random(n) < 0.008], [0.0, 999.0], first)
    columns = {
        "SMQ020": asked_if(asked, ever),
        "SMD030": asked_if(asked & (ever == 1), started),
        "SMQ040": asked_if(asked & ((ever == 1) | odd), np.where(odd, 3.0, now)),
    }
    return _frame(people, people["age"] >= 12, columns)


def _function(people: Columns, population: Population) -> pd.DataFrame:
    """Build PFQ. At 60 and over all are asked how hard standing up is, below only who named a limitation."""
    rng, missing = stream(population.seed, "function table"), population.missing
    n, adult, difficulty = len(people["age"]), people["age"] >= 20, people["chair_rise_difficulty"]
    limits, columns = np.full(n, False), {}
    for name, share, share_of_well in (
        ("PFQ049", 0.55, 0.07), ("PFQ051", 0.75, 0.09), ("PFQ054", 0.70, 0.03), ("PFQ057", 0.30, 0.04),
    ):  # fmt: skip
        limited = rng.random(n) < np.where(difficulty, share, share_of_well)
        columns[name] = asked_if(adult, ask(yes_no(limited), missing.refused_or_unknown / 5, rng))
        limits |= columns[name] == 1
    other = ask(yes_no(rng.random(n) < 0.03), missing.refused_or_unknown / 5, rng)
    columns["PFQ059"] = asked_if(adult & ~limits, other)
    limits |= columns["PFQ059"] == 1
    degree = np.where(difficulty, 2.0 + np.searchsorted([0.69, 0.88], rng.random(n)), 1.0)
    degree = np.where(rng.random(n) < missing.chair_rise_not_done, 5.0, degree)
    degree = ask(degree, missing.refused_or_unknown / 3, rng)
    columns["PFQ061I"] = asked_if((people["age"] >= 60) | (adult & limits), degree)
    return _frame(people, people["age"] >= 3, columns)


TABLES: Mapping[str, Builder] = {
    "demo": _demo,
    "b12": _b12,
    "mma": _mma,
    "grip": _grip,
    "body": _body,
    "biochem": _biochem,
    "cbc": _cbc,
    "diabetes": _diabetes,
    "smoking": _smoking,
    "function": _function,
    "rx": prescription_table,
}
"""File of the cohort (cohorts/nhanes_2011_2014/cohort.yaml, ``files``) -> what makes it."""

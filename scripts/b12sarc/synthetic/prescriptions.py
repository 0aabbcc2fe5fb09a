"""Prescriptions: one row a drug, and one row for a person who takes none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from b12sarc.synthetic.answers import ask, yes_no
from b12sarc.synthetic.draws import Columns, by_band, stream
from b12sarc.synthetic.population import Population

CYANOCOBALAMIN = ("d00413", "CYANOCOBALAMIN")
_UNKNOWN_DRUG = "99999"
_MOST_DRUGS = 18


def prescription_table(people: Columns, population: Population) -> pd.DataFrame:
    """Return RXQ_RX: ``cycle``, ``SEQN``, use, drug, code, container, days and number of drugs."""
    model, rng = population.people.prescriptions, stream(population.seed, "prescriptions")
    n, treated = len(people["age"]), people["treated"]
    band = by_band(people["age"], model.from_age)
    takes = treated | (rng.random(n) < np.array(model.any)[band])
    use = ask(yes_no(takes), population.missing.refused_or_unknown / 10, rng)
    # Whoever has a prescription that is analysed said so.
    use = np.where(treated, 1.0, use)
    number = np.where(takes, 1 + rng.poisson(np.array(model.more)[band]), 0)
    number = np.where(use == 1, np.minimum(number, _MOST_DRUGS), 0)
    person = np.repeat(np.arange(n), np.maximum(number, 1))
    drug = _drugs(number, treated, [entry[2] for entry in model.drugs], rng)
    codes = np.array([*(entry[0] for entry in model.drugs), CYANOCOBALAMIN[0], ""], dtype=object)
    names = np.array([*(entry[1] for entry in model.drugs), CYANOCOBALAMIN[1], ""], dtype=object)
    rows, any_drug = len(person), use[person] == 1
    unknown = any_drug & (drug < len(model.drugs)) & (rng.random(rows) < 0.006)
    known = any_drug & ~unknown
    # A pharmacy's print-out (3) was accepted in the second cycle.
    seen = 1.0 + np.searchsorted([0.85, 0.97], rng.random(rows))
    seen = np.where(people["cycle"][person] == 0, np.minimum(seen, 2.0), seen)
    days = np.maximum(np.exp(rng.normal(6.9, 1.4, size=rows)).round(), 1)
    days = np.where(rng.random(rows) < 0.015, 99999.0, np.minimum(days, 20000))
    return pd.DataFrame(
        {
            "cycle": people["cycle"][person],
            "SEQN": people["person"][person].astype(float),
            "RXDUSE": use[person],
            "RXDDRUG": np.where(unknown, _UNKNOWN_DRUG, names[drug]).astype(str),
            "RXDDRGID": np.where(known, codes[drug], "").astype(str),
            "RXQSEEN": np.where(known, seen, np.nan),
            "RXDDAYS": np.where(known, days, np.nan),
            "RXDCOUNT": np.where(any_drug, number[person], np.nan),
        }
    )


def _drugs(
    number: np.ndarray, treated: np.ndarray, frequency: list[int], rng: np.random.Generator
) -> np.ndarray:
    """Return the drug of each row: ``number`` different ones a person, drawn by frequency.

    Rows of the treated begin with cyanocobalamin, numbered after the others; a row without a drug has the
    number after that.
    """
    kinds = len(frequency)
    # The smallest of exponential waiting times: a draw without replacement, in proportion to frequency.
    waiting = rng.exponential(size=(len(number), kinds)) / np.array(frequency)
    order = np.argsort(waiting, axis=1)
    order = np.column_stack([np.where(treated, kinds, order[:, 0]), order[:, 1:]])
    rank = np.concatenate([np.arange(rows) for rows in np.maximum(number, 1)])
    person = np.repeat(np.arange(len(number)), np.maximum(number, 1))
    return np.where(number[person] > 0, order[person, rank], kinds + 1)

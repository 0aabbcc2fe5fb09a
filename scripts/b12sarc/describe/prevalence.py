"""Prevalence of every binary and categorical definition: overall, by sex, by age band."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pandas as pd

from b12sarc.describe.completed import Event, share_of
from b12sarc.describe.presentation import SUPPRESSED, suppressed_proportion
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample

PREVALENCE = (
    *("cohort", "variable", "subgroup", "n", "events", "estimate", "se", "df", "conf_low", "conf_high"),
    *("n_eff", "flag"),
)
"""Columns, in order."""


def prevalence(sample: Sample) -> pd.DataFrame:
    """Estimate the prevalence of every definition of ``describe.prevalence_of`` that the cohort has.

    Returns:
        Columns :data:`PREVALENCE`. ``variable`` is the definition, with its level where it has levels
        (``b12_status[deficient]``); ``subgroup`` is ``all`` or ``sex=male``; ``n`` counts the people of the
        subgroup in whom it is known, ``events`` those with it. Estimate, SE and limits are proportions (0-1)
        with the interval of Korn and Graubard; of an imputed definition they are pooled
        (:func:`~b12sarc.estimators.pooled_proportion`), among people in whom every imputation is known, and
        ``df`` is no whole number. ``flag`` is empty, or ``suppressed``, ``review`` or
        ``complement`` (1 - p is unreliable) with the NCHS rule after a colon; a suppressed row keeps n and df
        only.
    """
    describe = sample.project.analysis.describe
    subgroups = {
        label: mask
        for name, subgroup in describe.subgroups.items()
        if subgroup.var is None or sample.has(subgroup.var)
        for label, mask in sample.subgroups(name).items()
    }
    rows = [
        {
            "cohort": sample.cohort,
            "variable": term,
            "subgroup": label,
            **_estimate(sample, name, term, event, mask),
        }
        for name in describe.prevalence_of
        if sample.has(name)
        for term, event in events_of(sample, name)
        for label, mask in subgroups.items()
    ]
    kinds = {"n": "Int64", "events": "Int64", "df": "float64"}
    return pd.DataFrame(rows, columns=list(PREVALENCE)).astype(kinds)


def events_of(sample: Sample, name: str) -> Iterator[tuple[str, Event]]:
    """Each term of a binary or categorical definition, with the event that a value of it is."""
    if sample.quantity(name).kind == "binary":
        yield name, lambda values: values == 1
        return
    for position, level in enumerate(sample.levels(name)):
        yield f"{name}[{level}]", partial(np.equal, position)


def _estimate(sample: Sample, name: str, term: str, event: Event, mask: np.ndarray) -> dict[str, object]:
    try:
        domain = sample.domain_for([name]).restrict(mask & sample.known([name]))
        return suppressed_proportion(share_of(sample, name, domain, event))
    except NotEstimableError:
        return {"n": 0, "flag": f"{SUPPRESSED}: {term} is known in nobody of this subgroup"}

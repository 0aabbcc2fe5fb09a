"""What is missing, in the domain."""

from __future__ import annotations

import numpy as np
import pandas as pd

from b12sarc.sample import Sample
from b12sarc.spec import CYCLE

MISSINGNESS = ("cohort", "variable", "label", "n", "n_missing", "fraction", "weighted_fraction")
"""Columns, in order."""


def missingness(sample: Sample) -> pd.DataFrame:
    """Count the missing values of every variable and definition that the cohort has.

    Returns:
        Columns :data:`MISSINGNESS`, in the order of the frame. ``n`` is everybody in the domain;
        ``fraction`` and ``weighted_fraction`` are the share missing (0-1), unweighted and weighted.
    """
    domain = sample.domain
    total = domain.weights.sum()
    rows = []
    for name in (name for name in sample.frame if name in sample.project.names() - {CYCLE}):
        missing = np.isnan(domain.take(sample.values(name)))
        weighted = domain.weights[missing].sum() / total
        label = sample.meta.columns[name].label
        rows.append((sample.cohort, name, label, domain.n, missing.sum(), missing.mean(), weighted))
    return pd.DataFrame(rows, columns=list(MISSINGNESS))

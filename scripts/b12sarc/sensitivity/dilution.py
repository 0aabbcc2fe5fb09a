"""Coefficients corrected for regression dilution (measurement_error.csv)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from b12sarc.inference import t_quantile, two_sided_p
from b12sarc.measurement_error import Reliability, corrected
from b12sarc.sensitivity.models import MODEL, Departures
from b12sarc.sensitivity.reliability import reliability_of

MEASUREMENT_ERROR = (
    *(*MODEL, "n", "events", "df", "coef", "se", "estimate", "conf_low", "conf_high"),
    *("reliability", "se_reliability", "n_replicates", "coef_corrected", "se_corrected", "p_corrected"),
    *("estimate_corrected", "conf_low_corrected", "conf_high_corrected", "reason"),
)
"""Columns of measurement_error.csv, in order."""


def dilution_rows(of: Departures, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield each main model of a logarithmic exposure beside its corrected coefficient."""
    known = reliability_of(table)
    for spec, model in of.main():
        if spec.exposure not in known:
            continue
        reliability = known[spec.exposure]
        for row in of.rows(spec, model):
            if isinstance(reliability, str):
                yield {**row, "reason": reliability}
            else:
                yield {**row, **_corrected(of, row, reliability, ratio=spec.estimator != "linear")}


def _corrected(
    of: Departures, row: dict[str, object], reliability: Reliability, *, ratio: bool
) -> dict[str, object]:
    coef, se, df = (float(str(row[name])) for name in ("coef", "se", "df"))
    better = corrected(coef, se, reliability)
    half = t_quantile(of.level, df) * better.se
    limits = np.array([better.coef, better.coef - half, better.coef + half])
    shown = np.exp(limits) if ratio else limits
    return {
        "reliability": reliability.ratio,
        "se_reliability": reliability.se,
        "n_replicates": reliability.n,
        "coef_corrected": better.coef,
        "se_corrected": better.se,
        "p_corrected": float(two_sided_p(better.coef / better.se, df)),
        **dict(
            zip(
                ("estimate_corrected", "conf_low_corrected", "conf_high_corrected"),
                shown.tolist(),
                strict=True,
            )
        ),
    }

"""How reliable one measurement of a marker is, from people who were measured twice (reliability.csv)."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.frames import FrameMeta
from b12sarc.inference import NotEstimableError
from b12sarc.measurement_error import Reliability, reliability
from b12sarc.spec import MeasurementError, Project, Replicate

RELIABILITY = (
    *("marker", "cohort", "first", "second", "exposures", "n", "ratio", "se", "between", "within"),
    *("youngest", "oldest", "transport", "reason"),
)
"""Columns of reliability.csv, in order."""


def reliability_table(frame: pd.DataFrame | None, meta: FrameMeta | None, project: Project) -> pd.DataFrame:
    """Return the reliability of every marker on the log2 scale, or why it is not known.

    Everybody who was measured twice counts, of whatever age: they are a convenience sample without weights.

    Args:
        frame: analysis frame of the cohort that has the replicates; None: it is not part of the run.
        meta: what its columns are.
        project: the configuration.
    """
    sensitivity = project.analysis.sensitivity
    spec = sensitivity.measurement_error if sensitivity else None
    replicates = {} if spec is None else spec.replicates
    rows = [_row(name, r, spec, frame, meta) for name, r in replicates.items() if spec is not None]
    return pd.DataFrame(rows, columns=[*RELIABILITY, SMALLEST_CELL]).astype({"n": "Int64"})


def _row(
    name: str, of: Replicate, spec: MeasurementError, frame: pd.DataFrame | None, meta: FrameMeta | None
) -> dict[str, object]:
    row: dict[str, object] = {
        "marker": name,
        "cohort": spec.cohort,
        "first": of.first,
        "second": of.second,
        "exposures": " ".join(of.exposures),
        "transport": spec.transport,
    }
    if frame is None or meta is None:
        return row | {"reason": f"cohort {spec.cohort}, which has the replicates, is not part of this run"}
    lacking = [
        f"{n}: {meta.unavailable.get(n, 'not there')}" for n in (of.first, of.second) if n not in frame
    ]
    if lacking:
        return row | {"reason": "; ".join(lacking)}
    first, second = (np.log2(frame[n].to_numpy(float)) for n in (of.first, of.second))
    ages = frame.loc[np.isfinite(first) & np.isfinite(second), "age_years"] if "age_years" in frame else None
    try:
        found = reliability(first, second)
    except NotEstimableError as error:
        return row | {"reason": error.reason}
    row |= {**asdict(found), SMALLEST_CELL: found.n}
    return row if ages is None else row | {"youngest": ages.min(), "oldest": ages.max()}


def reliability_of(table: pd.DataFrame) -> dict[str, Reliability | str]:
    """Return exposure -> reliability, or the reason why it is not known, from reliability.csv."""
    found: dict[str, Reliability | str] = {}
    for _, row in table.iterrows():
        known = pd.isna(row["reason"]) or row["reason"] == ""
        numbers = (row["ratio"], row["se"], row["n"], row["between"], row["within"])
        for exposure in str(row["exposures"]).split():
            found[exposure] = Reliability(*numbers) if known else str(row["reason"])
    return found

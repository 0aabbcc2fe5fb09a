"""The small made-up cohort with curves and standardised effects; its grip strength can be had imputed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from b12sarc.frames import FrameMeta
from b12sarc.spec import DoseResponse, MarginalEffects, Project
from small_cohort import small_frame, small_project

M = 3
REFERENCE = {"value": 250.0, "unit": "pmol/L", "source": "made up"}
VALUES = {"values": (150.0, 250.0, 400.0), "reference": 250.0, "unit": "pmol/L"}
CURVES: dict[str, object] = {
    "exposures": {"log2_b12": REFERENCE},
    "outcomes": ("grip", "weak"),
    "adjustment": "demographic",
}


def curves_project(
    curves: dict[str, object] | None = None,
    margins: dict[str, object] | None = None,
    models: dict[str, object] | None = None,
) -> Project:
    """The configuration; keywords replace keys of ``dose_response``, ``marginal_effects`` and ``models``."""
    project = small_project(**(models or {}))
    sections = {
        "dose_response": DoseResponse.model_validate(CURVES | (curves or {})),
        "marginal_effects": MarginalEffects.model_validate({"at": {"log2_b12": VALUES}} | (margins or {})),
    }
    return replace(project, analysis=project.analysis.model_copy(update=sections))


def draws(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """The frame as each of M imputations of grip strength has it."""
    completed = []
    for seed in range(M):
        grip = frame["grip"] + np.random.default_rng(seed).normal(0, 3, len(frame))
        weak = pd.array(np.where(grip.isna(), None, grip < 20), dtype="boolean")
        completed.append(frame.assign(grip=grip, weak=weak))
    return completed


def imputed_frame() -> tuple[pd.DataFrame, FrameMeta, pd.DataFrame]:
    """Frame and metadata of the cohort with grip strength imputed, and the long frame of it."""
    frame, meta = small_frame()
    long = pd.concat(
        [d[["person_id", "grip", "weak"]].assign(imputation=i) for i, d in enumerate(draws(frame), start=1)],
        ignore_index=True,
    )
    columns = {name: replace(info, imputed=name in ("grip", "weak")) for name, info in meta.columns.items()}
    return frame.drop(columns=["grip", "weak"]), replace(meta, columns=columns), long

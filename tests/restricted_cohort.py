"""A made-up cohort whose data may not be passed on: few people in many places. And what it publishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.describe import describe
from b12sarc.disclosure import Guard, Vocabulary
from b12sarc.fit import fit_grid
from small_cohort import COHORT, small_frame, small_project

LEAST = 10


def rare_frame(seed: int, *, equal_weights: bool) -> pd.DataFrame:
    """The small cohort, with one to nine people in levels, subgroups, missing values and outcomes."""
    frame, _ = small_frame(seed)
    rng = np.random.default_rng(seed + 1000)
    n = len(frame)
    frame["weight"] = 1.0 if equal_weights else frame["weight"]
    frame["race"] = pd.Categorical(rng.choice(["a", "b", "c"], n, p=[0.93, 0.055, 0.015]), ["a", "b", "c"])
    frame["sex"] = pd.Categorical(rng.choice(["male", "female"], n, p=[0.85, 0.15]), ["male", "female"])
    frame["diabetes"] = pd.array(rng.random(n) < 0.03, dtype="boolean")
    for name, share in (("diabetes", 0.01), ("height_cm", 0.015), ("age_years", 0.0)):
        frame.loc[rng.random(n) < share, name] = None
    return frame


@dataclass(frozen=True)
class Published:
    """The tables of a cohort: as they are, and as they may be shown."""

    true: dict[str, pd.DataFrame]
    shown: dict[str, pd.DataFrame]


def published(seed: int, *, equal_weights: bool = False) -> Published:
    """Describe the cohort and fit its models, and let the guard look at the tables."""
    project = small_project(subgroups=["all", "sex"])
    _, meta = small_frame(seed)
    frame = rare_frame(seed, equal_weights=equal_weights)
    described, fitted = describe(frame, meta, project), fit_grid(frame, meta, project)
    true = {name: getattr(described, name) for name in ("table1", "prevalence", "missingness")}
    true |= {name: getattr(fitted, name) for name in ("estimates", "not_estimable")}
    guard = Guard(
        {COHORT: LEAST}, Vocabulary.of([project.analysis.model_dump(), project.definitions.model_dump()])
    )
    return Published(true, {name: guard.protected(name, table) for name, table in true.items()})


def told(p: Published) -> dict[str, pd.DataFrame]:
    """The tables that are shown, and which hidden counts are small: as much as a reader can guess."""
    counts = {"table1": "events", "prevalence": "events", "missingness": "n_missing"}
    few = {name: (p.true[name][column] < LEAST).fillna(False) for name, column in counts.items()}
    return {name: t.assign(truly_few=few[name]) if name in few else t for name, t in p.shown.items()}

"""Made-up specifications in the shape that the pipeline writes. SYNTHETIC DATA: from a random generator."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from b12sarc.multiverse.cohort import LEFT_OUT, SPECIFICATIONS
from b12sarc.spec import Project
from b12sarc.specification_curve import Part, summarise, write_specifications

DRAWS = 60


def made_part(cohort: str, project: Project, rng: np.random.Generator, shift: float = 0.1) -> Part:
    """A part: a specification for each exposure x outcome x adjustment set x subgroup, around ``shift``."""
    multiverse = project.analysis.multiverse
    assert multiverse is not None
    choices = product(multiverse.exposures, multiverse.outcomes, ("crude", "clinical"), ("all", "sex=male"))
    rows = []
    for place, (exposure, outcome, adjustment, subgroup) in enumerate(choices):
        kind = project.quantity(outcome).kind
        key = {
            "cohort": cohort,
            "marker": multiverse.exposures[exposure].marker,
            "domain": multiverse.outcomes[outcome].domain,
            "exposure": exposure,
            "outcome": outcome,
            "adjustment": adjustment,
            "subgroup": subgroup,
            "option": "main",
            "missing": "complete_case",
            "term": exposure,
            "contrast": "high vs low",
            "estimator": "linear" if kind == "continuous" else "poisson",
        }
        numbers = _numbers(rng, shift) if place % 11 else {"reason": "made up", "left_out": "not_estimable"}
        rows.append({"left_out": "", "reason": "", **key, **numbers})
    table = pd.DataFrame(rows, columns=list(SPECIFICATIONS)).astype(
        dict.fromkeys(("n", "events", "n_psu"), "Int32")
    )
    counts = [(cohort, "mma", "mass", "not_measured", "alm_kg: no file", 40)]
    counts += [(cohort, "serum_b12", "strength", "not_estimable", "made up", 3)]
    kept = int((table["left_out"] == "").sum())
    replicates = rng.normal(size=(DRAWS, kept)).astype(np.float16)
    return Part(table, pd.DataFrame(counts, columns=list(LEFT_OUT)), replicates)


def _numbers(rng: np.random.Generator, shift: float) -> dict[str, float]:
    effect, se = rng.normal(shift, 0.2), rng.uniform(0.05, 0.2)
    low, high = effect - 2 * se, effect + 2 * se
    return {
        "n": 900,
        "events": 200,
        "n_psu": 60,
        "df": 20.0,
        "coef": effect,
        "se": se,
        "p_value": 0.2,
        "estimate": np.exp(effect),
        "conf_low": np.exp(low),
        "conf_high": np.exp(high),
        "effect": effect,
        "effect_low": low,
        "effect_high": high,
    }


def write_fake_multiverse(folder: Path, project: Project, seed: int) -> None:
    """Write the files of the multiverse of a run."""
    rng = np.random.default_rng(seed)
    parts = {cohort: made_part(cohort, project, rng) for cohort in project.config.cohorts}
    tables = [part.table for part in parts.values()]
    write_specifications(folder / "multiverse.parquet", pd.concat(tables, ignore_index=True))
    left_out = pd.concat([part.left_out for part in parts.values()])
    left_out.to_csv(folder / "multiverse_left_out.csv", index=False)
    summarise(parts, project).to_csv(folder / "multiverse_summary.csv", index=False)

"""Made-up results of imputation, in the shape that the pipeline writes: SYNTHETIC DATA."""

from __future__ import annotations

import numpy as np
import pandas as pd

from b12sarc.fit import IMPUTATIONS
from b12sarc.imputation_tables import DIAGNOSTICS
from b12sarc.spec import Project

VARIABLES = ("serum_b12_pmol_l", "mma_nmol_l", "grip_max_kg", "income_poverty_ratio", "education", "diabetes")
RESTS = ("b12_low_148", "low_grip_ewgsop2")


def with_imputed(estimates: pd.DataFrame, project: Project) -> pd.DataFrame:
    """Add, to the headline estimates, what they are in completed data."""
    headline, models = project.analysis.headline, project.analysis.models
    first = {models.binary_outcomes[0], models.continuous_outcomes[0]}
    chosen = (
        estimates["exposure"].isin(headline.exposures)
        & estimates["outcome"].isin(headline.outcomes)
        & (estimates["adjustment"] == headline.adjustment)
        & estimates["estimator"].isin(first)
    )
    imputed = estimates[chosen].assign(missing="mi", n=2420)
    return pd.concat([estimates, imputed], ignore_index=True)


def imputation_tables(estimates: pd.DataFrame, project: Project, seed: int) -> dict[str, pd.DataFrame]:
    """Return imputation.csv and imputation_diagnostics.csv that go with ``estimates``."""
    rng = np.random.default_rng(seed)
    imputed = estimates[estimates["missing"] == "mi"]
    fmi = rng.uniform(0.02, 0.3, len(imputed))
    pooled = imputed.assign(imputation="pooled", fmi=fmi, riv=fmi / (1 - fmi), relative_efficiency=0.99)
    cohort, rows = str(estimates["cohort"].iloc[0]), []
    for name in (*VARIABLES, *RESTS):
        quantity = project.quantity(name)
        for level in quantity.levels or [""]:
            n_missing = int(rng.integers(3, 260)) if name != "diabetes" else 1
            share = bool(level) or quantity.kind == "binary"
            mean = float(rng.uniform(0.1, 0.5)) if share else float(rng.uniform(20, 500))
            moved = float(rng.normal(0, 0.3))
            rows.append(
                {
                    "cohort": cohort,
                    "variable": name,
                    "label": quantity.label,
                    "level": level,
                    "made": "derived" if name in RESTS else "imputed",
                    "n": 2431,
                    "n_missing": n_missing,
                    "weighted_fraction": n_missing / 2500,
                    "observed": 640 if share else pd.NA,
                    "completed": 690.5 if share else np.nan,
                    "observed_mean": mean,
                    "imputed_mean": mean * (1 + moved / 10),
                    "observed_sd": mean / 3,
                    "imputed_sd": mean / 3,
                    "standardised_difference": moved,
                    "rhat": np.nan if name in RESTS else 1.01,
                }
            )
    diagnostics = pd.DataFrame(rows, columns=list(DIAGNOSTICS)).astype({"observed": "Int64"})
    return {
        "imputation": pooled.reindex(columns=list(IMPUTATIONS)),
        "imputation_diagnostics": diagnostics,
    }

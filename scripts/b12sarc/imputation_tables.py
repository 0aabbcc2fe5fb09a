"""What was imputed, beside what was observed: how much, how different, and whether the chains agree."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from b12sarc.frames import COMPLETED_KEY, IMPUTATION
from b12sarc.sample import Sample
from b12sarc.spec import CYCLE

DIAGNOSTICS = (
    *("cohort", "variable", "label", "level", "made", "n", "n_missing", "weighted_fraction"),
    *("observed", "completed", "observed_mean", "imputed_mean", "observed_sd", "imputed_sd"),
    *("standardised_difference", "rhat"),
)
"""Columns, in order."""


def diagnostics(sample: Sample, completed: pd.DataFrame, chains: pd.DataFrame) -> pd.DataFrame:
    """Compare the imputed values of every variable with the observed ones, weighted.

    Args:
        sample: the cohort with its gaps; the domain counts.
        completed: long frame of the imputations.
        chains: course of the chains (:data:`b12sarc.impute.CHAINS`).

    Returns:
        Columns :data:`DIAGNOSTICS`: one row a variable that had gaps, or a definition that rests on one
        (``made``: imputed, or derived), and one a level of a categorical one. ``n`` are the people of the
        domain in the cycles that measured it; ``observed`` and ``completed`` people with the answer "yes" or
        the level, the second the mean over imputations. Means (of yes-or-no and of levels: shares, 0-1) and
        SDs are weighted. ``standardised_difference`` is (imputed - observed mean) / observed SD; it need not
        be 0, for who has a gap may differ. ``rhat`` compares the variance of the chains' means with that
        inside them (Gelman and Rubin 1992, Statistical Science 7:457-472); near 1 they agree.
    """
    rows: list[dict[str, object]] = []
    agreement = rhat(chains)
    persons = sample.frame["person_id"].to_numpy()[sample.domain.rows]
    m = int(completed[IMPUTATION].max()) if len(completed) else 0
    names = [str(name) for name in completed if name not in COMPLETED_KEY]
    order = completed.sort_values([IMPUTATION, "person_id"], kind="stable")
    position = np.argsort(np.argsort(persons))
    for name in names:
        if name not in sample.frame.columns:
            continue
        filled = sample.as_floats(name, order[name]).reshape(m, -1)[:, position]
        for level, known, drawn in _levels(sample, name, sample.domain.take(sample.values(name)), filled):
            said = _compared(sample, name, known, drawn)
            if said:
                key = {"cohort": sample.cohort, "variable": name, "label": sample.quantity(name).label}
                made = {"level": level, "made": "imputed" if name in agreement else "derived"}
                rows.append({**key, **made, **said, "rhat": agreement.get(name, np.nan)})
    table = pd.DataFrame(rows, columns=list(DIAGNOSTICS))
    return table.astype({"observed": "Int64"})


def _levels(
    sample: Sample, name: str, known: np.ndarray, drawn: np.ndarray
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield a variable, or each level of a categorical one as 0/1: observed (n,) and imputed (m, n)."""
    if sample.quantity(name).kind != "categorical":
        yield "", known, drawn
        return
    for place, level in enumerate(sample.levels(name)):
        yes = [np.where(np.isnan(v), np.nan, (v == place).astype(float)) for v in (known, drawn)]
        yield level, yes[0], yes[1]


def _compared(sample: Sample, name: str, known: np.ndarray, drawn: np.ndarray) -> dict[str, object]:
    """Return the numbers of one row; nothing if no gap was filled."""
    gaps = np.isnan(known) & ~np.isnan(drawn[0])
    if not gaps.any():
        return {}
    weights, seen = sample.domain.weights, ~np.isnan(known)
    cycles = sample.frame[CYCLE].astype(str).to_numpy()[sample.domain.rows]
    measured = np.isin(cycles, np.unique(cycles[seen]))
    mean, sd = _moments(known[seen], weights[seen])
    m = len(drawn)
    mean_i, sd_i = _moments(drawn[:, gaps].ravel(), np.tile(weights[gaps], m))
    counts = sample.quantity(name).kind != "continuous"
    return {
        "n": int(measured.sum()),
        "n_missing": int(gaps.sum()),
        "weighted_fraction": weights[gaps].sum() / weights[measured].sum(),
        "observed": int(known[seen].sum()) if counts else pd.NA,
        "completed": np.nansum(drawn) / m if counts else np.nan,
        "observed_mean": mean,
        "imputed_mean": mean_i,
        "observed_sd": sd,
        "imputed_sd": sd_i,
        "standardised_difference": (mean_i - mean) / sd if sd > 0 else np.nan,
    }


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    mean = float(weights @ values / weights.sum())
    return mean, float(np.sqrt(weights @ (values - mean) ** 2 / weights.sum()))


def rhat(chains: pd.DataFrame) -> dict[str, float]:
    """Return for each variable the potential scale reduction of the chains' means; the worst of its blocks.

    With B/n the variance of the means of the chains over their iterations and W the mean variance inside one,
    n iterations: sqrt((n - 1)/n + B / (n W)). NaN with one iteration, or of one value.
    """
    found: dict[str, float] = {}
    for (name, _), part in chains.groupby(["variable", "cycles"], sort=False):
        table = part.pivot(index="imputation", columns="iteration", values="mean").to_numpy()
        n = table.shape[1]
        inside = table.var(axis=1, ddof=1).mean() if n > 1 else np.nan
        between = table.mean(axis=1).var(ddof=1)
        value = float(np.sqrt((n - 1) / n + between / inside)) if inside > 0 else np.nan
        found[str(name)] = max(found.get(str(name), value), value)
    return found

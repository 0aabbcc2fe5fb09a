"""Models a second: fit_glm beside R's svyglm + summary, same made-up data, same machine, one run.

usage: .venv/bin/python bench/bench_glm.py [rounds]      (needs Rscript with survey and jsonlite)

Both sides get the survey in memory with its design and domain built once; we hold each term as a matrix.
Timed on our side: complete cases of each model, its matrix, the fit, SE, p-values and intervals. Timed on
R's: svyglm with its default stopping rule, and summary. Each round times R and then us; the medians are
compared. Afterwards every coefficient and standard error is compared with R's fit at epsilon 1e-14, restarted
once from its own coefficients (without that, R's standard errors are up to 1e-8 from their limit).
"""

from __future__ import annotations

import os

# One BLAS thread, as Snakemake sets it for a rule with one thread; R's reference BLAS has one anyway.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests")]

from b12sarc.design import Domain, SurveyDesign  # noqa: E402
from b12sarc.glm import GlmFit, fit_glm  # noqa: E402
from survey_models import COVARIATES, columns  # noqa: E402

DATA = PROJECT / "tests" / "data" / "survey_goldens" / "sim.csv.gz"
OUTCOMES = [("DSST", "gaussian"), ("FALL", "binomial"), ("FALL", "poisson")]
EXPOSURES = ["PTA", "HL", "LOGPB", "BMXBMI"]
REPEATS = 20  # so that our share of a round is about as long as R's, and as exposed to other load
ADJUSTMENTS = [[], COVARIATES[:3], [term for term in COVARIATES if term != "BMXBMI"]]


def models() -> list[dict]:
    """Outcome x exposure x adjustment, with R's formula beside the terms."""
    made = []
    for (outcome, family), exposure, adjustment in product(OUTCOMES, EXPOSURES, ADJUSTMENTS):
        terms = [exposure, *adjustment]
        made.append({"formula": f"{outcome} ~ {' + '.join(terms)}", "family": family, "outcome": outcome})
        made[-1]["terms"] = terms
    return made


class Column(NamedTuple):
    """A term over the whole survey: its columns, their names, and the rows where it is known."""

    names: list[str]
    values: np.ndarray
    known: np.ndarray


def column_of(term: str, sim: dict) -> Column:
    names, values = zip(*columns(term, sim), strict=True)
    matrix = np.column_stack(values)
    return Column(list(names), matrix, np.isfinite(matrix).all(axis=1))


def fit_all(domain: Domain, specs: list[dict], held: dict[str, Column]) -> list[GlmFit]:
    """What is timed: every model from its terms to its intervals."""
    fits = []
    for spec in specs:
        outcome, terms = held[spec["outcome"]], [held[term] for term in spec["terms"]]
        cases = domain.restrict(np.logical_and.reduce([column.known for column in (outcome, *terms)]))
        x = np.concatenate([np.ones((cases.n, 1)), *(cases.take(term.values) for term in terms)], axis=1)
        names = ["(Intercept)", *(name for term in terms for name in term.names)]
        model = fit_glm(cases, cases.take(outcome.values)[:, 0], x, family=spec["family"], names=names)
        _ = model.p_value, model.conf_int()
        fits.append(model)
    return fits


def run_r(specs: list[dict], folder: Path) -> dict:
    (folder / "models.json").write_text(json.dumps(specs))
    script = PROJECT / "bench" / "svyglm.R"
    files = [DATA, folder / "models.json", folder / "out.json"]
    subprocess.run(["Rscript", script, *files], check=True)
    return json.loads((folder / "out.json").read_text())


def largest_difference(ours: list[GlmFit], theirs: list[dict]) -> float:
    """Largest difference of a coefficient (in standard errors) or of a standard error (relative)."""
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        assert a.df == b["df"][0], (a.df, b["df"])
        coefficient = np.abs(a.coef - b["coef"]) / a.se
        error = np.abs(a.se / np.array(b["se"]) - 1)
        worst = max(worst, float(coefficient.max()), float(error.max()))
    return worst


def main(rounds: int) -> None:
    frame = pd.read_csv(DATA)
    sim = {name: frame[name].to_numpy() for name in frame}
    design = SurveyDesign.from_arrays(sim["WTMEC4YR"], sim["SDMVSTRA"], sim["SDMVPSU"])
    old = design.domain(sim["OLD"] == 1)
    specs = models()
    used = {name for spec in specs for name in (spec["outcome"], *spec["terms"])}
    held = {name: column_of(name, sim) for name in used}
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            reference = run_r(specs, Path(folder))
            theirs.append(reference["seconds"][0])
            fit_all(old, specs[:3], held)
            start = time.perf_counter()
            for _ in range(REPEATS):
                fits = fit_all(old, specs, held)
            ours.append((time.perf_counter() - start) / REPEATS)
    r, python = (len(specs) / statistics.median(seconds) for seconds in (theirs, ours))
    print(f"{len(specs)} models, domain of {old.n} in {design.n} rows, {rounds} rounds")
    print(f"R svyglm + summary: {r:.1f} models/s   fit_glm: {python:.0f} models/s   ratio {python / r:.0f}")
    print(f"largest difference from R's converged fit: {largest_difference(fits, reference['fits']):.1e}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)

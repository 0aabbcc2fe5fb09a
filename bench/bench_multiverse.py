"""Models of the multiverse a second, beside R's svyglm + summary: real NHANES 2011-2014, one run.

usage: .venv/bin/python bench/bench_multiverse.py <analysis.parquet> [rounds]

R needs survey and jsonlite.

The grid is like that of the golden numbers: exposures x outcomes x every adjustment set x estimators. Both
sides get the people in memory with the design and its domain built once. Timed on our side: everything that
Fitter.fit does (who is in the model, its matrix, the fit), standard errors, p-values and intervals. Timed on
R's: svyglm with its default stopping rule, and summary. Each round times R and then us; medians are compared.
Afterwards every coefficient and standard error of the exposure is compared with R's fit at epsilon 1e-14,
restarted once from its own coefficients; and what one step of the influence function says of replicates with
fits of these replicates.
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

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from b12sarc.bootstrap import deviations, rao_wu_factors  # noqa: E402
from b12sarc.design import SurveyDesign  # noqa: E402
from b12sarc.fit import FAMILY, Arrays, FittedModel, Fitter  # noqa: E402
from b12sarc.frames import read_frame  # noqa: E402
from b12sarc.glm import GlmFit, fit_glm  # noqa: E402
from b12sarc.sample import Sample  # noqa: E402
from b12sarc.spec.loading import load_project  # noqa: E402
from b12sarc.specification import Specification  # noqa: E402

EXPOSURES = (
    "b12_low_148",
    "log2_b12",
    "b12_low_equiv",
    "mma_high_271",
    "log2_mma",
    "b12_functional",
    "b12_index",
)
CONTINUOUS = ("grip_max_kg", "height_cm")
BINARY = ("low_grip_ewgsop2", "low_grip_fnih", "low_grip_awgs2019", "chair_rise_difficulty")
REPEATS = 3  # so that our share of a round is not a moment, and as exposed to other load


def grid(sample: Sample) -> list[Specification]:
    sets = sample.project.analysis.models.adjustments
    asked = [*product(CONTINUOUS, ["linear"]), *product(BINARY, ["poisson", "logistic"])]
    return [
        Specification(outcome, exposure, adjustment, "all", estimator, "complete_case")
        for exposure, adjustment, (outcome, estimator) in product(EXPOSURES, sets, asked)
    ]


def for_r(sample: Sample, specs: list[Specification], folder: Path) -> None:
    """Write the people and the formulas. They are deleted with the folder."""
    models, columns = [], set()
    for spec in specs:
        terms = [t for t in sample.project.analysis.terms(spec.adjustment) if t.var != spec.outcome]
        columns |= {spec.outcome, spec.exposure, *(t.var for t in terms)}
        right = [spec.exposure, *(t.var if t.form == "linear" else f"factor({t.var})" for t in terms)]
        models.append({"formula": f"{spec.outcome} ~ {' + '.join(right)}", "estimator": spec.estimator})
    people = sample.frame[["stratum", "psu", "weight", "in_domain", *sorted(columns)]].copy()
    for name in people:
        if str(people[name].dtype) in ("bool", "boolean"):
            people[name] = people[name].astype("Int64")
    people.to_csv(folder / "people.csv", index=False)
    (folder / "models.json").write_text(json.dumps(models))


def run_r(folder: Path, *, exact: bool) -> dict:
    files = [folder / name for name in ("people.csv", "models.json", "out.json")]
    subprocess.run(["Rscript", ROOT / "bench" / "multiverse.R", *files, str(exact)], check=True)
    return json.loads((folder / "out.json").read_text())


def run_ours(sample: Sample, specs: list[Specification]) -> list[FittedModel]:
    """What is timed: every model from its choices to its intervals, from a fitter that has seen nothing."""
    fitter, fits = Fitter(sample), []
    for spec in specs:
        model = fitter.fit(spec)
        _ = model.fit.p_value, model.fit.conf_int()
        fits.append(model)
    return fits


def largest_difference(ours: list[FittedModel], theirs: list[dict]) -> float:
    """Largest difference of the exposure's coefficient (in standard errors) or standard error (relative)."""
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        assert a.fit.df == b["df"][0], (a.fit.df, b["df"])
        worst = max(worst, abs(a.fit.coef[1] - b["coef"][0]) / a.fit.se[1], abs(a.fit.se[1] / b["se"][0] - 1))
    return float(worst)


def one_step_error(sample: Sample, specs: list[Specification], draws: int = 40) -> tuple[float, float]:
    """Correlation of one-step with refitted deviations, and the rms of their difference in SE."""
    fitter, pairs = Fitter(sample), []
    factors = rao_wu_factors(sample.domain.design, draws=draws, seed=1, sample="bench")
    for spec in specs:
        kept: list[Arrays] = []

        def analyse(arrays: Arrays, spec: Specification = spec, kept: list[Arrays] = kept) -> GlmFit:
            kept.append(arrays)
            return arrays.regressors.fit(arrays.y, family=FAMILY[spec.estimator])

        fit = fitter.analyse(spec, analyse).result
        pairs += _pairs(kept[0], fit, FAMILY[spec.estimator], factors)
    step, anew = np.array(pairs).T
    return float(np.corrcoef(step, anew)[0, 1]), float(np.sqrt(np.mean((step - anew) ** 2)))


def _pairs(arrays: Arrays, fit: GlmFit, family: str, factors: np.ndarray) -> list[tuple[float, float]]:
    domain, design = arrays.domain, arrays.domain.design
    influence = arrays.regressors.influence(arrays.y, fit, family=family, at=1)
    codes = design.psu[domain.rows]
    totals = np.bincount(codes, domain.weights * influence, minlength=len(design.psu_stratum))
    step = deviations(totals[None], design, factors)[:, 0]
    found = []
    for number, factor in enumerate(factors):
        weights = design.weight * factor[design.psu] * domain.mask
        held = weights[domain.rows] > 0
        other = SurveyDesign(weights, design.stratum, design.psu, design.psu_stratum, design.stratum_labels)
        x, y = arrays.matrix.x[held], arrays.y[held]
        again = fit_glm(other.domain(weights > 0), y, x, family=family, names=arrays.matrix.names)
        found.append((step[number], (again.coef[1] - fit.coef[1]) / fit.se[1]))
    return found


def main(path: str, rounds: int) -> None:
    project = load_project(yaml.safe_load((ROOT / "config/config.yaml").read_text()), ROOT)
    sample = Sample.of(*read_frame(path), project)
    specs = grid(sample)
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for_r(sample, specs, Path(folder))
        for number in range(rounds):
            reference = run_r(Path(folder), exact=number == rounds - 1)
            theirs.append(reference["seconds"][0])
            start = time.perf_counter()
            for _ in range(REPEATS):
                fits = run_ours(sample, specs)
            ours.append((time.perf_counter() - start) / REPEATS)
    r, python = (len(specs) / statistics.median(seconds) for seconds in (theirs, ours))
    print(f"{len(specs)} models, domain of {sample.domain.n} in {len(sample.frame)} rows, {rounds} rounds")
    print(
        f"R svyglm + summary: {r:.1f} models/s   Fitter.fit: {python:.0f} models/s   ratio {python / r:.0f}"
    )
    print(f"largest difference from R's converged fit: {largest_difference(fits, reference['fits']):.1e}")
    some = [
        s
        for s in specs
        if s.exposure in ("b12_low_148", "log2_mma") and s.outcome in (*CONTINUOUS[:1], BINARY[0])
    ]
    correlation, error = one_step_error(sample, some)
    print(
        f"one step beside refitted replicates, {len(some)} models: r = {correlation:.3f}, rms {error:.2f} SE"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)

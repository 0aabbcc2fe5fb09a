"""The pipeline finds what was planted in the synthetic people, and what was not planted it does not find.

cohorts/synthetic/population.yaml states the true values. Outcomes that are a cut-off on grip have no closed
true value: it comes from a sample of 120,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import synthetic_cohort
from b12sarc.design import SurveyDesign
from b12sarc.fit import fit_grid
from b12sarc.glm import GlmFit, fit_glm
from b12sarc.synthetic import PlantedEffect, draw_people, make_archive

POPULATION = synthetic_cohort.shipped_population()
PLANTED = {f"{effect.outcome} on {effect.exposure}": effect for effect in POPULATION.planted}
STRONG = [
    "log2_mma on log2_b12",
    "grip_max_kg on log2_mma",
    "grip_max_kg on log2_b12",
    "chair_rise_difficulty on log2_mma",
    "anaemia_who on log2_b12",
    "macrocytosis on log2_b12",
]
FAMILY = {"linear": "gaussian", "poisson": "poisson"}
CUT_OFF = {
    ("low_grip_ewgsop2", "log2_b12"): "poisson",
    ("low_grip_ewgsop2", "log2_mma"): "poisson",
    ("low_grip_ewgsop2", "b12_low_148"): "poisson",
    ("low_grip_ewgsop2", "mma_high_271"): "poisson",
    ("grip_max_kg", "b12_low_148"): "linear",
    ("grip_max_kg", "mma_high_271"): "linear",
}


@pytest.fixture(scope="module")
def estimates(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What the pipeline estimates on the shipped cohort: made, harmonised, derived and fitted."""
    project = synthetic_cohort.project()
    archive = tmp_path_factory.mktemp("planted") / "archive"
    make_archive(POPULATION, project.cohorts["synthetic"], archive)
    models = project.analysis.models.model_copy(
        update={
            "exposures": ("log2_b12", "log2_mma", "b12_low_148", "mma_high_271"),
            "outcomes": (*dict.fromkeys(effect.outcome for effect in POPULATION.planted), "low_grip_ewgsop2"),
            "adjustments": ("crude", "clinical"),
            "binary_outcomes": ("poisson",),
        }
    )
    project = replace(project, analysis=project.analysis.model_copy(update={"models": models}))
    sample = synthetic_cohort.sample_of(archive, project)
    return fit_grid(sample.frame, sample.meta, project).estimates


def found(
    estimates: pd.DataFrame, outcome: str, exposure: str, estimator: str, adjustment: str = "clinical"
) -> pd.Series:
    wanted = {"outcome": outcome, "exposure": exposure, "estimator": estimator, "adjustment": adjustment}
    rows = estimates[(estimates[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


def estimate_of(estimates: pd.DataFrame, effect: PlantedEffect, adjustment: str = "clinical") -> pd.Series:
    return found(estimates, effect.outcome, effect.exposure, effect.estimator, adjustment)


@pytest.mark.parametrize("name", PLANTED)
def test_planted_effect_lies_in_the_interval_of_its_estimate(name: str, estimates: pd.DataFrame) -> None:
    row = estimate_of(estimates, PLANTED[name])
    assert row["coef_low"] <= PLANTED[name].coef <= row["coef_high"]


@pytest.mark.parametrize("name", STRONG)
def test_interval_of_a_strong_effect_excludes_none_and_the_other_direction(
    name: str, estimates: pd.DataFrame
) -> None:
    row = estimate_of(estimates, PLANTED[name])
    for wrong in (0.0, -PLANTED[name].coef):
        assert not row["coef_low"] <= wrong <= row["coef_high"]


@pytest.mark.parametrize("name", ["grip_max_kg on log2_mma", "macrocytosis on log2_b12"])
def test_planted_effect_has_the_contrast_that_the_population_states(
    name: str, estimates: pd.DataFrame
) -> None:
    words = {"log2_mma": "per doubling of MMA", "log2_b12": "per halving of serum B12"}
    assert estimate_of(estimates, PLANTED[name])["contrast"] == words[PLANTED[name].exposure]


def test_without_adjustment_the_planted_effect_of_mma_is_missed(estimates: pd.DataFrame) -> None:
    effect = PLANTED["grip_max_kg on log2_mma"]
    row = estimate_of(estimates, effect, adjustment="crude")
    assert not row["coef_low"] <= effect.coef <= row["coef_high"]


# -- outcomes and exposures that are cut-offs: truth by simulation


def columns(people: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Exposures, in the contrast of the pipeline, and outcomes, from the people themselves."""
    woman = people["female"] == 1
    return {
        "log2_b12": -np.log2(people["b12_pmol_l"]),
        "log2_mma": np.log2(people["mma"]),
        "b12_low_148": people["b12_pmol_l"] < 148,
        "mma_high_271": people["mma"] > 271,
        "grip_max_kg": people["grip"],
        "low_grip_ewgsop2": people["grip"] < np.where(woman, 16, 27),
        "height_cm": people["height"],
        "chair_rise_difficulty": people["chair_rise_difficulty"],
        "anaemia_who": people["haemoglobin"] < np.where(woman, 12, 13),
        "macrocytosis": people["cell_volume"] > 100,
    }


def fit_people(people: dict[str, np.ndarray], outcome: str, exposure: str, estimator: str) -> GlmFit:
    """Fit a clinical model to people of whom everything is known; the exposure comes first."""
    design = SurveyDesign.from_arrays(people["weight_examination"], people["stratum"], people["psu"])
    domain = design.domain(people["age"] >= 65)
    known = columns(people)
    terms = synthetic_cohort.clinical_terms(people, height=outcome != "height_cm")
    x = np.column_stack([known[exposure], *terms])
    names = [str(column) for column in range(x.shape[1])]
    return fit_glm(domain, domain.take(known[outcome]), domain.take(x), family=FAMILY[estimator], names=names)


@pytest.fixture(scope="module")
def many() -> dict[str, np.ndarray]:
    return draw_people(synthetic_cohort.smaller(POPULATION, seed=1, people=60_000, from_65=True))


@pytest.mark.parametrize(("outcome", "exposure"), CUT_OFF)
def test_truth_of_a_cut_off_lies_in_the_interval_of_its_estimate(
    outcome: str, exposure: str, estimates: pd.DataFrame, many: dict[str, np.ndarray]
) -> None:
    truth = fit_people(many, outcome, exposure, CUT_OFF[outcome, exposure]).coef[0]
    row = found(estimates, outcome, exposure, CUT_OFF[outcome, exposure])
    assert row["coef_low"] <= truth <= row["coef_high"]
    assert truth < 0 if outcome == "grip_max_kg" else truth > 0


# -- many samples


def repeated(n_samples: int) -> Iterator[tuple[str, float, float, bool]]:
    """Yield effect, estimate, standard error and whether the interval covers, in sample after sample."""
    for seed in range(n_samples):
        people = draw_people(synthetic_cohort.smaller(POPULATION, seed=seed, people=1000, from_65=True))
        for name, effect in PLANTED.items():
            fit = fit_people(people, effect.outcome, effect.exposure, effect.estimator)
            low, high = fit.conf_int()[0]
            yield name, fit.coef[0], fit.se[0], low <= effect.coef <= high


def test_in_many_samples_estimates_are_unbiased_and_intervals_cover() -> None:
    results = pd.DataFrame(repeated(20), columns=["name", "coef", "se", "covers"])
    by_name = results.groupby("name")
    truth = pd.Series({name: effect.coef for name, effect in PLANTED.items()})
    bias = (by_name["coef"].mean() - truth) / (by_name["coef"].std() / np.sqrt(20))
    assert bias.abs().max() < 3.5
    assert results["covers"].mean() > 0.88
    assert by_name["covers"].mean().min() >= 0.7
    wrong = (by_name["coef"].mean() - 2 * truth) / (by_name["coef"].std() / np.sqrt(20))
    assert wrong[STRONG].abs().min() > 3.5

"""The worked examples: what was planted in their people is found, and their files are those that are made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.derive import derive
from b12sarc.errors import B12SarcError
from b12sarc.fit import fit_grid
from b12sarc.harmonise import harmonise
from b12sarc.readers import Table, read_file
from b12sarc.sample import Sample
from b12sarc.spec import Project
from b12sarc.spec.loading import load_project
from b12sarc.synthetic.example_files import write_korean, write_volunteers
from b12sarc.synthetic.example_people import load_example

ROOT = Path(__file__).resolve().parents[2]
WRITERS = {"korean_style": write_korean, "volunteers": write_volunteers}
EXAMPLES = {name: load_example(ROOT / "cohorts" / name / "population.yaml") for name in WRITERS}
PLANTED = [(name, effect) for name, example in EXAMPLES.items() for effect in example.planted]
NAMES = [f"{name}: {effect.outcome} on {effect.exposure}" for name, effect in PLANTED]
STRONG = [pair for pair in PLANTED if pair[1].coef]


def sample_of(project: Project, name: str, folder: Path) -> Sample:
    cohort = project.cohorts[name]

    def read(file: str, cycle: str) -> Table:
        described = cohort.files[file]
        return read_file(folder / str(described.path), described, cohort.raw_columns(file, cycle))

    harmonised = harmonise(cohort, project.dictionary, read, project.assays)
    derived = derive(harmonised.frame, harmonised.meta, project, name)
    return Sample.of(derived.frame, derived.meta, project)


@pytest.fixture(scope="module")
def project() -> Project:
    read = [
        yaml.safe_load((ROOT / "config" / f).read_text("utf-8")) for f in ("config.yaml", "examples.yaml")
    ]
    return load_project(read[0] | read[1], ROOT)


@pytest.fixture(scope="module")
def samples(project: Project) -> dict[str, Sample]:
    return {name: sample_of(project, name, ROOT / "cohorts" / name / "data") for name in WRITERS}


@pytest.fixture(scope="module")
def estimates(project: Project, samples: dict[str, Sample]) -> pd.DataFrame:
    """Complete cases, the clinical set: only the models of which the answer is known."""
    found = []
    for name, example in EXAMPLES.items():
        models = project.analysis.models.model_copy(
            update={
                "exposures": tuple(dict.fromkeys(e.exposure for e in example.planted)),
                "outcomes": tuple(dict.fromkeys(e.outcome for e in example.planted)),
                "adjustments": ("clinical",),
                "binary_outcomes": ("poisson",),
                "missing": ("complete_case",),
            }
        )
        small = replace(project, analysis=project.analysis.model_copy(update={"models": models}))
        fitted = fit_grid(samples[name].frame, samples[name].meta, small)
        found.append(fitted.estimates)
        assert fitted.notes["note"].str.contains("race_ethnicity").any()
    return pd.concat(found)


def found(estimates: pd.DataFrame, name: str, effect: object) -> pd.Series:
    wanted = {"cohort": name, "outcome": effect.outcome, "exposure": effect.exposure}
    rows = estimates[(estimates[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(("name", "effect"), PLANTED, ids=NAMES)
def test_what_was_planted_lies_in_the_interval_of_its_estimate(name, effect, estimates: pd.DataFrame) -> None:
    row = found(estimates, name, effect)
    assert row["coef_low"] <= effect.coef <= row["coef_high"]


@pytest.mark.parametrize(("name", "effect"), STRONG)
def test_the_interval_excludes_none_and_the_other_direction(name, effect, estimates: pd.DataFrame) -> None:
    row = found(estimates, name, effect)
    assert not row["coef_low"] <= 0 <= row["coef_high"]
    assert not row["coef_low"] <= -effect.coef <= row["coef_high"]


@pytest.mark.parametrize("name", WRITERS)
def test_the_committed_files_are_those_that_are_made_from_the_seed_and_they_are_small(
    name: str, project: Project, samples: dict[str, Sample], tmp_path: Path
) -> None:
    WRITERS[name](EXAMPLES[name], tmp_path)
    committed = ROOT / "cohorts" / name / "data"
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in committed.iterdir()}
    assert max((committed / file).stat().st_size for file in made) < 200_000

    pd.testing.assert_frame_equal(sample_of(project, name, tmp_path).frame, samples[name].frame)


@pytest.mark.parametrize("name", WRITERS)
def test_a_local_file_of_made_up_people_is_marked_as_such(name: str, samples: dict[str, Sample]) -> None:
    assert samples[name].project.cohorts[name].synthetic
    assert samples[name].meta.synthetic


def test_units_codes_and_trials_come_out_as_they_were_drawn(samples: dict[str, Sample]) -> None:
    korea, volunteers = samples["korean_style"].frame, samples["volunteers"].frame
    assert korea["grip_max_kg"].max() < 80  # neither 888 nor 999
    assert 250 < korea["serum_b12_pmol_l"].median() < 500  # pg/mL were converted
    assert 15 < volunteers["grip_max_kg"].median() < 60  # from lb
    assert 150 < volunteers["height_cm"].median() < 180  # from m
    assert not volunteers["person_id"].duplicated().any()
    assert volunteers["homocysteine_umol_l"].notna().mean() > 0.9  # the visit with the blood was taken


def test_probable_sarcopenia_by_chair_stand_is_more_than_15_seconds_exactly(
    samples: dict[str, Sample],
) -> None:
    frame = samples["volunteers"].frame
    time, slow = frame["chair_stand_5_s"], frame["probable_sarcopenia_chair_ewgsop2"]
    assert (slow[time.notna()].astype(bool) == (time[time.notna()] > 15)).all()
    assert slow[time.isna()].isna().all()
    awgs = frame["slow_chair_stand_awgs2019"][time.notna()].astype(bool)
    assert (awgs == (time[time.notna()] >= 12)).all()
    assert np.isclose(time, 12).any()


def test_an_effect_that_is_planted_but_not_drawn_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "cohorts/korean_style/population.yaml").read_text("utf-8")
    changed = tmp_path / "population.yaml"
    changed.write_text(text.replace("coef: -1.3", "coef: -1.4"), encoding="utf-8")
    with pytest.raises(B12SarcError, match=r"planted -1.4, drawn -1.3"):
        load_example(changed)

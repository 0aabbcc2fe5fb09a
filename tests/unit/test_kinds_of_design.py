"""A made-up cohort in each kind of design, from a CSV file to estimates: SYNTHETIC values of nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from b12sarc.derive import Derived, derive
from b12sarc.describe import describe
from b12sarc.design import SurveyDesign
from b12sarc.errors import B12SarcError
from b12sarc.estimators import mean
from b12sarc.fit import Fitted, fit_grid
from b12sarc.frames import read_frame, write_frame
from b12sarc.harmonise import Harmonised, harmonise
from b12sarc.readers import read_file
from b12sarc.report.sampling import variance, visits, weights
from b12sarc.sample import Sample
from b12sarc.spec import Cohort, Project, Visits
from b12sarc.tables import write_csv
from b12sarc.wording import weighting
from local_cohort import DESIGNS, N_PSU, N_REPLICATES, N, cohort_of, exam, write_exam
from small_cohort import COHORT, small_project

KINDS = list(DESIGNS)


@dataclass(frozen=True)
class Ran:
    """What the stages gave for one kind of design."""

    project: Project
    harmonised: Harmonised
    derived: Derived
    fitted: Fitted

    @property
    def sample(self) -> Sample:
        return Sample.of(self.derived.frame, self.derived.meta, self.project)


def project_of(cohort: Cohort) -> Project:
    small = small_project(outcomes=["grip", "weak"], exposures=["b12_low", "log2_b12"])
    return replace(small, cohorts={COHORT: cohort})


def harmonised_from(path: Path, cohort: Cohort) -> Harmonised:
    def read(file: str, cycle: str):
        return read_file(path, cohort.files[file], cohort.raw_columns(file, cycle))

    return harmonise(cohort, project_of(cohort).dictionary, read)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_exam(tmp_path_factory.mktemp("exam"))


@pytest.fixture(scope="module")
def ran(path: Path) -> dict[str, Ran]:
    found = {}
    for kind in KINDS:
        cohort = cohort_of(kind)
        project = project_of(cohort)
        made = harmonised_from(path, cohort)
        derived = derive(made.frame, made.meta, project, COHORT)
        fitted = fit_grid(derived.frame, derived.meta, project)
        found[kind] = Ran(project, made, derived, fitted)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_frame_has_the_columns_of_its_design_and_no_others(ran, kind):
    frame = ran[kind].harmonised.frame
    replicates = [f"replicate_{n}" for n in range(1, N_REPLICATES + 1)]
    expected = {
        "stratified_cluster": ["stratum", "psu", "weight"],
        "clustered": ["psu", "weight"],
        "weights_only": ["weight"],
        "simple": ["weight"],
        "replicate": ["weight", *replicates],
    }
    assert list(frame)[: 2 + len(expected[kind])] == ["person_id", "cycle", *expected[kind]]
    assert list(frame)[2 + len(expected[kind])] == "age_years"
    assert len(frame) == N


@pytest.mark.parametrize("kind", KINDS)
def test_persons_named_by_text_stay_text_through_every_stage(ran, kind, tmp_path):
    derived = ran[kind].derived
    write_frame(tmp_path / "frame.parquet", derived.frame, derived.meta)
    again, meta = read_frame(tmp_path / "frame.parquet")
    for frame in (ran[kind].harmonised.frame, derived.frame, again):
        assert frame["person_id"].iloc[0] == "H0000"
        assert frame["person_id"].is_unique
    assert meta.design["kind"] == kind


@pytest.mark.parametrize("kind", KINDS)
def test_estimates_say_what_the_design_tells(ran, kind):
    rows = ran[kind].fitted.estimates
    crude = rows[
        (rows["adjustment"] == "crude") & (rows["exposure"] == "log2_b12") & (rows["outcome"] == "grip")
    ]
    row = crude.iloc[0]
    n = ran[kind].sample.domain.n
    told = {
        "stratified_cluster": (N_PSU, N_PSU // 2, N_PSU // 2 + 1 - 2),
        "clustered": (N_PSU, 1, N_PSU - 1 + 1 - 2),
        "weights_only": (n, 1, n - 1 + 1 - 2),
        "simple": (n, 1, n - 1 + 1 - 2),
    }
    if kind == "replicate":
        assert pd.isna(row["n_psu"])
        assert pd.isna(row["n_strata"])
        assert row["df"] == ran[kind].sample.domain.df + 1 - 2
    else:
        assert (row["n_psu"], row["n_strata"], row["df"]) == told[kind]
    assert row["n"] == n
    assert np.isfinite(rows[["coef", "se", "p_value"]].to_numpy(float)).all()


def test_weights_change_the_estimate_and_clusters_its_error_only(ran):
    found = {
        kind: ran[kind].fitted.estimates.query("exposure == 'log2_b12' and outcome == 'grip'").iloc[0]
        for kind in KINDS
    }
    weighted = [found[kind]["coef"] for kind in KINDS if kind != "simple"]
    assert_allclose(weighted, weighted[0], rtol=1e-10)
    assert abs(found["simple"]["coef"] - weighted[0]) > 1e-6
    assert len({round(found[kind]["se"], 8) for kind in KINDS}) == len(KINDS)


def test_the_adjustment_for_the_cycle_is_left_out_of_one_wave(ran):
    notes = ran["simple"].fitted.notes
    assert (notes["note"].str.contains("cycle")).any()


@pytest.mark.parametrize("kind", KINDS)
def test_tables_are_described_in_every_design_twice_the_same(ran, kind, tmp_path):
    derived, project = ran[kind].derived, ran[kind].project
    first, second = (describe(derived.frame, derived.meta, project) for _ in range(2))
    for name in ("table1", "prevalence"):
        write_csv(tmp_path / "first.csv", getattr(first, name))
        write_csv(tmp_path / "second.csv", getattr(second, name))
        assert (tmp_path / "first.csv").read_bytes() == (tmp_path / "second.csv").read_bytes()
    p = first.prevalence.query("variable == 'weak' and subgroup == 'all'").iloc[0]
    assert 0 < p["conf_low"] < p["estimate"] < p["conf_high"] < 1


def test_without_weights_everybody_counts_alike(ran):
    sample = ran["simple"].sample
    values = sample.domain.take(sample.values("grip"))
    known = ~np.isnan(values)
    found = mean(sample.domain.restrict(sample.known(["grip"])), values[known])
    assert_allclose(found.estimate, values[known].mean(), rtol=1e-12)
    assert (sample.frame["weight"] == 1).all()
    by_hand = SurveyDesign.from_arrays(np.ones(N)).domain(sample.domain.mask & sample.known(["grip"]))
    assert_allclose(found.se, mean(by_hand, values[known]).se, rtol=1e-12)


def test_of_several_visits_one_counts_and_the_others_are_counted(ran):
    made = ran["weights_only"].harmonised
    assert made.frame["strength"].notna().all()
    row = made.report.iloc[0]
    assert (row["n_several_visits"], row["n_rows_set_aside"], row["n_visits_incomplete"]) == (
        N // 5,
        N // 5,
        0,
    )


def test_several_rows_a_person_without_a_rule_name_the_way_out(path):
    cohort = cohort_of("simple")
    file = cohort.files["exam"].model_copy(update={"visits": None})
    with pytest.raises(B12SarcError) as caught:
        harmonised_from(path, cohort.model_copy(update={"files": {"exam": file}}))
    assert str(caught.value) == (
        f"made_up: 2015: exam.csv: {N // 5} of {N + N // 5} rows repeat an earlier ID -> if persons came "
        "several times, say in cohort.yaml which visit counts (files: ... visits); if the rows are "
        "prescriptions or the like, rows: many"
    )


def test_a_key_that_is_text_here_and_a_number_there_is_refused(tmp_path):
    files = {
        "exam": {"path": "exam.csv", "format": "csv", "key": "ID"},
        "lab": {"path": "lab.csv", "format": "csv", "key": "ID"},
    }
    variables = {**cohort_of("simple").model_dump(exclude_unset=True, by_alias=True)["variables"]}
    variables["b12"] = {"file": "lab", "column": "B12", "unit": "pmol/L"}
    cohort = cohort_of("simple", files=files, variables=variables)
    people = exam().iloc[:N]
    (people.drop(columns="B12")).to_csv(tmp_path / "exam.csv", index=False)
    people[["Id", "B12"]].assign(Id=range(N)).to_csv(tmp_path / "lab.csv", index=False)

    def read(file: str, cycle: str):
        return read_file(tmp_path / f"{file}.csv", cohort.files[file], cohort.raw_columns(file, cycle))

    with pytest.raises(B12SarcError) as caught:
        harmonise(cohort, project_of(cohort).dictionary, read)
    assert "lab.csv: the key ID holds numbers, and ID of exam text -> name the same key" in str(caught.value)


def test_text_keys_join_tables_in_any_order(tmp_path):
    files = {name: {"path": f"{name}.csv", "format": "csv", "key": "ID"} for name in ("exam", "lab")}
    variables = {**cohort_of("simple").model_dump(exclude_unset=True, by_alias=True)["variables"]}
    variables["b12"] = {"file": "lab", "column": "B12", "unit": "pmol/L"}
    cohort = cohort_of("simple", files=files, variables=variables)
    people = exam().iloc[:N]
    people.drop(columns="B12").to_csv(tmp_path / "exam.csv", index=False)
    people[["Id", "B12"]].sample(frac=0.5, random_state=1).to_csv(tmp_path / "lab.csv", index=False)

    def read(file: str, cycle: str):
        return read_file(tmp_path / f"{file}.csv", cohort.files[file], cohort.raw_columns(file, cycle))

    frame = harmonise(cohort, project_of(cohort).dictionary, read).frame
    known = frame["b12"].notna()
    assert known.sum() == N // 2
    assert_allclose(frame.loc[known, "b12"], people.loc[known.to_numpy(), "B12"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_methods_say_what_the_variance_rests_on(kind):
    cohort = cohort_of(kind)
    said: dict[str, Any] = {
        "stratified_cluster": "strata Strat, primary sampling units PSU (nested in strata)",
        "clustered": "primary sampling units psu, without strata. Design degrees of freedom: PSUs minus 1",
        "weights_only": "each person a sampling unit; the files tell no clusters",
        "simple": "each person a sampling unit (heteroscedasticity-robust, HC0 times n / (n - 1))",
        "replicate": f"{N_REPLICATES} replicate weights (RW01 to RW12) by the bootstrap: every estimate "
        "and every model was made anew under each",
    }
    assert said[kind] in variance(cohort)
    if kind == "simple":
        assert weights(cohort) == "None; unweighted volunteers: describes the participants, no population."
        assert weighting(cohort) == "Unweighted volunteers: describes the participants, no population."
    else:
        assert weights(cohort) == "Sampling weight (2015: WT)."
        assert weighting(cohort) == "Weighted."


def test_the_methods_say_which_visit_counts():
    assert visits(cohort_of("simple")) == (
        "Of several visits of a person (file exam), of those with GRIP, if there are any, the first by DAY "
        "was used."
    )
    file = cohort_of("simple").files["exam"]
    nearest = Visits.model_validate(
        {
            "order_by": "DAY",
            "choose": "nearest",
            "nearest_to": {"value": "2015-06-30"},
            "ties": "last_in_file",
        }
    )
    exam_file = file.model_copy(update={"visits": nearest})
    assert visits(cohort_of("simple").model_copy(update={"files": {"exam": exam_file}})) == (
        "Of several visits of a person (file exam), the one whose DAY is nearest to 2015-06-30 was used; "
        "of two alike the last."
    )
    single = file.model_copy(update={"visits": None})
    assert visits(cohort_of("simple").model_copy(update={"files": {"exam": single}})) == ""

"""A rule is compared by, and sees, the parts of the configuration that it names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from b12sarc.spec import Analysis, Project
from b12sarc.spec.loading import load_project
from b12sarc.spec.parts import assemble, parts_of


@pytest.fixture(scope="module")
def configured(project: Path) -> Project:
    config = yaml.safe_load((project / "config/config.yaml").read_text())
    return load_project({**config, "cohorts": ["nhanes_2011_2014", "synthetic"]}, project)


def test_all_parts_together_are_the_project(configured: Project) -> None:
    sections = ["config", "dictionary", "assays", "definitions", "standard_population", "analysis"]
    parts = parts_of(configured, [*sections, "evidence", "claims", "cohorts"])
    # A published table has parts of its own: those of the study that computes it.
    assert assemble(parts) == replace(configured, reproductions={}, borrowed={})


def test_the_fields_of_the_analysis_together_are_the_analysis(configured: Project) -> None:
    parts = parts_of(configured, [f"analysis.{field}" for field in Analysis.model_fields])
    assert assemble(parts).analysis == configured.analysis


def test_parts_are_plain_values_that_snakemake_can_compare(configured: Project) -> None:
    parts = parts_of(configured, ["dictionary", "analysis.models", "cohorts"])
    assert eval(repr(parts)) == parts


def test_a_field_that_was_not_named_is_not_there_even_if_it_has_a_default(configured: Project) -> None:
    partial = assemble(parts_of(configured, ["analysis.models"]))
    assert partial.analysis.models == configured.analysis.models
    with pytest.raises(AttributeError, match="confidence_level"):
        _ = partial.analysis.confidence_level


def test_a_job_of_one_cohort_sees_no_other_cohort(configured: Project) -> None:
    partial = assemble(parts_of(configured, ["cohorts"], "synthetic"))
    assert partial.cohorts == {"synthetic": configured.cohorts["synthetic"]}


def test_a_change_elsewhere_leaves_the_parts_alone(configured: Project) -> None:
    keys = ["dictionary", "analysis.models"]
    changed = configured.analysis.model_copy(update={"confidence_level": 0.9})
    other = Project(
        configured.config, configured.dictionary, configured.definitions, changed, configured.cohorts
    )
    assert parts_of(other, keys) == parts_of(configured, keys)
    assert parts_of(other, ["analysis.confidence_level"]) == {"analysis.confidence_level": 0.9}

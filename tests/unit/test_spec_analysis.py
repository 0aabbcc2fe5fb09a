"""The analysis in itself and against variables and definitions: what is refused, with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ANALYSIS, Case

CASES = [
    Case(
        "exposures: [low_b12, b12_group, log2_b12, index]",
        "exposures: [low_b21, b12_group, log2_b12, index]",
        "models.exposures#1",
        "unknown variable: 'low_b21'",
        "did you mean 'low_b12'?",
    ),
    Case(
        "exposures: [low_b12, b12_group, log2_b12, index]",
        "exposures: [low_b12, b12_group, log2_b12, index, low_b12]",
        "models.exposures#5",
        "'low_b12' is listed twice",
        "remove one of them",
    ),
    Case(
        "exposures: [low_b12, b12_group, log2_b12, index]",
        "exposures: [low_b12, b12_group, log2_b12, index, weak]",
        "models.exposures#5",
        "'weak' is not defined as exposure (roles: outcome)",
        "add exposure to its roles in the definitions, or use another",
    ),
    Case(
        "exposures: [low_b12, b12_group, log2_b12, index]",
        "exposures: [low_b12, b12_group, log2_b12, index, mma]",
        "models.exposures#5",
        "'mma' is a variable; an exposure is a definition that says in words what is compared",
        "define it with roles: [exposure] and a contrast",
    ),
    Case(
        "outcomes: [weak, grip]",
        "outcomes: [weak, walk]",
        "models.outcomes#2",
        "'walk' has categories; an outcome is continuous or binary",
        "define a binary outcome from it",
    ),
    Case(
        "outcomes: [weak, grip]",
        "outcomes: [weak, low_b12]",
        "models.outcomes#2",
        "'low_b12' is not defined as outcome (roles: exposure)",
        "add outcome to its roles in the definitions, or use another",
    ),
    Case(
        "adjustments: [crude, full]",
        "adjustments: [crude, ful]",
        "models.adjustments#2",
        "unknown adjustment set: 'ful'",
        "did you mean 'full'?",
    ),
    Case(
        "extends: basic",
        "extends: basics",
        "adjustment_sets.full.extends",
        "unknown adjustment set: 'basics'",
        "did you mean 'basic'?",
    ),
    Case(
        "basic: {label: Basic, ",
        "basic: {label: Basic, extends: full, ",
        "adjustment_sets.basic.extends",
        "extends itself (basic extends full extends basic)",
        "break the circle",
    ),
    Case(
        "- {var: egfr, form: linear}",
        "- {var: age, form: linear}",
        "adjustment_sets.full.terms#2.var",
        "'age' is in this adjustment set already",
        "remove one of them",
    ),
    Case(
        "{var: sex, form: categorical}",
        "{var: sex, form: linear}",
        "adjustment_sets.basic.terms#2.form",
        "'sex' is categorical; form linear does not fit",
        "write form: categorical",
    ),
    Case(
        "- {var: egfr, form: linear}",
        "- {var: weak, form: categorical}",
        "adjustment_sets.full.terms#2.var",
        "'weak' is not defined as covariate (roles: outcome)",
        "add covariate to its roles in the definitions, or use another",
    ),
    Case(
        "estimators: [poisson]",
        "estimators: [linear, cox]",
        "families.primary.estimators#2",
        "expected 'linear', 'logistic' or 'poisson'; found 'cox'",
    ),
    Case(
        "cohorts: [mini]",
        "cohorts: [minni]",
        "families.primary.cohorts#1",
        "unknown cohort: 'minni'",
        "did you mean 'mini'?",
    ),
    Case(
        "group_by: [cohort]",
        "group_by: [cohorts]",
        "families.primary.group_by#1",
        (
            "expected 'cohort', 'outcome', 'exposure', 'term', 'contrast', 'adjustment', 'subgroup', "
            "'estimator' or 'missing'; found 'cohorts'"
        ),
        "did you mean 'cohort'?",
    ),
    Case(
        "by: b12_group",
        "by: age",
        "describe.table1.by",
        "'age' is continuous; expected a categorical or binary one",
    ),
    Case(
        "rows: [age, sex]",
        "rows: [age, sexe]",
        "describe.table1.rows#2",
        "unknown variable: 'sexe'",
        "did you mean 'sex'?",
    ),
    Case(
        "prevalence_of: [low_b12, weak]",
        "prevalence_of: [low_b12, grip]",
        "describe.prevalence_of#2",
        "'grip' is continuous; expected a categorical or binary one",
    ),
    Case(
        "{label: Sex, var: sex}",
        "{label: Sex, var: smoker}",
        "describe.subgroups.sex.var",
        "'smoker' is binary; expected a categorical one",
    ),
    Case(
        "headline:\n  exposures: [low_b12]",
        "headline:\n  exposures: [log2_b21]",
        "headline.exposures#1",
        "'log2_b21' is not in models.exposures",
        "did you mean 'log2_b12'?",
    ),
    Case(
        "  adjustment: full",
        "  adjustment: basic",
        "headline.adjustment",
        "'basic' is not in models.adjustments",
        "add it there, or choose another",
    ),
    Case(
        "measured: [b12]",
        "measured: [b13]",
        "population.analytic#1.measured#1",
        "unknown variable: 'b13'",
        "did you mean 'b12'?",
    ),
    Case(
        "examined: true}",
        "examined: true, measured: [b12]}",
        "population.domain#2",
        "a step has exactly one of: keep, examined: true, measured, covariates_of",
    ),
    Case(
        "{id: seen",
        "{id: old",
        "population.domain#2.id",
        "step 'old' is there twice",
        "give each step its own id",
    ),
    Case(
        "covariates_of: full",
        "covariates_of: fulll",
        "population.analytic#2.covariates_of",
        "unknown adjustment set: 'fulll'",
        "did you mean 'full'?",
    ),
    Case(
        "value: 65",
        "value: 650",
        "population.domain#1.keep.value",
        "cut-off 650 lies outside the plausible range of 'age' (0 to 120 years)",
        "nobody could be on the other side; check number and unit",
    ),
    Case(
        "value: 65, unit: years",
        "value: 85, unit: years",
        "population.domain#1",
        (
            "cohort 'mini' cannot tell who is in the population (age: 80 stands for 80 or more, so >= "
            "85 cannot be told)"
        ),
        "use another population, or leave the cohort out",
    ),
    Case(
        "    outcomes: [weak]",
        "    outcomes: [low_mass]",
        "families.primary.outcomes#1",
        "'low_mass' is not in models.outcomes",
        "add it there, or choose from: weak, grip",
    ),
    Case(
        "by: b12_group",
        "by: [low_mass, b12_group, b12_group]",
        "describe.table1.by#3",
        "'b12_group' is listed twice",
        "remove one of them",
    ),
    Case(
        "models:\n  exposures: [low_b12, b12_group, log2_b12, index]",
        "models:\n  exposures: []",
        "models.exposures",
        "is empty",
        "give a value, or remove the key",
    ),
    Case(
        "outcomes: [weak, grip]\n",
        "outcomes: [weak, grip]\n  continuous_outcomes: [poisson]\n",
        "models.continuous_outcomes#1",
        "expected 'linear'; found 'poisson'",
    ),
    Case(
        "outcomes: [weak, grip]\n",
        "outcomes: [weak, grip]\n  subgroups: [everybody]\n",
        "models.subgroups#1",
        "unknown subgroup (of describe.subgroups): 'everybody'",
        "known: all, sex",
    ),
    Case(
        "outcomes: [weak, grip]\n",
        "outcomes: [weak, grip]\n  binary_outcomes: [poisson, poisson]\n",
        "models.binary_outcomes#2",
        "'poisson' is listed twice",
        "remove one of them",
    ),
    Case(
        "  - {var: egfr, form: linear}",
        "  - {var: egrf, form: linear}",
        "adjustment_sets.full.terms#2.var",
        "unknown variable: 'egrf'",
        "did you mean 'egfr'?",
    ),
    Case(
        "headline:\n",
        "confidence_level: 95\nheadline:\n",
        "confidence_level",
        "expected a number below 1; found 95",
    ),
    Case(
        "{label: Sex, var: sex}",
        "{label: Sex, var: low_mass}",
        "describe.subgroups.sex.var",
        "'low_mass' is binary; expected a categorical one",
    ),
    Case(
        "measured: [b12]",
        "measured: [mass]",
        "population.analytic#1",
        "no cohort under cohorts/ can answer 'mass' (mini: mass: no scanner)",
        "take it out, or add a cohort that has it",
    ),
    Case(
        "headline:\n  exposures: [low_b12]\n  outcomes: [weak]",
        "headline:\n  exposures: [low_b12]\n  outcomes: [grip, grip]",
        "headline.outcomes#2",
        "'grip' is listed twice",
        "remove one of them",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_analysis_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, ANALYSIS)

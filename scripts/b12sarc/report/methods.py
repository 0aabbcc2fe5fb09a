"""The methods, written from the configuration that was used, so that they cannot say anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b12sarc.report import sampling
from b12sarc.report.over_time import standard_in_words
from b12sarc.spec import Cohort, Family, Project
from b12sarc.wording import MEASURES, covariates, lower_first, plain, short_label

_METHODS = {"holm": "Holm", "fdr_bh": "Benjamini-Hochberg"}


@dataclass(frozen=True)
class Paragraph:
    """One topic of the methods."""

    heading: str
    text: str


def methods(project: Project, cohort: Cohort, software: Mapping[str, Any]) -> list[Paragraph]:
    """Return the methods of a cohort in paragraphs, in the order of a paper."""
    return [
        Paragraph("Population", _population(project, cohort)),
        Paragraph("Weights", sampling.weights(cohort)),
        Paragraph("Variance", sampling.variance(cohort)),
        *([Paragraph("Repeated visits", said)] if (said := sampling.visits(cohort)) else []),
        Paragraph("Descriptive estimates", _descriptive(project)),
        *([Paragraph("Over time", _over_time(project))] if cohort.id in project.over_time_cohorts() else []),
        Paragraph("Models", _models(project)),
        Paragraph("Adjustment sets", _adjustments(project)),
        *([Paragraph("Effect modification", said)] if (said := _modification(project)) else []),
        Paragraph("Missing data", _missing(project, cohort)),
        Paragraph("Multiple testing", _multiplicity(project, cohort.id)),
        Paragraph("Software", _software(software)),
    ]


def _population(project: Project, cohort: Cohort) -> str:
    steps = "; ".join(lower_first(plain(s.description)) for s in project.analysis.population.domain)
    return (
        f"{cohort.population}. Domain of every estimate: {steps}. People outside the domain stay in the "
        "survey design: a subpopulation is estimated within the whole sample, never cut out of it."
    )


def _descriptive(project: Project) -> str:
    level = f"{100 * project.analysis.confidence_level:g} %"
    return (
        f"Proportions have {level} Korn-Graubard intervals and are suppressed or flagged by the NCHS data "
        "presentation standards (Series 2 No. 175): suppressed if n or the effective n is below 30, if the "
        "interval is 30 percentage points wide or wider, or if it is wider than 5 points and than 130 % of "
        "the estimate; flagged for review if there are fewer than 8 degrees of freedom or the estimate is "
        "0 or 100 %. Groups are compared by a Wald F test of means and the Rao-Scott F test of "
        "proportions, and by absolute standardised differences."
    )


def _over_time(project: Project) -> str:
    return (
        "Prevalence was estimated in each survey cycle, crude and age-standardised. "
        f"{standard_in_words(project)} Change over calendar time: linear contrast of the estimates at the "
        "middles of the cycles, with their joint covariance, and Wald F tests of departure from the line and "
        "of any change. Where cycles were measured by different laboratory methods and brought to one scale, "
        "the estimates on the values as measured stand beside."
    )


def _models(project: Project) -> str:
    models = project.analysis.models
    binary = " and ".join(MEASURES[e].plural.lower() for e in models.binary_outcomes)
    names = {"poisson": "Poisson regression with log link", "logistic": "logistic regression"}
    how = " and ".join(names[e] for e in models.binary_outcomes if e in names)
    return (
        f"Binary outcomes: {binary} ({how}); the {MEASURES[models.binary_outcomes[0]].name.lower()} is the "
        "headline. Continuous outcomes: differences in means (linear regression). Every exposure × outcome "
        "× adjustment set that the cohort can answer was fitted. All are cross-sectional associations."
    )


def _adjustments(project: Project) -> str:
    said = (
        f"{plain(project.analysis.adjustment_sets[name].label)}: {covariates(project, name)}"
        for name in project.analysis.models.adjustments
    )
    return ". ".join(said) + ". An outcome is never its own covariate."


def _modification(project: Project) -> str:
    asked = project.analysis.effect_modification
    if asked is None:
        return ""
    names = ", ".join(lower_first(plain(modifier.label)) for modifier in asked.modifiers.values())
    return (
        f"By {names}. Estimates within a level: the same model in the people of that level, in the whole "
        "survey design, without the grouping variable among the covariates. Comparison of levels: one model "
        "of everybody with products of exposure and level; Wald F tests of the products, and of differences "
        "between levels in the marginal prevalence difference, standardised to the level's own people; RERI, "
        "AP and synergy index from prevalence ratios with delta-method intervals (Hosmer and Lemeshow 1992; "
        f"Knol and VanderWeele 2012). A level of fewer than {asked.min_n} people is not looked at by itself. "
        "The tests are a family of their own on each scale."
    )


def _missing(project: Project, cohort: Cohort) -> str:
    names = {"complete_case": "complete cases of each model", "mi": "and beside them multiple imputation"}
    said = f"{', '.join(names.get(m, m) for m in project.analysis.models.missing).capitalize()}."
    said += _imputed(project)
    files = cohort.files.values()
    numbers = sorted({int(f.imputations) for f in files if f.imputations is not None})
    if not numbers:
        return said
    return (
        f"{said} The {' or '.join(map(str, numbers))} imputations a person of DXA are never averaged: "
        "each analysis is done in every imputation, and the results are pooled by Rubin's rules with "
        "Barnard-Rubin degrees of freedom."
    )


def _imputed(project: Project) -> str:
    how = project.analysis.imputation
    if how is None or "mi" not in project.analysis.models.missing:
        return ""
    design = {"psu": " with the log weight and an intercept of each PSU", "none": ""}
    return (
        f" Gaps of exposures, outcomes and covariates were filled {how.m} times in the domain by chained "
        f"equations with predictive mean matching ({how.iterations} rounds, {how.donors} donors), each "
        "variable from all "
        f"others{design.get(how.design, ' with the log weight and an intercept of each stratum')}; "
        "definitions were made anew in each completed data set, and results pooled by Rubin's rules "
        "with Barnard-Rubin degrees of freedom (inside DXA imputations by the rules for nested ones). "
        "What a cycle or subsample did not measure was not imputed. Imputation rests on what is known: "
        "that the untested differ only in what was measured."
    )


def _multiplicity(project: Project, cohort: str) -> str:
    """Describe the families that can take a test of ``cohort``; their names say where others begin."""
    families = project.analysis.families.values()
    said = [_family(project, f) for f in families if not f.cohorts or cohort in f.cohorts]
    return " ".join(said) + " Raw and adjusted p-values are both shown, by Holm and by Benjamini-Hochberg."


def _family(project: Project, family: Family) -> str:
    parts = [
        ", ".join(lower_first(short_label(project, name)) for name in names)
        for names in (family.exposures, family.outcomes)
        if names
    ]
    tested = f" ({' × '.join(parts)})" if parts else ""
    split = (
        f", within each {', '.join(c.replace('_', ' ') for c in family.group_by)}" if family.group_by else ""
    )
    return f"{plain(family.label)}{tested}: {_METHODS[family.method]}{split}."


def _software(software: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in software["packages"].items())
    return f"Python {software['python']}; {versions}."

"""Model matrices of the golden regressions, built as R builds them."""

from __future__ import annotations

import numpy as np

from b12sarc.design import Domain
from b12sarc.glm import GlmFit, fit_glm

COVARIATES = ["RIDAGEYR", "FEMALE", "f(RIDRETH3)", "f(DMDEDUC2)", "INDFMPIR", "f(SMOKE)", "BMXBMI", "DIAB"]

# name -> (outcome, terms, family). Not fitted here: probit_old (the plan has canonical links only).
MODELS: dict[str, tuple[str, list[str], str]] = {
    "lin_old": ("DSST", ["PTA", *COVARIATES], "gaussian"),
    "logit_old": ("FALL", ["HL", *COVARIATES], "binomial"),
    "pois_old": ("FALL", ["HL", *COVARIATES], "poisson"),
    "count_old": ("PHQ9", ["HL", *COVARIATES], "poisson"),
    "lin_old_nocov": ("DSST", ["PTA"], "gaussian"),
    "logit_old_small": ("FALL", ["HL", "FEMALE"], "binomial"),
    "logit_all20": ("DIAB", ["BMXBMI", "RIDAGEYR", "f(RIDRETH3)", "INDFMPIR"], "binomial"),
    "lin_all": ("LOGPB", ["RIDAGEYR", "FEMALE", "f(RIDRETH3)", "INDFMPIR"], "gaussian"),
    "inter_old": ("DSST", ["PTA", "FEMALE", "RIDAGEYR", "f(DMDEDUC2)", "PTA:FEMALE"], "gaussian"),
    "inter_cat_old": ("FALL", ["HL", "f(SMOKE)", "RIDAGEYR", "HL:f(SMOKE)"], "binomial"),
    "rd_old": ("FALL", ["HL", "RIDAGEYR", "FEMALE"], "gaussian"),
}


def domain_of(name: str, sim: dict, old: Domain) -> Domain:
    """The domain that the golden model was fitted in, before complete cases."""
    everybody = np.ones(old.design.n, bool)
    special = {
        "logit_old_small": old.mask & (sim["RIDRETH3"] == 2),
        "logit_all20": sim["RIDAGEYR"] >= 20,
        "lin_all": everybody,
    }
    return old.design.domain(special.get(name, old.mask))


def columns(term: str, sim: dict) -> list[tuple[str, np.ndarray]]:
    """Columns of a term with R's names; f() is a factor with its first level as reference."""
    if ":" in term:
        left, right = term.split(":")
        return [(f"{a}:{b}", u * v) for a, u in columns(left, sim) for b, v in columns(right, sim)]
    if not term.startswith("f("):
        return [(term, sim[term].astype(float))]
    values = sim[term[2:-1]].astype(float)
    missing = np.isnan(values)
    levels = np.unique(values[~missing])[1:]
    return [(f"{term}{level:g}", np.where(missing, np.nan, values == level)) for level in levels]


def model_matrix(terms: list[str], sim: dict) -> tuple[list[str], np.ndarray]:
    """Column names and matrix over all rows of the survey, intercept first."""
    named = [("(Intercept)", np.ones(len(sim["SEQN"])))]
    for term in terms:
        named += columns(term, sim)
    return [name for name, _ in named], np.column_stack([values for _, values in named])


def fit(name: str, sim: dict, old: Domain) -> tuple[GlmFit, Domain]:
    """Fit a golden model to its complete cases."""
    outcome, terms, family = MODELS[name]
    names, x = model_matrix(terms, sim)
    y = sim[outcome].astype(float)
    domain = domain_of(name, sim, old).restrict(~np.isnan(y) & ~np.isnan(x).any(axis=1))
    return fit_glm(domain, domain.take(y), domain.take(x), family=family, names=names), domain

"""What the statistics tests share: golden regressions as R builds them, tiny surveys, comparison with R."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from b12sarc.design import Domain, SurveyDesign
from b12sarc.estimators import Estimate
from b12sarc.glm import GlmFit, fit_glm

RTOL = 1e-8
ROWS = 400
PER_PSU = 20
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


def assert_matches(result: Estimate, golden: dict) -> None:
    """Estimate, SE and (where R gives them) limits to 1e-8; df exactly."""
    pairs = [("estimate", "est"), ("se", "se"), ("conf_low", "lci"), ("conf_high", "uci")]
    pairs = [(ours, theirs) for ours, theirs in pairs if theirs in golden]
    assert_allclose(
        [getattr(result, ours) for ours, _ in pairs], [golden[theirs] for _, theirs in pairs], rtol=RTOL
    )
    if "df" in golden:
        assert result.df == golden["df"]


def tiny(weights=(1.0, 2, 3, 4, 5, 6, 7, 8), x=(3.0, 5, 4, 8, 1, 2, 2, 6)):
    """Two strata of two PSUs of two rows."""
    design = SurveyDesign.from_arrays(np.array(weights), np.repeat([1, 2], 4), np.tile([1, 1, 2, 2], 2))
    return design.domain(np.ones(8, bool)), np.array(x)


def no_degrees_of_freedom():
    """Two strata of which the domain sees one PSU each."""
    domain, x = tiny()
    narrow = domain.restrict(np.array([1, 1, 0, 0, 1, 1, 0, 0], bool))
    return narrow, narrow.take(x)


def simple_survey(n: int = ROWS, seed: int = 1) -> tuple:
    """A domain of ten strata of two PSUs, and two standard normal covariates."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) // (n // PER_PSU)
    design = SurveyDesign.from_arrays(rng.uniform(1, 5, n), cluster // 2, cluster % 2)
    return design.domain(np.ones(n, bool)), rng.normal(size=(n, 2)), rng


def with_intercept(*columns: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(columns[0])), *columns])

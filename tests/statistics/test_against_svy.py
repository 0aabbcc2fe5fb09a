"""A second, independent implementation (svy 0.35.0) on the made-up survey."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import svy
from numpy.testing import assert_allclose

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from survey_models import MODELS, columns, domain_of, fit

RTOL = 1e-8
OLD = svy.col("OLD") == 1
POLICIES = {"adjust": "center", "average": "scale", "remove": "skip"}
DESIGN = {"stratum": "SDMVSTRA", "psu": "SDMVPSU", "wgt": "WTMEC4YR"}


@pytest.fixture(scope="module")
def frame(sim) -> pl.DataFrame:
    """The survey with its missing values as nulls."""
    return pl.DataFrame(sim).with_columns(pl.col(pl.Float64).fill_nan(None))


@pytest.fixture(scope="module")
def sample(frame) -> svy.Sample:
    return svy.Sample(frame, svy.Design(**DESIGN))


def assert_same(ours: est.Estimate, theirs: pl.DataFrame, row: int = 0) -> None:
    theirs = theirs.row(row, named=True)
    assert_allclose(
        [ours.estimate, ours.se, ours.conf_low, ours.conf_high],
        [theirs[key] for key in ("est", "se", "lci", "uci")],
        rtol=RTOL,
    )
    assert (ours.df, ours.n) == (theirs["df"], theirs["n"])


@pytest.mark.parametrize("variable", ["PTA", "DSST", "LBXBPB"])
@pytest.mark.parametrize("statistic", ["mean", "total"])
def test_means_and_totals(sample, old, known, statistic, variable):
    theirs = getattr(sample.estimation, statistic)(variable, where=OLD, drop_nulls=True)
    assert_same(getattr(est, statistic)(*known(old, variable)), theirs.to_polars())


def test_ratio(sim, sample, old, known):
    theirs = sample.estimation.ratio("LBXBPB", "PTA", where=OLD, drop_nulls=True)
    domain, _ = known(old, "PTA")
    domain, lead = known(domain, "LBXBPB")
    assert_same(est.ratio(domain, lead, domain.take(sim["PTA"])), theirs.to_polars())


def test_means_by_race(sim, sample, old, known):
    theirs = sample.estimation.mean("PTA", where=OLD, by="RIDRETH3", drop_nulls=True).to_polars()
    for row, race in enumerate(theirs["RIDRETH3"]):
        assert_same(est.mean(*known(old.restrict(sim["RIDRETH3"] == race), "PTA")), theirs, row)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_quantiles(sample, old, known, p):
    theirs = sample.estimation.quantile("PTA", p=p, where=OLD, drop_nulls=True)
    assert_same(est.quantile(*known(old, "PTA"), p), theirs.to_polars())


def test_korn_graubard_interval_where_no_weight_is_zero(sample, old, known):
    theirs = sample.estimation.prop("HL", where=OLD, drop_nulls=True, ci_method="korn-graubard").to_polars()
    assert_same(est.proportion(*known(old, "HL")), theirs, row=1)


@pytest.mark.parametrize("policy", POLICIES)
def test_single_psu_policies(sim, frame, policy):
    keep = ~(np.isin(sim["SDMVSTRA"], (95, 110)) & (sim["SDMVPSU"] == 2))
    left = {name: values[keep] for name, values in sim.items()}
    sample = svy.Sample(frame.filter(pl.Series(keep)), svy.Design(**DESIGN, singleton=POLICIES[policy]))
    theirs = sample.estimation.mean("PTA", where=OLD, drop_nulls=True).to_polars()
    design = SurveyDesign.from_arrays(left["WTMEC4YR"], left["SDMVSTRA"], left["SDMVPSU"], single_psu=policy)
    domain = design.domain((left["OLD"] == 1) & ~np.isnan(left["PTA"]))
    assert_same(est.mean(domain, domain.take(left["PTA"])), theirs)


@pytest.mark.parametrize("name", MODELS)
def test_regressions(sim, frame, old, name):
    outcome, terms, family = MODELS[name]
    # svy has no interactions by formula, so every model is given to it as its columns.
    made = {column: values for term in terms for column, values in columns(term, sim)}
    inside = domain_of(name, sim, old).mask
    data = frame.select(*DESIGN.values(), pl.col(outcome).alias("outcome")).with_columns(
        pl.Series("inside", inside.astype(int)),
        *(pl.Series(f"x{k}", values).fill_nan(None) for k, values in enumerate(made.values())),
    )
    theirs = svy.Sample(data, svy.Design(**DESIGN)).glm.fit(
        y="outcome",
        x=[f"x{k}" for k in range(len(made))],
        family=family,
        where=svy.col("inside") == 1,
        tol=1e-14,
    )
    table = theirs.to_polars()
    ours, _ = fit(name, sim, old)
    assert_allclose(ours.coef, table["estimate"], rtol=RTOL)
    assert_allclose(ours.se, table["std_err"], rtol=RTOL)
    assert_allclose(ours.p_value, table["p_value"], rtol=RTOL, atol=1e-14)
    limits = table.select("conf_low", "conf_high").to_numpy()
    assert_allclose((ours.conf_int() - limits) / ours.se[:, None], 0, atol=RTOL)  # a limit may be near zero
    assert (table["df"] == ours.df).all()


def test_wald_test_of_a_factor(sim, sample, old):
    theirs = sample.glm.fit(
        y="DIAB",
        x=["BMXBMI", "RIDAGEYR", svy.Cat("RIDRETH3"), "INDFMPIR"],
        family="binomial",
        where=svy.col("RIDAGEYR") >= 20,
        tol=1e-14,
    ).term_test(svy.Cat("RIDRETH3"))
    ours, _ = fit("logit_all20", sim, old)
    test = ours.wald_test([i for i, name in enumerate(ours.names) if name.startswith("f(RIDRETH3)")])
    assert_allclose(test.p_value, theirs.p_value, rtol=RTOL)


def test_t_test(sim, sample, old, known):
    table = sample.categorical.ttest("DSST", group="FEMALE", where=OLD, drop_nulls=True).to_polars()
    theirs = table.row(0, named=True)
    domain, y = known(old, "DSST")
    ours = est.t_test(domain, y, domain.take(sim["FEMALE"]))
    assert_allclose(
        [ours.estimate, ours.se, ours.t, ours.p_value],
        [theirs[key] for key in ("diff", "se", "t", "p_value")],
        rtol=RTOL,
    )
    assert ours.df == theirs["df"]


def test_rao_scott_chi_square(sample, old, known):
    theirs = sample.categorical.tabulate("HL", "DMDEDUC2", where=OLD, drop_nulls=True).stats.f
    domain, _ = known(old, "HL")
    domain, education = known(domain, "DMDEDUC2")
    _, hearing = known(domain, "HL")
    assert_allclose(est.chi_square(domain, hearing, education).p_value, theirs.p_value, rtol=RTOL)

"""People who were not tested: those who were, weighted for them (untested.csv)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from b12sarc.design import LinearisedDomain
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import FAMILY, FittedModel, term_rows
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import model_matrix, set_small_levels_apart, smallest_cell, usable_terms
from b12sarc.selection import SelectionFit, fit_weighted
from b12sarc.sensitivity.models import MODEL, Departures
from b12sarc.spec import Untested
from b12sarc.specification import Specification

UNTESTED = (
    *("label", *MODEL, "n", "events", "df", "coef", "se", "p_value", "estimate", "conf_low", "conf_high"),
    *("n_all", "share_tested", "weight_low", "weight_high", "n_truncated", "se_known_weights"),
    *("n_main", "estimate_main", "conf_low_main", "conf_high_main", "reason"),
)
"""Columns of untested.csv, in order."""


def untested_rows(of: Departures) -> Iterator[dict[str, object]]:
    """Yield each model of an outcome that some people do not have, weighted for these.

    ``n`` are the tested, ``n_all`` all of whom exposure and covariates are known; ``n_main`` and the
    estimate beside it are of the main model.
    """
    spec = of.spec.untested
    if spec is None:
        return
    for outcome in spec.outcomes:
        for exposure in of.spec.exposures:
            main = of.specification(outcome, exposure)
            model = of.fitted(main)
            if isinstance(model, FittedModel):
                yield from _rows(of, spec, main, model)


def _rows(
    of: Departures, spec: Untested, main: Specification, model: FittedModel
) -> Iterator[dict[str, object]]:
    rows = {str(row["term"]): row for row in of.rows(main, model)}
    beside = ("n", "estimate", "conf_low", "conf_high")
    heads = {
        term: {
            "label": spec.label,
            **{name: row[name] for name in MODEL},
            **{f"{name}_main": row[name] for name in beside},
            SMALLEST_CELL: model.smallest_cell,
        }
        for term, row in rows.items()
    }
    try:
        found, weighted, share = _weighted(of, spec, main)
    except NotEstimableError as error:
        yield from ({**head, "reason": error.reason} for head in heads.values())
        return
    used = found.weights.weights[found.weights.weights > 0]
    for row in term_rows(weighted, of.level, ratio=main.estimator != "linear"):
        term = next(t for t in weighted.matrix.exposure if t.name == row["term"])
        yield {
            **heads.get(str(row["term"]), {"label": spec.label}),
            **row,
            "n_all": found.n_all,
            SMALLEST_CELL: min(weighted.smallest_cell, found.weights.truncated, found.n_all - weighted.fit.n),
            "share_tested": share,
            "weight_low": used.min(),
            "weight_high": used.max(),
            "n_truncated": found.weights.truncated,
            "se_known_weights": found.known_weights.se[term.position] * abs(term.multiply),
        }


def _weighted(of: Departures, spec: Untested, main: Specification) -> tuple[SelectionFit, FittedModel, float]:
    """Fit the model with weights for the untested; with it, the weighted share of the tested."""
    sample, analysis = of.sample, of.sample.project.analysis
    terms, _ = usable_terms(sample, analysis.terms(main.adjustment), main.exposure, main.outcome)
    also = (*analysis.terms(spec.adjustment), *spec.also)
    of_tested, _ = usable_terms(sample, also, main.exposure, main.outcome)
    needed = (main.exposure, *(t.var for t in (*terms, *of_tested)))
    lacking = [sample.why_not(name) for name in needed if not sample.has(name)]
    lacking += [f"{n} is imputed" for n in (main.outcome, *needed) if sample.is_imputed(n)]
    if lacking:
        raise NotEstimableError("; ".join(lacking))
    domain = sample.domain_for((main.outcome, *needed)).restrict(sample.known(needed))
    domain, apart = set_small_levels_apart(sample, domain, main.exposure)
    if not isinstance(domain, LinearisedDomain):
        raise NotEstimableError("made for designs of strata and clusters only")
    x = model_matrix(sample, domain, main.exposure, terms)
    z = model_matrix(sample, domain, main.exposure, of_tested)
    y = domain.take(sample.values(main.outcome))
    found = fit_weighted(
        domain,
        y,
        x.x,
        z.x,
        family=FAMILY[main.estimator],
        names=x.names,
        z_names=z.names,
        truncate=spec.truncate,
    )
    binary = sample.quantity(main.outcome).kind == "binary"
    seen = ~np.isnan(y)
    least = smallest_cell(replace(x, x=x.x[seen]), y[seen], binary=binary)
    model = FittedModel(found.fit, x, apart, int(y[seen].sum()) if binary else None, least)
    share = float(domain.weights @ seen / domain.weights.sum())
    return found, model, share

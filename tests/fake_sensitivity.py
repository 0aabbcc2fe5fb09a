"""Made-up results of sensitivity analyses, for tests of figures, tables and report."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from b12sarc.sensitivity.confounding import E_VALUES, RISK_RATIO
from b12sarc.sensitivity.controls import AS_EXPECTED, CONTROLS, NOT_AS_EXPECTED
from b12sarc.sensitivity.departures import CHANGED, CHANGES_NOBODY, DOES_NOT_APPLY, NUMBERS, SENSITIVITY
from b12sarc.sensitivity.dilution import MEASUREMENT_ERROR
from b12sarc.sensitivity.misclassified import BIAS_ANALYSIS
from b12sarc.sensitivity.untested import UNTESTED
from b12sarc.spec import Project

OUTCOMES = {"low_grip_ewgsop2": "poisson", "grip_max_kg": "linear"}
EXPOSURES = ("b12_low_148", "log2_mma")


def fake_sensitivity(cohort: str, project: Project, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    spec = project.analysis.sensitivity
    assert spec is not None
    models = [
        _model(cohort, project, o, x, estimator) for (o, estimator), x in product(OUTCOMES.items(), EXPOSURES)
    ]
    options = []
    for place, (model, (name, option)) in enumerate(product(models, spec.options.items())):
        status = (CHANGED, CHANGES_NOBODY, DOES_NOT_APPLY)[place % 3]
        numbers = {} if status == DOES_NOT_APPLY else _numbers(model, rng)
        said = {"status": status, "reason": "" if numbers else "nothing of this is in the model: made up"}
        main = {f"{key}_main": value for key, value in _numbers(model, rng).items()}
        options.append(
            {"option": name, "label": option.label, **model, **said, **numbers, **main, "n_dropped": 12}
        )
    tables = {
        "sensitivity": (options, SENSITIVITY),
        "e_values": ([_e_values(m, rng) for m in models], E_VALUES),
        "measurement_error": (_dilution(models, rng), MEASUREMENT_ERROR),
        "bias_analysis": ([_bias(models[0], rng), {**_bias(models[0], rng), **UNKNOWN}], BIAS_ANALYSIS),
        "untested": ([_untested(m, rng) for m in models], UNTESTED),
        "controls": (_controls(cohort, project, rng), CONTROLS),
    }
    return {name: pd.DataFrame(rows, columns=list(columns)) for name, (rows, columns) in tables.items()}


UNKNOWN = dict.fromkeys(("total", "total_low", "systematic", "sensitivity"), np.nan) | {
    "reason": "0 of 1000 draws are left: the data rule out 1000"
}


def _model(cohort: str, project: Project, outcome: str, exposure: str, estimator: str) -> dict[str, object]:
    contrast = project.definitions.definitions[exposure].contrast
    assert contrast is not None
    named = {"outcome": outcome, "exposure": exposure, "term": exposure, "contrast": contrast.text}
    return {
        "cohort": cohort,
        **named,
        "adjustment": "clinical",
        "estimator": estimator,
        "missing": "complete_case",
    }


def _numbers(model: dict[str, object], rng: np.random.Generator) -> dict[str, float]:
    coef, se = rng.normal(0.2, 0.1), 0.15
    ratio = model["estimator"] != "linear"
    shown = [coef, coef - 2 * se, coef + 2 * se]
    shown = [float(np.exp(x)) for x in shown] if ratio else shown
    values = (1800, 160 if ratio else np.nan, 16, coef, se, 0.2, *shown)
    return dict(zip(NUMBERS, values, strict=True))


def _e_values(model: dict[str, object], rng: np.random.Generator) -> dict[str, object]:
    row = {**model, **_numbers(model, rng), "scale": RISK_RATIO, "risk_ratio": 1.4}
    return {**row, "e_value": 2.15, "e_value_limit": 1.0}


def _dilution(models: list[dict[str, object]], rng: np.random.Generator) -> list[dict[str, object]]:
    rows = []
    for model in models:
        numbers = _numbers(model, rng)
        better = {f"{k}_corrected": numbers[k] for k in ("estimate", "conf_low", "conf_high")}
        of = {"reliability": 0.8, "se_reliability": 0.02, "n_replicates": 540, "p_corrected": 0.1}
        rows.append({**model, **numbers, **better, **of})
    return [*rows, {**models[0], **_numbers(models[0], rng), "reason": "the cohort is not part of this run"}]


def _bias(model: dict[str, object], rng: np.random.Generator) -> dict[str, object]:
    wide = {"systematic": 1.9, "systematic_low": 1.2, "systematic_high": 3.1}
    wide |= {"total": 1.9, "total_low": 0.9, "total_high": 4.2, "monte_carlo_se": 0.03}
    known = {"sensitivity": 0.4, "specificity": 0.98, "sensitivity_cases": 0.5, "specificity_cases": 0.97}
    words = {"analysis": "made_up", "label": "Made up", "source": "nobody"}
    counts = {"draws": 1000, "rejected": 120, "rejected_total": 130, "not_fitted": 3}
    return {**words, **model, **_numbers(model, rng), **known, **wide, **counts}


def _untested(model: dict[str, object], rng: np.random.Generator) -> dict[str, object]:
    main = {f"{key}_main": value for key, value in _numbers(model, rng).items()}
    weights = {
        "n_all": 1990,
        "share_tested": 0.93,
        "weight_low": 0.95,
        "weight_high": 1.27,
        "n_truncated": 38,
    }
    return {"label": "Weighted for the untested", **model, **_numbers(model, rng), **main, **weights}


def _controls(cohort: str, project: Project, rng: np.random.Generator) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    asked = (("negative", "height_cm", "linear"), ("positive", "macrocytosis", "logistic"))
    for (control, outcome, estimator), exposure in product(asked, EXPOSURES):
        model = _model(cohort, project, outcome, exposure, estimator)
        d = {"d": 0.1, "d_low": 0.02, "d_high": 0.18}
        seen = NOT_AS_EXPECTED if control == "negative" else AS_EXPECTED
        rows.append({"control": control, **model, **_numbers(model, rng), **d, "seen": seen})
    model = _model(cohort, project, "log2_mma", "log2_mma", "linear")
    return [
        *rows,
        {"control": "positive", **model, "term": "", "contrast": "", "reason": "the same measurement"},
    ]

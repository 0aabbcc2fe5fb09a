"""A folder of made-up results in the shape that the pipeline writes, for tests of the report floor.

SYNTHETIC DATA: every number here comes from a random generator; none describes a real person or survey.
"""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from b12sarc.claims.ledger import Tables, ledger
from b12sarc.codebook_check import Check
from b12sarc.describe.missingness import MISSINGNESS
from b12sarc.describe.prevalence import PREVALENCE
from b12sarc.describe.table1 import TABLE1
from b12sarc.dose_response import CURVES, DISTRIBUTION, TESTS
from b12sarc.effect_modification import COLUMNS as MODIFICATION
from b12sarc.eligibility import FLOW
from b12sarc.families import ADJUSTED
from b12sarc.feasibility import feasibility
from b12sarc.figures.plan import plan_figures
from b12sarc.fit import ESTIMATES, NOT_ESTIMABLE, NOTES
from b12sarc.marginal_effects import COLUMNS as MARGINS
from b12sarc.over_time import BY_CYCLE, TRENDS
from b12sarc.reproduce.tables import COLUMNS as REPRODUCTION
from b12sarc.reproduce.tables import DIFFERS, NOT_COMPUTED, REPRODUCED, WITHIN
from b12sarc.results import Run
from b12sarc.spec import Cohort, Project
from b12sarc.spec.loading import load_project
from b12sarc.style import BLUE, INK
from b12sarc.synthesise import synthesise
from fake_imputation import imputation_tables, with_imputed
from fake_multiverse import write_fake_multiverse
from fake_sensitivity import fake_sensitivity

ROOT = Path(__file__).resolve().parent.parent
STUB = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" width="60pt" height="40pt" viewBox="0 0 60 40" version="1.1">
<metadata>made by a test</metadata><defs><style type="text/css">*{{stroke-linecap: butt}}</style></defs>
<g id="figure_1"><defs><path id="m1" d="M 0.123456 1" style="stroke: {blue}"/></defs>
<use xlink:href="#m1" xmlns:xlink="http://www.w3.org/1999/xlink" style="fill: {blue}"/>
<text style="fill: {ink}">p = 0.0034</text></g></svg>
"""
UNAVAILABLE = {
    "hcy_high_15": "needs homocysteine_umol_l: not assayed in these cycles",
    "log2_hcy": "needs homocysteine_umol_l: not assayed in these cycles",
    "slow_gait_ewgsop2": "needs gait_speed_ms: no timed walk in these cycles",
    "sarcopenia_ewgsop2_confirmed": "needs alm_kg: DXA was offered only at ages 8-59",
}


def fake_project(cohorts: tuple[str, ...] = ("synthetic",)) -> Project:
    """The project's own configuration, for a run over ``cohorts``."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    return load_project({**config, "run": "fake", "cohorts": list(cohorts)}, ROOT)


def write_fake_results(folder: Path, project: Project, seed: int = 1) -> Path:
    """Fill ``folder`` with the result files of a run over the cohorts of ``project``."""
    estimates = []
    for i, cohort in enumerate(project.config.cohorts):
        rng = np.random.default_rng(seed + i)
        home = folder / cohort
        home.mkdir(parents=True, exist_ok=True)
        estimates.append(with_imputed(_estimates(cohort, project, rng), project))
        tables = {
            "flow": _flow(project),
            "table1": _table1(cohort, project, rng),
            "prevalence": _prevalence(cohort, project, rng),
            "missingness": _missingness(cohort, project, rng),
            "definitions": _definitions(cohort, project),
            "harmonisation": _harmonisation(cohort, project),
            "not_estimable": _not_estimable(cohort),
            "model_notes": _model_notes(cohort),
            "codebook_check": _codebook_check(),
        }
        if cohort in project.over_time_cohorts():
            tables |= _over_time(cohort, project, rng)
        tables |= _dose_response(cohort, project, rng)
        tables["marginal_effects"] = _marginal_effects(cohort, project, rng)
        tables |= imputation_tables(estimates[-1], project, seed)
        if project.analysis.effect_modification:
            tables["effect_modification"] = _modification(cohort, project, rng)
        if project.analysis.sensitivity:
            tables |= fake_sensitivity(cohort, project, np.random.default_rng(seed + 100 + i))
        for name, table in tables.items():
            table.to_csv(home / f"{name}.csv", index=False)
        (home / "sources.json").write_text(json.dumps(_sources(project.cohorts[cohort])), encoding="utf-8")
    together = pd.concat(estimates)
    together.to_csv(folder / "estimates.csv", index=False)
    write_fake_multiverse(folder, project, seed)
    catalogues = {cohort: _definitions(cohort, project) for cohort in project.config.cohorts}
    feasibility(project, catalogues).to_csv(folder / "feasibility.csv", index=False)
    synthesise(together, project).to_csv(folder / "meta.csv", index=False)
    if project.claims:
        _write_claims(folder, project, together)
    if project.reproductions:
        write_fake_reproduction(folder)
    return folder


def fake_estimates(project: Project, seed: int) -> pd.DataFrame:
    """Made-up estimates of the cohorts of ``project``."""
    made = [
        _estimates(c, project, np.random.default_rng(seed + i)) for i, c in enumerate(project.config.cohorts)
    ]
    return pd.concat([with_imputed(table, project) for table in made])


def _write_claims(folder: Path, project: Project, estimates: pd.DataFrame) -> None:
    """Judge the claims on the made-up estimates, by the real rule."""
    shares = [
        pd.read_csv(folder / c / "prevalence.csv", dtype={"flag": "str"}) for c in project.config.cohorts
    ]
    shares = [table.assign(flag=table["flag"].fillna("")) for table in shares]
    multiverse = pd.read_parquet(folder / "multiverse.parquet")
    claims, evidence = ledger(project, Tables.of([estimates], shares, multiverse))
    claims.to_csv(folder / "claims.csv", index=False)
    evidence.to_csv(folder / "claims_evidence.csv", index=False)


def write_fake_reproduction(folder: Path) -> None:
    """Four made-up printed numbers, one of each status."""
    head = {"id": "made_up", "title": "Made-up table", "source": "Nobody 2001: Table 1", "label": "Mean"}
    numbers = [
        ("a", "5.0", 5.01, 0.05, REPRODUCED, ""),
        ("b", "46", 45.1, 1.0, WITHIN, "one point is allowed"),
        ("c", "0.30", 0.4, 0.005, DIFFERS, ""),
        ("d", "7", np.nan, 0.5, NOT_COMPUTED, "waits for the files"),
    ]
    columns = ("quantity", "published", "computed", "tolerance", "status", "note")
    table = pd.DataFrame(numbers, columns=list(columns)).assign(**head, kind="mean", group="", part="printed")
    table = table.assign(unit="kg", n=100, difference=table["computed"] - table["published"].astype(float))
    table[list(REPRODUCTION)].to_csv(folder / "reproduction.csv", index=False)
    for ending in ("png", "pdf"):
        (folder / f"reproduction.{ending}").write_bytes(b"")
    (folder / "reproduction.svg").write_text(STUB.format(blue=BLUE, ink=INK), encoding="utf-8")


def write_stub_figures(run: Run) -> None:
    """Write a small SVG, built as matplotlib builds them, in the place of each figure."""
    (run.folder / "figures").mkdir(exist_ok=True)
    for planned in plan_figures(run):
        svg = STUB.format(ink=INK, blue=BLUE)
        (run.folder / "figures" / f"{planned.name}.svg").write_text(svg, encoding="utf-8")


def _flow(project: Project) -> pd.DataFrame:
    steps = [("survey", "Everyone in the survey", 0, 19931, 306_600_000.0)]
    left = 19931
    losses = [17_600, 75, 210, 40, 330, 420]
    people = [*project.analysis.population.domain, *project.analysis.population.analytic]
    for step, lost in zip(people, losses, strict=True):
        left -= lost
        steps.append((step.id, step.description, lost, left, left * 18_400.0))
    return pd.DataFrame(steps, columns=list(FLOW))


def _exposed_terms(project: Project) -> list[tuple[str, str, str]]:
    """(exposure, term, contrast) of every exposure that the fake cohort has."""
    rows = []
    for exposure in project.analysis.models.exposures:
        if exposure in UNAVAILABLE:
            continue
        definition = project.definitions.definitions[exposure]
        if definition.contrasts:
            rows += [(exposure, f"{exposure}[{level}]", text) for level, text in definition.contrasts.items()]
        else:
            rows.append((exposure, exposure, definition.contrast.text))
    return rows


def _estimates(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    models = project.analysis.models
    for outcome in models.outcomes:
        binary = project.quantity(outcome).kind == "binary"
        estimators = models.binary_outcomes if binary else models.continuous_outcomes
        for exposure, term, contrast in _exposed_terms(project):
            rare = exposure in ("b12_low_148", "b12_status") or outcome == "macrocytosis"
            for adjustment in models.adjustments:
                for estimator in estimators:
                    n = 2180 - 90 * models.adjustments.index(adjustment)
                    se = float(rng.uniform(0.1, 0.3) * (2.5 if rare else 1) * (1 if binary else 3))
                    coef = float(rng.normal(0.25 if binary else -0.8, se))
                    df = 33 - 4 * models.adjustments.index(adjustment)
                    low, high = coef - 2.04 * se, coef + 2.04 * se
                    shown = np.exp([coef, low, high]) if binary else np.array([coef, low, high])
                    p = float(2 * np.exp(-0.717 * abs(coef / se) - 0.416 * (coef / se) ** 2) / 2)
                    primary = estimator != "logistic" and adjustment == "clinical"
                    primary = primary and exposure in project.analysis.headline.exposures
                    primary = primary and outcome in project.analysis.headline.outcomes
                    rows.append(
                        {
                            "cohort": cohort,
                            "outcome": outcome,
                            "exposure": exposure,
                            "term": term,
                            "contrast": contrast,
                            "adjustment": adjustment,
                            "subgroup": "all",
                            "estimator": estimator,
                            "missing": "complete_case",
                            "n": n,
                            "events": n // 6 if binary else None,
                            "n_psu": 62,
                            "n_strata": 30,
                            "df": df,
                            "coef": coef,
                            "se": se,
                            "p_value": p,
                            "coef_low": low,
                            "coef_high": high,
                            "estimate": shown[0],
                            "conf_low": shown[1],
                            "conf_high": shown[2],
                            "p_adjusted": min(1.0, (8 if primary else 2) * p),
                            "p_holm": min(1.0, (8 if primary else 4) * p),
                            "p_bh": min(1.0, 2 * p),
                            "family": "primary" if primary else "secondary",
                        }
                    )
    return pd.DataFrame(rows, columns=[*ESTIMATES, "p_adjusted", *ADJUSTED, "family"])


def _prevalence(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    groups = {
        "all": 2200,
        "sex=male": 1050,
        "sex=female": 1150,
        "age_band=from_65_to_74": 1200,
        "age_band=from_75": 1000,
    }
    for name in project.analysis.describe.prevalence_of:
        if name in UNAVAILABLE:
            continue
        quantity = project.quantity(name)
        terms = [f"{name}[{level}]" for level in quantity.levels] or [name]
        for term in terms:
            base = float(rng.uniform(0.02, 0.3))
            for subgroup, n in groups.items():
                p = float(np.clip(base + rng.normal(0, 0.03), 0.004, 0.9))
                se = float(1.4 * np.sqrt(p * (1 - p) / n))
                hidden = p < 0.012 or (name, subgroup) == ("macrocytosis", "age_band=from_75")
                flag = "suppressed: interval wider than 130 % of the estimate" if hidden else ""
                flag = (
                    "review: fewer than 8 degrees of freedom" if term == "macrocytosis" and not flag else flag
                )
                limits = (max(0.0005, p - 1.9 * se), p + 2.2 * se)
                row = (cohort, term, subgroup, n, round(n * p), p, se, 31, *limits, round(n / 1.9, 2), flag)
                rows.append(row)
    return pd.DataFrame(rows, columns=list(PREVALENCE))


def _over_time(cohort: str, project: Project, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Prevalences by survey cycle; B12 also as measured, and one estimate that is suppressed."""
    rows, trends = [], []
    waves = project.cohorts[cohort].cycles
    for name in project.analysis.describe.prevalence_of:
        if name in UNAVAILABLE:
            continue
        for term in [f"{name}[{level}]" for level in project.quantity(name).levels] or [name]:
            for bridged in ("harmonised", "as_measured")[: 1 + (term == "b12_low_148")]:
                for way in ("crude", "age_standardised"):
                    series, p = (cohort, term, bridged, way), float(rng.uniform(0.02, 0.3))
                    for cycle, wave in waves.items():
                        flag = "suppressed: n or effective n below 30" if term == "macrocytosis" else ""
                        numbers = (None,) * 3 if flag else (round(1100 * p), p, 0.01)
                        limits = (None,) * 3 if flag else (0.8 * p, 1.2 * p, 600.0)
                        year = wave.begin_year + wave.years / 2
                        rows.append((*series, cycle, year, 1100, *numbers, 16, *limits, flag))
                    tests = (0.004, 0.002, 32, 0.0001, 0.0079, 0.043, None, 0.043)
                    trends.append((*series, "; ".join(waves), *tests, "", ""))
    return {
        "over_time": pd.DataFrame(rows, columns=list(BY_CYCLE)),
        "trends": pd.DataFrame(trends, columns=list(TRENDS)),
    }


def _dose_response(cohort: str, project: Project, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Curves of the exposures that the fake cohort has; homocysteine and gait stand with their reason."""
    curves, tests, bins = [], [], []
    asked = project.analysis.dose_response
    for exposure, given in asked.exposures.items():
        grid = np.append(given.value * np.geomspace(0.4, 6, 21), given.value)
        for outcome in asked.outcomes:
            binary = project.quantity(outcome).kind == "binary"
            key = {"cohort": cohort, "outcome": outcome, "exposure": exposure, "adjustment": asked.adjustment}
            key |= {"subgroup": "all", "estimator": "poisson" if binary else "linear"}
            key |= {"missing": "complete_case"}
            if exposure in UNAVAILABLE or outcome in UNAVAILABLE:
                reason = UNAVAILABLE.get(exposure, UNAVAILABLE.get(outcome))
                tests.append({**key, "reason": reason})
                continue
            key |= {"unit": given.unit, "reference": given.value}
            slope = float(rng.normal(0.2, 0.1))
            for value in sorted(grid):
                coef = slope * np.log2(value / given.value)
                link = np.array([coef, coef - 0.3 * abs(coef) - 0.01, coef + 0.3 * abs(coef) + 0.01])
                shown = np.exp(link) if binary else link
                numbers = dict(zip(("estimate", "conf_low", "conf_high"), shown, strict=True))
                curves.append({**key, "value": value, "coef": coef, "se": 0.1, "df": 14, **numbers})
            knots = "; ".join(f"{given.value * factor:.6g}" for factor in (0.55, 1.1, 1.7, 4))
            counts = {"n": 1820, "events": 303 if binary else None, "n_psu": 62, "n_strata": 30, "df": 14}
            for name, number, f, p in (("overall", 3, 4.1, 0.027), ("nonlinear", 2, 1.1, 0.37)):
                counts |= {f"f_{name}": f, f"df_num_{name}": number, f"df_denom_{name}": 14, f"p_{name}": p}
            tests.append({**key, "knots": knots, **counts, "reason": ""})
        if exposure not in UNAVAILABLE:
            edges = given.value * np.geomspace(0.4, 6, 13)
            shares = np.diff(np.tanh(np.linspace(-1.5, 1.5, 13))) / 2
            for low, high, share in zip(edges[:-1], edges[1:], shares, strict=True):
                bins.append((cohort, exposure, given.unit, low, high, share))
    return {
        "dose_response": pd.DataFrame(curves, columns=list(CURVES)),
        "dose_response_tests": pd.DataFrame(tests, columns=list(TESTS)),
        "dose_response_distribution": pd.DataFrame(bins, columns=list(DISTRIBUTION)),
    }


def _marginal_effects(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    """Every exposure that the fake cohort has, in two adjustment sets; the reference first."""
    rows: list[dict[str, object]] = []
    for outcome in project.analysis.models.outcomes:
        binary = project.quantity(outcome).kind == "binary"
        for exposure, of_exposure in groupby(_exposed_terms(project), key=lambda term: term[0]):
            levels = _fake_levels(project, exposure, [(t, c) for _, t, c in of_exposure])
            for adjustment in ("crude", "clinical"):
                key = {"cohort": cohort, "outcome": outcome, "exposure": exposure, "adjustment": adjustment}
                key |= {"subgroup": "all", "missing": "complete_case", "reason": ""}
                key |= {"estimator": "logistic" if binary else "linear", "n": 1820}
                key |= {"n_psu": 62, "n_strata": 30, "df": 14, "events": 303 if binary else None}
                for level in levels:
                    mean = float(rng.uniform(0.1, 0.3) if binary else rng.uniform(20, 30))
                    row = {**key, **level, "mean": mean, "mean_se": mean / 9}
                    row |= {"mean_low": 0.8 * mean, "mean_high": 1.25 * mean}
                    if level["contrast"]:
                        gap = mean / 12
                        row |= {"difference": gap, "difference_se": gap / 2, "difference_low": 0.1 * gap}
                        row |= {"difference_high": 1.9 * gap, "difference_p": 0.047}
                    if level["contrast"] and binary:
                        row |= {"ratio": 1.1, "log_ratio_se": 0.05, "ratio_low": 1.0, "ratio_high": 1.2}
                    rows.append(row)
    return pd.DataFrame(rows, columns=list(MARGINS))


def _fake_levels(project: Project, exposure: str, terms: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Comparison, term, level and contrast of each row of an exposure."""
    quantity = project.quantity(exposure)
    if quantity.kind == "categorical":
        named = [(f"{exposure}[{quantity.reference}]", quantity.reference, "")]
        named += [(term, term.partition("[")[2][:-1], text) for term, text in terms]
        return [dict(zip(("term", "level", "contrast"), n, strict=True), comparison="levels") for n in named]
    (_, text) = terms[0]
    binary = quantity.kind == "binary"
    names, comparison = (("false", "true"), "levels") if binary else (("as_observed", "changed"), "change")
    rows = [
        {"term": exposure, "level": level, "contrast": said, "comparison": comparison}
        for level, said in zip(names, ("", text), strict=True)
    ]
    chosen = project.analysis.marginal_effects.at.get(exposure)
    for value in chosen.values if chosen else ():
        said = "" if value == chosen.reference else f"{value:g} vs {chosen.reference:g} {chosen.unit}"
        rows.append({"term": exposure, "level": f"{value:g}", "contrast": said, "comparison": "values"})
    return rows


def _modification(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    """Subgroups and tests of one binary and one continuous outcome; folate has too few people."""
    rows: list[dict[str, object]] = []
    asked = project.analysis.effect_modification
    for outcome, estimator in (("low_grip_ewgsop2", "poisson"), ("grip_max_kg", "linear")):
        ratio = estimator == "poisson"
        for exposure in asked.drawn:
            text = project.definitions.definitions[exposure].contrast.text
            for modifier in asked.modifiers:
                key = {"cohort": cohort, "modifier": modifier, "outcome": outcome, "exposure": exposure}
                key |= {"adjustment": "clinical", "estimator": estimator, "missing": "complete_case"}
                rows += [key | row for row in _modified(project, modifier, exposure, text, ratio, rng)]
    return pd.DataFrame(rows, columns=list(MODIFICATION))


def _modified(project, modifier, exposure, text, ratio, rng):
    """Rows of one model with one modifier."""
    var = project.analysis.effect_modification.modifiers[modifier].var
    levels = [*(project.quantity(var).levels or ("false", "true"))][:2]
    scales = ("multiplicative", "additive") if ratio else ("additive",)
    if modifier == "folate":
        why = "log2_b12 in folate_high[true]: 7 people; a group of fewer than 10 is not compared"
        yield {"measure": "subgroup", "level": "true", "reason": why}
        yield from ({"measure": "test", "scale": scale, "reason": why} for scale in scales)
        return

    def number(measure, level, *, log):
        coef, se = float(rng.normal(0.1, 0.2)), 0.15
        link = np.array([coef, coef - 2 * se, coef + 2 * se])
        names = ("estimate", "conf_low", "conf_high")
        shown = dict(zip(names, np.exp(link) if log else link, strict=True))
        counts = {"n": 900, "events": 90 if ratio else None, "df": 15, "p_value": 0.3, "coef": coef, "se": se}
        return {"measure": measure, "level": level, "term": exposure, "contrast": text, **counts, **shown}

    for level in levels:
        yield number("subgroup", level, log=ratio)
        yield from [number("difference", level, log=False)] if ratio else []
    yield number("joint", levels[0], log=ratio)
    yield number("product", levels[1], log=ratio)
    for measure in ("difference_contrast", "reri", "ap", "synergy") if ratio else ():
        yield number(measure, levels[1], log=measure == "synergy")
    for scale in scales:
        p = {"p_value": 0.034, "p_holm": 0.5, "p_bh": 0.2, "f": 5.0, "df_num": 1, "df": 15}
        yield {"measure": "test", "scale": scale, "n": 1800, **p}


def _table1(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    by = project.quantity(project.analysis.describe.table1.splits()[0])
    sizes = {"all": 2200, **dict(zip(by.levels, (96, 260, 160, 1684), strict=True))}
    rows = [_persons_row(cohort, group, n, by.levels) for group, n in sizes.items()]
    for name in project.analysis.describe.table1.rows:
        quantity = project.quantity(name)
        p = float(rng.uniform(0, 0.3))
        mean = quantity.kind == "continuous"
        for level, words in (quantity.levels or {"": ""}).items():
            centre = float(rng.uniform(20, 80)) if mean else float(rng.uniform(0.1, 0.4))
            for group, n in sizes.items():
                value = centre * float(rng.normal(1, 0.05))
                hidden = n < 100 and level == "other"
                row = dict.fromkeys(TABLE1, None) | {
                    "cohort": cohort,
                    "variable": name,
                    "label": quantity.label,
                    "unit": quantity.unit,
                    "level": level,
                    "level_label": words,
                    "by": by.name,
                    "group": group,
                    "group_label": by.levels.get(group, "Overall"),
                    "statistic": "mean" if mean else "percent",
                    "n": n - 12,
                    "n_weighted": n * 18_000.0,
                    "df": 31,
                    "flag": "suppressed: n or effective n below 30" if hidden else "",
                    "smd": None if group == by.reference else abs(float(rng.normal(0, 0.15))),
                    "p_value": p,
                    "test": "Wald F" if mean else "Rao-Scott F",
                }
                if not hidden:
                    row |= {"estimate": value, "se": value / 25, "events": None if mean else round(n * value)}
                    row |= {"conf_low": value * 0.92, "conf_high": value * 1.08}
                rows.append(row)
    return pd.DataFrame(rows, columns=list(TABLE1)).astype({"n": "Int64", "events": "Int64", "df": "Int64"})


def _persons_row(cohort: str, group: str, n: int, labels: dict[str, str]) -> dict:
    share = n / 2200
    return dict.fromkeys(TABLE1, None) | {
        "cohort": cohort,
        "variable": "persons",
        "label": "People",
        "level": "",
        "level_label": "",
        "by": "",
        "group": group,
        "group_label": labels.get(group, "Overall"),
        "statistic": "percent",
        "n": 2200,
        "events": n,
        "n_weighted": n * 18_000.0,
        "estimate": share,
        "se": 0.01 * share,
        "df": 31,
        "conf_low": share * 0.95,
        "conf_high": min(1.0, share * 1.05),
        "flag": "",
    }


def _missingness(cohort: str, project: Project, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for name, variable in project.dictionary.variables.items():
        if project.cohorts[cohort].variables[name].status is None:
            share = float(rng.uniform(0, 0.15))
            rows.append((cohort, name, variable.label, 2256, round(2256 * share), share, share * 0.9))
    return pd.DataFrame(rows, columns=list(MISSINGNESS))


def _definitions(cohort: str, project: Project) -> pd.DataFrame:
    rows = [
        (cohort, name, d.label, " ".join(d.roles), d.kind, name not in UNAVAILABLE, UNAVAILABLE.get(name, ""))
        for name, d in project.definitions.definitions.items()
    ]
    return pd.DataFrame(
        rows, columns=["cohort", "definition", "label", "roles", "kind", "available", "reason"]
    )


def _harmonisation(cohort: str, project: Project) -> pd.DataFrame:
    rows = []
    spec = project.cohorts[cohort]
    for name, mapping in spec.mapped().items():
        v = project.dictionary.variables[name]
        for cycle in spec.cycles:
            table = spec.files[mapping.file].table[cycle]
            columns = " ".join(mapping.columns(cycle))
            implausible = 3 if name == "grip_max_kg" else 0
            row = (
                cohort,
                name,
                cycle,
                table,
                columns,
                mapping.unit or "",
                v.unit or "",
                9900,
                8800,
                1000,
                97,
            )
            rows.append((*row, implausible, 5.0, 90.0))
    columns = "cohort variable cycle table columns unit_in unit_out n_rows n_valid n_missing n_missing_code"
    return pd.DataFrame(rows, columns=[*columns.split(), "n_implausible", "min", "max"])


def _not_estimable(cohort: str) -> pd.DataFrame:
    rows = [
        (
            cohort,
            "macrocytosis",
            "b12_functional",
            "clinical",
            "all",
            "poisson",
            "complete_case",
            "no events with it",
        ),
        (cohort, "height_cm", "hcy_high_15", "", "", "", "", UNAVAILABLE["hcy_high_15"]),
    ]
    return pd.DataFrame(rows, columns=list(NOT_ESTIMABLE))


def _model_notes(cohort: str) -> pd.DataFrame:
    spec = ("height_cm", "log2_b12", "clinical", "all", "linear", "complete_case")
    return pd.DataFrame([(cohort, *spec, "height_cm is the outcome: not a covariate")], columns=list(NOTES))


def _codebook_check() -> pd.DataFrame:
    rows = [
        ("2011-2012", "DEMO_G", "", "", "Rows", 9756, 9756, True),
        ("2011-2012", "DEMO_G", "RIAGENDR", "1", "Male", 4856, 4856, True),
    ]
    return pd.DataFrame(rows, columns=["cycle", *(f.name for f in fields(Check))])


def _sources(cohort: Cohort) -> list[dict]:
    receipts = []
    for file in cohort.files.values():
        for cycle, table in file.table.items():
            url = f"https://example.org/Public/{cohort.cycles[cycle].begin_year}/DataFiles/{table}"
            page = {"path": f"data/raw/x/{cycle}/{table}.htm", "url": f"{url}.htm", "bytes": 40_000}
            page |= {"sha256": "b" * 64, "origin": "downloaded", "retrieved": "2026-11-20T10:00:00Z"}
            receipts.append(
                {
                    "path": f"data/raw/x/{cycle}/{table}.xpt",
                    "url": f"{url}.xpt",
                    "bytes": 3_700_000,
                    "sha256": "a" * 64,
                    "origin": "downloaded",
                    "retrieved": "2026-11-20T10:00:00Z",
                    "last_modified": None,
                    "table": table,
                    "cycle": cycle,
                    "n_records": 9756,
                    "cdc_first_published": "September 2013",
                    "cdc_last_revised": None if table.startswith("DEMO") else "March 2020",
                    "codebook": {**page, "last_modified": None},
                }
            )
    return receipts

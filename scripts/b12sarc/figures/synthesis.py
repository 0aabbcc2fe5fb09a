"""Forest plots across cohorts: each cohort, their random-effects mean, published results beneath."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from b12sarc.figures.across import of_cohorts, published, synthesis_rows
from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.planned import Planned
from b12sarc.results import Run, withheld
from b12sarc.spec import Study
from b12sarc.wording import MEASURES, NOT_AVAILABLE, PUBLISHED, SUPPRESSED, contrast, number, plain, unit

DESIGNS = {False: "Published", True: "Published trials"}


def draw_synthesis(run: Run, planned: Planned) -> Figure:
    """Draw the cohorts of one outcome on one axis, and published results on an axis for each scale."""
    synthetic = planned.name.startswith("synthesis_synthetic_")
    rows = synthesis_rows(run, planned.outcome, synthetic=synthetic)
    own = Panel(
        heading="Cohort",
        measure=MEASURES[rows["estimator"].iloc[0]],
        unit=unit(run.project, planned.outcome),
        groups=tuple(_group(run, row) for _, row in rows.iterrows()),
    )
    studies = [] if synthetic else [s for s in published(run, planned.outcome) if s.drawn]
    return draw_forest(planned.title, [own, *_panels(studies)], synthetic=synthetic)


def _group(run: Run, row: pd.Series) -> Group:
    estimates = of_cohorts(run, row)
    lines = [_cohort_line(run, r) for _, r in estimates.iterrows()]
    if row["method"] != "none":
        lines.append(_pooled_line(row, estimates))
    return Group(contrast(run.project, row["exposure"], row["contrast"]), tuple(lines))


def _cohort_line(run: Run, row: pd.Series) -> Line:
    return Line(
        label=run.cohorts[row["cohort"]].cohort.title,
        n=float(row["n"]),
        events=float(row["events"]),
        estimate=float(row["estimate"]),
        low=float(row["conf_low"]),
        high=float(row["conf_high"]),
        p=float(row["p_value"]),
        reason=SUPPRESSED if withheld(row) and math.isnan(row["estimate"]) else "",
    )


def _pooled_line(row: pd.Series, estimates: pd.DataFrame) -> Line:
    spread = f"I² {number(100 * row['i2'], 0)} %, τ² {row['tau2']:.2g}"
    return Line(
        label=f"Random effects ({spread})",
        n=float(estimates["n"].sum()),
        events=float(estimates["events"].sum(min_count=1)),
        estimate=float(row["estimate"]),
        low=float(row["conf_low"]),
        high=float(row["conf_high"]),
        p=float(row["p_value"]),
        pooled=True,
        prediction=(float(row["prediction_low"]), float(row["prediction_high"])),
    )


def _panels(studies: list[Study]) -> list[Panel]:
    """Return an axis for each scale; trials apart."""
    scales = dict.fromkeys((s.design == "trial", str(s.measure), s.unit or "") for s in studies)
    return [
        Panel(
            heading=DESIGNS[trial],
            measure=PUBLISHED[measure],
            unit=plain(units),
            groups=tuple(
                Group(plain(f"{s.outcome}. {s.exposure}"), (_study_line(s),))
                for s in studies
                if (s.design == "trial", s.measure, s.unit or "") == (trial, measure, units)
            ),
        )
        for trial, measure, units in sorted(scales)
    ]


def _study_line(study: Study) -> Line:
    estimate, low, high = (math.nan if x is None else x for x in study.numbers())
    return Line(
        label=plain(f"{study.study}, {study.population}"),
        n=math.nan,
        events=math.nan,
        estimate=estimate,
        low=low,
        high=high,
        p=math.nan,
        strong=False,
        people=study.n if study.n.replace(",", "").isdigit() else NOT_AVAILABLE,
    )

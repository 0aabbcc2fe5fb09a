"""Forest plots of which the reader chooses outcome, exposure, adjustment set, cohort, people and method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd

from b12sarc.figures.across import SAME
from b12sarc.report.charts import vega
from b12sarc.results import Run
from b12sarc.spec import Project
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    adjustment,
    contrast,
    count,
    interval,
    label,
    modifier_label,
    modifier_level,
    p_value,
    unit,
)

EVERYBODY = "Everybody"
COMBINED = {
    made_up: marked("Cohorts combined (random effects)", synthetic=made_up) for made_up in (False, True)
}
"""Whether its cohorts are made up -> words for a meta-analysis, which stands beside the cohorts."""
COMPLETE = "Complete cases"
MOST_ROWS = 150
WIDTH = 190
FARTHEST = 16.0
"""A ratio beyond this, or below its inverse, is drawn at it, with an arrow."""
TEXTS = {"people": ("n (events)", 82), "shown": ("Estimate (CI)", 234), "p": ("p", 290)}
"""Column of text -> its heading, and the pixels right of the axis at which it ends."""
TEXT: dict[str, Any] = {"align": "right", "color": vega.INK, "fontSize": 12}
AXIS = alt.Axis(ticks=False, domain=False, labelLimit=430, labelPadding=8)
SAID = ("cohort", "subgroup", "adjustment", "missing", "measure")
"""What a row says beside its exposure, where the rows shown differ in it."""
NUMBERS = {"value": "estimate", "low": "conf_low", "high": "conf_high"}
"""Column of the data in the page -> column of estimates.csv."""
DIMENSIONS = {
    "outcome": "Outcome",
    "exposure": "Exposure",
    "adjustment": "Adjusted for",
    "cohort": "Cohort",
    "subgroup": "People",
    "missing": "Missing values",
    "measure": "Measure",
}


def explorers(run: Run) -> list[vega.Chart]:
    """Return a forest plot to explore for ratios, and one for differences in means, if there are such."""
    return [chart for ratio in (True, False) if (chart := _explorer(run, ratio=ratio)) is not None]


def _explorer(run: Run, *, ratio: bool) -> vega.Chart | None:
    codes = {name: vega.Codes(name) for name in DIMENSIONS}
    for name, words in _first_words(run, ratio=ratio):
        codes[name](words)
    rows = [_row(run.project, r, codes) for r in _estimates(run, ratio=ratio)]
    if not rows:
        return None
    used = [name for name in DIMENSIONS if len(codes[name].words) > 1 or name == "outcome"]
    starts = _starts(run, codes)
    params = [vega.chooser(codes[n], DIMENSIONS[n], starts.get(n), every=n != "outcome") for n in used]
    params += [codes[name].param() for name in DIMENSIONS]
    units = [unit(run.project, name) for name in _outcomes(run, ratio=ratio)]
    params.append(alt.param(name="units", value=units))
    name = "explore_ratios" if ratio else "explore_differences"
    chart = _drawn(used, params, codes, ratio=ratio)
    return vega.finished(chart, rows, name, _words(run, ratio=ratio))


def _outcomes(run: Run, *, ratio: bool) -> list[str]:
    """Return the outcomes of the kind that have an estimate, those of the headline first."""
    estimated = run.estimates.dropna(subset=["conf_low"])
    estimated = estimated[estimated["estimator"].map(lambda name: MEASURES[name].ratio == ratio)]
    first = [o for o in run.project.analysis.headline.outcomes if (estimated["outcome"] == o).any()]
    return list(dict.fromkeys([*first, *estimated["outcome"]]))


def _first_words(run: Run, *, ratio: bool) -> Iterator[tuple[str, str]]:
    """Yield the words whose order matters: outcomes, cohorts, adjustment sets, everybody, main measure."""
    models = run.project.analysis.models
    for outcome in _outcomes(run, ratio=ratio):
        yield "outcome", label(run.project, outcome)
    for cohort in run.cohorts.values():
        yield "cohort", cohort.cohort.title
    for name in models.adjustments:
        yield "adjustment", adjustment(run.project, name)
    yield "subgroup", EVERYBODY
    yield "missing", COMPLETE
    for name in models.binary_outcomes if ratio else models.continuous_outcomes:
        yield "measure", MEASURES[name].name


def _starts(run: Run, codes: dict[str, vega.Codes]) -> dict[str, int]:
    """Return what is chosen at first: the pre-specified question, complete cases, everybody."""
    asked = run.project.analysis.headline
    return {
        "outcome": 0,
        "adjustment": codes["adjustment"](adjustment(run.project, asked.adjustment)),
        "subgroup": codes["subgroup"](EVERYBODY),
        "missing": codes["missing"](COMPLETE),
        "measure": 0,
    }


def _estimates(run: Run, *, ratio: bool) -> Iterator[dict[str, Any]]:
    """Yield the estimates of everybody, then those of groups, that have an interval."""
    wanted = [name for name, measure in MEASURES.items() if measure.ratio == ratio]
    everybody = run.estimates[run.estimates["subgroup"] == run.project.analysis.models.subgroups[0]]
    groups = [c.effect_modification for c in run.cohorts.values() if len(c.effect_modification)]
    within = [table[table["measure"] == "subgroup"] for table in groups]
    for table in (everybody.assign(modifier="", level=""), *within, _combined(run)):
        shown = table[table["estimator"].isin(wanted)].dropna(subset=["estimate", "conf_low", "conf_high"])
        yield from shown.to_dict("records")


def _combined(run: Run) -> pd.DataFrame:
    """Return the meta-analyses with the people and events of their cohorts, under no cohort."""
    meta = run.meta[
        (run.meta["method"] != "none") & (run.meta["subgroup"] == run.project.analysis.models.subgroups[0])
    ]
    key = [*SAME]
    parts = meta.assign(cohort=meta["cohorts"].str.split(" ")).explode("cohort")[
        [*key, "synthetic", "cohort"]
    ]
    parts = parts.merge(run.estimates[[*key, "cohort", "n", "events"]], on=[*key, "cohort"])
    people = parts.groupby([*key, "synthetic"], sort=False)[["n", "events"]].sum(min_count=1).reset_index()
    return meta.merge(people, on=[*key, "synthetic"]).assign(cohort="", modifier="", level="")


def _row(project: Project, r: dict[str, Any], codes: dict[str, vega.Codes]) -> dict[str, Any]:
    measure = MEASURES[r["estimator"]]
    modifier, level = r["modifier"], r["level"]
    group = f"{modifier_label(project, modifier)}: {modifier_level(project, modifier, level)}"
    events = "" if pd.isna(r["events"]) else f" ({count(r['events'])})"
    words = {
        "outcome": label(project, r["outcome"]),
        "exposure": contrast(project, r["exposure"], r["contrast"]),
        "adjustment": adjustment(project, r["adjustment"]),
        "cohort": COMBINED[r["synthetic"]] if r["cohort"] == "" else project.cohorts[r["cohort"]].title,
        "subgroup": group if modifier else EVERYBODY,
        "missing": COMPLETE if r["missing"] in project.analysis.models.main_treatments() else "Gaps imputed",
        "measure": measure.name,
    }
    numbers = {key: float(f"{r[column]:.4g}") for key, column in NUMBERS.items()}
    return {
        **{name: codes[name](text) for name, text in words.items()},
        **numbers,
        "people": f"{count(r['n'])}{events}",
        "shown": interval(r["estimate"], r["conf_low"], r["conf_high"], measure),
        "p": p_value(r["p_value"]),
    }


def _drawn(
    used: list[str],
    params: list[alt.Parameter],
    codes: dict[str, vega.Codes],
    *,
    ratio: bool,
) -> vega.AnyChart:
    texts = [alt.Tooltip(f"{name}:N", title=heading) for name, (heading, _) in TEXTS.items()]
    read = [*vega.tips(DIMENSIONS), *texts]
    scale = alt.Scale(type="log", nice=False) if ratio else alt.Scale(zero=False)
    x = alt.X(
        "left:Q",
        scale=scale,
        title="Ratio, log scale" if ratio else "Difference in means",
        axis=alt.Axis(tickCount=5),
    )
    y = alt.Y("line:N", sort=None, title=None, axis=AXIS)
    combined = [words for words in codes["cohort"].words if words in COMBINED.values()]
    colour = vega.by_cohort(codes["cohort"], *[vega.INK for _ in combined], columns=2)
    pooled = " || ".join(f"datum.cohort == {codes['cohort'](words)}" for words in combined) or "false"
    shape = alt.condition(pooled, alt.value("diamond"), alt.value("circle"))
    marks = alt.Chart()
    layers = [
        alt.Chart(vega.ONCE)
        .mark_rule(color=vega.MUTED, strokeDash=[4, 3])
        .encode(x=alt.datum(1 if ratio else 0)),
        marks.mark_rule(strokeWidth=1.6).encode(x=x, x2="right:Q", y=y, color=colour),
        marks.mark_point(filled=True, size=55, opacity=1).encode(
            x="at:Q", y=y, color=colour, shape=shape, tooltip=read
        ),
    ]
    for side, beyond in (("left", f"datum.low < {1 / FARTHEST}"), ("right", f"datum.high > {FARTHEST}")):
        arrow = marks.mark_point(shape=f"triangle-{side}", filled=True)
        seen = alt.condition(beyond, alt.value(1), alt.value(0))
        layers += [arrow.encode(x=f"{side}:Q", y=y, color=colour, opacity=seen)] if ratio else []
    for name, (heading, pixels) in TEXTS.items():
        x_text = alt.value(WIDTH + pixels)
        layers.append(marks.mark_text(**TEXT).encode(x=x_text, y=y, text=f"{name}:N", tooltip=read))
        head = alt.Chart(vega.ONCE).mark_text(**{**TEXT, "color": vega.MUTED}, text=heading)
        layers.append(head.encode(x=x_text, y=alt.value(-8)))
    kinds: dict[str, Any] = {f"{name}_kinds": f"distinct({name})" for name in SAID}
    of_what = "outcome_words[outcome] + (units[outcome] ? ', ' + units[outcome] : '')"
    return (
        alt.layer(*layers, data=vega.ROWS)
        .transform_filter(vega.chosen(used))
        .transform_window(row="row_number()")
        .transform_filter(f"datum.row <= {MOST_ROWS}")
        .transform_joinaggregate(**kinds)
        .transform_calculate(**_calculated(used, codes, ratio=ratio))
        .add_params(*params)
        .properties(
            width=WIDTH,
            height=alt.Step(vega.ROW_PX),
            title=alt.TitleParams(text=alt.ExprRef(of_what), offset=22),
        )
    )


def _calculated(used: list[str], codes: dict[str, vega.Codes], *, ratio: bool) -> dict[str, str]:
    """Return what each row shows: its words, where it is drawn, and a name that says what is not chosen."""
    parts = [codes["exposure"].column()]
    for name in SAID:
        if name in used:
            parts.append(f"({name} < 0 && datum.{name}_kinds > 1 ? ' · ' + {codes[name].column()} : '')")

    def placed(column: str) -> str:
        return f"clamp(datum.{column}, {1 / FARTHEST}, {FARTHEST})" if ratio else f"datum.{column}"

    return {
        "line": " + ".join(parts),
        "left": placed("low"),
        "right": placed("high"),
        "at": placed("value"),
        **vega.said(codes),
    }


def _words(run: Run, *, ratio: bool) -> dict[str, str]:
    kind = "Ratios" if ratio else "Differences in means"
    beyond = f" A triangle: the interval goes beyond 1/{FARTHEST:g} or {FARTHEST:g}." if ratio else ""
    level = f"{100 * run.project.analysis.confidence_level:g} %"
    pooled = " Diamonds: random-effects means of the cohorts." if (run.meta["method"] != "none").any() else ""
    return {
        "title": marked(f"{kind}: choose what to compare", synthetic=run.synthetic),
        "caption": (
            f"Points: estimates; lines: {level} confidence intervals; dashed: no difference.{pooled}{beyond} "
            f"At most {MOST_ROWS} rows are drawn. Point at a row to read all of it."
        ),
        "alt": "Forest plot of the chosen estimates. The tables of every estimate have the same numbers.",
    }

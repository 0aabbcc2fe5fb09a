"""Figures of sensitivity analyses: which there are, and their words. Knows no drawing library."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from b12sarc.figures.planned import Planned
from b12sarc.results import CohortResults, Run
from b12sarc.style import marked
from b12sarc.wording import MEASURES, contrast, interval, label, number

CHANGED = "changed"
SHOWN_OUTCOMES = 2


def sensitivity_figures(run: Run, cohort: CohortResults) -> Iterator[Planned]:
    """Yield the figure of the options, and that of the controls, if some of their estimates are there."""
    spec, level = cohort.cohort, f"{100 * run.project.analysis.confidence_level:g} %"
    shown = shown_options(run, cohort)
    if len(shown):
        yield Planned(
            name=f"{spec.id}_sensitivity",
            kind="sensitivity",
            cohort=spec.id,
            title=marked(f"{spec.title}: how much it depends on what was decided", synthetic=spec.synthetic),
            caption=(
                "Square: the main estimate. Open circles: the same with one thing changed; what has "
                "nothing to change here, or leaves the same people with the same values, is in the table. "
                "Corrected for what one measurement of the marker leaves open: divided by its "
                "reliability. True exposure "
                f"drawn: median of the bias analysis with its {level} simulation interval, which has no "
                f"p-value. Other lines: {level} confidence intervals."
            ),
            alt=marked(_options_in_words(run, shown), synthetic=spec.synthetic),
        )
    if len(cohort.controls) and cohort.controls["d"].notna().any():
        yield Planned(
            name=f"{spec.id}_controls",
            kind="controls",
            cohort=spec.id,
            title=marked(f"{spec.title}: what should and should not be found", synthetic=spec.synthetic),
            caption=(
                "A test of the study itself. A negative control is something that vitamin B12 cannot "
                "plausibly have changed, such as height: its intervals should hold 0, and where they do "
                "not, people with low and high B12 differ in ways that the covariates do not catch, which "
                "may be behind other associations too. A positive control is something that low B12 is "
                "known to go with: it should lie right of 0. All are in standard deviations of the "
                "outcome (of yes-or-no outcomes: log odds ratio times 0.55), so that they share one axis; "
                "right is what worse B12 status goes with. An interval that is wide and holds 0 shows "
                "little either way."
            ),
            alt=marked(_controls_in_words(run, cohort.controls), synthetic=spec.synthetic),
        )


def shown_options(run: Run, cohort: CohortResults) -> pd.DataFrame:
    """Return the rows of the options in the figure: headline exposures, and the first outcomes there are."""
    table, headline = cohort.options, run.project.analysis.headline
    if table.empty:
        return table
    table = table[table["exposure"].isin(headline.exposures) & table["estimate_main"].notna()]
    outcomes = list(dict.fromkeys(table["outcome"]))
    first = [o for o in outcomes if o in headline.outcomes] or outcomes
    return table[table["outcome"].isin(first[:SHOWN_OUTCOMES])]


def _options_in_words(run: Run, rows: pd.DataFrame) -> str:
    said = []
    for (outcome, exposure), of in rows.groupby(["outcome", "exposure"], sort=False):
        measure = MEASURES[of["estimator"].iloc[0]]
        main = of.iloc[0]
        effect = interval(main["estimate_main"], main["conf_low_main"], main["conf_high_main"], measure)
        changed = of[of["status"] == CHANGED]["estimate"].astype(float)
        between = (
            f"{number(changed.min(), 2)} to {number(changed.max(), 2)}" if len(changed) else "not changed"
        )
        words = contrast(run.project, exposure, main["contrast"])
        said.append(f"{label(run.project, outcome)}, {words}: {effect}; with options {between}")
    return f"Forest plot of sensitivity options. {'; '.join(said)}."


def _controls_in_words(run: Run, rows: pd.DataFrame) -> str:
    said = []
    for _, r in rows[rows["d"].notna()].iterrows():
        name = f"{label(run.project, r['outcome'])}, {contrast(run.project, r['exposure'], r['contrast'])}"
        numbers = f"{number(r['d'], 2)} ({number(r['d_low'], 2)} to {number(r['d_high'], 2)})"
        said.append(f"{r['control']} control {name}: {numbers} SD, {r['seen']}")
    return f"Forest plot of controls. {'; '.join(said)}."

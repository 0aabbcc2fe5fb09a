"""Which figures show what imputation did: estimates side by side, and imputed values beside observed ones."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from b12sarc.figures.planned import Planned
from b12sarc.headline import headline_rows
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Project
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    contrast,
    full_label,
    interval,
    lower_first,
    number,
    percent,
    short_label,
)

TREATMENTS = {
    "complete_case": "complete cases",
    "mi": "gaps imputed",
    "mi_dxa": "DXA imputations, else complete",
    "mi_nested": "DXA imputations, gaps imputed",
}
"""``missing`` -> words."""
SHOWN_GAPS = 10
"""Gaps below which the distribution of imputed values is not drawn."""
MODEL = ["outcome", "exposure", "term", "adjustment", "subgroup", "estimator", "missing"]


def side_by_side(run: Run, cohort: CohortResults) -> pd.DataFrame:
    """Return the headline estimates with every treatment of missing values, and the column ``fmi``.

    Rows that belong together follow each other, in the order of ``models.missing``.
    """
    models = run.project.analysis.models
    parts = [headline_rows(run, cohort.cohort.id, missing) for missing in models.missing]
    rows = pd.concat([part.assign(_treatment=i, _place=range(len(part))) for i, part in enumerate(parts)])
    order = {key: i for i, key in enumerate(dict.fromkeys(zip(rows["outcome"], rows["term"], strict=True)))}
    place = [order[key] for key in zip(rows["outcome"], rows["term"], strict=True)]
    rows = rows.assign(_model=place).sort_values(["_model", "_treatment"], kind="stable")
    return rows.merge(pooled_terms(cohort), on=MODEL, how="left")


def pooled_terms(cohort: CohortResults) -> pd.DataFrame:
    """Return the fraction of missing information (``fmi``) of every pooled term."""
    pooled = cohort.imputation[cohort.imputation["imputation"] == "pooled"]
    return pooled[[*MODEL, "fmi"]]


def compared_values(cohort: CohortResults) -> pd.DataFrame:
    """Return the imputed variables with enough gaps; of categorical ones every level but the first."""
    rows = cohort.imputed
    enough = pd.to_numeric(rows["n_missing"], errors="coerce") >= SHOWN_GAPS
    rows = rows[(rows["made"] == "imputed") & enough & rows["standardised_difference"].notna()]
    first = rows.groupby("variable", sort=False).cumcount().eq(0) & rows["level"].ne("")
    return rows[~first].reset_index(drop=True)


def imputed_figures(run: Run, cohort: CohortResults) -> Iterable[Planned]:
    """Yield the figures, if gaps were filled."""
    if cohort.imputation.empty and cohort.imputed.empty:
        return
    spec = cohort.cohort
    rows = side_by_side(run, cohort)
    if rows["missing"].nunique() > 1:
        yield Planned(
            name=f"{spec.id}_imputed",
            kind="imputed",
            cohort=spec.id,
            title=marked(f"{spec.title}: complete cases and imputed, side by side", synthetic=spec.synthetic),
            caption=(
                "The pre-specified estimates in the people in whom everything is known (squares), and "
                "in everybody with gaps filled by multiple imputation (open circles). FMI: fraction of "
                "missing information, the share of what the data would tell if nothing were missing "
                "that is lost. Where the two differ much, who has gaps is not like who has none."
            ),
            alt=marked(f"Forest plot. {_in_words(run.project, rows)}", synthetic=spec.synthetic),
        )
    shown = compared_values(cohort)
    if len(shown):
        said = [
            f"{full_label(run.project, term_of(r))}: {percent(r['weighted_fraction'])} % imputed, "
            f"difference {number(r['standardised_difference'], 2)} SD"
            for _, r in shown.iterrows()
        ]
        yield Planned(
            name=f"{spec.id}_imputation",
            kind="imputation",
            cohort=spec.id,
            title=marked(f"{spec.title}: imputed beside observed values", synthetic=spec.synthetic),
            caption=(
                "Left: share of the people whose value was imputed. Right: mean of the imputed less "
                "mean of the observed values, in standard deviations of the observed (of yes-or-no and "
                "levels: of the share). Not 0 where those with gaps differ in what else is known of "
                f"them; that is what imputation is for. Variables with {SHOWN_GAPS} gaps or more."
            ),
            alt=marked("Dot plot. " + "; ".join(said) + ".", synthetic=spec.synthetic),
        )


def term_of(row: pd.Series) -> str:
    """Return ``variable`` or ``variable[level]``."""
    return f"{row['variable']}[{row['level']}]" if row["level"] else str(row["variable"])


def _in_words(project: Project, rows: pd.DataFrame) -> str:
    said = []
    for _, r in rows.iterrows():
        measure = MEASURES[r["estimator"]]
        effect = interval(r["estimate"], r["conf_low"], r["conf_high"], measure)
        what = f"{short_label(project, r['outcome'])}, {contrast(project, r['exposure'], r['contrast'])}"
        said.append(f"{what}, {TREATMENTS[r['missing']]}: {lower_first(measure.name)} {effect}")
    return "; ".join(said) + "."

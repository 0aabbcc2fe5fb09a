"""Which figures a run has beyond its cohorts: what can be answered where, and the cohorts put together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from b12sarc.figures.planned import Planned
from b12sarc.results import Run
from b12sarc.spec import Project, Study
from b12sarc.spec.availability import why_unavailable
from b12sarc.spec.dag import Dag
from b12sarc.style import marked
from b12sarc.wording import MEASURES, adjustment, contrast, interval, label, lower_first, plain, short_label

Answer = Literal["yes", "in some cycles", "no"]
SAME = ("exposure", "outcome", "term", "contrast", "adjustment", "estimator", "subgroup", "missing")
"""Columns in which a row of meta.csv and the estimates behind it agree."""
_BAND = {"exposure": "Exposures", "outcome": "Outcomes"}


@dataclass(frozen=True)
class Cell:
    """Whether one cohort can answer one definition, with a few words if it cannot, or not in every cycle."""

    answer: Answer
    words: str = ""


@dataclass(frozen=True)
class MatrixRow:
    """One definition; a cell for each cohort of the run, in order."""

    band: str
    name: str
    label: str
    cells: tuple[Cell, ...]


def across_cohorts(run: Run) -> Iterable[Planned]:
    """Return the figures of the whole run, in the order of the report."""
    if run.project.analysis.dag is not None:
        yield _dag(run, run.project.analysis.dag)
    yield _feasibility(run)
    yield from _syntheses(run)


def _dag(run: Run, dag: Dag) -> Planned:
    arrows = "; ".join(
        f"{dag.nodes[start].label} to {', '.join(lower_first(dag.nodes[end].label) for end in ends)}"
        for start, ends in dag.arrows.items()
    )
    analysis = run.project.analysis
    primary = analysis.adjustment_sets[analysis.headline.adjustment].label
    return Planned(
        name="dag",
        kind="dag",
        cohort="",
        title=marked("What is assumed to act on what", synthetic=run.synthetic),
        caption=(
            "Each arrow is an assumption, stated in the configuration; what is not drawn is assumed not to "
            f"act. Filled: held by the adjustment set “{primary}”. Dashed: not "
            "measured in any cohort."
        ),
        alt=marked(
            f"Diagram of what is assumed, {sum(map(len, dag.arrows.values()))} arrows. {arrows}.",
            synthetic=run.synthetic,
        ),
    )


def matrix_rows(run: Run) -> list[MatrixRow]:
    """Return the exposures, then the outcomes, of feasibility.csv; a quantity is listed once."""
    rows = []
    for role, band in _BAND.items():
        for name, of_name in run.feasibility.groupby("definition", sort=False):
            if of_name["roles"].iloc[0].split(" ")[0] == role:
                found = of_name.set_index("cohort")
                cells = tuple(_cell(run, found.loc[cohort]) for cohort in run.cohorts)
                rows.append(MatrixRow(band, str(name), plain(of_name["label"].iloc[0]), cells))
    return rows


def _cell(run: Run, row: pd.Series) -> Cell:
    if not row["available"]:
        return Cell("no", lacking(run.project, str(row.name), row["reason"]))
    cycles = row["cycles"].split(" ")
    if len(cycles) == len(run.project.cohorts[str(row.name)].cycles):
        return Cell("yes")
    return Cell("in some cycles", f"{', '.join(cycles)} only")


def lacking(project: Project, cohort: str, reason: str) -> str:
    """Return in a few words what a reason says is lacking: variables, a file, a cycle that has them all."""
    found = dict.fromkeys(re.findall(r"\b([a-z][a-z0-9_]*):", reason))
    names = [name for name in found if name in project.names()]
    absent = [name for name in names if why_unavailable(project, cohort, name)]
    words = [lower_first(short_label(project, name)) for name in absent or names]
    if not words:
        return reason
    if absent:
        return f"no {', no '.join(words)}"
    # What is mapped and alone in the way is in a file that the archive did not give.
    return f"waits for files: {words[0]}" if len(words) == 1 else f"never in one cycle: {', '.join(words)}"


def _feasibility(run: Run) -> Planned:
    rows = matrix_rows(run)
    said = []
    for number, cohort in enumerate(run.cohorts.values()):
        no = [f"{row.label} ({row.cells[number].words})" for row in rows if row.cells[number].answer == "no"]
        can = len(rows) - len(no)
        lacks = f"; it cannot answer {'; '.join(no)}" if no else ""
        said.append(f"{cohort.cohort.title} can answer {can} of {len(rows)} definitions{lacks}.")
    title = "Which data can answer which definition"
    return Planned(
        name="feasibility",
        kind="feasibility",
        cohort="",
        title=marked(title, synthetic=run.synthetic),
        caption=(
            "Filled circle: everything that the definition is made from was measured in one and the same "
            "cycle. Half-filled: in some of the cycles only. Empty circle: it cannot be answered; the words "
            "say what is lacking in the people of this analysis."
        ),
        alt=marked("Matrix of definitions and cohorts. " + " ".join(said), synthetic=run.synthetic),
        short_title=title,
    )


def synthesis_rows(run: Run, outcome: str, *, synthetic: bool) -> pd.DataFrame:
    """Return the meta-analyses in the forest plot of ``outcome``: primary adjustment set, everybody."""
    models, meta = run.project.analysis.models, run.meta
    estimators = models.binary_outcomes[:1] + models.continuous_outcomes[:1]
    return meta[
        (meta["outcome"] == outcome)
        & (meta["synthetic"].astype(bool) == synthetic)
        & (meta["adjustment"] == run.project.analysis.headline.adjustment)
        & meta["estimator"].isin(estimators)
        & (meta["subgroup"] == models.subgroups[0])
    ]


def of_cohorts(run: Run, row: pd.Series) -> pd.DataFrame:
    """Return the estimates behind a row of meta.csv, in the order of its cohorts."""
    e = run.estimates
    for column in SAME:
        e = e[e[column] == row[column]]
    return e.set_index("cohort", drop=False).loc[row["cohorts"].split(" ")]


def published(run: Run, outcome: str) -> list[Study]:
    """Return the published results that are shown beside ``outcome``."""
    return [study for study in run.project.evidence.studies.values() if outcome in study.beside]


def _syntheses(run: Run) -> Iterable[Planned]:
    for synthetic in (False, True):
        for outcome in run.project.analysis.models.outcomes:
            rows = synthesis_rows(run, outcome, synthetic=synthetic)
            studies = [] if synthetic else published(run, outcome)
            if (rows["k"] > 1).any() or (studies and len(rows)):
                yield _synthesis(run, outcome, rows, studies, synthetic=synthetic)


def _synthesis(
    run: Run, outcome: str, rows: pd.DataFrame, studies: list[Study], *, synthetic: bool
) -> Planned:
    project = run.project
    name = label(project, outcome)
    combined = [_in_words(project, row) for _, row in rows[rows["method"] != "none"].iterrows()]
    told = [f"{study.study}: {study.finding}" for study in studies]
    beneath = f" Published: {'; '.join(map(plain, told))}." if told else ""
    text = f"Forest plot. {'; '.join(combined) or 'No exposure was estimated in two cohorts'}.{beneath}"
    made_up = "synthetic_" if synthetic else ""
    return Planned(
        name=f"synthesis_{made_up}{outcome}",
        kind="synthesis",
        cohort="",
        title=marked(f"Cohorts side by side: {name}", synthetic=synthetic),
        caption=_reading(project, studies),
        alt=marked(text, synthetic=synthetic),
        outcome=outcome,
        short_title=marked(name, synthetic=synthetic),
    )


def _reading(project: Project, studies: list[Study]) -> str:
    primary = adjustment(project, project.analysis.headline.adjustment)
    words = (
        f"Squares: one cohort each, adjustment set “{primary}”. Diamonds: random effects (REML, interval by "
        "Hartung and Knapp); dotted bars: where the effect in another cohort would lie (prediction "
        "interval). "
        "Cohorts that share people are not combined, and one cohort is no meta-analysis."
    )
    if any(study.drawn for study in studies):
        words += " Circles beneath: published results, each on its own scale; not combined with anything."
    return words


def _in_words(project: Project, row: pd.Series) -> str:
    measure = MEASURES[row["estimator"]]
    effect = interval(row["estimate"], row["conf_low"], row["conf_high"], measure)
    compared = contrast(project, row["exposure"], row["contrast"])
    return f"{compared}, {row['k']} cohorts: {measure.name.lower()} {effect}"

"""The report: one HTML file that opens offline and asks nothing of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from b12sarc.answer import five_sentences
from b12sarc.errors import B12SarcError
from b12sarc.figures.across import published
from b12sarc.figures.plan import plan_figures
from b12sarc.figures.planned import Planned
from b12sarc.files import whole_file
from b12sarc.headline import CAVEAT, Headline, direction, finding, headline, headline_rows, survives
from b12sarc.report import prose
from b12sarc.report.across import across_tables
from b12sarc.report.assumed import graph_in_words
from b12sarc.report.assumed import question as asked_in_words
from b12sarc.report.charts.curve import specification_chart
from b12sarc.report.charts.dose_response import dose_response_charts
from b12sarc.report.charts.explorer import explorers
from b12sarc.report.charts.vega import library
from b12sarc.report.cite import data_citations
from b12sarc.report.human import HumanTable
from b12sarc.report.ledger import judged_claims, ledgers, reproduction_summary
from b12sarc.report.methods import Paragraph, methods
from b12sarc.report.multiverse import in_words
from b12sarc.report.paper import PAPER, write_paper_tables
from b12sarc.report.strobe import as_table, checklist
from b12sarc.report.svg import Drawings
from b12sarc.report.tables import human_tables
from b12sarc.results import CohortResults, Run, read_run
from b12sarc.spec import Cohort, Project
from b12sarc.style import SYNTHETIC
from b12sarc.tables import write_csv
from b12sarc.wording import label, plain

_TIED = re.compile(r"(?<=\d) (?=%|kg|cm|people|million|pmol|nmol|µmol)|(?<=[=<>≥≤]) (?=[\d.])|(?<=p) (?==)")
HERE = Path(__file__).parent
SEVERAL = ("forest", "dose_response", "modification")
"""Kinds of figures of which a cohort has several."""


@dataclass(frozen=True)
class Figure:
    """A figure in the page."""

    planned: Planned
    svg: Markup


@dataclass(frozen=True)
class Script:
    """A script of the page, and the digest by which the content security policy allows it."""

    text: Markup
    digest: str

    @classmethod
    def of(cls, text: str) -> Script:
        """Return a script; what would end its element early is escaped."""
        safe = text.replace("</script", "<\\/script")
        return cls(Markup(safe), base64.b64encode(hashlib.sha256(safe.encode()).digest()).decode())


@dataclass(frozen=True)
class Finding:
    """A sentence of the headline, its verdict in words, and its mark: clear, tentative or unclear."""

    verdict: str
    mark: str
    sentence: str


@dataclass(frozen=True)
class Section:
    """Everything that the page says of one cohort."""

    cohort: Cohort
    headline: Headline
    findings: dict[str, list[Finding]]
    figures: dict[str, Figure]
    forests: list[Figure]
    further_forests: list[Planned]
    curves: list[Figure]
    modifications: list[Figure]
    tables: dict[str, HumanTable]
    methods: list[Paragraph]
    inputs: list[dict[str, Any]]


def write_tables(run_dir: Path, project: Project) -> list[Path]:
    """Write the tables that people read to ``run_dir/tables``; return the paths.

    All are CSV; those of :data:`b12sarc.report.paper.PAPER` are Word and LaTeX too.

    Raises:
        B12SarcError: result files are missing.
    """
    run = read_run(run_dir, project)
    of_cohorts = [human_tables(run, cohort) for cohort in run.cohorts.values()]
    tables = [table for made in of_cohorts for table in made.values()]
    paths = []
    checked = as_table(run, checklist(run, anchors(run)))
    for table in (*tables, *across_tables(run).values(), *ledgers(run).values(), checked):
        paths.append(run_dir / "tables" / f"{table.name}.csv")
        write_csv(paths[-1], table.frame())
    for made in of_cohorts:
        for name in PAPER:
            paths += write_paper_tables(run_dir / "tables", made[name]) if made[name].rows else []
    return paths


def write_report(run_dir: Path, project: Project) -> Path:
    """Write ``run_dir/report.html`` from the results, figures and provenance.json in ``run_dir``.

    Raises:
        B12SarcError: result files, figures or provenance.json are missing.
    """
    run = read_run(run_dir, project)
    provenance = json.loads(_text(run_dir / "provenance.json"))
    drawings = Drawings()
    planned = plan_figures(run)
    beside = _beside(run, planned)
    figures = [_figure(run_dir, figure, drawings) for figure in planned if figure not in beside]
    sections = [_section(run, cohort, figures, beside, provenance) for cohort in run.cohorts.values()]
    across = _across(figures)
    target = run_dir / "report.html"
    with whole_file(target) as temporary:
        temporary.write_text(
            render(run, sections, across, provenance, drawings), encoding="utf-8", newline="\n"
        )
    return target


def anchors(run: Run) -> frozenset[str]:
    """Return the ids of the parts of the page that others point at."""
    found = {"headline", "limits", "synthesis", "provenance", *(["claims"] if run.project.claims else [])}
    for name, cohort in run.cohorts.items():
        parts = ["who", "methods", "table1", "prevalence", "models", "missing"]
        parts += ["marginal"] if len(cohort.margins) else []
        parts += ["modification"] if len(cohort.effect_modification) else []
        parts += ["sensitivity"] if len(cohort.options) else []
        found |= {f"{name}-{part}" for part in parts}
    return frozenset(found)


def _beside(run: Run, planned: list[Planned]) -> list[Planned]:
    """Return the forest plots that stay out of the page: the headline's are shown, or the first."""
    asked = run.project.analysis.headline.outcomes
    out = []
    for cohort in run.cohorts:
        forests = [p for p in planned if p.kind == "forest" and p.cohort == cohort]
        shown = [p for p in forests if p.outcome in asked] or forests[:1]
        out += [p for p in forests if p not in shown]
    return out


def _across(figures: list[Figure]) -> dict[str, list[Figure]]:
    """Return kind -> figures of the whole run."""
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        if not figure.planned.cohort:
            found.setdefault(figure.planned.kind, []).append(figure)
    return found


def _told(run: Run) -> dict[str, list[str]]:
    """Return outcome -> published results beside it in words: those that are not drawn, and trials."""
    return {
        outcome: [
            plain(f"{s.study} ({s.population}): {s.finding}")
            for s in published(run, outcome)
            if not s.drawn or s.design == "trial"
        ]
        for outcome in run.project.analysis.models.outcomes
    }


def render(
    run: Run,
    sections: list[Section],
    across: dict[str, list[Figure]],
    provenance: dict[str, Any],
    drawings: Drawings,
) -> str:
    """Return the page. Its content security policy allows its own script and styles, and no request."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["unbroken"] = unbroken
    environment.globals["figure_formats"] = run.project.config.figure_formats
    answers = checklist(run, anchors(run))
    charts = [*explorers(run), *dose_response_charts(run)]
    curve = specification_chart(run)
    scripts = [library()] if charts or curve else []
    scripts.append(_text(HERE / "static" / "report.js"))
    reproduced = _reproduction_svg(run, drawings)
    together = across_tables(run)
    ledger_tables = ledgers(run)
    tables = [*together.values(), *ledger_tables.values(), *(t for s in sections for t in s.tables.values())]
    return environment.get_template("report.html.j2").render(
        title=prose.TITLE,
        question=prose.QUESTION,
        synthetic_words=SYNTHETIC,
        run=run,
        sections=sections,
        across=across,
        across_tables=together,
        columns=max(len(t.columns) for t in tables),
        multiverse_words=in_words(run),
        told_beside=_told(run),
        answer=five_sentences(run),
        claims=judged_claims(run),
        claims_share=f"{100 * run.project.claims.multiverse_share:g}" if run.project.claims else "",
        claims_table=ledger_tables.get("claims"),
        reproduction=reproduction_summary(run),
        reproduction_table=ledger_tables.get("reproduction"),
        reproduction_svg=reproduced,
        provenance=provenance,
        all_synthetic=all(s.cohort.synthetic for s in sections),
        headline_outcomes=run.project.analysis.headline.outcomes,
        caveat=CAVEAT,
        how_to_read=prose.HOW_TO_READ,
        disclaimers=[
            d for name, d in prose.DISCLAIMERS.items() if name in {s.cohort.archive.name for s in sections}
        ],
        css=Markup(_text(HERE / "static" / "report.css") + drawings.css()),
        question_words=asked_in_words(run),
        graph_words=graph_in_words(run),
        data_citations=data_citations(run, provenance["inputs"]),
        checklist=answers,
        checklist_table=as_table(run, answers),
        explorers=charts,
        specification_chart=curve,
        scripts=[Script.of(text) for text in scripts],
        configuration=json.dumps(provenance["configuration"], indent=1, ensure_ascii=False),
    )


def _section(
    run: Run,
    cohort: CohortResults,
    figures: list[Figure],
    beside: list[Planned],
    provenance: dict[str, Any],
) -> Section:
    spec = cohort.cohort
    own = [f for f in figures if f.planned.cohort == spec.id]
    return Section(
        cohort=spec,
        headline=headline(run, cohort),
        findings=_findings(run, spec.id),
        figures={f.planned.kind: f for f in own if f.planned.kind not in SEVERAL},
        forests=[f for f in own if f.planned.kind == "forest"],
        further_forests=[p for p in beside if p.cohort == spec.id],
        curves=[f for f in own if f.planned.kind == "dose_response"],
        modifications=[f for f in own if f.planned.kind == "modification"],
        tables=human_tables(run, cohort),
        methods=methods(run.project, spec, provenance["software"]),
        inputs=[i for i in provenance["inputs"] if i["cohort"] == spec.id],
    )


def _findings(run: Run, cohort: str) -> dict[str, list[Finding]]:
    """Return label of the outcome -> findings, in the order of the configuration."""
    found: dict[str, list[Finding]] = {}
    for _, row in headline_rows(run, cohort).iterrows():
        said = Finding(*_verdict(run.project, row), finding(run, row))
        found.setdefault(label(run.project, row["outcome"]), []).append(said)
    return found


def _verdict(project: Project, row: pd.Series) -> tuple[str, str]:
    way = direction(row)
    if pd.isna(row["estimate"]):
        return "suppressed", "unclear"
    if way == "unclear":
        return "no clear difference", "unclear"
    return (way, "clear") if survives(project, row) else (f"{way}, before adjustment for tests", "tentative")


def unbroken(text: str) -> Markup:
    """Return text with spaces that do not break where a number meets what it is a number of.

    >>> str(unbroken("95 % CI"))
    '95\xa0% CI'
    """
    return Markup(_TIED.sub("\u00a0", str(escape(text))))


def _figure(run_dir: Path, planned: Planned, drawings: Drawings) -> Figure:
    text = _text(run_dir / "figures" / f"{planned.name}.svg")
    return Figure(planned, Markup(drawings.inline(text, planned.name, planned.title, planned.alt)))


def _reproduction_svg(run: Run, drawings: Drawings) -> Markup:
    """Return the figure of published and computed numbers, which a rule of its own has drawn."""
    if run.reproduction is None:
        return Markup()
    text = _text(run.folder / "reproduction.svg")
    found = reproduction_summary(run)
    words = (
        f"{found['reproduced']} of {found['all']} numbers round to the printed digits; all are in the table."
    )
    return Markup(drawings.inline(text, "reproduction", "Published and computed numbers", words))


def _text(path: Path) -> str:
    if not path.is_file():
        raise B12SarcError.at(path.as_posix(), "file not found", "run the pipeline: snakemake --cores all")
    return path.read_text(encoding="utf-8")

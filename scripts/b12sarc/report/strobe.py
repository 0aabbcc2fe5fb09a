"""The STROBE and STROBE-nut checklists, filled from the run as far as code can, marked where a person must.

The items are data (``data/strobe.yaml``); what code says of each is written from the configuration and the
results, so that it cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from b12sarc.answer import five_sentences
from b12sarc.report import sampling
from b12sarc.report.human import Column, HumanTable
from b12sarc.report.methods import methods
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Project
from b12sarc.style import marked
from b12sarc.wording import (
    count,
    covariates,
    full_label,
    label,
    lower_first,
    number,
    percent,
    plain,
    short_label,
)

ITEMS = Path(__file__).parent / "data" / "strobe.yaml"
OF_RUN = ("headline", "limits", "claims", "synthesis", "provenance")
"""Parts of the report that are one for all cohorts."""
NOT_ASKED = "Not part of this analysis."
_TWICE = "of one measurement of each marker from people measured twice, where a cohort has them"


@dataclass(frozen=True)
class Answer:
    """One item of the checklist.

    Attributes:
        item: its number.
        part: of a paper.
        asks: what it asks for, in our words.
        says: what code fills in; empty if nothing.
        person: what a person must write; empty if nothing.
        links: anchors of the report where it is answered.
    """

    item: str
    part: str
    asks: str
    says: str
    person: str
    links: tuple[str, ...]


def checklist(run: Run, anchors: frozenset[str]) -> list[Answer]:
    """Return every item with its answer.

    Args:
        run: the results.
        anchors: ids that the page has; a part that is not there is not pointed at.
    """
    items = yaml.safe_load(ITEMS.read_text(encoding="utf-8"))
    return [
        Answer(
            item=item["item"],
            part=item["part"],
            asks=item["asks"],
            says=_says(run, item),
            person=item.get("person", ""),
            links=tuple(_links(run, item.get("see", []), anchors)),
        )
        for item in items
    ]


def as_table(run: Run, answers: list[Answer]) -> HumanTable:
    """Return the checklist as a table to download."""
    columns = [
        Column(h) for h in ("Item", "Part", "What it asks for", "What this run says", "Where", "For a person")
    ]
    rows = tuple(
        (a.item, a.part, a.asks, a.says, " ".join(f"report.html#{x}" for x in a.links), a.person)
        for a in answers
    )
    caption = marked("STROBE and STROBE-nut", synthetic=run.synthetic)
    return HumanTable("strobe", caption, tuple(columns), rows)


def _says(run: Run, item: dict[str, Any]) -> str:
    if "lists" in item:
        return _listed(run.project, **item["lists"])
    return FILLS[item["says"]](run) if "says" in item else ""


def _listed(project: Project, quantities: list[str], lead: str = "") -> str:
    """Return the quantities of a list that the configuration has, in words, after ``lead``."""
    there = project.dictionary.variables.keys() | project.definitions.definitions.keys()
    known = tuple(name for name in quantities if name in there)
    return f"{lead}{_names(project, known)}." if known else NOT_ASKED


def _links(run: Run, parts: list[str], anchors: frozenset[str]) -> list[str]:
    """Return the anchors of parts: of the run, or of the first cohort that has the part."""
    found = []
    for part in parts:
        own = [part] if part in OF_RUN else [f"{cohort}-{part}" for cohort in run.cohorts]
        found += [anchor for anchor in own if anchor in anchors][:1]
    return found


def _each(run: Run, say: Callable[[CohortResults], str]) -> str:
    """Return what is said of each cohort, once if it is the same of all."""
    said = {c.cohort.title: say(c) for c in run.cohorts.values()}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return " ".join(f"{title}: {text}" for title, text in said.items())


def _paragraph(run: Run, heading: str) -> str:
    """Return a paragraph of the methods, of each cohort."""
    versions: dict[str, dict[str, str] | str] = {"python": "", "packages": {}}

    def of(cohort: CohortResults) -> str:
        texts = {p.heading: p.text for p in methods(run.project, cohort.cohort, versions)}
        return texts.get(heading, NOT_ASKED)

    return _each(run, of)


def _design(run: Run) -> str:
    return "Cross-sectional: exposure and outcome were measured once, at about the same time. " + _each(
        run, lambda c: f"{c.cohort.population}."
    )


def _objectives(run: Run) -> str:
    asked, project = run.project.analysis.headline, run.project
    exposures = ", ".join(lower_first(label(project, name)) for name in asked.exposures)
    outcomes = ", ".join(lower_first(short_label(project, name)) for name in asked.outcomes)
    return (
        f"Fixed beforehand: {exposures} with {outcomes}, adjustment set "
        f"“{project.analysis.adjustment_sets[asked.adjustment].label}”."
    )


def _setting(run: Run) -> str:
    return _each(run, lambda c: f"{c.cohort.population}; survey cycles {', '.join(c.cohort.cycles)}.")


def _eligibility(run: Run) -> str:
    steps = [lower_first(plain(s.description)) for s in run.project.analysis.population.domain]
    return f"Eligible for every estimate: {'; '.join(steps)}."


def _names(project: Project, names: tuple[str, ...]) -> str:
    return ", ".join(lower_first(full_label(project, name)) for name in names)


def _variables(run: Run) -> str:
    project, models = run.project, run.project.analysis.models
    return (
        f"Exposures: {_names(project, models.exposures)}. Outcomes: {_names(project, models.outcomes)}. "
        f"Confounders (primary set): {covariates(project, project.analysis.headline.adjustment)}. "
        f"{_modifiers(run)} Cut-offs with their sources: table of definitions."
    )


def _markers(run: Run) -> str:
    definitions = run.project.definitions.definitions
    used = {
        v
        for e in run.project.analysis.models.exposures
        if e in definitions
        for v in definitions[e].variables()
    }
    known = run.project.dictionary.variables
    measured = tuple(name for name in known if name in used and known[name].unit)
    return f"Biomarkers in blood: {_names(run.project, measured)}."


def _patterns(run: Run) -> str:
    kinds = {n: d for n, d in run.project.definitions.definitions.items() if d.kind == "index"}
    used = [name for name in run.project.analysis.models.exposures if name in kinds]
    return f"Index of markers: {_names(run.project, tuple(used))}." if used else NOT_ASKED


def _measurement(run: Run) -> str:
    checks = {c.cohort.title: len(c.codebook_check) for c in run.cohorts.values() if len(c.codebook_check)}
    said = "Each variable's source table, column, unit and laboratory method are in a table of the methods."
    if not checks:
        return said
    numbers = "; ".join(f"{title}: {count(n)} checks" for title, n in checks.items())
    return f"{said} The files were compared with the printed counts of their codebooks ({numbers})."


def _timing(run: Run) -> str:
    del run
    return "Exposure, outcome and covariates are taken as measured at one time; no order in time is used."


def _has_reliability(run: Run) -> bool:
    asked = run.project.analysis.sensitivity
    return asked is not None and asked.measurement_error is not None


def _validity(run: Run) -> str:
    if not _has_reliability(run):
        return NOT_ASKED
    return f"Reliability {_TWICE}."


def _sentence(parts: list[str]) -> str:
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def _bias(run: Run) -> str:
    asked = run.project.analysis.sensitivity
    parts = ["negative and positive controls", "E-values"] if asked else []
    parts += ["weights for being tested and worst cases of the untested"] if asked and asked.untested else []
    return f"{_sentence(parts)}." if parts else NOT_ASKED


def _bias_nutrition(run: Run) -> str:
    asked = run.project.analysis.sensitivity
    if asked is None:
        return NOT_ASKED
    parts = ["regression dilution"] if asked.measurement_error else []
    parts += ["probabilistic bias analysis of a misclassified exposure"] if asked.misclassification else []
    return (
        f"{', '.join(parts).capitalize()}; laboratory methods brought to one scale." if parts else NOT_ASKED
    )


def _size(run: Run) -> str:
    return "Everybody in the survey who is eligible; no calculation of size. " + _flow(run)


def _grouping(run: Run) -> str:
    curves = ", as restricted cubic splines," if run.project.analysis.dose_response else ""
    return (
        f"Continuous exposures on the log2 scale (per halving or doubling){curves} and in groups by "
        f"published cut-offs; boundaries, reference levels and sources: table of definitions. {_markers(run)}"
    )


def _modifiers(run: Run) -> str:
    asked = run.project.analysis.effect_modification
    if asked is None:
        return NOT_ASKED
    names = ", ".join(lower_first(plain(m.label)) for m in asked.modifiers.values())
    return f"Effect modifiers: {names}; interaction tested on both scales."


def _sampling(run: Run) -> str:
    return _each(run, lambda c: f"{sampling.weights(c.cohort)} {sampling.variance(c.cohort)}")


def _weighting(run: Run) -> str:
    return "No energy adjustment and no intake model. " + _each(run, lambda c: sampling.weights(c.cohort))


def _sensitivity(run: Run) -> str:
    asked = run.project.analysis.sensitivity
    if asked is None:
        return NOT_ASKED
    return f"Options: {'; '.join(lower_first(plain(o.label)) for o in asked.options.values())}."


def _measurement_error(run: Run) -> str:
    if not _has_reliability(run):
        return NOT_ASKED
    return f"Corrected for regression dilution by the reliability {_TWICE}."


def _flow(run: Run) -> str:
    def of(cohort: CohortResults) -> str:
        last, first = cohort.flow.iloc[-1], cohort.flow.iloc[0]
        return (
            f"{count(first['n_remaining'])} in the survey, {count(last['n_remaining'])} in the primary model."
        )

    return _each(run, of)


def _lost_nutrition(run: Run) -> str:
    used = {v for e in run.project.analysis.models.exposures for v in _made_of(run.project, e)}

    def of(cohort: CohortResults) -> str:
        rows = cohort.missingness[cohort.missingness["variable"].isin(used)]
        return (
            "; ".join(f"{plain(r['label'])} {percent(r['fraction'])} % missing" for _, r in rows.iterrows())
            + "."
        )

    return _each(run, of)


def _made_of(project: Project, name: str) -> tuple[str, ...]:
    definition = project.definitions.definitions.get(name)
    return tuple(definition.variables()) if definition else (name,)


def _events(run: Run) -> str:
    wanted = run.project.analysis.headline.outcomes

    def of(cohort: CohortResults) -> str:
        rows = cohort.prevalence[
            (cohort.prevalence["subgroup"] == "all") & cohort.prevalence["variable"].isin(wanted)
        ]
        said = [
            f"{full_label(run.project, r['variable'])} {count(r['events'])} of {count(r['n'])}"
            for _, r in rows.iterrows()
        ]
        return f"{'; '.join(said)}." if said else "The headline's outcomes were not measured."

    return _each(run, of)


def _absolute(run: Run) -> str:
    if run.project.analysis.marginal_effects is None:
        return NOT_ASKED
    return "Standardised prevalences, differences and ratios of every binary outcome."


def _others(run: Run) -> str:
    if run.multiverse is None:
        return _modifiers(run)
    every = run.multiverse.summary["specifications"].max()
    return f"{_modifiers(run)} Multiverse of {number(float(every), 0)} specifications, with a joint test."


def _key(run: Run) -> str:
    return " ".join(five_sentences(run))


def _limits(run: Run) -> str:
    del run
    return (
        "What the data cannot answer, and why, is listed by definition and cohort; one measurement in time."
    )


def _generalisability(run: Run) -> str:
    return _each(run, lambda c: f"Speaks of: {c.cohort.population}.")


def _material(run: Run) -> str:
    del run
    return "Code, configuration, addresses and checksums of files: provenance.json, ro-crate-metadata.json."


FILLS: dict[str, Callable[[Run], str]] = {
    "absolute": _absolute,
    "bias": _bias,
    "bias_nutrition": _bias_nutrition,
    "design": _design,
    "eligibility": _eligibility,
    "events": _events,
    "flow": _flow,
    "generalisability": _generalisability,
    "grouping": _grouping,
    "key": _key,
    "limits": _limits,
    "lost_nutrition": _lost_nutrition,
    "markers": _markers,
    "material": _material,
    "measurement": _measurement,
    "measurement_error": _measurement_error,
    "methods": lambda run: f"{_paragraph(run, 'Models')} {_paragraph(run, 'Adjustment sets')}",
    "missing": lambda run: _paragraph(run, "Missing data"),
    "modifiers": _modifiers,
    "objectives": _objectives,
    "others": _others,
    "patterns": _patterns,
    "sampling": _sampling,
    "sensitivity": _sensitivity,
    "setting": _setting,
    "size": _size,
    "timing": _timing,
    "validity": _validity,
    "variables": _variables,
    "weighting": _weighting,
}
"""Name in the data file -> what code says."""

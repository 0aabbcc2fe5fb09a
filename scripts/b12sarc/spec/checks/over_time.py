"""Prevalence over time: what is followed, in which cohorts, and ages that fit the standard population."""

from __future__ import annotations

from b12sarc.spec.analysis import OverTime
from b12sarc.spec.availability import untellable
from b12sarc.spec.checks.context import Names, Page, Sources
from b12sarc.spec.rules import Rule
from b12sarc.spec.salvage import Checked
from b12sarc.spec.standard_population import StandardPopulation


def check_over_time(sources: Sources, names: Names, page: Page) -> None:
    """Note everything of the section ``over_time`` that does not fit the other files."""
    over_time = sources.analysis.model.over_time
    if over_time is None:
        return
    _names(over_time, names, page)
    _cohorts(over_time, sources, page)
    if sources.standard is not None and not sources.standard.broken:
        _last_band(over_time, sources, sources.standard, page)


def _names(over_time: OverTime, names: Names, page: Page) -> None:
    for place, name in enumerate(over_time.prevalence_of):
        path = ("over_time", "prevalence_of", place)
        quantity = names.check(page, path, name)
        if quantity is not None and name not in names.definitions:
            page.add(path, f"'{name}' is not a definition", "define it, or choose another")
        elif quantity is not None and quantity.kind == "continuous":
            page.add(path, f"'{name}' is continuous; expected a categorical or binary one")
    page.repeated(("over_time", "prevalence_of"), over_time.prevalence_of)
    age = names.check(page, ("over_time", "age"), over_time.age)
    if age is not None and (age.kind, age.unit) != ("continuous", "years"):
        page.add(("over_time", "age"), f"'{over_time.age}' is not an age in years")


def _cohorts(over_time: OverTime, sources: Sources, page: Page) -> None:
    for place, name in enumerate(over_time.cohorts):
        path = ("over_time", "cohorts", place)
        page.member(path, name, sources.shelf, "cohort")
        read = sources.cohorts.get(name)
        if read is not None and "cycles" not in read.broken and len(read.model.cycles) < 2:
            page.add(path, f"cohort '{name}' has one survey cycle; a trend needs two", "remove it")
    page.repeated(("over_time", "cohorts"), over_time.cohorts)


def _last_band(
    over_time: OverTime, sources: Sources, standard: Checked[StandardPopulation], page: Page
) -> None:
    """The last band must begin at or below the age that stands for all older ones."""
    last = standard.model.bands[-1].from_
    rule = Rule(var=over_time.age, op=">=", value=last)
    for name, checked in sources.cohorts.items():
        if over_time.cohorts and name not in over_time.cohorts:
            continue
        reason = untellable(rule, checked.model)
        if reason is not None:
            what = f"in cohort '{name}' nobody can be told to be of the last age band ({reason})"
            page.add(("over_time", "standard_population"), what, "let the last band begin earlier")

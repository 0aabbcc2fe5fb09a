"""The run against its cohorts: archives and mirrors."""

from __future__ import annotations

from itertools import combinations

from b12sarc.spec.checks.context import Page, Sources
from b12sarc.spec.cohort import Cohort


def check_run(sources: Sources, page: Page) -> None:
    """Note what does not fit between config.yaml and the archives of the cohorts."""
    config = sources.config
    page.repeated(("cohorts",), config.model.cohorts)
    archives = [c.model.archive.name for c in sources.cohorts.values() if "archive" not in c.broken]
    if len(archives) == len(set(config.model.cohorts)):
        for name in config.model.base_urls:
            page.member(("base_urls", name), name, dict.fromkeys(archives), "archive of these cohorts")


def check_shared(sources: Sources, pages: dict[str, Page]) -> None:
    """Cohorts of one archive share its folder under data/raw, so they must mean the same files."""
    whole = [n for n, c in sources.cohorts.items() if not c.broken & {"archive", "cycles"}]
    for other, name in combinations(whole, 2):
        mine, theirs = sources.cohorts[name].model, sources.cohorts[other].model
        if mine.archive.name == theirs.archive.name:
            _compare(mine, theirs, other, pages[name])
            _apart(mine, theirs, other, pages[name])


def _apart(mine: Cohort, theirs: Cohort, other: str, page: Page) -> None:
    """Note restricted people who are in two cohorts of a run: one less the other may be a few of them."""
    both = [cycle for cycle in mine.cycles if cycle in theirs.cycles]
    if both and (mine.restricted or theirs.restricted):
        people = f"cohort '{other}' has the people of {both[0]} too"
        what = f"{people}, and they are restricted: one less the other may be a few of them"
        page.add(("cycles", both[0]), what, "run the two apart, and publish one of them")


def _compare(mine: Cohort, theirs: Cohort, other: str, page: Page) -> None:
    archive = mine.archive
    for key in type(archive).model_fields:
        value = getattr(theirs.archive, key)
        if getattr(archive, key) != value:
            what = f"archive '{archive.name}' has another {key} in cohort '{other}': {value}"
            page.add(("archive", key), what, "make them agree, or give one archive another name")
    for cycle, wave in mine.cycles.items():
        twin = theirs.cycles.get(cycle, wave)
        if twin.begin_year != wave.begin_year:
            what = f"{cycle} of archive '{archive.name}' begins in {twin.begin_year} in cohort '{other}'"
            page.add(("cycles", cycle, "begin_year"), what, "make them agree")

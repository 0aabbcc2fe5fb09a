"""Whether the configured cohorts can answer what the analysis asks at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from b12sarc.errors import Problem
from b12sarc.spec.availability import untellable, why_unavailable
from b12sarc.spec.checks.context import Page, Sources
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.project import Project
from b12sarc.spec.yaml_lines import KeyPath


def check_answerable(sources: Sources, elsewhere: Mapping[str, Cohort]) -> list[Problem]:
    """Return a problem for everything without which a run, or one of its cohorts, says nothing.

    A model that one cohort cannot answer is left out there and listed with its reason. What is refused: a
    cohort without any of the exposures or any of the outcomes, or whose population cannot be told; a subgroup
    or required definition that no cohort of the run can answer; an outcome, or something in the headline or
    the flow, that no cohort of the project can answer, in the run or not.

    Args:
        sources: the files of the project, without problems of their own.
        elsewhere: cohorts that are not part of the run.
    """
    check = _Answers(sources, elsewhere)
    for cohort in sources.cohorts:
        check.cohort(cohort)
    check.run()
    return check.page.problems


def check_cohort(sources: Sources, cohort: str) -> list[Problem]:
    """Return a problem for everything without which one cohort says nothing in a run.

    Args:
        sources: the files of the project, without problems of their own.
        cohort: one of its cohorts.
    """
    check = _Answers(sources, {})
    check.cohort(cohort)
    return check.page.problems


class _Answers:
    def __init__(self, sources: Sources, elsewhere: Mapping[str, Cohort]) -> None:
        self.page = Page(sources.analysis.document, [])
        self._config = Page(sources.config.document, self.page.problems)
        self._analysis = sources.analysis.model
        self._project: Project = sources.project()
        self._elsewhere = replace(self._project, cohorts=dict(elsewhere))
        self._definitions = sources.definitions.names("definitions")

    def _why_not(self, cohort: str, name: str) -> str | None:
        return why_unavailable(self._project, cohort, name)

    def cohort(self, cohort: str) -> None:
        models = self._analysis.models
        self._some(cohort, ("models", "exposures"), models.exposures, "exposures")
        self._some(cohort, ("models", "outcomes"), models.outcomes, "outcomes")
        for place, step in enumerate(self._analysis.population.domain):
            needed = [*sorted(step.keep.variables() if step.keep else ()), *step.measured]
            reasons = [r for name in needed if (r := self._why_not(cohort, name))]
            if not reasons and step.keep is not None:
                reasons = [r for r in (untellable(step.keep, self._project.cohorts[cohort]),) if r]
            for reason in reasons:
                what = f"cohort '{cohort}' cannot tell who is in the population ({reason})"
                path = ("population", "domain", place)
                self.page.add(path, what, "use another population, or leave the cohort out")

    def _some(self, cohort: str, path: KeyPath, names: Iterable[str], what: str) -> None:
        reasons = {name: self._why_not(cohort, name) for name in names}
        if all(reasons.values()):
            first, reason = next(iter(reasons.items()))
            said = f"cohort '{cohort}' has none of the {what} ({first}: {reason}; ...)"
            self.page.add(path, said, "list one that it has, or leave the cohort out")

    def run(self) -> None:
        self._required()
        self._answered_somewhere()
        for key, subgroup in self._analysis.describe.subgroups.items():
            if subgroup.var is not None:
                self._nobody(("describe", "subgroups", key, "var"), subgroup.var)

    def _required(self) -> None:
        for place, name in enumerate(self._project.config.require):
            path = ("require", place)
            if self._config.member(path, name, self._definitions, "definition"):
                reasons = self._reasons(self._project, name)
                if all(reasons.values()):
                    what = f"no cohort of this run can answer '{name}' ({_listed(reasons)})"
                    self._config.add(path, what, "require something else, or add a cohort that has it")

    def _answered_somewhere(self) -> None:
        """What some other cohort has may stay in an analysis that every run shares; what none has may not."""
        outcomes = self._analysis.models.outcomes
        if all(all(self._reasons(self._project, name).values()) for name in outcomes):
            return
        for path, name in self._shared_by_runs():
            everywhere = self._reasons(self._project, name) | self._reasons(self._elsewhere, name)
            if all(everywhere.values()):
                what = f"no cohort under cohorts/ can answer '{name}' ({_listed(everywhere)})"
                self.page.add(path, what, "take it out, or add a cohort that has it")

    def _shared_by_runs(self) -> Iterator[tuple[KeyPath, str]]:
        headline = self._analysis.headline
        for place, name in enumerate(self._analysis.models.outcomes):
            yield ("models", "outcomes", place), name
        for key, names in (("exposures", headline.exposures), ("outcomes", headline.outcomes)):
            for place, name in enumerate(names):
                yield ("headline", key, place), name
        for place, step in enumerate(self._analysis.population.analytic):
            for name in (*step.measured, *sorted(step.keep.variables() if step.keep else ())):
                yield ("population", "analytic", place), name

    @staticmethod
    def _reasons(project: Project, name: str) -> dict[str, str | None]:
        return {cohort: why_unavailable(project, cohort, name) for cohort in project.cohorts}

    def _nobody(self, path: KeyPath, name: str) -> None:
        reasons = [self._why_not(cohort, name) for cohort in self._project.cohorts]
        if all(reasons):
            what = f"no cohort of this run has '{name}' ({reasons[0]})"
            self.page.add(path, what, "ask for something it has, or add a cohort")


def _listed(reasons: Mapping[str, str | None]) -> str:
    """Return reasons with the cohorts that give them; equal ones once."""
    said: dict[str, list[str]] = {}
    for cohort, reason in reasons.items():
        said.setdefault(str(reason), []).append(cohort)
    return "; ".join(f"{', '.join(cohorts)}: {reason}" for reason, cohorts in said.items())

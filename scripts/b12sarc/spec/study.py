"""A reproduction as a study of its own: its cohort, cut down to what it reads, and its population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from b12sarc.spec.analysis import Population
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.definitions import Definition, Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.files import File
from b12sarc.spec.project import CYCLE, Project
from b12sarc.spec.reproduction import Reproduction


def study_of(project: Project, cohorts: Mapping[str, Cohort], reproduction: Reproduction) -> Project:
    """Return the project in which the publication's people are the population.

    Its one cohort has the reproduction's cycles and files, and only the variables that are read; weights are
    combined over these cycles. Nothing of the run's own analysis remains but the confidence level.

    Args:
        project: the configuration of the run.
        cohorts: every sound cohort of the project, in the run or not.
        reproduction: what is reproduced.
    """
    definitions = {**project.definitions.definitions, **reproduction.definitions}
    used = _closure(reproduction.names(), definitions)
    own = {name: v for name, v in reproduction.variables.items() if name in used}
    dictionary = {name: v for name, v in project.dictionary.variables.items() if name in used}
    dictionary |= {name: v.variable() for name, v in own.items()}
    cohort = cohorts[reproduction.cohort]
    mapped = {name: cohort.variables[name] for name in dictionary if name not in own}
    mapped |= {name: variable.mapping for name, variable in own.items()}
    cycles = reproduction.cycles or tuple(cohort.cycles)
    weight = {"weight": reproduction.weight} if reproduction.weight else {}
    study = cohort.model_copy(
        update={
            "design": cohort.design.model_copy(update=weight),
            "cycles": {cycle: cohort.cycles[cycle] for cycle in cycles},
            "files": {
                name: _in_cycles(file, cycles)
                for name, file in {**cohort.files, **reproduction.files}.items()
            },
            "variables": mapped,
        }
    )
    steps = tuple(step.step() for step in reproduction.population)
    analysis = project.analysis.model_copy(
        update={
            "population": Population(id=reproduction.id, title=reproduction.title, domain=steps),
        }
    )
    return replace(
        project,
        dictionary=Dictionary(variables=dictionary),
        definitions=Definitions(definitions={name: d for name, d in definitions.items() if name in used}),
        analysis=analysis,
        cohorts={cohort.id: study},
    )


def studies(project: Project) -> dict[str, Project]:
    """Return every reproduction of a run as the project that computes it."""
    cohorts = {**project.borrowed, **project.cohorts}
    return {name: study_of(project, cohorts, asked) for name, asked in project.reproductions.items()}


def _in_cycles(file: File, cycles: tuple[str, ...]) -> File:
    """Return the file with the tables of these cycles alone."""
    given = {"table": file.table, "path": file.path}
    cut = {k: {c: v[c] for c in v if c in cycles} for k, v in given.items() if isinstance(v, dict)}
    return file.model_copy(update=cut)


def _closure(names: set[str], definitions: Mapping[str, Definition]) -> set[str]:
    """Return ``names`` and everything that they are made of."""
    found: set[str] = set()
    left = set(names) - {CYCLE}
    while left:
        name = left.pop()
        found.add(name)
        if name in definitions:
            left |= definitions[name].variables() - found - {CYCLE}
    return found

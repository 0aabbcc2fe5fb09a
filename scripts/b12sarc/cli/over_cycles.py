"""What is odd about a cohort over all its cycles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from b12sarc.intake.examine import Examined, Odd, Seen
from b12sarc.intake.plausibility import TOO_MANY, suspicious_unit
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.project import Project

FIX_CYCLES = "give every cycle its own tables; numbers may not come again in another cycle"


def odd_over_cycles(cohort: Cohort, project: Project, examined: Sequence[Examined]) -> list[Odd]:
    """Return odd units, values outside the range, cycles that share persons, an empty population."""
    units = list(_units(cohort, project, examined))
    return [
        *units,
        *_outside(project, examined, {odd.path[1] for odd in units}),
        *_shared(examined),
        *_population(project, examined),
    ]


def by_variable(examined: Sequence[Examined]) -> dict[str, list[Seen]]:
    """Return variable -> what was seen of it, a piece for each cycle."""
    found: dict[str, list[Seen]] = {}
    for part in examined:
        for seen in part.seen:
            found.setdefault(seen.variable, []).append(seen)
    return found


def _units(cohort: Cohort, project: Project, examined: Sequence[Examined]) -> Iterator[Odd]:
    for name, seen in by_variable(examined).items():
        variable = project.dictionary.variables[name]
        units: dict[str, list[Seen]] = {}
        for one in seen:
            units.setdefault(str(cohort.variables[name].at(one.cycle).unit), []).append(one)
        for unit, some in units.items():
            every = [one.values if one.every is None else one.every for one in some]
            values = [array for array in every if array is not None]
            odd = suspicious_unit(name, variable, unit, values) if values else None
            if odd is not None:
                per_cycle = cohort.variables[name].per_cycle is not None
                beside = ("per_cycle", some[0].cycle) if per_cycle else ()
                yield Odd(("variables", name, *beside, "unit"), *odd)


def _outside(project: Project, examined: Sequence[Examined], told: set[str]) -> Iterator[Odd]:
    for name, seen in by_variable(examined).items():
        limits = project.dictionary.variables[name].plausible
        outside, n = sum(one.n_implausible for one in seen), sum(one.n - one.n_missing for one in seen)
        if limits is not None and name not in told and n and outside / n > TOO_MANY:
            unit = project.dictionary.variables[name].unit
            what = (
                f"{100 * outside / n:.2g} % of the values are outside the plausible range "
                f"({limits.min:g} to {limits.max:.12g} {unit}) and would be set missing"
            )
            yield Odd(("variables", name), what, "check unit and missing")


def _shared(examined: Sequence[Examined]) -> Iterator[Odd]:
    ids = {cycle: found for part in examined for cycle, found in part.ids.items()}
    for one, other in combinations(sorted(ids), 2):
        for word, place in (("persons", 0), ("strata", 1)):
            both = len(np.intersect1d(ids[one][place], ids[other][place]))
            if both:
                yield Odd(("cycles", other), f"{both} {word} occur in {one} as well", FIX_CYCLES)


def _population(project: Project, examined: Sequence[Examined]) -> Iterator[Odd]:
    sizes = population(project, examined)
    if sizes and not sum(sizes.values()):
        title = project.analysis.population.title
        yield Odd(("variables",), f"nobody is '{title}'", "check the variables and units of its rules")


def population(project: Project, examined: Sequence[Examined]) -> dict[str, int]:
    """Return cycle -> people of the analysis' population; without a cycle in which that cannot be told."""
    from b12sarc.rules import evaluate

    sizes = {}
    for part in examined:
        for cycle, frame in part.domain.items():
            if "weight" not in frame:
                continue
            kept = np.ones(len(frame), dtype=bool)
            for step in project.analysis.population.domain:
                needed = [*(step.keep.variables() if step.keep else ()), *step.measured]
                if any(name not in frame for name in needed):
                    break
                if step.examined:
                    kept &= (frame["weight"] > 0).to_numpy()
                if step.keep is not None:
                    kept &= evaluate(step.keep, frame).fillna(False).to_numpy(dtype=bool)
                for name in step.measured:
                    kept &= frame[name].notna().to_numpy()
            else:
                sizes[cycle] = int(kept.sum())
    return sizes

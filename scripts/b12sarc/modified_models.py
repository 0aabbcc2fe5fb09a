"""Models with a modifier: their covariates, their levels, and who is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from b12sarc.fit import Arrays, Specification
from b12sarc.inference import NotEstimableError
from b12sarc.interaction import Crossed, Effect
from b12sarc.model_matrix import smallest_cell
from b12sarc.sample import YES_NO, Sample
from b12sarc.spec import AdjustmentSet, EffectModification, Modifier, Project, Subgroup, Term

_INSIDE, _WITHOUT, _SUBGROUP = "{}__with__{}", "{}__without__{}", "by__{}"


def _asked(sample: Sample) -> EffectModification:
    asked = sample.project.analysis.effect_modification
    assert asked is not None
    return asked


def with_modifiers(sample: Sample) -> Project:
    """Return the configuration with what models with modifiers need.

    For each modifier and adjustment set: the set without the modifier and what it replaces, the same with the
    modifier as a covariate, and the subgroups of its levels.
    """
    analysis, asked = sample.project.analysis, _asked(sample)
    sets, groups = dict(analysis.adjustment_sets), dict(analysis.describe.subgroups)
    for name, modifier in asked.modifiers.items():
        for adjustment in asked.adjustments or analysis.models.adjustments:
            kept = tuple(
                t for t in analysis.terms(adjustment) if t.var not in (modifier.var, *modifier.replaces)
            )
            label = analysis.adjustment_sets[adjustment].label
            term = Term(var=modifier.var, form="categorical")
            sets[_WITHOUT.format(adjustment, name)] = AdjustmentSet(label=label, terms=kept)
            sets[_INSIDE.format(adjustment, name)] = AdjustmentSet(label=label, terms=(*kept, term))
        if not sample.is_imputed(modifier.var):
            groups[_SUBGROUP.format(name)] = Subgroup(label=modifier.label, var=modifier.var)
    everybody = analysis.models.subgroups[0]
    subgroups = (everybody, *(name for name in groups if name not in analysis.describe.subgroups))
    changed = {
        "adjustment_sets": sets,
        "describe": analysis.describe.model_copy(update={"subgroups": groups}),
        "models": analysis.models.model_copy(update={"subgroups": subgroups}),
    }
    return replace(sample.project, analysis=analysis.model_copy(update=changed))


def levels_of(sample: Sample, modifier: str) -> Levels:
    """Return the levels of a modifier that somebody in the domain has."""
    spec = _asked(sample).modifiers[modifier]
    names: tuple[str, ...] = ()
    if sample.has(spec.var):
        names = tuple(sample.levels(spec.var))
        if not sample.is_imputed(spec.var):
            values = sample.domain.take(sample.values(spec.var))
            names = tuple(level for i, level in enumerate(names) if (values == i).any())
    return Levels(sample, modifier, spec, names)


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of a modifier in a sample.

    Attributes:
        sample: with the configuration of :func:`with_modifiers`.
        name: id of the modifier.
        spec: its configuration.
        names: levels that somebody has.
    """

    sample: Sample
    name: str
    spec: Modifier
    names: tuple[str, ...]

    @property
    def subgroup(self) -> str:
        """Name of the subgroups."""
        return _SUBGROUP.format(self.name)

    def without(self, spec: Specification) -> str:
        """Adjustment set without the modifier."""
        return _WITHOUT.format(spec.adjustment, self.name)

    def inside(self, spec: Specification) -> str:
        """Adjustment set with the modifier."""
        return _INSIDE.format(spec.adjustment, self.name)

    def check(self, spec: Specification) -> None:
        """Refuse a modifier that the cohort does not have, or that is exposure or outcome itself.

        Raises:
            NotEstimableError: one of these.
        """
        project, var = self.sample.project, self.spec.var
        if not self.sample.has(var):
            raise NotEstimableError(self.sample.why_not(var))
        lacking = []
        for role, name in (("exposure", spec.exposure), ("outcome", spec.outcome)):
            if name == var or project.measured_in_both(name, var):
                lacking.append(f"the modifier {var} and the {role} are made of the same measurement")
        if len(self.names) < 2:
            lacking.append(f"{var} has fewer than two levels here: nothing to compare")
        if lacking:
            raise NotEstimableError("; ".join(lacking))

    def check_size(self, level: str, n: int) -> None:
        """Refuse a level that too few people of a model have.

        Raises:
            NotEstimableError: fewer than ``min_n``.
        """
        least = _asked(self.sample).min_n
        if n < least:
            what = f"{self.spec.var}[{level}]: {n} people"
            raise NotEstimableError(f"{what}; a level of fewer than {least} is not looked at by itself")

    def present(self, a: Arrays) -> list[str]:
        """Levels that the people of a model have, the reference first, as :class:`Crossed` counts them."""
        coded = [level for level in self.names if self._column(level) in a.matrix.names]
        left = [level for level in self.names if level not in coded]
        reference = self.sample.quantity(self.spec.var).reference or next(iter(YES_NO))
        first = [level for level in left if level == reference] or [
            level for level in left if level in self._held(a)
        ]
        return [*first[:1], *coded]

    def cross(self, a: Arrays, spec: Specification) -> Crossed:
        """Return the model matrix with products of exposure and modifier.

        Raises:
            NotEstimableError: a level, or a level of the exposure within it, that too few people have.
        """
        levels = self.present(a)
        if len(levels) < 2:
            raise NotEstimableError(f"{self.spec.var} has one level here: nothing to compare")
        terms = a.matrix.exposure
        crossed = Crossed.of(
            a.matrix.x,
            a.matrix.names,
            [term.position for term in terms],
            [a.matrix.names.index(self._column(level)) for level in levels[1:]],
            [term.multiply for term in terms],
            a.domain.weights,
            discrete=self.sample.quantity(spec.exposure).kind != "continuous",
        )
        self._check_cells(crossed, levels, [term.name for term in terms])
        return crossed

    def _check_cells(self, crossed: Crossed, levels: list[str], terms: list[str]) -> None:
        least, few = self.sample.project.analysis.models.min_level_n, []
        for level, inside in zip(levels, crossed.levels(), strict=True):
            self.check_size(level, int(inside.sum()))
            exposed = [crossed.x[inside][:, at] for at in crossed.exposure] if crossed.discrete else []
            for term, column in zip(terms, exposed, strict=False):
                n = int(min(column.sum(), (column == 0).sum()))
                few += [f"{term} in {self.spec.var}[{level}]: {n} people"] if n < least else []
        if few:
            raise NotEstimableError(f"{'; '.join(few)}; a group of fewer than {least} is not compared")

    def _column(self, level: str) -> str:
        """Name of a level's column in a model matrix."""
        binary = self.sample.quantity(self.spec.var).kind == "binary"
        yes = list(YES_NO)[1]
        return (self.spec.var if level == yes else "") if binary else f"{self.spec.var}[{level}]"

    def _held(self, a: Arrays) -> set[str]:
        values = a.domain.take(self.sample.values(self.spec.var))
        return {level for i, level in enumerate(self.sample.levels(self.spec.var)) if (values == i).any()}


def smallest_cell_of(a: Arrays, crossed: Crossed, *, binary: bool) -> int:
    """Count the fewest people that the model can be worked back to, in any level of the modifier."""
    parts = [(replace(a.matrix, x=a.matrix.x[inside]), a.y[inside]) for inside in crossed.levels()]
    return min(smallest_cell(matrix, y, binary=binary) for matrix, y in parts)


def counted(a: Arrays, crossed: Crossed, *, binary: bool) -> Callable[[Effect], tuple[int, int | None]]:
    """Return what counts the people of a number, and those of them with the outcome.

    They are the people of its level; of a discrete exposure's ``joint`` number those of its cell.
    """
    levels = crossed.levels()

    def people(effect: Effect) -> tuple[int, int | None]:
        inside = levels[effect.level]
        if effect.measure == "joint" and crossed.discrete:
            columns = crossed.x[:, list(crossed.exposure)]
            exposed = columns[:, effect.term] == 1 if effect.term >= 0 else (columns == 0).all(axis=1)
            inside = inside & exposed
        return int(inside.sum()), int(a.y[inside].sum()) if binary else None

    return people

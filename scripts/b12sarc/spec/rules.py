"""Conditions on variables, as data: comparisons joined by all / any / not / by, in three-valued logic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Operator, Scalar, Text


class ByVariable(Model):
    """One rule for each category of a variable (cut-offs by sex)."""

    var: Name = Field(description="categorical variable that chooses the rule")
    cases: dict[Name, Rule] = Field(
        min_length=1, description="category -> rule; a category without a rule is missing"
    )


class Rule(Model):
    """One condition. Exactly one of: a comparison (var, op, value), all, any, not, by.

    Evaluated in three-valued (Kleene) logic: ``all`` is false as soon as one part is false, ``any`` true
    as soon as one is true, and missing only when the missing part decides.
    """

    var: Name | None = Field(None, description="variable or definition that is compared")
    op: Operator | None = Field(None, description="comparison operator; strictness is part of a definition")
    value: Scalar | Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = Field(
        None, description="cut-off, category, true / false, or a list for 'in'"
    )
    unit: Text | None = Field(None, description="unit of the cut-off; must be the unit of the variable")
    all: tuple[Rule, ...] | None = Field(None, min_length=1, description="every part holds")
    any: tuple[Rule, ...] | None = Field(None, min_length=1, description="at least one part holds")
    not_: Rule | None = Field(None, alias="not", description="the part does not hold")
    by: ByVariable | None = Field(None, description="a rule for each category of a variable")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        compares = [self.var, self.op, self.value]
        forms = [any(x is not None for x in compares)]
        forms += [x is not None for x in (self.all, self.any, self.not_, self.by)]
        if sum(forms) != 1:
            raise ValueError("give exactly one of: var + op + value, all, any, not, by")
        if forms[0] and None in compares:
            lacks = [k for k, x in zip(("var", "op", "value"), compares, strict=True) if x is None]
            raise ValueError(f"a comparison needs var, op and value; it lacks {' and '.join(lacks)}")
        if self.unit is not None and not forms[0]:
            raise ValueError("unit belongs to a comparison: var, op, value, unit")
        if (self.op == "in") != isinstance(self.value, tuple) and forms[0]:
            raise ValueError("op 'in' takes a list of values, every other op a single value")
        return self

    def parts(self) -> tuple[Rule, ...]:
        """Return the rules directly below this one."""
        below = (*(self.all or ()), *(self.any or ()))
        below += (self.not_,) if self.not_ else ()
        return below + (tuple(self.by.cases.values()) if self.by else ())

    def comparisons(self) -> Iterator[Rule]:
        """Yield every comparison at or below this rule."""
        if self.var is not None:
            yield self
        for part in self.parts():
            yield from part.comparisons()

    def variables(self) -> set[str]:
        """Return the names of all variables the rule reads."""
        names = {self.var} if self.var else {self.by.var} if self.by else set()
        return names.union(*(part.variables() for part in self.parts())) if self.parts() else names


ByVariable.model_rebuild()
Rule.model_rebuild()

"""The causal diagram that the adjustment sets rest on (``dag`` in config/analysis.yaml)."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Text


class DagNode(Model):
    """One quantity of the diagram."""

    label: Text = Field(description="words in the figure")
    at: tuple[Number, Number] = Field(description="place in the figure: column, row (0, 0 is top left)")
    role: Literal["exposure", "outcome", "covariate", "unmeasured"] = Field(
        "covariate", description="one exposure and one outcome; what nobody measured is unmeasured"
    )
    variables: tuple[Name, ...] = Field(
        (), description="variables and definitions that measure it; it is held if one is adjusted for"
    )


class Dag(Model):
    """A directed acyclic graph of exposure, outcome and what bears on them."""

    nodes: dict[Name, DagNode] = Field(min_length=2, description="name -> quantity")
    arrows: dict[Name, tuple[Name, ...]] = Field(description="from -> to: assumed to act on")

    @model_validator(mode="after")
    def _is_a_dag(self) -> Self:
        for role in ("exposure", "outcome"):
            named = [name for name, node in self.nodes.items() if node.role == role]
            if len(named) != 1:
                raise ValueError(f"one node has role: {role}; found {', '.join(named) or 'none'}")
        unknown = {name for start, ends in self.arrows.items() for name in (start, *ends)} - set(self.nodes)
        if unknown:
            raise ValueError(f"arrows name what is no node: {', '.join(sorted(unknown))}")
        try:
            TopologicalSorter(self.arrows).prepare()
        except CycleError as error:
            raise ValueError(f"arrows go in a circle: {' -> '.join(reversed(error.args[1]))}") from None
        return self

    def the(self, role: Literal["exposure", "outcome"]) -> str:
        """Return the name of the exposure or the outcome."""
        return next(name for name, node in self.nodes.items() if node.role == role)

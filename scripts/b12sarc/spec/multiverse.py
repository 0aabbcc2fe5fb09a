"""Every combination of reasonable choices that is fitted (config/analysis.yaml, ``multiverse``)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from b12sarc.spec.base import Model, Name, Text, Whole

MAIN = "main"
"""The option that changes nothing: the main analysis."""

Direction = Literal[-1, 1]


class MultiverseExposure(Model):
    """An exposure of the multiverse: what it is a marker of, and which way it points."""

    marker: Name = Field(description="one of markers")
    direction: Direction = Field(
        description="1: its contrast compares worse vitamin B12 status with better; -1: better with worse"
    )
    level: Name | None = Field(
        None, description="of a categorical exposure the level whose contrast stands for it"
    )


class MultiverseOutcome(Model):
    """An outcome of the multiverse: what it belongs to, and which way it points."""

    domain: Name = Field(description="one of domains")
    direction: Direction = Field(description="1: more of it is worse health; -1: less of it is")


class Grid(Model):
    """Choices, of which every combination is fitted that a cohort can answer."""

    cohorts: tuple[Name, ...] = Field((), description="cohorts it is for; empty: every one")
    adjustments: tuple[Name, ...] = Field(min_length=1, description="names of adjustment_sets")
    subgroups: tuple[Name, ...] = Field(("all",), description="names of describe.subgroups")
    options: tuple[Name, ...] = Field(
        (MAIN,), description="main (nothing changed), and names of sensitivity.options"
    )
    missing: tuple[Literal["complete_case", "mi"], ...] = Field(
        ("complete_case",), description="how missing values are treated"
    )
    continuous_outcomes: tuple[Literal["linear"], ...] = Field(
        ("linear",), description="estimators for continuous outcomes"
    )
    binary_outcomes: tuple[Literal["logistic", "poisson"], ...] = Field(
        ("poisson",), description="estimators for binary outcomes"
    )


class JointNull(Model):
    """The test of all specifications together."""

    draws: Whole = Field(500, ge=100, le=5000, description="bootstrap replicates of the survey design")


class Multiverse(Model):
    """The multiverse: which combinations of choices are fitted, and how their estimates are oriented."""

    markers: dict[Name, Text] = Field(min_length=1, description="marker of vitamin B12 status -> words")
    domains: dict[Name, Text] = Field(min_length=1, description="domain of outcomes -> words")
    exposures: dict[Name, MultiverseExposure] = Field(
        min_length=1, description="definitions with the role exposure"
    )
    outcomes: dict[Name, MultiverseOutcome] = Field(
        min_length=1, description="definitions with the role outcome, or harmonised variables"
    )
    grids: dict[Name, Grid] = Field(
        min_length=1, description="name -> choices; a combination that two grids have is fitted once"
    )
    joint_null: JointNull = Field(default_factory=JointNull, description="the test of all specifications")

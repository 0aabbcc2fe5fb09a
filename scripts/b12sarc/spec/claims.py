"""Claims under test, and the rule that gives each its verdict (config/claims.yaml)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Text

Expected = Literal["higher", "lower"]


class AssociationTest(Model):
    """Estimates of exposures on outcomes; each has a direction in which the claim says that it lies."""

    exposures: tuple[Name, ...] = Field(
        min_length=1,
        description="exposures; the contrast of each goes from better to worse, or from no to yes",
    )
    outcomes: dict[Name, Expected] = Field(
        min_length=1, description="outcome -> what the claim says of it with the exposure: higher or lower"
    )
    cohorts: tuple[Name, ...] = Field((), description="cohorts that are asked; empty: every one of the run")
    adjustment: Name | None = Field(None, description="adjustment set; none: that of the headline")
    decides: Flag = Field(False, description="whether the verdict rests on these estimates; others are shown")


class ShareTest(Model):
    """How common something is, against the number that the claim names."""

    definitions: tuple[Text, ...] = Field(
        min_length=1, description="binary definitions, or a level: name[level]"
    )
    at_least: Number = Field(gt=0, lt=1, description="share that the claim says is reached")
    cohorts: tuple[Name, ...] = Field((), description="cohorts that are asked; empty: every one of the run")
    decides: Flag = Field(False, description="whether the verdict rests on these shares; others are shown")


class Claim(Model):
    """One claim in plain words, and what speaks to it."""

    claim: Text = Field(description="the claim in plain words")
    associations: tuple[AssociationTest, ...] = Field((), description="estimates that speak to it")
    shares: tuple[ShareTest, ...] = Field((), description="shares that speak to it")
    combine: Literal["all", "any"] = Field(
        "all", description="supported when all of the deciding estimates are, or when any is"
    )
    not_testable: Text | None = Field(
        None,
        description="why these data cannot test it, and which study would; then nothing else speaks to it",
    )
    evidence: tuple[Name, ...] = Field((), description="published studies beside it (config/evidence.yaml)")
    would_change: Text = Field(description="what would change the verdict, in plain words")

    @model_validator(mode="after")
    def _testable_or_not(self) -> Self:
        tests: tuple[AssociationTest | ShareTest, ...] = (*self.associations, *self.shares)
        if (self.not_testable is None) == (not tests):
            raise ValueError("give associations or shares that speak to the claim, or not_testable: why")
        if tests and not any(test.decides for test in tests):
            raise ValueError("no test decides: write decides: true at those on which the verdict rests")
        return self


class ClaimModels(Model):
    """Models that only the claims need, beside those of the analysis."""

    exposures: tuple[Name, ...] = Field(min_length=1, description="definitions with the role exposure")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="definitions with the role outcome")
    adjustments: tuple[Name, ...] = Field(min_length=1, description="names of adjustment_sets")


class Claims(Model):
    """Claims under test (config/claims.yaml)."""

    multiverse_share: Number = Field(
        0.8,
        gt=0,
        le=1,
        description="share of an estimate's multiverse that must exclude the null in the claimed direction",
    )
    models: ClaimModels | None = Field(None, description="models that only the claims need")
    claims: dict[Name, Claim] = Field(min_length=1, description="id -> claim, in order")

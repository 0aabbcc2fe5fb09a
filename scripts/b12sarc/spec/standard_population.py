"""The population whose ages stand for everybody's in direct age standardisation."""

from __future__ import annotations

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Part, Text, Whole


class Band(Model):
    """One age band; it ends where the next one begins, and the last one has no end."""

    id: Part = Field(description="name of the band")
    label: Text = Field(description="words for tables")
    from_: Number = Field(alias="from", ge=0, description="first age in it, years")
    population: Whole = Field(gt=0, description="people of the standard population in it")


class StandardPopulation(Model):
    """Weights of direct age standardisation: the share of each band in the sum of them."""

    id: Name = Field(description="name of the standard population")
    label: Text = Field(description="words for tables and figures")
    source: Text = Field(description="where the numbers are published")
    total: Whole = Field(
        gt=0, description="sum over the bands, as the source prints it: a typing error shows"
    )
    bands: tuple[Band, ...] = Field(min_length=2, description="age bands, in ascending order")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        starts = [band.from_ for band in self.bands]
        if any(late <= early for early, late in pairwise(starts)):
            raise ValueError(f"the bands must begin at ascending ages; they begin at {self.ages()}")
        if len({band.id for band in self.bands}) < len(self.bands):
            raise ValueError("two bands have the same id")
        found = sum(band.population for band in self.bands)
        if found != self.total:
            raise ValueError(f"the bands sum to {found}, not to the total of {self.total}")
        return self

    def ages(self) -> str:
        """Return the first ages of the bands in words."""
        return ", ".join(f"{band.from_:g}" for band in self.bands)

    def starts(self) -> list[float]:
        """Return the first age of each band."""
        return [band.from_ for band in self.bands]

    def weights(self) -> dict[str, float]:
        """Return label of the band -> its share, which is its weight."""
        return {band.label: band.population / self.total for band in self.bands}

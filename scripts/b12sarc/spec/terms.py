"""A covariate term of a model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from b12sarc.spec.base import Flag, Model, Name


class Term(Model):
    """One covariate term."""

    var: Name = Field(description="variable, definition, or cycle")
    form: Literal["linear", "categorical"] = Field(
        "linear", description="linear for continuous covariates, categorical for all others"
    )
    where_available: Flag = Field(
        False,
        description="leave it out, and say so, in cohorts that state as impossible it or what it is made of",
    )

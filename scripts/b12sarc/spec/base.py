"""What every configuration model shares: closed keys, immutability, and the names of the small types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
"""Identifier of a variable, definition, cohort or level: snake_case."""

Scalar = bool | int | float | str
Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in"]
VariableType = Literal["continuous", "categorical", "binary"]


class Model(BaseModel):
    """A frozen model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

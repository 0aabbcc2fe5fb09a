"""What every configuration model shares: closed keys, immutability, and the names of the small types.

The small types are strict: YAML already says what is a number, a text or true / false, so nothing is guessed
(``"2"`` is no number, ``1`` is not true). Otherwise ``map: {1: 1, 2: 0}`` would silently mean true and false.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
)

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""Identifier of a variable, definition, cohort or level: snake_case."""

PART_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Part = Annotated[str, Field(pattern=PART_PATTERN)]
"""Name that becomes part of a path: a cycle, a table."""

Text = Annotated[str, Field(min_length=1)]
"""Words for people, or a name in the source; never empty."""

Number = Annotated[float, Strict()]
Whole = Annotated[int, Strict()]
Flag = StrictBool
Code = StrictInt | StrictFloat | StrictStr
"""A value as the source table holds it."""


def _url(url: str) -> str:
    if not url.startswith(("http://", "https://", "file://")):
        raise ValueError(f"'{url}' is no address; expected http://, https:// or file:// in front")
    return url


Url = Annotated[str, AfterValidator(_url)]

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in"]
VariableType = Literal["continuous", "categorical", "binary"]


class Model(BaseModel):
    """A frozen model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

"""Read the YAML files of the synthetic cohort, with every problem at its line."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from b12sarc.errors import B12SarcError
from b12sarc.spec import translate, yaml_lines

M = TypeVar("M", bound=BaseModel)


def load_model(path: Path, kind: type[M]) -> M:
    """Read a YAML file as ``kind``.

    Raises:
        B12SarcError: every problem at once, each with file, line and key.
    """
    document, problems = yaml_lines.read(path, str(path))
    if document is None or problems:
        raise B12SarcError(problems)
    try:
        return kind.model_validate(document.value)
    except ValidationError as error:
        raise B12SarcError(translate.problems(error, document, kind)) from None

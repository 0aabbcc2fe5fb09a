"""What reproduction.csv holds, and the published tables of a run put together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

COLUMNS = (
    *("id", "source", "quantity", "published", "computed", "tolerance", "status", "note"),
    *("title", "label", "kind", "group", "part", "unit", "difference", "n"),
)
"""Columns of reproduction.csv, in order."""

REPRODUCED, WITHIN, DIFFERS, NOT_COMPUTED = "reproduced", "within tolerance", "differs", "not computed"
TEXT = (
    "id",
    "source",
    "quantity",
    "published",
    "status",
    "note",
    "title",
    "label",
    "kind",
    "group",
    "part",
    "unit",
)
"""Columns that are text even where every field is empty; ``published`` keeps its noughts."""


def read_reproduction(path: Path) -> pd.DataFrame:
    """Read a table of printed and computed numbers, columns :data:`COLUMNS`."""
    types = {**dict.fromkeys(TEXT, "str"), "n": "Int64"}
    table = pd.read_csv(path, dtype=types, keep_default_na=False, na_values={"computed": [""], "n": [""]})
    numbers = ["computed", "difference", "tolerance"]
    return table.assign(**{name: pd.to_numeric(table[name], errors="coerce") for name in numbers})


def put_together(paths: Iterable[Path]) -> pd.DataFrame:
    """Return the rows of all published tables, in the order of the paths."""
    return pd.concat([read_reproduction(path) for path in paths], ignore_index=True)

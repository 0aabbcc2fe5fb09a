"""Parquet files, by Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from b12sarc.errors import B12SarcError
from b12sarc.readers.table import Overview, Reader, Table, by_upper_case, wanted_of
from b12sarc.spec import File

_EXACT = 2**53
"""Whole numbers beyond this are no longer exact as floats: identifiers, which are kept as text."""


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        what = f"cannot be read as Parquet: {' '.join(str(error).split())[:120]}"
        raise B12SarcError.at(str(path), what, "check the format") from None


def _overview(path: Path, described: File | None) -> Overview:
    del described
    with _open(path) as file:
        return Overview(file.metadata.num_rows, by_upper_case(path, file.schema_arrow.names))


def _read(path: Path, columns: Sequence[str] | None, described: File | None) -> Table:
    stored = _overview(path, described).stored
    wanted = wanted_of(path, columns, stored)
    with _open(path) as file:
        table = file.read([stored[column] for column in wanted])
    frame = pd.DataFrame({column: _plain(path, column, table[stored[column]]) for column in wanted})
    fields = {column: table.schema.field(stored[column]).metadata or {} for column in wanted}
    return Table(frame, {c: fields[c].get(b"label", b"").decode("utf-8", "replace") for c in wanted})


def _plain(path: Path, name: str, values: pa.ChunkedArray) -> pd.Series:
    """Return numbers as float64 and everything else as text; dates as 2015-06-30."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_null(kind):
        return pd.Series(np.nan, index=range(len(values)), dtype="float64")
    if pa.types.is_integer(kind) and _too_large(values):
        kind = pa.string()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return values.cast(pa.float64(), safe=False).to_pandas().astype("float64").rename(None)
    if pa.types.is_decimal(kind):
        return values.cast(pa.float64()).to_pandas().rename(None)
    if pa.types.is_temporal(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text(values)
    raise B12SarcError.at(
        f"{path}: {name}", f"holds {kind}, which is neither number nor text", "leave it out"
    )


def _too_large(values: pa.ChunkedArray) -> bool:
    limits = pc.min_max(values).as_py()
    return any(limit is not None and abs(limit) > _EXACT for limit in limits.values())


def _text(values: pa.ChunkedArray) -> pd.Series:
    kind = values.type
    if pa.types.is_timestamp(kind):
        midnight = pc.all(pc.equal(values, pc.floor_temporal(values, unit="day"))).as_py()
        seconds = values.cast(pa.timestamp("s", kind.tz), safe=False)
        values = pc.strftime(seconds, "%Y-%m-%d" if midnight is not False else "%Y-%m-%dT%H:%M:%S")
    return values.cast(pa.string()).to_pandas().fillna("").astype("str").str.rstrip().rename(None)


PARQUET = Reader(_read, _overview)

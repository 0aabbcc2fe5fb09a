"""The one tabular format between the stages: Parquet with labels, units and sources inside.

Columns every cohort frame has: ``person_id`` (a whole number, or text), ``cycle`` (categorical), ``weight``
(combined over the cycles pooled; 0 for persons not examined; 1 where everybody counts alike), and of
``stratum``, ``psu`` and ``replicate_1``, ``replicate_2``, ... those that its design has. Imputed variables
have a long frame beside it, with ``person_id`` and ``imputation`` (1, 2, ...); what the project imputed
itself has another, with ``nest`` too. Continuous variables are float64 (NaN missing), binary ones pandas
``boolean`` (NA missing, Kleene logic), categorical ones categoricals in the order of the dictionary.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from b12sarc.files import whole_file
from b12sarc.persons import make_private

DESIGN_COLUMNS = ("person_id", "cycle", "stratum", "psu", "weight")
"""Columns that are no variables; replicate weights (:func:`replicate_column`) come on top."""
DOMAIN = "in_domain"
IMPUTATION = "imputation"
IMPUTED_KEY = ("person_id", IMPUTATION)
NEST = "nest"
"""In a completed frame (completed.parquet): which imputation of the source an imputation completes."""
COMPLETED_KEY = (*IMPUTED_KEY, NEST)
_KEY = b"b12sarc"


def raw_name(name: str) -> str:
    """Return the column that holds a bridged variable as it was before the equation between methods."""
    return f"{name}_raw"


def replicate_column(number: int) -> str:
    """Return the column of the frame that holds a combined replicate weight, counted from 1."""
    return f"replicate_{number}"


@dataclass(frozen=True)
class ColumnInfo:
    """What a column is: words, kind, unit, and the raw columns (``TABLE.COLUMN``) or variables behind it.

    ``subsample`` names the parts of the sample in which it was measured; each has a weight of its own
    (column ``weight_<subsample>``), which stands in for ``weight`` wherever the column is used.
    An ``imputed`` column is not in the frame of persons but in the long table of imputations beside it.
    """

    label: str
    type: str
    unit: str | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    subsample: str = ""
    imputed: bool = False


@dataclass(frozen=True)
class FrameMeta:
    """What a cohort frame is.

    Attributes:
        cohort: id of the cohort.
        title: name for people.
        synthetic: whether the people are made up.
        stage: ``harmonised`` or ``analysis``.
        columns: column -> description.
        design: survey design as the statistics need it (kind, single_psu, weight formula by cycle).
        unavailable: variable or definition -> why this cohort does not have it.
        restricted: whether the persons' data may not be passed on (:mod:`b12sarc.persons`).
    """

    cohort: str
    title: str
    synthetic: bool
    stage: str
    columns: dict[str, ColumnInfo]
    design: dict[str, str | dict[str, str]] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    restricted: bool = False


def no_imputations() -> pd.DataFrame:
    """Return the long frame of a cohort without imputed variables: its key columns and no rows."""
    return pd.DataFrame(columns=list(IMPUTED_KEY), dtype="int64")


def no_completions() -> pd.DataFrame:
    """Return the completed frame of a cohort in which nothing was imputed: its key columns and no rows."""
    return pd.DataFrame(columns=list(COMPLETED_KEY), dtype="int64")


def write_frame(path: Path | str, frame: pd.DataFrame, meta: FrameMeta) -> None:
    """Write ``frame`` with ``meta`` inside; a failure leaves nothing half-written.

    Of a restricted cohort, only its owner can read the file or enter its folder.

    Raises:
        ValueError: a restricted cohort's frame that would not lie in the folder for such files.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    described = [
        f.with_metadata({"label": i.label, "unit": i.unit or "", "sources": " ".join(i.sources)})
        if (i := meta.columns.get(f.name))
        else f
        for f in table.schema
    ]
    schema = pa.schema(described, metadata={**(table.schema.metadata or {}), _KEY: json.dumps(asdict(meta))})
    with whole_file(Path(path)) as temporary:
        if meta.restricted:
            make_private(temporary)
        pq.write_table(table.cast(schema), temporary, compression="zstd")


def read_frame(path: Path | str) -> tuple[pd.DataFrame, FrameMeta]:
    """Read a frame that :func:`write_frame` wrote."""
    table = pq.read_table(path)
    raw = json.loads(table.schema.metadata[_KEY])
    raw["columns"] = {
        name: ColumnInfo(**{**info, "sources": tuple(info["sources"])})
        for name, info in raw["columns"].items()
    }
    return table.to_pandas(), FrameMeta(**raw)

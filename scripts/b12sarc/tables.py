"""CSV files: the same bytes for the same numbers, whole or absent, and nothing in them that is restricted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from b12sarc.disclosure import guarded
from b12sarc.files import whole_file

FLOAT_FORMAT = "%.12g"
"""Four digits beyond what is compared with R (1e-8), and short of where sums depend on their order."""


def write_csv(path: Path | str, frame: pd.DataFrame) -> None:
    """Write ``frame`` as UTF-8 CSV with ``\\n`` line ends, by way of a temporary file.

    In a job of a restricted cohort, as it may be shown (:mod:`b12sarc.disclosure`).
    """
    shown = guarded(Path(path).stem, frame)
    with whole_file(Path(path)) as temporary:
        shown.to_csv(temporary, index=False, float_format=FLOAT_FORMAT, lineterminator="\n", encoding="utf-8")

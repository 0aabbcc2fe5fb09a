"""Write SAS transport files (version 5) whose bytes depend on their content alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyreadstat

from b12sarc.errors import B12SarcError, Problem
from b12sarc.files import whole_file

NAME_LENGTH, LABEL_LENGTH = 8, 40
CREATED = datetime(2000, 1, 1)
# TS-140: created and modified, 16 characters each, of the library (144) and of the data set (464).
_DATES_AT = (144, 160, 464, 480)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def write_xport(
    path: Path, frame: pd.DataFrame, member: str, labels: Mapping[str, str], created: datetime = CREATED
) -> None:
    """Write ``frame`` as the data set ``member``; the same content gives the same bytes.

    The writer of the library stamps the clock into the header: ``created`` replaces it. Text is UTF-8.

    Args:
        path: where to; written under another name first.
        frame: columns of numbers (missing: NaN) or text (missing: ""), named in at most 8 characters.
        member: name of the data set, at most 8 characters.
        labels: variable -> label, at most 40 bytes each; variables may lack one.
        created: the date and time that the header is to hold.

    Raises:
        B12SarcError: a name or label that does not fit version 5, or a label for no variable.
    """
    _check_fits(path, frame, member, labels)
    with whole_file(path) as temporary:
        pyreadstat.write_xport(
            frame, temporary, column_labels=dict(labels), table_name=member, file_format_version=5
        )
        _stamp(temporary, created)


def _check_fits(path: Path, frame: pd.DataFrame, member: str, labels: Mapping[str, str]) -> None:
    problems = [
        Problem(f"{path}: {name}", f"a name of {len(name)} characters", f"at most {NAME_LENGTH} fit")
        for name in (member, *frame.columns)
        if len(name) > NAME_LENGTH
    ]
    for name, label in labels.items():
        if name not in frame.columns:
            problems.append(Problem(f"{path}: {name}", "a label for a variable that is not in the data"))
        elif len(label.encode()) > LABEL_LENGTH:
            fix = f"at most {LABEL_LENGTH} fit"
            problems.append(Problem(f"{path}: {name}", f"a label of {len(label.encode())} bytes", fix))
    if problems:
        raise B12SarcError(problems)


def _stamp(path: Path, created: datetime) -> None:
    month = _MONTHS[created.month - 1]  # strftime's %b follows the locale
    stamp = created.strftime(f"%d{month}%y:%H:%M:%S").encode()
    with path.open("r+b") as file:
        for offset in _DATES_AT:
            file.seek(offset)
            file.write(stamp)

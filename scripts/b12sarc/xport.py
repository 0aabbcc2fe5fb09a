"""What a SAS transport file (version 5) says about itself, read without pandas.

A fetch job runs for every table, and so must be able to tell a whole file from a web page, a truncated
file or another table's file in milliseconds. Layout after SAS Institute, "Record Layout of a SAS Version 5
or 6 Data Set in SAS Transport (XPORT) Format" (TS-140).
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from b12sarc.errors import B12SarcError, NotThereError

RECORD = 80
MAGIC = b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"
_MAGIC_V8 = b"HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
_MEMBER = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!"
_DSCRPTR = b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!"
_NAMESTR = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
_OBS = b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!"
_MEMBER_AT, _DSCRPTR_AT, _NAME_AT, _NAMESTR_AT, _VARIABLES_AT = 240, 320, 408, 560, 640
_NAMESTR_SIZES = (136, 140)
_FETCH_AGAIN = "fetch it again (if it lies in data/raw, delete it first)"


@dataclass(frozen=True)
class XportVariable:
    """One variable as its NAMESTR record describes it; ``length`` and ``position`` in bytes."""

    name: str
    label: str
    is_text: bool
    length: int
    position: int


@dataclass(frozen=True)
class XportLayout:
    """Structure of a transport file that holds one data set.

    Attributes:
        member: name of the data set inside the file (CDC: the table's name).
        variables: in file order, names as written (not upper-cased).
        observation_length: bytes in one record.
        n_records: number of records, from the size of the file.
    """

    member: str
    variables: tuple[XportVariable, ...]
    observation_length: int
    n_records: int


def read_layout(path: Path) -> XportLayout:
    """Read the headers of a transport file and count its records from its size.

    Raises:
        B12SarcError: a web page, not SAS transport, not version 5, more than one data set, or truncated.
    """
    size = path.stat().st_size
    if size == 0:
        raise B12SarcError.at(str(path), "the file is empty", _FETCH_AGAIN)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _check_magic(path, data)
        if data[_MEMBER_AT : _MEMBER_AT + len(_MEMBER)] != _MEMBER:
            raise _damaged(path, f"the header ends after {size} bytes, or is not a transport header")
        if data.find(_MEMBER, _MEMBER_AT + RECORD) >= 0:
            raise B12SarcError.at(
                str(path), "holds more than one data set", "give a file that holds one data set"
            )
        member = data[_NAME_AT : _NAME_AT + 8].decode("ascii", "replace").rstrip()
        variables, start = _read_variables(path, data)
        observation_length = sum(variable.length for variable in variables)
        n_records = _count_records(path, data, start, observation_length)
    return XportLayout(member, variables, observation_length, n_records)


def web_page_title(head: bytes) -> str | None:
    """Return the title (perhaps ``""``) if these first bytes of a file are a web page, else ``None``."""
    text = head.decode("utf-8-sig", "replace").lstrip()
    if not re.match(r"<(!doctype|html|head|\?xml|!--)", text, re.IGNORECASE):
        return None
    title = re.search(r"<title[^>]*>(.*?)</title", text, re.IGNORECASE | re.DOTALL)
    return " ".join(title[1].split()) if title else ""


def _check_magic(path: Path, data: mmap.mmap) -> None:
    if data[: len(MAGIC)] == MAGIC:
        return
    title = web_page_title(data[:65536])
    if title is not None:
        named = f' titled "{title}"' if title else ""
        raise NotThereError.at(
            str(path),
            f"a web page{named}, not a data file",
            "the server answers so when it has no such file: check the table's name and the base URL",
        )
    if data[: len(_MAGIC_V8)] == _MAGIC_V8:
        raise B12SarcError.at(
            str(path), "SAS transport version 8", "give the file as SAS transport version 5"
        )
    raise B12SarcError.at(str(path), f"not a SAS transport file: it begins with {data[:20]!r}", _FETCH_AGAIN)


def _read_variables(path: Path, data: mmap.mmap) -> tuple[tuple[XportVariable, ...], int]:
    """Return the variables and the offset at which the observations begin."""
    try:
        size = int(data[_MEMBER_AT + 74 : _MEMBER_AT + 78])
        count = int(data[_NAMESTR_AT + 54 : _NAMESTR_AT + 58])
    except ValueError:
        raise _damaged(path, "the header does not say how many variables there are") from None
    headers = (data[_DSCRPTR_AT : _DSCRPTR_AT + 48], data[_NAMESTR_AT : _NAMESTR_AT + 48])
    if headers != (_DSCRPTR, _NAMESTR) or size not in _NAMESTR_SIZES or count < 1:
        raise _damaged(path, "its member header is not that of a SAS data set")
    obs_at = _VARIABLES_AT + -(-count * size // RECORD) * RECORD
    if len(data) < obs_at + RECORD:
        raise _damaged(path, f"the header should be {obs_at + RECORD} bytes long; the file has {len(data)}")
    if data[obs_at : obs_at + len(_OBS)] != _OBS:
        raise _damaged(path, "no observations follow the variables")
    starts = range(_VARIABLES_AT, _VARIABLES_AT + count * size, size)
    variables = tuple(_variable(data[at : at + size]) for at in starts)
    if min(variable.length for variable in variables) < 1:
        raise _damaged(path, "the header gives a variable no length")
    return variables, obs_at + RECORD


def _variable(namestr: bytes) -> XportVariable:
    kind, _, length, _, name, label = struct.unpack(">4h8s40s", namestr[:56])
    (position,) = struct.unpack(">i", namestr[84:88])
    return XportVariable(_text(name), _text(label), kind == 2, length, position)


def _text(raw: bytes) -> str:
    """Decode header text: CDC writes cp1252; files written again by others are often UTF-8."""
    try:
        return raw.decode("utf-8").rstrip(" \0")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").rstrip(" \0")


def _count_records(path: Path, data: mmap.mmap, start: int, length: int) -> int:
    """Count records of ``length`` bytes; the last 80-byte line is padded with blanks.

    Records shorter than a line make it ambiguous whether an all-blank one is padding: it is taken as such.
    """
    available = len(data) - start
    n_records, rest = divmod(available, length)
    if available % RECORD or rest >= RECORD or data[len(data) - rest :].strip(b" "):
        where = f"{rest} of {length} bytes of record {n_records + 1}"
        raise _damaged(path, f"it should end at the end of a record, and ends after {where}")
    while n_records and (available - (n_records - 1) * length) < RECORD:
        at = start + (n_records - 1) * length
        if data[at : at + length].strip(b" "):
            break
        n_records -= 1
    return n_records


def _damaged(path: Path, what: str) -> B12SarcError:
    return B12SarcError.at(str(path), f"truncated or damaged: {what}", _FETCH_AGAIN)

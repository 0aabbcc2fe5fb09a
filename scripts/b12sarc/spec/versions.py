"""Versions of the cohort.yaml format: which is read, and what to do about another one.

Version 1 took ``access: public`` for granted. Version 2 has it stated (here, or in the cohort that is
extended or pooled), so that nobody passes on restricted data because a key was forgotten.
"""

from __future__ import annotations

from b12sarc.errors import Problem
from b12sarc.spec.yaml_lines import Document

VERSION = 2
"""The version of cohort.yaml that this code reads."""


def check_version(name: str, document: Document) -> Problem | None:
    """Return what is wrong with the version that a cohort.yaml says; None: it is this one, or none is given.

    Args:
        name: folder of the cohort.
        document: the file alone, without what it extends or pools.
    """
    given = document.value.get("schema_version")
    if isinstance(given, bool) or not isinstance(given, int) or given == VERSION or given < 1:
        return None
    where = document.where(("schema_version",))
    if given < VERSION:
        what = f"version {given} of the format, in which access was public unless the file said otherwise"
        return Problem(where, what, f"bring it to version {VERSION}: b12sarc cohort upgrade {name}")
    what = f"version {given} of the format; this b12sarc reads version {VERSION}"
    return Problem(where, what, "get a newer b12sarc (git pull, then make), or a file of that version")

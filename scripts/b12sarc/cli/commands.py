"""What each command does with what it was called with: ask another module, and print what it says."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from b12sarc.cli.output import as_json, table
from b12sarc.cli.place import UsageError, in_project

Command = Callable[[Path, Namespace], int]


def variables(root: Path, asked: Namespace) -> int:
    """Print the dictionary."""
    from b12sarc.cli import vocabulary
    from b12sarc.spec.dictionary import Dictionary

    dictionary = vocabulary.read_model(root, Dictionary, "dictionary")
    if asked.format == "json":
        print(as_json(vocabulary.variables(dictionary)))
        return 0
    rows = [
        (name, v.label, v.type, vocabulary.values_in_words(v), v.source)
        for name, v in dictionary.variables.items()
    ]
    print(table(("variable", "label", "type", "values", "source"), rows))
    return 0


def definitions(root: Path, asked: Namespace) -> int:
    """Print the definitions."""
    from b12sarc.cli import vocabulary
    from b12sarc.spec.definitions import Definitions

    rows = vocabulary.definitions(vocabulary.read_model(root, Definitions, "definitions"))
    if asked.format == "json":
        print(as_json(rows))
        return 0
    shown = [(r["definition"], ", ".join(r["roles"]), r["says"], r["unit"], r["citation"]) for r in rows]
    print(table(("definition", "used as", "in words", "unit", "citation"), shown))
    return 0


def cohort_list(root: Path, asked: Namespace) -> int:
    """Print the cohorts."""
    from b12sarc.cli.listing import cohorts

    rows = cohorts(root)
    if asked.format == "json":
        print(as_json(rows))
        return 0
    head = ("cohort", "title", "cycles", "access", "built on", "variables", "in")
    print(table(head, [tuple(row.values())[: len(head)] for row in rows]))
    return 0


def cohort_new(root: Path, asked: Namespace) -> int:
    """Begin a cohort from its files."""
    from b12sarc.cli.new import begun_in_words, check_new
    from b12sarc.cli.vocabulary import read_model
    from b12sarc.spec.dictionary import Dictionary

    check_new(root, asked.id)
    dictionary = read_model(root, Dictionary, "dictionary")
    from b12sarc.intake.begin import begin

    begun = begin(root, asked.id, [Path(name) for name in asked.files], dictionary)
    print(begun_in_words(root, begun))
    return 0


def cohort_check(root: Path, asked: Namespace) -> int:
    """Check a cohort and its data."""
    from b12sarc.cli.check import check
    from b12sarc.cli.check_output import as_data, in_words

    found = check(root, asked.id)
    print(as_json(as_data(asked.id, found)) if asked.format == "json" else in_words(asked.id, found))
    return 0 if found.fine else 1


def cohort_show(root: Path, asked: Namespace) -> int:
    """Print what a cohort is and what its variables hold."""
    from b12sarc.cli.check import check
    from b12sarc.cli.show import as_rows, in_words

    found = check(root, asked.id)
    print(as_json(as_rows(asked.id, found)) if asked.format == "json" else in_words(asked.id, found))
    return 0 if found.cohort is not None else 1


def cohort_upgrade(root: Path, asked: Namespace) -> int:
    """Bring a cohort.yaml to this version."""
    from b12sarc.cli.versions import VERSION, upgrade

    done = upgrade(root, asked.id)
    file = in_project(root, done.file)
    if done.backup is None:
        print(f"{file} is of version {VERSION} already: nothing to do")
        return 0
    print(f"{file} is now of version {VERSION}; as it was: {in_project(root, done.backup)}")
    if done.access_written:
        print("It now says access: public, which version 1 took for granted.")
        print("If these data may not be passed on, change that to restricted before you run anything.")
    print(f"Next: b12sarc cohort check {asked.id}")
    return 0


def cohort_remove(root: Path, asked: Namespace) -> int:
    """Move a cohort to the trash."""
    from b12sarc.cli.changes import check_removable, remove, results_of

    check_removable(root, asked.id)
    print(
        f"cohorts/{asked.id} will be moved to cohorts/.trash. Source tables in data/raw stay where they are."
    )
    for folder in results_of(root, asked.id):
        print(f"Results that stay as well: {folder}")
    if not asked.yes and not _says_yes(f"Remove cohort {asked.id}? [y/N] "):
        print("Nothing was changed.")
        return 1
    where = in_project(root, remove(root, asked.id))
    print(f"Removed. To have it back: mv {where} cohorts/{asked.id}")
    return 0


def cohort_rename(root: Path, asked: Namespace) -> int:
    """Rename a cohort."""
    from b12sarc.cli.changes import rename

    done = rename(root, asked.old, asked.new)
    print(f"cohorts/{asked.old} is now cohorts/{asked.new}.")
    for place in done.changed:
        print(f"Changed: {place}")
    for folder in done.results:
        print(f"Still under the old name until you run again: {folder}")
    print(f"Next: b12sarc cohort check {asked.new}")
    return 0


def _says_yes(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError.at("b12sarc cohort remove", "nobody is there to answer", "say --yes")
    return input(question).strip().lower() in ("y", "yes")

"""The console command: what it is called with, and what it answers with (0: fine, 1: problems, 2: usage)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from b12sarc.cli import commands
from b12sarc.cli.place import UsageError, find_project
from b12sarc.errors import B12SarcError

FINE, PROBLEMS, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = build_parser()
    asked = parser.parse_args(arguments)
    try:
        return int(asked.command(find_project(asked.project, Path.cwd()), asked))
    except B12SarcError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else PROBLEMS
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="b12sarc",
        description="Make, check, list and change the cohorts of a b12sarc project.",
        epilog="exit codes: 0 fine, 1 problems were found, 2 the command was called wrongly",
    )
    parser.add_argument(
        "--project",
        metavar="DIR",
        help="folder of the project; without it, the nearest at or above this folder (it has a Snakefile)",
    )
    nouns = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    cohort = nouns.add_parser("cohort", help="cohorts: new, check, list, show, rename, remove, upgrade")
    _cohort_commands(cohort.add_subparsers(title="commands", metavar="COMMAND", required=True))
    _add(nouns, "variables", commands.variables, "the harmonised dictionary: what a cohort can deliver")
    _add(
        nouns,
        "definitions",
        commands.definitions,
        "exposures, outcomes and covariates, with cut-offs in words",
    )
    return parser


def _cohort_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = _add(
        verbs,
        "new",
        commands.cohort_new,
        "begin a cohort: look at its data files, write cohort.yaml",
        with_format=False,
    )
    verb.add_argument("id", metavar="ID", help="name of the cohort: lower-case letters, digits and _")
    verb.add_argument(
        "--from",
        dest="files",
        metavar="FILE",
        nargs="+",
        required=True,
        help="its data files: SAS (.xpt, .sas7bdat), Stata (.dta), SPSS (.sav), .csv, .parquet",
    )
    verb = _add(
        verbs, "check", commands.cohort_check, "check a cohort and its data: all problems in one pass"
    )
    verb.add_argument("id", metavar="ID", help="name of the cohort (its folder under cohorts/)")
    verb = _add(verbs, "show", commands.cohort_show, "what a cohort is, and what its variables hold")
    verb.add_argument("id", metavar="ID", help="name of the cohort (its folder under cohorts/)")
    _add(verbs, "list", commands.cohort_list, "the cohorts of the project")
    for name, run, says in (
        (
            "upgrade",
            commands.cohort_upgrade,
            "bring a cohort.yaml to the version of the format that is read here",
        ),
        ("remove", commands.cohort_remove, "move a cohort that nothing names to the trash (data/raw stays)"),
    ):
        verb = _add(verbs, name, run, says, with_format=False)
        verb.add_argument("id", metavar="ID", help="name of the cohort (its folder under cohorts/)")
        if name == "remove":
            verb.add_argument("--yes", action="store_true", help="do not ask")
    verb = _add(
        verbs, "rename", commands.cohort_rename, "rename a cohort wherever it is named", with_format=False
    )
    verb.add_argument("old", metavar="OLD", help="its name now")
    verb.add_argument("new", metavar="NEW", help="its name from now on")


def _add(
    commands_: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: commands.Command,
    says: str,
    *,
    with_format: bool = True,
) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands_.add_parser(
        name, help=says, description=f"{says[0].upper()}{says[1:]}."
    )
    added.set_defaults(command=run)
    if with_format:
        added.add_argument(
            "--format", choices=("text", "json"), default="text", help="text for people, json for scripts"
        )
    return added

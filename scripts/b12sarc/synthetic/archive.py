"""The synthetic cohort as an archive of files laid out like CDC's, made whole or not at all."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.local_files import file_digest
from b12sarc.spec import Cohort
from b12sarc.synthetic.codebook_pages import SYNTHETIC, Codebook, TableEntry, codebook_page, load_codebook
from b12sarc.synthetic.people import draw_people
from b12sarc.synthetic.population import Population
from b12sarc.synthetic.tables import TABLES, make_table
from b12sarc.xport_write import write_xport

MANIFEST = "manifest.json"


def make_archive(population: Population, cohort: Cohort, target_dir: Path) -> dict[str, Any]:
    """Make every table of ``cohort`` with its codebook page, below ``target_dir``, in CDC's layout.

    The same population gives the same bytes. ``target_dir`` is replaced as a whole, when all is written.

    Returns:
        The manifest, as in ``target_dir``/manifest.json: seed, number of people, and for each table its
        cycle, path, number of rows and sha256, and path and sha256 of its codebook page.

    Raises:
        B12SarcError: the cohort uses a file, column or cycle that is not made here.
    """
    codebook = load_codebook()
    _check_makes_what_is_used(population, codebook, cohort)
    temporary = target_dir.with_name(f".{target_dir.name}.{secrets.token_hex(4)}.part")
    try:
        manifest = _write_archive(population, codebook, cohort, temporary)
        if target_dir.exists():
            shutil.rmtree(target_dir)
        temporary.replace(target_dir)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return manifest


def _write_archive(
    population: Population, codebook: Codebook, cohort: Cohort, folder: Path
) -> dict[str, Any]:
    people = draw_people(population)
    tables: dict[str, dict[str, Any]] = {}
    for name, file in cohort.files.items():
        everybody = make_table(name, people, population)
        for number, cycle in enumerate(cohort.cycles):
            frame = everybody[everybody["cycle"] == number].drop(columns="cycle").reset_index(drop=True)
            tables[str(file.table_in(cycle))] = _write_table(
                codebook[name], cohort, folder, name, cycle, frame
            )
    manifest = {
        "notice": f"{SYNTHETIC}: nobody in these files exists",
        "cohort": cohort.id,
        "seed": population.seed,
        "n_people": len(people["person"]),
        "tables": dict(sorted(tables.items())),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


def _write_table(
    entry: TableEntry, cohort: Cohort, folder: Path, name: str, cycle: str, frame: pd.DataFrame
) -> dict[str, Any]:
    table, variables = str(cohort.files[name].table_in(cycle)), entry.in_cycle(cycle)
    where = {"begin_year": cohort.cycles[cycle].begin_year, "table": table, "cycle": cycle}
    path = str(cohort.archive.table_path).format_map(where)
    page_path = str(cohort.archive.codebook_path).format_map(where)
    frame = frame[list(variables)]
    labels = {column: variable.sas_label for column, variable in variables.items()}
    write_xport(folder / path, frame, table, labels)
    page = folder / page_path
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(codebook_page(frame, table, cycle, entry), encoding="utf-8", newline="\n")
    return {
        "cycle": cycle,
        "path": path,
        "n_records": len(frame),
        "sha256": file_digest(folder / path),
        "codebook": {"path": page_path, "sha256": file_digest(page)},
    }


def _check_makes_what_is_used(population: Population, codebook: Codebook, cohort: Cohort) -> None:
    problems = []
    made = list(population.sample.cycles)
    if list(cohort.cycles) != made:
        what = f"the cycles are {', '.join(cohort.cycles)}; those of population.yaml are {', '.join(made)}"
        problems.append(Problem(f"cohort {cohort.id}", what, "give both the same"))
    for name in cohort.files:
        if name not in TABLES or name not in codebook:
            fix = nearest(name, TABLES) or f"files that are made: {', '.join(TABLES)}"
            problems.append(Problem(f"cohort {cohort.id}: files.{name}", "nothing makes this file", fix))
            continue
        for cycle in cohort.cycles:
            variables = codebook[name].in_cycle(cycle)
            problems += [
                Problem(
                    f"cohort {cohort.id}: {name}.{column}",
                    f"not made for {cycle}",
                    nearest(column, variables),
                )
                for column in cohort.raw_columns(name, cycle)
                if column not in variables
            ]
    if problems:
        raise B12SarcError(problems)

"""The files, design and archive of a cohort: what is refused, with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import COHORT, Case

CASES = [
    Case(
        "{begin_year}/{table}.xpt",
        "{begin_year}/{table}}.xpt",
        "archive.table_path",
        "'{begin_year}/{table}}.xpt' has an odd brace (Single '}' encountered in format string)",
    ),
    Case(
        "2011-2012: LAB_G,",
        "2011-2012: LAB/G,",
        "files.lab.table.2011-2012",
        "'LAB/G' cannot be part of a file name",
        "use letters, digits and - _ . only",
    ),
    Case(
        "key: SEQN, rows: many",
        "key: 5, rows: many",
        "files.rx.key",
        "expected text; found the number 5",
        'quote it if a text is meant: "5"',
    ),
    Case(
        "key: SEQN, rows: many",
        "key: SEQN, rows: few",
        "files.rx.rows",
        "expected 'one', 'many', 'imputed' or 'reference'; found 'few'",
    ),
    Case(
        "begin_year: 2011, years",
        'begin_year: "2011", years',
        "cycles.2011-2012.begin_year",
        "expected a whole number; found '2011'",
        "write 2011 without quotes",
    ),
    Case(
        "years: 2}\n  2013",
        "years: -2}\n  2013",
        "cycles.2011-2012.years",
        "expected a number above 0; found -2",
    ),
    Case(
        "years: 2}\n  2013",
        "years: .inf}\n  2013",
        "cycles.2011-2012.years",
        "expected a finite number; found the number inf",
    ),
    Case(
        "title: Mini\n",
        "title:\n",
        "title",
        "expected text; found nothing",
        "give a value, or remove the key",
    ),
    Case("title: Mini\n", "title: ''\n", "title", "is empty", "give a value, or remove the key"),
    Case(
        "{begin_year}/{table}.xpt",
        "{year}/{table}.xpt",
        "archive.table_path",
        "'{year}/{table}.xpt' has an unknown placeholder {year}; use {begin_year} and {table}",
    ),
    Case(
        "{begin_year}/{table}.xpt",
        "{begin_year}/x.xpt",
        "archive.table_path",
        "'{begin_year}/x.xpt' does not say where {table} goes",
    ),
    Case(
        "https://example.org",
        "example.org",
        "archive.base_url",
        "'example.org' is no address; expected http://, https:// or file:// in front",
    ),
    Case(
        "{2011-2012: LAB_G, 2013-2014: LAB_H}",
        "{2011-2012: LAB_G}",
        "files.lab.table",
        "nothing is given for cycle 2013-2014, from which b12, mma, creatinine, grip would be read",
        "add 2013-2014: ..., or give these a status there (per_cycle)",
    ),
    Case(
        "strata: {file: demo",
        "strata: {file: dem",
        "design.strata.file",
        "unknown file: 'dem'",
        "did you mean 'demo'?",
    ),
    Case(
        "psu: {file: demo",
        "psu: {file: rx",
        "design.psu.file",
        "file 'rx' has several rows a person; the design needs one",
        "name a file with rows: one",
    ),
    Case(
        "column: WT, years: 2",
        "column: WT, years: 1",
        "design.weight.years",
        "the weight of 2011-2012 stands for 1 years; expected 2 to 4",
        "at least the years of its cycle, at most those of all cycles pooled",
    ),
    Case(
        "column: WT, years: 2",
        "column: WT, years: {2011-2012: 2, 2013-2014: 6}",
        "design.weight.years.2013-2014",
        "the weight of 2013-2014 stands for 6 years; expected 2 to 4",
        "at least the years of its cycle, at most those of all cycles pooled",
    ),
    Case(
        "column: WT, years: 2",
        "column: {2011-2012: WT}, years: 2",
        "design.weight.column",
        "nothing is given for cycle 2013-2014",
        "add 2013-2014: ...",
    ),
    Case("id: mini", "id: maxi", "id", "the id is 'maxi', but the folder is 'mini'", "write id: mini"),
    Case(
        "files:\n",
        "files:\n  9rx: {table: {2011-2012: A, 2013-2014: B}, key: SEQN}\n",
        "files.9rx",
        "the key '9rx' is no name (lower-case letters, digits and _, a letter first)",
        "choose another name",
    ),
    Case(
        "kind: stratified_cluster",
        "kind: stratified",
        "design.kind",
        "expected 'stratified_cluster', 'clustered', 'weights_only', 'simple' or 'replicate'; "
        "found 'stratified'",
        "did you mean 'stratified_cluster'?",
    ),
    Case(
        "schema_version: 2",
        "schema_version: 1",
        "schema_version",
        "version 1 of the format, in which access was public unless the file said otherwise",
        "bring it to version 2: b12sarc cohort upgrade mini",
    ),
    Case(
        "schema_version: 2",
        "schema_version: 3",
        "schema_version",
        "version 3 of the format; this b12sarc reads version 2",
        "get a newer b12sarc (git pull, then make), or a file of that version",
    ),
    Case("schema_version: 2", "schema_version: 0", "schema_version", "expected 2; found the number 0"),
    Case(
        "{begin_year}/{table}.xpt",
        "/{begin_year}/{table}.xpt",
        "archive.table_path",
        "'/{begin_year}/{table}.xpt' must be a path below base_url, without a leading / and without ..",
    ),
    Case(
        "{begin_year}/{table}.xpt",
        "../{table}.xpt",
        "archive.table_path",
        "'../{table}.xpt' must be a path below base_url, without a leading / and without ..",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_cohort_is_refused_in_one_line(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path, COHORT)

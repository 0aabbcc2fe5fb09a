"""Kinds of design, files of this machine and visits: what is refused, with which words; what is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from b12sarc.acquire import TableSource
from b12sarc.download import Download
from b12sarc.errors import B12SarcError
from b12sarc.local_files import LocalSource, file_state, use_file
from b12sarc.receipts import check_against_lock, read_lock, write_lock
from b12sarc.sources import Key, obtain, state, table_sources
from b12sarc.spec import Cohort, File, Replicates
from b12sarc.survey_columns import weight_in_words
from helpers_spec import COHORT, CONFIG, Case, MiniProject
from local_cohort import N, cohort_of, local_cohort, write_exam

LAB = "lab: {table: {2011-2012: LAB_G, 2013-2014: LAB_H}, key: SEQN}"
HERE = "path: {2011-2012: g.sav, 2013-2014: h.sav}, format: spss, key: SEQN"
DESIGN = """\
  kind: stratified_cluster
  strata: {file: demo, column: STRA}
  psu: {file: demo, column: PSU}
  weight: {role: mec, file: demo, column: WT, years: 2}
"""
BRR = "{method: brr, columns: {prefix: RW, count: 4}}"


def lab(new: str, what: str, fix: str = "", key: str = "files.lab") -> Case:
    return Case(LAB, f"lab: {{{new}}}", key, what, fix)


def replicates(new: str, what: str, fix: str = "", key: str = "design.replicates") -> Case:
    text = "  kind: replicate\n  weight: {file: demo, column: WT}\n  replicates: " + new + "\n"
    return Case(DESIGN, text, key, what, fix, line="replicates:")


CASES = [
    lab("key: SEQN", "give table (of the archive's server) or path (a file on this machine)"),
    lab(
        HERE.replace("h.sav", "../h.sav"),
        "'../h.sav' must be a path below the folder, with / and without .. or a leading /",
        key="files.lab.path.2013-2014",
    ),
    lab(HERE.replace("g.sav", "g.dta"), "'g.dta' is stata by its name, not spss; write format: stata"),
    lab(
        "table: {2011-2012: LAB_G, 2013-2014: LAB_H}, format: spss, key: SEQN",
        "a table of a server is SAS transport; other formats are read from a path",
    ),
    lab(f"{HERE}, csv: {{}}", "csv goes with format: csv"),
    lab(
        "path: {2011-2012: g.csv, 2013-2014: h.csv}, format: csv, encoding: latin-1, key: SEQN",
        "the encoding of a CSV file stands under csv; Parquet has no other than its own",
    ),
    lab(
        f"{HERE}, encoding: martian",
        "unknown encoding 'martian'; utf-8, latin-1, cp1252 and euc-kr are some",
        key="files.lab.encoding",
    ),
    lab(
        "path: {2011-2012: g.csv, 2013-2014: h.csv}, format: csv, csv: {decimal: ','}, key: SEQN",
        "delimiter and decimal cannot both be a comma",
        key="files.lab.csv",
    ),
    lab(
        "path: {2011-2012: g.dta, 2013-2014: h.dta}, format: stata, user_missing: keep, key: SEQN",
        "user_missing: keep goes with format: spss",
    ),
    lab(
        f"{HERE}, bytes: {{2011-2012: 5}}",
        "bytes is for tables of a server",
        "remove bytes",
        key="files.lab.bytes",
    ),
    lab(
        HERE.replace(", 2013-2014: h.sav", ""),
        "nothing is given for cycle 2013-2014, from which b12, mma, creatinine, grip would be read",
        "add 2013-2014: ..., or give these a status there (per_cycle)",
        key="files.lab.path",
    ),
    lab(
        f"{HERE}, visits: {{order_by: DAY, choose: nearest}}",
        "nearest_to goes with choose: nearest, which needs it",
        key="files.lab.visits",
    ),
    lab(
        f"{HERE}, visits: {{order_by: DAY, choose: nearest, nearest_to: {{}}}}",
        "give column or value",
        key="files.lab.visits.nearest_to",
    ),
    lab(
        f"{HERE}, visits: {{order_by: DAY, choose: second}}",
        "expected 'first', 'last' or 'nearest'; found 'second'",
        key="files.lab.visits.choose",
    ),
    Case(
        "key: SEQN, rows: many",
        "key: SEQN, rows: many, visits: {order_by: DAY, choose: first}",
        "files.rx",
        "visits makes one row of several: it goes with rows: one",
    ),
    Case(
        '  table_path: "{begin_year}/{table}.xpt"\n',
        "",
        "archive",
        "the archive does not say where on its server tables are (files demo, lab, rx)",
        "add table_path: ...; or, for files on this machine, write path instead of table",
        line="archive:",
    ),
    Case(
        "  kind: stratified_cluster\n",
        "",
        "design.kind",
        "missing key 'kind', which tells what the other keys are",
        "add kind: stratified_cluster | clustered | weights_only | simple | replicate",
        line="design:",
    ),
    Case(
        "  psu: {file: demo, column: PSU}\n",
        "",
        "design.psu",
        "missing key 'psu' (variance unit (masked PSU))",
        "add psu: ...",
        line="design:",
    ),
    Case(
        DESIGN,
        "  kind: weights_only\n  weight: {file: demo, column: WT}\n  strata: {file: demo, column: STRA}\n",
        "design.strata",
        "unknown key 'strata'",
        "keys here: kind, weight",
        line="strata:",
    ),
    Case(
        DESIGN,
        "  kind: simple\n  file: rx\n  sample: volunteers\n",
        "design.file",
        "file 'rx' has several rows a person; the design needs one",
        "name a file with rows: one",
        line="file: rx",
    ),
    Case(
        DESIGN,
        "  kind: simple\n  file: demo\n  sample: everybody\n",
        "design.sample",
        "expected 'volunteers' or 'random'; found 'everybody'",
        line="sample: everybody",
    ),
    replicates(BRR.replace("brr", "fay"), "rho goes with method: fay, which needs it"),
    replicates(
        BRR.replace("}}", "}, scale: 2}"), "method: brr has its own factor; scale and rscales are for others"
    ),
    replicates(
        BRR.replace("brr", "jkn"),
        "method: jkn needs rscales ((n - 1) / n of each stratum; 0.5 with two PSUs)",
    ),
    replicates(
        "{method: jkn, columns: {prefix: RW, count: 4}, rscales: [0.5, 0.5]}",
        "2 rscales are given for 4 replicates",
    ),
    replicates(
        "{method: brr, columns: [RW1, RW2, rw1]}",
        "'RW1' is listed twice",
        "remove one of them",
        key="design.replicates.columns#3",
    ),
    replicates(
        "{method: brr, columns: {prefix: RW, count: 1}}",
        "expected a number at least 2; found 1",
        key="design.replicates.columns.count",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_wrong_is_refused_in_one_line(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path, COHORT)


@pytest.mark.parametrize(
    ("design", "what"),
    [
        (
            f"  kind: replicate\n  weight: {{file: demo, column: WT}}\n  replicates: {BRR}\n",
            "its weight has no replicate weights, without which there is no variance -> remove the "
            "subsample, and say in status and reason what waits for it",
        ),
        (
            "  kind: simple\n  file: demo\n  sample: random\n",
            "the design has no weights, so a part of the sample has none either -> remove it; what is blank "
            "for a person is left out anyway",
        ),
    ],
)
def test_a_part_of_the_sample_needs_a_design_that_weights_it(tmp_path: Path, design: str, what: str) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(COHORT, DESIGN, design)
    half = "subsamples: {half: {label: Half, weights: [{file: lab, column: WTH}]}}\nvariables:\n"
    mini.edit(COHORT, "variables:\n", half)
    assert mini.problems() == [f"{mini.at(COHORT, 'subsamples:')}: subsamples.half: {what}"]


def test_the_factors_of_replicates_are_those_of_r() -> None:
    def made(**given: Any) -> Replicates:
        return Replicates.model_validate({"columns": {"prefix": "w", "count": 10, "digits": 2}, **given})

    assert made(method="brr").total_scale() == pytest.approx(0.1)
    assert made(method="fay", rho=0.3).total_scale() == pytest.approx(1 / (10 * 0.49))
    assert made(method="jk1").total_scale() == pytest.approx(0.9)
    assert made(method="jk1", scale=0.5).total_scale() == 0.5
    assert made(method="jkn", rscales=0.5).total_scale() == 1.0
    assert made(method="jkn", rscales=0.5).scales() == (0.5,) * 10
    assert made(method="bootstrap").total_scale() == pytest.approx(1 / 9)
    assert made(method="brr").names()[0] == "W01"
    assert made(method="brr").names()[-1] == "W10"


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("stratified_cluster", ["STRAT", "PSU", "WT"]),
        ("clustered", ["PSU", "WT"]),
        ("weights_only", ["WT"]),
        ("simple", []),
        ("replicate", ["WT", *(f"RW{n:02d}" for n in range(1, 13))]),
    ],
)
def test_the_columns_that_are_read_are_those_of_design_visits_and_variables(
    kind: str, columns: list[str]
) -> None:
    cohort = cohort_of(kind)
    variables = ["AGE", "B12", "GRIP", "HEIGHT", "SEX", "RACE", "DM"]
    found = cohort.raw_columns("exam", "2015")
    assert list(found) == ["ID", "DAY", "GRIP", *columns, *(v for v in variables if v != "GRIP")]
    assert set(cohort.stored_columns("all", "exam.csv")) == set(found)
    assert cohort.files_read() == {"exam"}


def test_the_weight_of_one_wave_is_not_rescaled_whatever_years_it_stands_for() -> None:
    assert weight_in_words(cohort_of("weights_only"), "2015") == "WT"
    assert weight_in_words(cohort_of("simple"), "2015") == "1"
    assert cohort_of("simple").weight_factor("2015") == 1.0


def test_a_cohort_without_a_table_keeps_its_design() -> None:
    file = {**local_cohort("simple")["files"]["exam"], "optional": "the lab"}
    file.pop("visits")
    files = {"exam": local_cohort("simple")["files"]["exam"], "lab": {**file, "path": "lab.csv"}}
    variables = {
        **local_cohort("simple")["variables"],
        "b12": {"file": "lab", "column": "B12", "unit": "pmol/L"},
    }
    cohort = cohort_of("simple", files=files, variables=variables).without(
        {("all", "lab.csv"): "no such file"}
    )
    assert cohort.variables["b12"].at("2015").reason == "the lab (no such file)"
    assert cohort.files_read() == {"exam"}


class TestLocalFiles:
    @pytest.fixture
    def source(self, tmp_path: Path) -> LocalSource:
        write_exam(tmp_path / "cohorts/made_up/data")
        cohort = cohort_of("simple")
        path = Path("cohorts/made_up/data/exam.csv")
        columns = cohort.stored_columns("all", "exam.csv")
        return LocalSource("exam.csv", "all", path, cohort.files["exam"], columns)

    def test_the_sources_of_a_run_name_the_file_and_need_no_address(self, tmp_path: Path) -> None:
        mini = MiniProject(tmp_path)
        mini.edit(COHORT, LAB, f"lab: {{{HERE}}}")
        mini.edit(COHORT, "  name: mini_files\n", "  name: mini_files\n  folder: cohorts/mini/data\n")
        sources = table_sources(mini.load(), tmp_path, {}, {})
        local = sources[Key("mini_files", "2013-2014", "h.sav")]
        assert isinstance(local, LocalSource)
        assert local.path == Path("cohorts/mini/data/h.sav")
        assert set(local.columns) == {"SEQN", "B12H", "MMA", "CREA", "G1", "G2"}
        assert isinstance(sources[Key("mini_files", "2013-2014", "DEMO_H")], TableSource)

    def test_without_a_folder_the_file_lies_below_data_raw(self, tmp_path: Path) -> None:
        mini = MiniProject(tmp_path)
        mini.edit(COHORT, LAB, f"lab: {{{HERE}}}")
        mini.edit(CONFIG, "seed: 1", "seed: 1\nraw_dir: store")
        local = table_sources(mini.load(), tmp_path, {}, {})[Key("mini_files", "2011-2012", "g.sav")]
        assert local.path == Path("store/mini_files/g.sav")

    def test_the_receipt_has_digest_size_and_rows(self, source: LocalSource, tmp_path: Path) -> None:
        receipt = use_file(source, tmp_path)
        assert (receipt.n_records, receipt.origin, receipt.codebook) == (N + N // 5, "local", None)
        assert receipt.bytes == (tmp_path / source.path).stat().st_size
        assert len(receipt.sha256) == 64

    def test_a_file_that_is_not_there_is_named(self, source: LocalSource, tmp_path: Path) -> None:
        (tmp_path / source.path).unlink()
        with pytest.raises(B12SarcError) as caught:
            use_file(source, tmp_path)
        assert str(caught.value) == (
            "cohorts/made_up/data/exam.csv: no such file (the cohort says it lies on this machine) -> put "
            "the file there, or correct archive.folder or files: ... path in cohort.yaml"
        )

    def test_an_optional_file_that_is_not_there_is_done_without(
        self, source: LocalSource, tmp_path: Path
    ) -> None:
        (tmp_path / source.path).unlink()
        assert use_file(replace(source, optional=True), tmp_path).absent == "no such file"

    def test_columns_that_it_does_not_have_are_all_named(self, source: LocalSource, tmp_path: Path) -> None:
        path = tmp_path / source.path
        path.write_text(path.read_text().replace("B12", "B_12", 1).replace("GRIP", "GRIPP", 1))
        with pytest.raises(B12SarcError) as caught:
            use_file(source, tmp_path)
        assert [problem.where.rpartition(": ")[2] for problem in caught.value.problems] == ["GRIP", "B12"]

    def test_its_state_changes_with_its_content_alone(self, source: LocalSource, tmp_path: Path) -> None:
        path, receipt = tmp_path / source.path, tmp_path / "r.json"
        planned = state(source, tmp_path, tmp_path / "unused", receipt)
        replace(use_file(source, tmp_path), found=planned).write(receipt)
        path.touch()
        assert file_state(path, receipt) == planned
        path.write_text(path.read_text() + "\n")
        assert file_state(path, receipt) != planned
        path.unlink()
        assert file_state(path, receipt) == "exam.csv:absent"

    def test_only_a_lock_that_is_asked_for_refuses_another_file(
        self, source: LocalSource, tmp_path: Path
    ) -> None:
        first = use_file(source, tmp_path)
        lock = write_lock(tmp_path / "sources.lock", [first], date(2026, 1, 1))
        path = tmp_path / source.path
        path.write_text(path.read_text() + "\n")
        second = use_file(source, tmp_path)
        said = check_against_lock([second], read_lock(tmp_path / "sources.lock"))
        assert said[0].fix == (
            "put the file of first use back; or, if the new one is meant, delete the entry exam.csv from "
            "sources.lock in the cohort's folder"
        )
        with pytest.raises(B12SarcError, match="changed since it was first used"):
            use_file(replace(source, sha256=lock["exam.csv"].sha256), tmp_path)

    def test_files_of_this_machine_are_locked_if_the_archive_says_so(self) -> None:
        archive = cohort_of("simple").archive
        assert (archive.locks(local=True), archive.locks(local=False)) == (False, True)
        assert archive.model_copy(update={"lock": True}).locks(local=True)
        assert not archive.model_copy(update={"generated_by": "synthetic"}).locks(local=False)

    def test_obtaining_never_copies_or_deletes(
        self, source: LocalSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        before = sorted(p for p in tmp_path.rglob("*"))
        obtain(source, tmp_path / "data/raw/made_up/all", Download())
        assert sorted(p for p in tmp_path.rglob("*")) == before


def test_a_file_serves_one_cycle_or_all() -> None:
    one = File.model_validate({"path": "a.csv", "format": "csv", "key": "ID"})
    each = File.model_validate({"path": {"2015": "a.csv", "2017": "b/c.csv"}, "format": "csv", "key": "ID"})
    assert (one.serves_all, one.table_in("2015"), one.stored_under("2015")) == (True, "a.csv", "all")
    assert (each.serves_all, each.table_in("2017"), each.stored_under("2017")) == (False, "b/c.csv", "2017")
    assert each.sources() == {"2015": "a.csv", "2017": "b/c.csv"}


def test_pools_put_replicates_and_files_of_this_machine_together(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    text = mini.read(COHORT)
    for name, cycle, letter in (("one", "2011-2012", "G"), ("two", "2013-2014", "H")):
        other = {"G": "2013-2014", "H": "2011-2012"}[letter]
        part = text.replace("id: mini", f"id: {name}")
        part = "\n".join(line for line in part.splitlines() if f"  {other}: {{begin" not in line)
        for table in ("DEMO", "LAB", "RX"):
            both = f"{{table: {{2011-2012: {table}_G, 2013-2014: {table}_H}}"
            part = part.replace(both, f"{{path: {{{cycle}: {table}_{letter}.xpt}}")
        part = part.replace("{2011-2012: B12, 2013-2014: B12H}", "B12" if letter == "G" else "B12H")
        design = f"  kind: replicate\n  weight: {{file: demo, column: WT}}\n  replicates: {BRR}\n"
        mini.write(f"cohorts/{name}/cohort.yaml", part.replace(DESIGN, design) + "\n")
    pool = "schema_version: 2\nid: mini\npools: [one, two]\ntitle: P\npopulation: N\ncitation: n\n"
    mini.write(COHORT, pool)
    cohort = mini.load().cohorts["mini"]
    assert isinstance(cohort, Cohort)
    assert cohort.files["demo"].sources() == {"2011-2012": "DEMO_G.xpt", "2013-2014": "DEMO_H.xpt"}
    replicate = cohort.design.replicate_weights()
    assert replicate is not None
    assert replicate.names() == ("RW1", "RW2", "RW3", "RW4")
    assert weight_in_words(cohort, "2011-2012") == "WT x 1/2"

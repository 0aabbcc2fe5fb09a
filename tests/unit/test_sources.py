"""Where tables come from, and what makes one be fetched again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from b12sarc.acquire import TableSource, fetch_table
from b12sarc.errors import B12SarcError
from b12sarc.sources import Key, as_made, base_url, raw_state, table_sources, tables
from b12sarc.spec import Archive, Config, Project
from b12sarc.spec.loading import load_project
from helpers_cdc import page, xport

ARCHIVE = Archive(
    name="nhanes",
    base_url="https://cdc.example",
    base_url_env="NHANES_BASE_URL",
    table_path="{begin_year}/{table}.xpt",
    codebook_path="{begin_year}/{table}.htm",
)
CONFIG = Config(run="test", cohorts=("nhanes_2011_2014",))
SOURCE = TableSource("TEST_G", "2011-2012", "unused", "TEST_G.xpt", "TEST_G.htm")
KEY = Key("nhanes", "2011-2012", "DEMO_G")


@pytest.fixture(scope="module")
def configured(project: Path) -> Project:
    config = yaml.safe_load((project / "config/config.yaml").read_text())
    return load_project({**config, "cohorts": ["nhanes_2011_2014", "synthetic"]}, project)


@pytest.fixture
def server(tmp_path: Path) -> Path:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "TEST_G.xpt").write_bytes(xport(tmp_path))
    (folder / "TEST_G.htm").write_text(page(), encoding="utf-8")
    return folder


@pytest.fixture
def source(server: Path) -> TableSource:
    return replace(SOURCE, base_url=server.as_uri())


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


def fetch(source: TableSource, raw: Path, receipt: Path) -> str:
    """Plan and fetch as the rule does; return what was planned."""
    planned = raw_state(raw, source.table, receipt)
    replace(fetch_table(source, raw), found=planned).write(receipt)
    return planned


def test_the_environment_variable_has_the_last_word() -> None:
    config = CONFIG.model_copy(update={"base_urls": {"nhanes": "https://mirror.example"}})
    assert base_url(ARCHIVE, config, {"NHANES_BASE_URL": "file:///srv"}) == "file:///srv"


def test_the_configuration_comes_before_the_archives_own_address() -> None:
    config = CONFIG.model_copy(update={"base_urls": {"nhanes": "https://mirror.example"}})
    assert base_url(ARCHIVE, config, {"NHANES_BASE_URL": ""}) == "https://mirror.example"
    assert base_url(ARCHIVE, CONFIG, {}) == "https://cdc.example"


def test_an_archive_without_any_address_says_where_to_give_one() -> None:
    nowhere = ARCHIVE.model_copy(update={"base_url": None})
    with pytest.raises(B12SarcError, match=r"archive nhanes: has no base URL -> .*base_urls.nhanes"):
        base_url(nowhere, CONFIG, {})


def test_every_table_of_every_cohort_has_a_source(configured: Project, tmp_path: Path) -> None:
    sources = table_sources(configured, tmp_path, {"synthetic": tmp_path / "made"}, {})
    assert len(sources) == sum(len(tables(c)) for c in configured.cohorts.values())
    assert sources[KEY].url(sources[KEY].path).endswith("/Nchs/Data/Nhanes/Public/2011/DataFiles/DEMO_G.xpt")


def test_made_tables_come_from_the_folder_that_they_were_made_in(configured: Project, tmp_path: Path) -> None:
    sources = table_sources(configured, tmp_path, {"synthetic": tmp_path / "made"}, {"NHANES_BASE_URL": "x"})
    assert sources[KEY._replace(archive="synthetic")].base_url == (tmp_path / "made").as_uri()


def test_a_table_that_was_used_before_must_be_the_same_again(configured: Project, tmp_path: Path) -> None:
    lock = tmp_path / "cohorts/nhanes_2011_2014/sources.lock"
    lock.parent.mkdir(parents=True)
    entry = {"url": "u", "bytes": 1, "n_records": 1, "sha256": "abc", "locked": "2026-01-01"}
    lock.write_text(yaml.safe_dump({"DEMO_G": entry}))
    sources = table_sources(configured, tmp_path, {"synthetic": tmp_path}, {})
    assert sources[KEY].sha256 == "abc"
    assert sources[KEY._replace(table="BMX_G")].sha256 is None


def test_a_downloaded_table_is_not_fetched_again(source: TableSource, raw: Path, tmp_path: Path) -> None:
    planned = fetch(source, raw, tmp_path / "r.json")
    assert planned == "TEST_G.xpt:absent TEST_G.htm:absent"
    assert raw_state(raw, "TEST_G", tmp_path / "r.json") == planned


def test_a_table_placed_by_hand_is_not_fetched_again(
    source: TableSource, server: Path, raw: Path, tmp_path: Path
) -> None:
    for file in server.iterdir():
        (raw / file.name).write_bytes(file.read_bytes())
    planned = fetch(source, raw, tmp_path / "r.json")
    assert "absent" not in planned
    assert raw_state(raw, "TEST_G", tmp_path / "r.json") == planned


def test_a_table_that_is_fetched_by_force_is_not_fetched_once_more(
    source: TableSource, raw: Path, tmp_path: Path
) -> None:
    fetch(source, raw, tmp_path / "r.json")
    planned = fetch(source, raw, tmp_path / "r.json")
    assert raw_state(raw, "TEST_G", tmp_path / "r.json") == planned


@pytest.mark.parametrize("name", ["TEST_G.xpt", "TEST_G.htm"])
def test_a_file_that_was_replaced_makes_its_table_be_fetched_again(
    source: TableSource, raw: Path, tmp_path: Path, name: str
) -> None:
    planned = fetch(source, raw, tmp_path / "r.json")
    (raw / name).write_bytes(b"something else")
    digest = hashlib.sha256(b"something else").hexdigest()[:16]
    assert f"{name}:{digest}" in raw_state(raw, "TEST_G", tmp_path / "r.json") != planned


def test_a_table_that_was_removed_is_fetched_again_and_then_rests(
    source: TableSource, raw: Path, tmp_path: Path
) -> None:
    fetch(source, raw, tmp_path / "r.json")
    fetch(source, raw, tmp_path / "r.json")
    before = raw_state(raw, "TEST_G", tmp_path / "r.json")
    (raw / "TEST_G.xpt").unlink()
    assert raw_state(raw, "TEST_G", tmp_path / "r.json") != before
    planned = fetch(source, raw, tmp_path / "r.json")
    assert raw_state(raw, "TEST_G", tmp_path / "r.json") == planned


def test_a_made_table_of_an_earlier_make_is_cleared_away(
    source: TableSource, server: Path, raw: Path
) -> None:
    digests = {s: hashlib.sha256((server / f"TEST_G{s}").read_bytes()).hexdigest() for s in (".xpt", ".htm")}
    entry = {"sha256": digests[".xpt"], "codebook": {"sha256": digests[".htm"]}}
    (server / "manifest.json").write_text(json.dumps({"tables": {"TEST_G": entry}}))
    (raw / "TEST_G.xpt").write_bytes(b"of another seed")
    (raw / "TEST_G.htm").write_bytes((server / "TEST_G.htm").read_bytes())
    made = as_made(source, raw, server)
    assert made.sha256 == digests[".xpt"]
    assert [p.name for p in raw.iterdir()] == ["TEST_G.htm"]

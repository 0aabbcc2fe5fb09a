"""The run as an RO-Crate: it validates, its checksums are right, the same run gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

from b12sarc.crate import CRATE, LEFT_OUT, SHA256, write_crate
from b12sarc.errors import B12SarcError
from b12sarc.provenance import write_provenance
from b12sarc.spec import Project
from fake_results import fake_project, write_fake_results

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
WORDS = resources.files("rocrate") / "data" / "ro-crate.jsonld"
"""The words of RO-Crate as the library brings them (those of 1.3, which has those of 1.1 among them)."""

of_others = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
"""The validator uses parts of rdflib that rdflib means to drop."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Project]:
    """The folder of a run with its crate; SYNTHETIC DATA."""
    project = fake_project()
    folder = write_fake_results(tmp_path_factory.mktemp("run"), project)
    (folder / "logs").mkdir()
    (folder / "logs" / "fit.log").write_text("said")
    write_provenance(folder, project, folder)
    write_crate(folder, project, [folder])
    return folder, project


@pytest.fixture(scope="module")
def graph(made: tuple[Path, Project]) -> dict[str, dict[str, Any]]:
    text = json.loads((made[0] / CRATE).read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in text["@graph"]}


def terms(value: Any) -> set[str]:
    """Return every type and property that a crate uses."""
    if isinstance(value, list):
        return set().union(*map(terms, value))
    if not isinstance(value, dict):
        return set()
    kinds = value.get("@type", [])
    own = {key for key in value if not key.startswith("@")} | set(
        [kinds] if isinstance(kinds, str) else kinds
    )
    return own.union(*(terms(part) for part in value.values()))


def without_network(monkeypatch: pytest.MonkeyPatch, crate: dict[str, Any]) -> None:
    """Answer for the address of the context with the words that the library brings, and for no other."""
    context = json.loads(WORDS.read_text(encoding="utf-8"))

    class Answer:
        status_code = 200
        ok = True
        text = json.dumps(context)
        content = text.encode()
        headers: ClassVar = {"Content-Type": "application/ld+json"}

        def json(self) -> dict[str, Any]:
            return context

        def raise_for_status(self) -> None:
            pass

    def get(self: HttpRequester, url: str, **_: Any) -> Answer:
        assert url == CONTEXT, f"asked for {url}"
        return Answer()

    monkeypatch.setattr(HttpRequester, "get", get, raising=False)


def test_every_word_of_the_crate_is_one_of_ro_crate(made: tuple[Path, Project]) -> None:
    crate = json.loads((made[0] / CRATE).read_text(encoding="utf-8"))
    known = json.loads(WORDS.read_text(encoding="utf-8"))["@context"]
    assert terms(crate["@graph"]) - {"sha256"} <= set(known)


def found_by_validator(folder: Path, cache: Path) -> list[str]:
    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.REQUIRED,
        cache_path=str(cache),
    )
    result = services.validate(settings)
    return [
        f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues(models.Severity.REQUIRED)
    ]


@of_others
def test_it_validates(made: tuple[Path, Project], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Against the rules of RO-Crate 1.1, by roc-validator. There is no network here: see without_network."""
    without_network(monkeypatch, json.loads((made[0] / CRATE).read_text(encoding="utf-8")))
    assert found_by_validator(made[0], tmp_path) == []


@of_others
def test_the_validator_finds_what_is_wrong(
    made: tuple[Path, Project], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crate = json.loads((made[0] / CRATE).read_text(encoding="utf-8"))
    root = next(entity for entity in crate["@graph"] if entity["@id"] == "./")
    del root["datePublished"]
    (tmp_path / CRATE).write_text(json.dumps(crate))
    without_network(monkeypatch, crate)
    assert any("datePublished" in issue for issue in found_by_validator(tmp_path, tmp_path / "cache"))


def test_every_file_of_the_run_is_there_with_its_checksum(
    made: tuple[Path, Project], graph: dict[str, dict[str, Any]]
) -> None:
    folder = made[0]
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != CRATE]
    kept = [p for p in files if p.relative_to(folder).parts[0] not in LEFT_OUT]
    assert 0 < len(kept) < len(files)
    for path in kept:
        entity = graph[path.relative_to(folder).as_posix()]
        assert entity["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert entity["contentSize"] == str(path.stat().st_size)
    parts = {part["@id"] for part in graph["./"]["hasPart"] if "://" not in part["@id"]}
    assert parts == {path.relative_to(folder).as_posix() for path in kept}
    assert not any("logs" in name for name in graph)


def test_the_run_names_its_inputs_code_and_results(
    made: tuple[Path, Project], graph: dict[str, dict[str, Any]]
) -> None:
    provenance = json.loads((made[0] / "provenance.json").read_text(encoding="utf-8"))
    run = graph["#run"]
    assert len(run["object"]) == len(provenance["inputs"]) > 0
    sums = {graph[entity["@id"]]["sha256"] for entity in run["object"]}
    assert sums == {i["sha256"] for i in provenance["inputs"]}
    used, made_of = ({entity["@id"] for entity in run[key]} for key in ("object", "result"))
    assert {part["@id"] for part in graph["./"]["hasPart"]} == used | made_of
    assert not used & made_of
    assert provenance["code"]["commit"] in graph[run["instrument"]["@id"]]["softwareVersion"]
    assert graph["#software-pandas"]["softwareVersion"] == provenance["software"]["packages"]["pandas"]


def test_made_up_data_are_marked_and_the_data_are_cited(
    made: tuple[Path, Project], graph: dict[str, dict[str, Any]]
) -> None:
    assert graph["./"]["name"].startswith("SYNTHETIC DATA")
    inputs = [graph[entity["@id"]] for entity in graph["#run"]["object"]]
    assert all(entity["name"].startswith("SYNTHETIC DATA") for entity in inputs)
    assert graph["#citation-synthetic"]["name"] == made[1].cohorts["synthetic"].citation


def test_the_word_for_a_checksum_is_defined(made: tuple[Path, Project]) -> None:
    context = json.loads((made[0] / CRATE).read_text(encoding="utf-8"))["@context"]
    assert CONTEXT in context
    assert {"sha256": SHA256} in context


def test_the_same_run_is_the_same_bytes_and_names_no_place(made: tuple[Path, Project]) -> None:
    folder, project = made
    before = (folder / CRATE).read_bytes()
    write_crate(folder, project, [*sorted(folder.iterdir(), reverse=True)])
    assert (folder / CRATE).read_bytes() == before
    assert str(folder).encode() not in before


def test_what_lies_outside_of_the_run_is_no_part(made: tuple[Path, Project], tmp_path: Path) -> None:
    (tmp_path / "persons.parquet").write_bytes(b"x")
    folder, project = made
    before = (folder / CRATE).read_bytes()
    write_crate(folder, project, [folder, tmp_path / "persons.parquet"])
    assert (folder / CRATE).read_bytes() == before


def test_without_provenance_it_says_what_to_do(made: tuple[Path, Project], tmp_path: Path) -> None:
    with pytest.raises(B12SarcError, match=r"provenance\.json: file not found -> run the pipeline"):
        write_crate(tmp_path, made[1], [])

"""What provenance.json says, and what it must never say."""

from __future__ import annotations

import getpass
import json
import socket
import subprocess
from pathlib import Path

import pytest

from b12sarc.errors import B12SarcError
from b12sarc.provenance import UNKNOWN, code_state, neutral_url, package_digest, write_provenance
from b12sarc.sources import tables
from fake_results import fake_project, write_fake_results

BOTH = ("nhanes_2011_2014", "synthetic")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with one commit."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "tracked.txt").write_text("one\n")
    git(folder, "add", "tracked.txt")
    git(folder, "commit", "-qm", "first")
    return folder


def written(tmp_path: Path, seconds: float | None = None) -> dict:
    project = fake_project(BOTH)
    folder = write_fake_results(tmp_path / "run", project)
    return json.loads(write_provenance(folder, project, tmp_path, seconds).read_text(encoding="utf-8"))


def test_the_commit_is_named_and_a_clean_checkout_is_not_dirty(checkout: Path) -> None:
    state = code_state(checkout)
    assert state["commit"] == git(checkout, "rev-parse", "HEAD")
    assert state["dirty"] is False


def test_an_untracked_file_does_not_make_the_code_dirty(checkout: Path) -> None:
    (checkout / "results.csv").write_text("1\n")
    assert code_state(checkout)["dirty"] is False


def test_a_changed_tracked_file_makes_the_code_dirty(checkout: Path) -> None:
    (checkout / "tracked.txt").write_text("two\n")
    assert code_state(checkout)["dirty"] is True


def test_a_copy_inside_another_checkout_is_not_given_its_commit(checkout: Path) -> None:
    inside = checkout / "copy"
    inside.mkdir()
    state = code_state(inside)
    assert (state["commit"], state["dirty"]) == (UNKNOWN, UNKNOWN)


def test_git_variables_of_a_hook_do_not_mislead(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(checkout / "elsewhere"))
    assert code_state(checkout)["dirty"] is False


def test_without_git_the_digest_still_tells_the_code_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    state = code_state(tmp_path)
    assert (state["commit"], state["dirty"]) == (UNKNOWN, UNKNOWN)
    assert len(state["package_sha256"]) == 64


def test_the_digest_changes_with_content_and_with_names_but_not_with_bytecode(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    first = package_digest(tmp_path)
    (tmp_path / "a.pyc").write_text("bytecode")
    assert package_digest(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    second = package_digest(tmp_path)
    (tmp_path / "b.py").write_text("x = 2\n")
    assert len({first, second, package_digest(tmp_path)}) == 3


def test_every_input_has_address_digest_size_and_dates(tmp_path: Path) -> None:
    inputs = written(tmp_path)["inputs"]
    assert len(inputs) == sum(len(tables(c)) for c in fake_project(BOTH).cohorts.values())
    for found in inputs:
        assert found["url"].endswith(f"{found['table']}.xpt")
        assert len(found["sha256"]) == 64
        assert {"bytes", "retrieved", "cdc_last_revised", "n_records", "codebook"} <= set(found)
        assert "path" not in found


def test_versions_seed_configuration_and_weights_are_there(tmp_path: Path) -> None:
    found = written(tmp_path, seconds=12.5)
    assert found["seed"] == found["configuration"]["config"]["seed"]
    assert found["seconds"] == 12.5
    assert {"numpy", "pandas", "statsmodels", "matplotlib", "snakemake"} <= set(found["software"]["packages"])
    assert found["software"]["python"].startswith("3.")
    assert found["weights"]["nhanes_2011_2014"]["2011-2012"] == "WTMEC2YR x 0.5"
    assert found["configuration"]["analysis"]["confidence_level"] == 0.95
    assert found["configuration"]["cohorts"]["nhanes_2011_2014"]["variables"]["sex"]["column"] == "RIAGENDR"
    assert found["synthetic"] is True


def test_nothing_names_the_machine_or_the_user(tmp_path: Path) -> None:
    text = json.dumps(written(tmp_path))
    assert str(tmp_path) not in text
    assert str(Path.home()) not in text or str(Path.home()) == "/"
    assert socket.gethostname() not in text
    assert f"/{getpass.getuser()}/" not in text


def test_absolute_folders_of_the_configuration_keep_their_last_name_only(tmp_path: Path) -> None:
    project = fake_project()
    config = project.config.model_copy(
        update={
            "raw_dir": "/somewhere/private/raw",
            "results_dir": r"C:\Users\ada\results",
            "base_urls": {"nhanes": "file:///home/ada/mirror"},
        }
    )
    folder = write_fake_results(tmp_path / "run", project)
    project = type(project)(**{**project.__dict__, "config": config})
    found = json.loads(write_provenance(folder, project, tmp_path).read_text())["configuration"]["config"]
    assert (found["raw_dir"], found["results_dir"]) == ("raw", "results")
    assert found["base_urls"] == {"nhanes": "file:mirror"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://wwwn.cdc.gov/a/DEMO_G.xpt", "https://wwwn.cdc.gov/a/DEMO_G.xpt"),
        ("https://user:word@host:8080/a.xpt", "https://host:8080/a.xpt"),
        ("file:///home/ada/DEMO_G.xpt", "file:DEMO_G.xpt"),
        ("/home/ada/DEMO_G.xpt", "file:DEMO_G.xpt"),
        (None, None),
    ],
)
def test_addresses_lose_logins_and_local_folders(url: str | None, shown: str | None) -> None:
    assert neutral_url(url) == shown


def test_missing_receipts_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(B12SarcError, match=r"sources\.json: result file not found -> run the pipeline"):
        write_provenance(tmp_path, fake_project(), tmp_path)

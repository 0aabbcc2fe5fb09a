"""Where every number of a run comes from: inputs, code, packages, configuration, seed.

What is written names no machine, no user and no place on a disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import b12sarc
from b12sarc.files import whole_file
from b12sarc.results import read_sources
from b12sarc.spec import Cohort, Project

PACKAGES = (
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "pooch",
    "pyarrow",
    "pydantic",
    "pyreadstat",
    "scipy",
    "seaborn",
    "snakemake",
    "statsmodels",
)
UNKNOWN = "unknown"
_RECEIPT_KEYS = (
    "table",
    "cycle",
    "url",
    "sha256",
    "bytes",
    "n_records",
    "origin",
    "retrieved",
    "last_modified",
    "cdc_first_published",
    "cdc_last_revised",
)


def write_provenance(run_dir: Path, project: Project, root: Path, seconds: float | None = None) -> Path:
    """Write ``run_dir/provenance.json``; ``root`` is the checkout, ``seconds`` the wall time of the run.

    Raises:
        B12SarcError: a cohort's sources.json is missing.
    """
    collected = collect_provenance(run_dir, project, root, seconds)
    target = run_dir / "provenance.json"
    with whole_file(target) as temporary:
        text = json.dumps(collected, indent=2, ensure_ascii=False, sort_keys=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    return target


def collect_provenance(
    run_dir: Path, project: Project, root: Path, seconds: float | None = None
) -> dict[str, Any]:
    """Return what provenance.json says."""
    cohorts = {name: project.cohorts[name] for name in project.config.cohorts}
    return {
        "schema_version": 1,
        "run": project.config.run,
        "synthetic": any(cohort.synthetic for cohort in cohorts.values()),
        "written": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": seconds,
        "seed": project.config.seed,
        "code": code_state(root),
        "software": software(),
        "weights": {name: weight_formula(cohort) for name, cohort in cohorts.items()},
        "inputs": [found for cohort in cohorts.values() for found in _inputs(run_dir, cohort)],
        "configuration": configuration(project),
    }


def _inputs(run_dir: Path, cohort: Cohort) -> list[dict[str, Any]]:
    """Return the source files of a cohort, without where they lie on this machine."""
    inputs = []
    for receipt in read_sources(run_dir, cohort.id):
        page = receipt.get("codebook")
        kept = {key: receipt.get(key) for key in _RECEIPT_KEYS}
        kept |= {"absent": receipt["absent"]} if receipt.get("absent") else {}
        kept["url"] = neutral_url(kept["url"])
        kept["codebook"] = page and {
            "url": neutral_url(page["url"]),
            "sha256": page["sha256"],
            "bytes": page["bytes"],
        }
        inputs.append({"cohort": cohort.id, "synthetic": cohort.synthetic, **kept})
    return sorted(inputs, key=lambda i: (i["table"], i["cycle"]))


def neutral_url(url: str | None) -> str | None:
    """Return ``url`` without login, and a local file's without the folders of this machine.

    >>> neutral_url("https://user:word@wwwn.cdc.gov/Nchs/DEMO_G.xpt")
    'https://wwwn.cdc.gov/Nchs/DEMO_G.xpt'
    >>> neutral_url("file:///home/ada/mirror/Nchs/Data/DEMO_G.xpt")
    'file:DEMO_G.xpt'
    """
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ftp"):
        return f"file:{PurePosixPath(PureWindowsPath(url).as_posix()).name}"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def weight_formula(cohort: Cohort) -> dict[str, str]:
    """Return, for each cycle, how the pooled weight is made: ``WTMEC2YR x 0.5``."""
    columns = {cycle: cohort.weight_column(cycle) for cycle in cohort.cycles}
    return {
        cycle: "1 (unweighted)" if column is None else f"{column} x {cohort.weight_factor(cycle):.6g}"
        for cycle, column in columns.items()
    }


def configuration(project: Project) -> dict[str, Any]:
    """Return the whole configuration, as merged and checked, without places on this machine."""
    config = project.config.model_dump(mode="json")
    for key in ("raw_dir", "results_dir", "dictionary", "assays", "definitions", "analysis"):
        config[key] = _neutral_path(config[key])
    for key in ("evidence", "claims"):
        config[key] = _neutral_path(config[key]) if config[key] else None
    config["base_urls"] = {name: neutral_url(url) for name, url in config["base_urls"].items()}
    cohorts = {name: _dump(project.cohorts[name]) for name in project.config.cohorts}
    for cohort in cohorts.values():
        cohort["archive"]["base_url"] = neutral_url(cohort["archive"].get("base_url"))
    analysis, standard = _dump(project.analysis), project.standard_population
    if "over_time" in analysis:
        path = analysis["over_time"]["standard_population"]
        analysis["over_time"]["standard_population"] = _neutral_path(path)
    return {
        "config": config,
        "analysis": analysis,
        "standard_population": _dump(standard) if standard else None,
        "definitions": _dump(project.definitions)["definitions"],
        "dictionary": _dump(project.dictionary)["variables"],
        "assays": _dump(project.assays)["equations"],
        "evidence": _dump(project.evidence)["studies"],
        "claims": _dump(project.claims) if project.claims else None,
        "cohorts": cohorts,
    }


def _dump(model: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _neutral_path(path: str) -> str:
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    return PureWindowsPath(path).name if absolute else path


def software() -> dict[str, Any]:
    """Return the versions of Python and of the packages that make numbers or pictures."""
    return {
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def code_state(root: Path) -> dict[str, Any]:
    """Return version, commit, whether tracked files differ from it, and a digest of the package's files.

    Outside a git checkout of its own (an unpacked archive, a copy inside another repository) commit and
    dirty flag are ``unknown``; the digest still tells one state of the code from another.
    """
    commit, dirty = _git_state(root)
    return {
        "package": "b12sarc",
        "version": b12sarc.__version__,
        "commit": commit,
        "dirty": dirty,
        "package_sha256": package_digest(Path(b12sarc.__file__).parent),
    }


def _git_state(root: Path) -> tuple[str, bool | str]:
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root.resolve():
        return UNKNOWN, UNKNOWN
    commit = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changed is None:
        return UNKNOWN, UNKNOWN
    return commit, bool(changed)


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git prints, or None if there is no git or no repository."""
    environ: Mapping[str, str] = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, env=environ
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def package_digest(package: Path) -> str:
    """Return the sha256 over the names and contents of every source file of the package."""
    total = hashlib.sha256()
    files = (p for p in package.rglob("*") if p.is_file() and p.suffix != ".pyc")
    for path in sorted(files, key=lambda p: p.relative_to(package).as_posix()):
        total.update(f"{path.relative_to(package).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()

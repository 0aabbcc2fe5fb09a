"""A run as an RO-Crate: what went in, what made it, what came out, each with its checksum.

RO-Crate 1.1 (doi.org/10.3233/DS-210053) with the terms of the Process Run Crate profile 0.5
(w3id.org/ro/wfrun/process), so that archives such as Zenodo and WorkflowHub can read it. Made by the library
rocrate from provenance.json and the files of the run; the same run gives the same bytes.
"""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from b12sarc.errors import B12SarcError
from b12sarc.files import whole_file
from b12sarc.local_files import file_digest
from b12sarc.spec import Project
from b12sarc.style import marked

CRATE = "ro-crate-metadata.json"
VERSION = "1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
SHA256 = "https://w3id.org/ro/terms/workflow-run#sha256"
"""What ``sha256`` means: RO-Crate 1.1 has no word of its own for it."""
LICENCE = "https://spdx.org/licenses/MIT"
LEFT_OUT = ("logs", "receipts", "archive")
"""Folders of a run that are no results: what jobs said, marks of files fetched, made-up source files."""
_KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".tex": "application/x-tex",
    ".csv": "text/csv",
}


def write_crate(run_dir: Path, project: Project, files: list[Path]) -> Path:
    """Write ``run_dir/ro-crate-metadata.json``.

    Args:
        run_dir: the folder of the run, which becomes the root of the crate.
        project: the configuration.
        files: the outputs of the run; a folder stands for all files in it. What lies outside of ``run_dir``
            (persons of a restricted cohort) and in :data:`LEFT_OUT` is no part of the crate.

    Raises:
        B12SarcError: provenance.json is missing.
    """
    path = run_dir / "provenance.json"
    if not path.is_file():
        raise B12SarcError.at(path.as_posix(), "file not found", "run the pipeline: snakemake --cores all")
    provenance = json.loads(path.read_text(encoding="utf-8"))
    crate = _crate(run_dir, project, provenance, _of_the_run(run_dir, files))
    text = json.dumps(crate.metadata.generate(), indent=1, ensure_ascii=False)
    with whole_file(run_dir / CRATE) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    return run_dir / CRATE


def _of_the_run(run_dir: Path, files: list[Path]) -> list[Path]:
    """Return the files, folders unfolded, that belong to the crate, in order of their names."""
    unfolded = [p for path in files for p in (path.rglob("*") if path.is_dir() else [path])]
    inside = {p for p in unfolded if p.is_file() and p.is_relative_to(run_dir)}
    kept = {p for p in inside if p.relative_to(run_dir).parts[0] not in (*LEFT_OUT, CRATE)}
    return sorted(kept, key=lambda p: p.relative_to(run_dir).as_posix())


def _crate(run_dir: Path, project: Project, provenance: dict[str, Any], files: list[Path]) -> ROCrate:
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_terms["sha256"] = SHA256
    name = f"b12sarc, run “{provenance['run']}”: vitamin B12 status and sarcopenia in people aged 65 and over"
    root = crate.root_dataset
    root["name"] = marked(name, synthetic=provenance["synthetic"])
    root["description"] = (
        "Estimates, tables, figures and report of a Snakemake pipeline, with the survey files they come from "
        "and the code that made them. The licence is that of code and results; each source file has its own."
    )
    root["datePublished"] = provenance["written"]
    root["conformsTo"] = crate.add(ContextEntity(crate, PROFILE, _profile()))
    root["license"] = crate.add(ContextEntity(crate, LICENCE, _thing("CreativeWork", "MIT License")))
    root["publisher"] = _organisation(crate)
    cohorts = [project.cohorts[c] for c in project.config.cohorts]
    root["citation"] = [_citation(crate, c.id, c.citation) for c in cohorts]
    used = [_input(crate, i) for i in provenance["inputs"] if not i.get("absent")]
    inputs = list({entity.id: entity for entity in used}.values())  # a pool has the files of its cohorts
    outputs = [_output(crate, run_dir, path) for path in files]
    _action(crate, provenance, inputs, outputs)
    return crate


def _thing(kind: str, name: str, **further: Any) -> dict[str, Any]:
    return {"@type": kind, "name": name, **further}


def _profile() -> dict[str, Any]:
    return _thing("CreativeWork", "Process Run Crate", version="0.5")


def _organisation(crate: ROCrate) -> ContextEntity:
    made = _thing(
        "Organization", "The b12sarc contributors", description="Put in who ran this, before you publish it."
    )
    return crate.add(ContextEntity(crate, "#contributors", made))


def _citation(crate: ROCrate, cohort: str, text: str) -> ContextEntity:
    return crate.add(ContextEntity(crate, f"#citation-{cohort}", _thing("CreativeWork", text)))


def _input(crate: ROCrate, found: dict[str, Any]) -> Any:
    """Return a source file: a part of the crate on the web if it has an address, else a work by its name."""
    url = found["url"] or ""
    web = url.startswith(("http://", "https://"))
    identifier = url if web else f"#input-{found['table']}-{found['sha256'][:12]}".replace(" ", "_")
    said = {
        "name": marked(f"{found['table']} ({found['cycle']})", synthetic=found["synthetic"]),
        "sha256": found["sha256"],
        "contentSize": str(found["bytes"]),
    }
    said |= {"encodingFormat": "application/x-xport"} if url.lower().endswith(".xpt") else {}
    known = crate.dereference(identifier)
    if known is not None:
        return known
    if web:
        return crate.add_file(url, properties=said)
    return crate.add(ContextEntity(crate, identifier, {"@type": "CreativeWork", **said}))


def _output(crate: ROCrate, run_dir: Path, path: Path) -> Any:
    inside = path.relative_to(run_dir).as_posix()
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    said = {
        "name": inside,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": file_digest(path),
    }
    return crate.add_file(path, dest_path=inside, properties=said)


def _action(crate: ROCrate, provenance: dict[str, Any], inputs: list[Any], outputs: list[Any]) -> None:
    """Say that the code made the outputs from the inputs, with which packages, and when."""
    code = provenance["code"]
    packages = {"Python": provenance["software"]["python"], **provenance["software"]["packages"]}
    needs = [
        crate.add(ContextEntity(crate, f"#software-{n}", _thing("SoftwareApplication", n, softwareVersion=v)))
        for n, v in packages.items()
    ]
    pipeline = _thing(
        "SoftwareApplication",
        code["package"],
        softwareVersion=f"{code['version']}, commit {code['commit']}",
        sha256=code["package_sha256"],
        softwareRequirements=needs,
    )
    instrument = crate.add(ContextEntity(crate, "#b12sarc", pipeline))
    crate.add_action(
        instrument,
        identifier="#run",
        object=inputs,
        result=outputs,
        properties={
            "name": f"Run of {code['package']} on {len(inputs)} source files, seed {provenance['seed']}",
            "endTime": provenance["written"],
        },
    )

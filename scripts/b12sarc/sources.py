"""Which tables a run needs, where each comes from, and whether its file is still the one that was fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from b12sarc.acquire import TableSource, fetch_table, raw_file
from b12sarc.download import Download
from b12sarc.errors import B12SarcError
from b12sarc.local_files import LocalSource, file_digest, file_state, use_file
from b12sarc.receipts import Receipt, SourcesLock, read_lock
from b12sarc.spec import Archive, Cohort, Config, Project

Source = TableSource | LocalSource
"""Where a table comes from."""


class Key(NamedTuple):
    """What names a table among all tables of a run."""

    archive: str
    cycle: str
    table: str


def tables(cohort: Cohort) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (cycle, table) -> the file ids that it has in the cohort, for every table that is read."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for file, described in cohort.files.items():
        for key in described.sources().items() if file in cohort.files_read() else ():
            found[key] = (*found.get(key, ()), file)
    return found


def base_url(archive: Archive, config: Config, environ: Mapping[str, str]) -> str:
    """Return where the archive's files are: its environment variable, else the configuration, else its own.

    Raises:
        B12SarcError: none of them says.
    """
    named = environ.get(archive.base_url_env, "") if archive.base_url_env else ""
    found = named or config.base_urls.get(archive.name) or archive.base_url
    if not found:
        fix = f"give archive.base_url in cohort.yaml, or base_urls.{archive.name} in config/config.yaml"
        raise B12SarcError.at(f"archive {archive.name}", "has no base URL", fix)
    return found


def table_sources(
    project: Project,
    root: Path,
    generated: Mapping[str, Path],
    environ: Mapping[str, str],
    further: Iterable[Cohort] = (),
) -> dict[Key, Source]:
    """Return where every table of the run comes from, with the sha256 of its first use, if there was one.

    Args:
        project: the checked configuration.
        root: folder that holds cohorts/.
        generated: archive that the project makes itself -> folder of its files.
        environ: environment variables.
        further: cohorts that are not analysed, whose tables are wanted as well.

    Raises:
        B12SarcError: an archive without a base URL, or a sources.lock that cannot be read.
    """
    sources: dict[Key, Source] = {}
    for cohort in (*project.cohorts.values(), *further):
        archive = cohort.archive
        made = generated.get(archive.name)
        lock = read_lock(root / "cohorts" / cohort.id / "sources.lock")
        for (cycle, table), files in tables(cohort).items():
            key = Key(archive.name, cycle, table)
            described = [cohort.files[file] for file in files]
            kept = lock if archive.locks(described[0].local) else {}
            if described[0].local:
                folder = local_folder(archive, project.config.raw_dir)
                sources[key] = _on_this_machine(cohort, key, folder, sources.get(key), kept)
                continue
            url = made.resolve().as_uri() if made else base_url(archive, project.config, environ)
            begin_year = described[0].begin_year
            differs = [f.page_differs[cycle].rows for f in described if cycle in f.page_differs]
            first_use = kept[table].sha256 if table in kept else None
            if first_use is None and key in sources:
                first_use = sources[key].sha256
            source = TableSource.from_template(
                table,
                cycle,
                cohort.cycles[cycle].begin_year if begin_year is None else begin_year,
                url,
                str(archive.table_path),
                archive.codebook_path if all(f.codebook for f in described) else None,
                first_use,
                described[0].paths.get(cycle, ()),
                columns=cohort.stored_columns(cycle, table),
                n_bytes=described[0].bytes.get(cycle),
                optional=all(f.optional for f in described),
            )
            columns = dict.fromkeys((*(sources[key].columns if key in sources else ()), *source.columns))
            sources[key] = replace(source, n_records=differs[0] if differs else None, columns=tuple(columns))
    return sources


def _on_this_machine(
    cohort: Cohort, key: Key, folder: Path, known: Source | None, lock: SourcesLock
) -> LocalSource:
    """Return a file of this machine; of two cohorts that read it, with the columns of both."""
    files = [cohort.files[file] for file in tables(cohort)[key.cycle, key.table]]
    before = known.columns if isinstance(known, LocalSource) else ()
    return LocalSource(
        key.table,
        key.cycle,
        folder / key.table,
        files[0],
        tuple(dict.fromkeys((*before, *cohort.stored_columns(key.cycle, key.table)))),
        lock[key.table].sha256 if key.table in lock else None,
        all(file.optional for file in files),
    )


def local_folder(archive: Archive, raw_dir: str) -> Path:
    """Return the folder of an archive's files on this machine, below the project's."""
    return Path(archive.folder) if archive.folder else Path(raw_dir, archive.name)


def obtain(source: Source, folder: Path, how: Download) -> Receipt:
    """Have a table in data/raw, or a file of this machine where it lies, and return its receipt."""
    return use_file(source) if isinstance(source, LocalSource) else fetch_table(source, folder, how)


def as_made(source: TableSource, folder: Path, archive: Path) -> TableSource:
    """Return the source with the sha256 of the table that the project made, and clear away an earlier make.

    Args:
        source: of a table of an archive that the project makes itself.
        folder: of the table in data/raw; a file there that is not the one made now is deleted.
        archive: folder of the archive, with its manifest.json.
    """
    made = json.loads((archive / "manifest.json").read_text(encoding="utf-8"))["tables"][source.table]
    for suffix, digest in ((".xpt", made["sha256"]), (".htm", made["codebook"]["sha256"])):
        path = raw_file(folder, f"{source.table}{suffix}")
        if path.is_file() and file_digest(path) != digest:
            path.unlink()
    return replace(source, sha256=made["sha256"])


def state(source: Source, root: Path, folder: Path, receipt: Path) -> str:
    """Say what lies where a table is kept (:func:`raw_state`), of whatever source.

    Args:
        source: of the table.
        root: the project's folder.
        folder: of the table in data/raw.
        receipt: of the table.
    """
    if isinstance(source, LocalSource):
        return file_state(root / source.path, receipt)
    return raw_state(folder, source.table, receipt)


def raw_state(folder: Path, table: str, receipt: Path) -> str:
    """Say what lay in ``folder`` for ``table`` when its receipt was written, or lies there now if it changed.

    Tables in data/raw may be anybody's, so no rule declares them as its output: Snakemake deletes outputs.
    This string, a parameter of the rule that fetches, stands in: it stays the same until a file is replaced
    or removed, and then differs, and the rule runs again.
    """
    now = {name: file_digest(raw_file(folder, name)) for name in (f"{table}.xpt", f"{table}.htm")}
    if receipt.is_file():
        written = Receipt.read(receipt)
        page = written.codebook.sha256 if written.codebook else ""
        if (written.sha256, page) == tuple(now.values()):
            return written.found
    return " ".join(f"{name}:{digest[:16] or 'absent'}" for name, digest in now.items())

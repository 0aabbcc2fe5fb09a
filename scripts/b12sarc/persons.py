"""Where files with a row for each person lie, and who may read them.

Of a public cohort they are results, in ``results/<run>/<cohort>/``. Of a restricted one they are never in
results: they lie in :data:`INTERIM`, which git ignores, in a folder that only its owner can enter. The path
is no setting: a folder that somebody might pass on, or that is not ignored, cannot be chosen by mistake; who
needs another disk puts a link there.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config

INTERIM = "data/interim"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def person_file(config: Config, cohort: str, name: str, *, restricted: bool) -> str:
    """Return where a file with a row for each person of a cohort lies.

    THE one place that says it. In a rule, use it by way of ``common.smk``:

    - an input is ``of_persons("analysis.parquet")``;
    - an output is ``persons("mine.parquet")``, in a rule with
      ``wildcard_constraints: cohort=those_with_access("public")``, and again, in
      ``use rule mine as mine_restricted with:``, ``persons("mine.parquet", restricted=True)`` with
      ``those_with_access("restricted")`` and every other output repeated (see ``harmonise.smk``);
    - ``all_outputs`` asks for it by its name in ``PERSON_OUTPUTS``.

    Write it with :func:`b12sarc.frames.write_frame`, which makes it private.

    Args:
        config: the run.
        cohort: id of the cohort, or the wildcard ``{cohort}``.
        name: of the file.
        restricted: whether the data of the cohort may not be passed on.
    """
    base = INTERIM if restricted else config.results_dir
    return (PurePosixPath(base) / config.run / cohort / name).as_posix()


def person_file_of(config: Config, cohort: Cohort, name: str) -> str:
    """Return :func:`person_file` of a cohort, by its ``access``."""
    return person_file(config, cohort.id, name, restricted=cohort.restricted)


def make_private(path: Path) -> None:
    """Let nobody but the owner enter the folder of ``path``, and make ``path``, still empty, theirs alone.

    Raises:
        ValueError: the folder is not in :data:`INTERIM`; nothing was written.
    """
    if not _in_interim(PurePosixPath(path.absolute().parent.as_posix())):
        raise ValueError(f"persons of a restricted cohort may be written in {INTERIM} only")
    path.parent.chmod(PRIVATE_FOLDER)
    path.touch(mode=PRIVATE_FILE)


def keep_private(path: Path) -> None:
    """Do as :func:`make_private` where ``path`` lies in :data:`INTERIM`; elsewhere nothing.

    For what is no frame and has numbers of persons, or of few, in it (replicates).
    """
    if _in_interim(PurePosixPath(path.absolute().parent.as_posix())):
        make_private(path)


def reads_persons(path: PurePosixPath) -> bool:
    """Return whether a file has a row for each person, by its place or its name."""
    by_name = path.suffix == ".parquet" and path.name.startswith(("harmonised", "analysis", "completed"))
    return by_name or _in_interim(path)


def _in_interim(path: PurePosixPath) -> bool:
    inside, parts = PurePosixPath(INTERIM).parts, path.parts
    return any(parts[i : i + len(inside)] == inside for i in range(len(parts)))

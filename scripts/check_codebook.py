"""Compare a cohort's tables with their codebook pages, and remember the files of first use."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.cohort_check import check_cohort
from b12sarc.errors import B12SarcError
from b12sarc.files import whole_file
from b12sarc.job import job
from b12sarc.receipts import Receipt, check_against_lock, read_lock, write_lock
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    project = assemble(snakemake.params.parts)
    cohort = project.cohorts[snakemake.wildcards.cohort]
    receipts = [Receipt.read(Path(path)) for path in snakemake.input.receipts]
    lock = Path(snakemake.params.lock)
    locked = [r for r in receipts if cohort.archive.locks(r.origin == "local")]
    problems = check_against_lock(locked, read_lock(lock))
    checks, differences = check_cohort(cohort, receipts)
    if problems := problems + differences * project.config.codebook_check:
        raise B12SarcError(problems)
    write_lock(lock, locked, datetime.now(UTC).date())
    write_csv(snakemake.output.check, checks)
    with whole_file(Path(snakemake.output.sources)) as sources:
        sources.write_text(json.dumps([asdict(r) for r in receipts], indent=2) + "\n", encoding="utf-8")

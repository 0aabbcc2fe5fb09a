"""Compute a published table again from the files."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.job import job
from b12sarc.readers import Table, read_file
from b12sarc.receipts import Receipt
from b12sarc.reproduce.compare import reproduce
from b12sarc.spec.parts import assemble
from b12sarc.spec.reproduction import Reproduction
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    parts = dict(snakemake.params.parts)
    asked = Reproduction.model_validate(parts.pop("reproduction"))
    study = assemble(parts)
    (cohort,) = study.cohorts.values()
    receipts = [Receipt.read(Path(path)) for path in snakemake.input.receipts]
    paths = {(receipt.cycle, receipt.table): Path(receipt.path) for receipt in receipts}
    absent = {(receipt.cycle, receipt.table): receipt.absent for receipt in receipts if receipt.absent}

    def read(file: str, cycle: str) -> Table:
        """Read the columns that the publication needs of a table."""
        described = cohort.files[file]
        path = paths[described.stored_under(cycle), str(described.table_in(cycle))]
        return read_file(path, described, cohort.raw_columns(file, cycle))

    write_csv(snakemake.output.table, reproduce(study, asked, read, absent))

"""Have a table in data/raw, whole and the right one, and write its receipt."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.job import job
from b12sarc.sources import as_made, obtain

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    params, folder = snakemake.params, Path(snakemake.params.folder)
    made = snakemake.input.get("archive")
    source = as_made(params.source, folder, Path(made)) if made else params.source
    receipt = obtain(source, folder, params.how)
    replace(receipt, found=params.found).rounded_to(params.restricted).write(Path(snakemake.output.receipt))

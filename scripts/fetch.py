"""Have a table in data/raw, whole and the right one, and write its receipt."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.acquire import fetch_table
from b12sarc.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    receipt = fetch_table(params.source, Path(params.folder), params.how)
    replace(receipt, found=params.found).write(Path(snakemake.output.receipt))

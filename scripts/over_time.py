"""Prevalence of every definition by survey cycle, and tests for trend."""

from typing import TYPE_CHECKING

from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.over_time import over_time
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    tables = over_time(*read_frame(snakemake.input.frame), assemble(snakemake.params.parts))
    write_csv(snakemake.output.by_cycle, tables.by_cycle)
    write_csv(snakemake.output.trends, tables.trends)

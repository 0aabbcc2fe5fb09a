"""Describe the domain of a cohort: Table 1, prevalences, what is missing."""

from typing import TYPE_CHECKING

from b12sarc.describe import describe
from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    frame, meta = read_frame(snakemake.input.frame)
    described = describe(frame, meta, assemble(snakemake.params.parts), imputed)
    write_csv(snakemake.output.table1, described.table1)
    write_csv(snakemake.output.prevalence, described.prevalence)
    write_csv(snakemake.output.missingness, described.missingness)

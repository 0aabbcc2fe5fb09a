"""Fit the dose-response curves of a cohort."""

from typing import TYPE_CHECKING

from b12sarc.dose_response import dose_response
from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    completed, _ = read_frame(snakemake.input.completed)
    frame, meta = read_frame(snakemake.input.frame)
    tables = dose_response(frame, meta, assemble(snakemake.params.parts), imputed, completed)
    write_csv(snakemake.output.curves, tables.curves)
    write_csv(snakemake.output.tests, tables.tests)
    write_csv(snakemake.output.distribution, tables.distribution)

"""Add the definitions that a cohort can answer, the domain, and the flow into it."""

from typing import TYPE_CHECKING

from b12sarc.derive import derive
from b12sarc.frames import read_frame, write_frame
from b12sarc.job import job
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    frame, meta = read_frame(snakemake.input.frame)
    imputed, _ = read_frame(snakemake.input.imputed)
    project = assemble(snakemake.params.parts)
    derived = derive(frame, meta, project, snakemake.wildcards.cohort, imputed)
    write_frame(snakemake.output.frame, derived.frame, derived.meta)
    write_frame(snakemake.output.imputed, derived.imputed, derived.meta)
    write_csv(snakemake.output.flow, derived.flow)
    write_csv(snakemake.output.definitions, derived.definitions)

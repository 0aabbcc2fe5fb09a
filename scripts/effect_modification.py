"""Estimate associations in the levels of each modifier, and test whether the levels differ."""

from typing import TYPE_CHECKING

from b12sarc.effect_modification import effect_modification
from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.progress import Progress
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    completed, _ = read_frame(snakemake.input.completed)
    frame, meta = read_frame(snakemake.input.frame)
    project = assemble(snakemake.params.parts)
    progress = Progress("models with a modifier")
    table = effect_modification(frame, meta, project, progress, imputed, completed)
    write_csv(snakemake.output.table, table)

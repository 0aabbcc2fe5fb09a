"""Standardise every model of a cohort: prevalences by exposure, differences and ratios."""

from typing import TYPE_CHECKING

from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.marginal_effects import marginal_effects
from b12sarc.progress import Progress
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    completed, _ = read_frame(snakemake.input.completed)
    frame, meta = read_frame(snakemake.input.frame)
    progress = Progress("standardised models")
    project = assemble(snakemake.params.parts)
    effects = marginal_effects(frame, meta, project, imputed, progress, completed)
    write_csv(snakemake.output.effects, effects)

"""Fit every model of a cohort."""

from typing import TYPE_CHECKING

from b12sarc.fit import fit_grid
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
    fitted = fit_grid(frame, meta, project, Progress("models"), imputed, completed)
    write_csv(snakemake.output.estimates, fitted.estimates)
    write_csv(snakemake.output.not_estimable, fitted.not_estimable)
    write_csv(snakemake.output.notes, fitted.notes)
    write_csv(snakemake.output.imputation, fitted.imputation)

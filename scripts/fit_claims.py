"""Fit the models, and count what is common, that only the claims need."""

from typing import TYPE_CHECKING

from b12sarc.claims.models import of_claims
from b12sarc.describe.prevalence import prevalence
from b12sarc.fit import fit_grid
from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.sample import Sample
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    frame, meta = read_frame(snakemake.input.frame)
    project = of_claims(assemble(snakemake.params.parts))
    write_csv(snakemake.output.estimates, fit_grid(frame, meta, project, imputed=imputed).estimates)
    write_csv(snakemake.output.prevalence, prevalence(Sample.of(frame, meta, project, imputed)))

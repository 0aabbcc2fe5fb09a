"""Make the files of a synthetic cohort, laid out as CDC's server is. SYNTHETIC DATA."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.job import job
from b12sarc.spec.parts import assemble
from b12sarc.synthetic import load_population, make_archive

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    cohort = assemble(snakemake.params.parts).cohorts[snakemake.wildcards.cohort]
    population = load_population(Path(snakemake.input.population))
    make_archive(population, cohort, Path(snakemake.output.archive))

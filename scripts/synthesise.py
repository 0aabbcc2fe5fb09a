"""Put the estimates of cohorts that share no people together: random-effects meta-analyses."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.job import job
from b12sarc.results import read_table
from b12sarc.spec.parts import assemble
from b12sarc.synthesise import synthesise
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    estimates = read_table(Path(snakemake.input.estimates))
    write_csv(snakemake.output.meta, synthesise(estimates, assemble(snakemake.params.parts)))

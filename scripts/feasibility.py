"""Put together which cohort can answer which definition, and why not."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.feasibility import feasibility
from b12sarc.job import job
from b12sarc.results import read_table
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    catalogues = {Path(path).parent.name: read_table(Path(path)) for path in snakemake.input.definitions}
    write_csv(snakemake.output.feasibility, feasibility(assemble(snakemake.params.parts), catalogues))

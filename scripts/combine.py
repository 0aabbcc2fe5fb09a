"""Put the estimates of all cohorts together and adjust for multiple testing within families."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from b12sarc.families import add_families
from b12sarc.job import job
from b12sarc.results import read_table
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    estimates = pd.concat([read_table(Path(path)) for path in snakemake.input.estimates], ignore_index=True)
    families = assemble(snakemake.params.parts).analysis.families
    write_csv(snakemake.output.estimates, add_families(estimates, families))

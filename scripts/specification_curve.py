"""Put the specifications of all cohorts together, count them, and test them jointly."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from b12sarc.job import job
from b12sarc.progress import Progress
from b12sarc.spec.parts import assemble
from b12sarc.specification_curve import read_part, summarise, write_specifications
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    project = assemble(snakemake.params.parts)
    files = zip(*(snakemake.input[k] for k in ("specifications", "left_out", "replicates")), strict=True)
    parts = {Path(paths[0]).parent.name: read_part(*map(Path, paths)) for paths in files}
    tables = [part.table for part in parts.values()]
    write_specifications(snakemake.output.specifications, pd.concat(tables, ignore_index=True))
    left_out = pd.concat([part.left_out for part in parts.values()], ignore_index=True)
    write_csv(snakemake.output.left_out, left_out)
    write_csv(snakemake.output.summary, summarise(parts, project, Progress("groups of specifications")))

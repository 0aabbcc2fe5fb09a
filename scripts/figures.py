"""Draw every figure of the run."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.figures import write_figures
from b12sarc.job import job
from b12sarc.spec.parts import assemble

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    write_figures(Path(snakemake.output.figures).parent, assemble(snakemake.params.parts))

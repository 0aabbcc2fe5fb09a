"""Describe the run as an RO-Crate."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.crate import write_crate
from b12sarc.job import job
from b12sarc.spec.parts import assemble

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    target = Path(snakemake.output.crate)
    write_crate(target.parent, assemble(snakemake.params.parts), [Path(path) for path in snakemake.input])

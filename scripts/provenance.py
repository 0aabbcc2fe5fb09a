"""Write down where every number of the run comes from."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.job import job
from b12sarc.provenance import write_provenance
from b12sarc.spec.parts import assemble

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    run_dir = Path(snakemake.output.provenance).parent
    write_provenance(run_dir, assemble(snakemake.params.parts), Path(snakemake.scriptdir).parent)

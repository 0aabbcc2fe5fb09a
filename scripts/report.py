"""Write the tables that people read, the headline and the report."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.headline import write_headline
from b12sarc.job import job
from b12sarc.report import write_report, write_tables
from b12sarc.spec.parts import assemble

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    run_dir, project = Path(snakemake.output.report).parent, assemble(snakemake.params.parts)
    write_tables(run_dir, project)
    write_headline(run_dir, project)
    write_report(run_dir, project)

"""Fill the gaps of a cohort several times, and say what was imputed."""

from typing import TYPE_CHECKING

from b12sarc.frames import read_frame, write_frame
from b12sarc.imputation_tables import diagnostics
from b12sarc.impute import impute
from b12sarc.job import job
from b12sarc.progress import Progress
from b12sarc.sample import Sample
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    frame, meta = read_frame(snakemake.input.frame)
    imputed, _ = read_frame(snakemake.input.imputed)
    project = assemble(snakemake.params.parts)
    completed = impute(frame, meta, project, imputed, Progress("chains"))
    write_frame(snakemake.output.completed, completed.frame, meta)
    table = diagnostics(Sample.of(frame, meta, project), completed.frame, completed.chains)
    write_csv(snakemake.output.diagnostics, table)
    write_csv(snakemake.output.chains, completed.chains)

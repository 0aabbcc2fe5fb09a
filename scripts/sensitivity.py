"""Every sensitivity analysis of a cohort."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.progress import Progress
from b12sarc.results import read_table
from b12sarc.sample import Sample
from b12sarc.sensitivity import sensitivity_tables
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    frame, meta = read_frame(snakemake.input.frame)
    sample = Sample.of(frame, meta, assemble(snakemake.params.parts), imputed)
    reliability = read_table(Path(snakemake.input.reliability))
    made = sensitivity_tables(sample, reliability, Progress("sensitivity analyses"))
    write_csv(snakemake.output.options, made.options)
    write_csv(snakemake.output.e_values, made.e_values)
    write_csv(snakemake.output.measurement_error, made.measurement_error)
    write_csv(snakemake.output.bias_analysis, made.bias_analysis)
    write_csv(snakemake.output.untested, made.untested)
    write_csv(snakemake.output.controls, made.controls)

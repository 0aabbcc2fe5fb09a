"""Fit every specification of the multiverse that a cohort can answer."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from b12sarc.files import whole_file
from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.multiverse.cohort import as_shown, cohort_multiverse
from b12sarc.persons import keep_private
from b12sarc.progress import Progress
from b12sarc.spec.parts import assemble
from b12sarc.specification_curve import write_specifications
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    imputed, _ = read_frame(snakemake.input.imputed)
    frame, meta = read_frame(snakemake.input.frame)
    project = assemble(snakemake.params.parts)
    completed, _ = read_frame(snakemake.input.completed)
    progress = Progress("specifications")
    found = as_shown(cohort_multiverse(frame, meta, project, imputed, completed, progress))
    write_specifications(snakemake.output.specifications, found.table)
    write_csv(snakemake.output.left_out, found.left_out)
    with whole_file(Path(snakemake.output.replicates)) as temporary:
        keep_private(temporary)
        with temporary.open("wb") as file:
            np.save(file, found.replicates)

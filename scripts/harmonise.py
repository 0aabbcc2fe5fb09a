"""Make one frame of a cohort's tables: every person, harmonised variables, combined weight."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.frames import write_frame
from b12sarc.harmonise import harmonise
from b12sarc.job import job
from b12sarc.readers import Table, read_file
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    project = assemble(snakemake.params.parts)
    cohort = project.cohorts[snakemake.wildcards.cohort]
    sources = json.loads(Path(snakemake.input.sources).read_text(encoding="utf-8"))
    paths = {(source["cycle"], source["table"]): Path(source["path"]) for source in sources}
    absent = {(s["cycle"], s["table"]): s["absent"] for s in sources if s["absent"]}

    def read(file: str, cycle: str) -> Table:
        """Read the columns that the cohort uses of a table."""
        described = cohort.files[file]
        path = paths[described.stored_under(cycle), str(described.table_in(cycle))]
        return read_file(path, described, cohort.raw_columns(file, cycle))

    done = harmonise(cohort, project.dictionary, read, project.assays, absent)
    write_frame(snakemake.output.frame, done.frame, done.meta)
    write_frame(snakemake.output.imputed, done.imputed, done.meta)
    write_csv(snakemake.output.report, done.report)

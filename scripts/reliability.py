"""How reliable one measurement of each marker is, from people who were measured twice."""

from typing import TYPE_CHECKING

from b12sarc.frames import read_frame
from b12sarc.job import job
from b12sarc.sensitivity import reliability_table
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    held = snakemake.input.get("frame")
    frame, meta = read_frame(held) if held else (None, None)
    table = reliability_table(frame, meta, assemble(snakemake.params.parts))
    write_csv(snakemake.output.reliability, table)

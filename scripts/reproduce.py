"""Put all published numbers beside the computed ones, as a table and a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.figures.reproduction import draw_reproduction
from b12sarc.job import job
from b12sarc.reproduce.tables import put_together
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    table = put_together(Path(path) for path in snakemake.input.tables)
    write_csv(snakemake.output.table, table)
    draw_reproduction(table, Path(snakemake.output.svg), Path(snakemake.output.png))

"""Judge every claim by the rule that was fixed for it."""

from typing import TYPE_CHECKING

import pandas as pd

from b12sarc.claims.ledger import Tables, ledger
from b12sarc.job import job
from b12sarc.results import read_table
from b12sarc.spec.parts import assemble
from b12sarc.tables import write_csv

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake.log[0]):
    project = assemble(snakemake.params.parts)
    given = snakemake.input
    multiverse = given.get("multiverse")
    tables = Tables.of(
        estimates=[read_table(path) for path in (given.estimates, *given.own)],
        prevalence=[read_table(path) for path in given.prevalence],
        multiverse=pd.read_parquet(multiverse) if multiverse else None,
    )
    claims, evidence = ledger(project, tables)
    write_csv(snakemake.output.claims, claims)
    write_csv(snakemake.output.evidence, evidence)

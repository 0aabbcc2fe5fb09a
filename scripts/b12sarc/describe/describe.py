"""Every descriptive table of a cohort, from one set-up of its design."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from b12sarc.describe.missingness import missingness
from b12sarc.describe.prevalence import prevalence
from b12sarc.describe.table1 import table1
from b12sarc.frames import FrameMeta
from b12sarc.sample import Sample
from b12sarc.spec import Project


@dataclass(frozen=True, eq=False)
class Described:
    """The descriptive tables of a cohort; the functions of the same names say what the columns are."""

    table1: pd.DataFrame
    prevalence: pd.DataFrame
    missingness: pd.DataFrame


def describe(
    frame: pd.DataFrame, meta: FrameMeta, project: Project, imputed: pd.DataFrame | None = None
) -> Described:
    """Describe the domain of one cohort.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration.
        imputed: long frame of the cohort's imputed variables.
    """
    sample = Sample.of(frame, meta, project, imputed)
    return Described(table1(sample), prevalence(sample), missingness(sample))

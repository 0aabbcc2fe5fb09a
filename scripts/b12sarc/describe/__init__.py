"""Who the people are: the baseline table, prevalences, and what is missing."""

from b12sarc.describe.describe import Described, describe
from b12sarc.describe.missingness import missingness
from b12sarc.describe.prevalence import prevalence
from b12sarc.describe.table1 import table1

__all__ = ["Described", "describe", "missingness", "prevalence", "table1"]

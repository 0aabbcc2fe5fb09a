"""Sensitivity analyses of one cohort, each a table."""

from b12sarc.sensitivity.reliability import RELIABILITY, reliability_table
from b12sarc.sensitivity.tables import SensitivityTables, sensitivity_tables

__all__ = ["RELIABILITY", "SensitivityTables", "reliability_table", "sensitivity_tables"]

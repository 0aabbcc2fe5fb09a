"""The report of a run and its tables, made from its result files alone."""

from b12sarc.report.build import write_report, write_tables

__all__ = ["write_report", "write_tables"]

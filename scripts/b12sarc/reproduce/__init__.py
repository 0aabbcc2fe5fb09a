"""Published tables computed again: the people, the numbers, and how far they are from the printed ones."""

from b12sarc.reproduce.compare import COLUMNS, reproduce

__all__ = ["COLUMNS", "reproduce"]

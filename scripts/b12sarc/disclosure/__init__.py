"""Statistical disclosure control: what may be shown of a cohort whose data may not be passed on.

docs/explanation/disclosure.md says how, why, and what it does not do.
"""

from b12sarc.disclosure.guard import Guard, guarded, guarding
from b12sarc.disclosure.rules import SMALLEST_CELL
from b12sarc.disclosure.words import Vocabulary

__all__ = ["SMALLEST_CELL", "Guard", "Vocabulary", "guarded", "guarding"]

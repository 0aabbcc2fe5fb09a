"""What the value labels of a column mean."""

from __future__ import annotations

from collections.abc import Mapping

from b12sarc.intake.columns import Column
from b12sarc.intake.words import Code, Wanted, has_phrase, means_missing, plain, vocabulary
from b12sarc.spec.dictionary import Variable


def labelled_missing(labels: Mapping[Code, str]) -> list[Code]:
    """Return the codes whose labels mean that there is no answer."""
    return [code for code, words in labels.items() if means_missing(words)]


def guess_map(column: Column, variable: Variable, wanted: Wanted) -> dict[Code, str | bool]:
    """Return code -> category (or true / false) as far as the value labels say it."""
    found: dict[Code, str | bool] = {}
    for code in column.counts:
        words = plain(column.value_labels.get(code, code if isinstance(code, str) else ""))
        if not words or means_missing(words):
            continue
        meant = _category(words, wanted) if variable.type == "categorical" else _yes_or_no(words)
        if meant is not None:
            found[code] = meant
    return found


def _category(words: str, wanted: Wanted) -> str | None:
    """Return the category whose longest phrase the words hold; a label that is the phrase itself wins."""
    best: tuple[int, str] | None = None
    for name, phrases in wanted.categories.items():
        for phrase in phrases:
            if words == phrase or has_phrase(words, phrase):
                length = len(phrase) + 1000 * (words == phrase)
                best = max(best or (0, ""), (length, name))
    return best[1] if best else None


def _yes_or_no(words: str) -> bool | None:
    first = words.split(" ")[0]
    says = vocabulary()
    if words in says.no or first in says.no:
        return False
    return True if words in says.yes or first in says.yes else None

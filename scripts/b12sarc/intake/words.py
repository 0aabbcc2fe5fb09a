"""Names, labels and units as words that can be compared, and the words that surveys use (synonyms.yaml)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
Code = int | float | str
"""A value as a file holds it."""


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """Return ``text`` in lower case, without accents, with a space for everything but letters and digits."""
    parts = unicodedata.normalize("NFKD", str(text).casefold())
    kept = "".join(c for c in parts if unicodedata.category(c) != "Mn")
    return " ".join(re.sub(r"[^\w]+|_", " ", unicodedata.normalize("NFC", kept)).split())


def joined(text: str) -> str:
    """Return the letters and digits of a name alone."""
    return plain(text).replace(" ", "")


def has_phrase(text: str, phrase: str) -> bool:
    """Whether a plain text holds a plain phrase as whole words (in writings without spaces: anywhere)."""
    return f" {phrase} " in f" {text} " or (len(phrase) > 1 and not phrase.isascii() and phrase in text)


@dataclass(frozen=True)
class Wanted:
    """What a column for a variable is called.

    Attributes:
        names: column names, letters and digits alone.
        words: phrases of a label, plain.
        against: plain words that speak against it.
        combine: operation over several columns, if trials or hands are one variable.
        categories: category -> plain words of value labels.
    """

    names: Sequence[str] = ()
    words: Sequence[str] = ()
    against: Sequence[str] = ()
    combine: str | None = None
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Vocabulary:
    """The words of synonyms.yaml.

    Attributes:
        variables: dictionary variable -> what it is called.
        survey: key, weight, strata, psu, visit -> what they are called.
        yes: plain words of value labels that mean yes.
        no: those that mean no.
        missing: those that mean that there is no answer.
        units: unit of the dictionary -> how people write it.
    """

    variables: Mapping[str, Wanted]
    survey: Mapping[str, Wanted]
    yes: Sequence[str]
    no: Sequence[str]
    missing: Sequence[str]
    units: Mapping[str, Sequence[str]]

    def of(self, variable: str, label: str) -> Wanted:
        """Return what a variable is called; one without an entry is called as its label says."""
        return self.variables.get(variable) or Wanted((joined(variable),), (plain(label),))


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Read synonyms.yaml."""
    data = _data("synonyms.yaml")
    return Vocabulary(
        {name: _wanted(entry) for name, entry in data["variables"].items()},
        {name: _wanted(entry) for name, entry in data["survey"].items()},
        tuple(map(plain, data["says_yes"])),
        tuple(map(plain, data["says_no"])),
        tuple(map(plain, data["missing"])),
        {unit: tuple(map(str.casefold, written)) for unit, written in data["units"].items()},
    )


def _wanted(entry: Mapping[str, Any]) -> Wanted:
    return Wanted(
        tuple(dict.fromkeys(joined(name) for name in entry.get("names", ()))),
        tuple(sorted({plain(phrase) for phrase in entry.get("words", ())}, key=len, reverse=True)),
        tuple(plain(word) for word in entry.get("not", ())),
        entry.get("combine"),
        {name: tuple(map(plain, words)) for name, words in entry.get("categories", {}).items()},
    )


def means_missing(words: str) -> bool:
    """Whether a value label means that there is no answer."""
    text = re.sub(r"^[\d ]+", "", plain(words))
    return any(
        text == phrase or (" " in phrase and has_phrase(text, phrase)) for phrase in vocabulary().missing
    ) or text.split(" ")[0] in ("refused", "inapplicable", "unknown", "missing")


@dataclass(frozen=True)
class Usual:
    """Where the median of a group of adults usually lies.

    Attributes:
        low: lowest usual median, harmonised unit.
        high: highest usual median, harmonised unit.
        source: where that is from.
        others: units that the dictionary does not convert -> factor to the harmonised unit.
    """

    low: float
    high: float
    source: str
    others: Mapping[str, float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def usual_medians() -> dict[str, Usual]:
    """Read usual.yaml."""
    return {name: Usual(**entry) for name, entry in _data("usual.yaml")["variables"].items()}


def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return data


@lru_cache(maxsize=100_000)
def unit_in(label: str) -> str | None:
    """Return the unit that a label names, as the dictionary writes it; in brackets first."""
    text = label.casefold().replace(" / ", "/")
    bracketed = re.findall(r"[(\[]([^()\[\]]*)[)\]]", text)
    for part in (*bracketed, text):
        for unit, long_ways, every_way in _unit_patterns():
            if (long_ways if part is text else every_way).search(part):
                return unit
    return None


@lru_cache(maxsize=1)
def _unit_patterns() -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """Return each unit, the longest first: how it is written anywhere (three letters up), in brackets."""
    found = []
    for unit, written in sorted(vocabulary().units.items(), key=lambda item: -len(item[0])):
        ways = (unit.casefold(), *written)
        patterns = []
        for some in ([way for way in ways if len(way) > 2], ways):
            either = "|".join(map(re.escape, some)) or "(?!)"
            patterns.append(re.compile(rf"(?<![\w/])(?:{either})(?![\w/²^])"))
        found.append((unit, patterns[0], patterns[1]))
    return found

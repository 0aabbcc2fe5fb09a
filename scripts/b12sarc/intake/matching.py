"""How well a column fits a variable of the dictionary, and why: name, label, unit, range, kind of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from b12sarc.intake.columns import Column
from b12sarc.intake.units import Fit, fitting_units, usual_of
from b12sarc.intake.words import Wanted, has_phrase, joined, plain, unit_in, usual_medians, vocabulary
from b12sarc.spec.dictionary import Dictionary, Variable

ENOUGH = 0.45
"""Score from which a column is worth a look."""
NEARLY = 0.85
"""Likeness from which two words may be the same, misspelt."""
AT_MOST = 3
"""Columns that are suggested for one variable."""
_AFFIX = re.compile(
    r"^(?:w\d+|r\d+|v\d+|t\d+|h\d+|fu\d*|bl|base|baseline)_|_(?:w\d+|v\d+|t\d+|fu\d*|bl|\d{1,4})$"
)


@dataclass(frozen=True)
class Match:
    """A column that looks like a variable.

    Attributes:
        column: the column.
        score: 0 to 1.
        reasons: what speaks for and against it, in words.
        unit: unit that the label names, else the one that the median speaks for.
        others: further units in which the median would be usual.
    """

    column: Column
    score: float
    reasons: tuple[str, ...]
    unit: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Values:
    """What the values of a column say: a factor to the score, in words, the unit, other possible units."""

    factor: float
    reasons: Sequence[str] = ()
    unit: str | None = None
    others: tuple[str, ...] = ()


def matches(dictionary: Dictionary, columns: Iterable[Column]) -> dict[str, list[Match]]:
    """Return for each variable every column that is worth a look, the best first."""
    columns = list(columns)
    found = {}
    for name, variable in dictionary.variables.items():
        scored = (match(column, name, variable) for column in columns)
        kept = [m for m in scored if m.score >= ENOUGH]
        found[name] = sorted(kept, key=lambda m: (-m.score, m.unit != variable.unit))
    return found


def match(column: Column, name: str, variable: Variable) -> Match:
    """Return how well a column fits a variable."""
    wanted = vocabulary().of(name, variable.label)
    called, reasons = _called(column, wanted)
    if called < ENOUGH / 2:
        return Match(column, 0.0, ())
    why: list[str] = []
    factor = 1.0
    if variable.type == "continuous":
        return _with(column, called, reasons, _as_number(column, name, variable))
    if column.n_distinct > 25 or column.n_distinct < 2:
        factor, why = 0.3, [f"{column.n_distinct} different values are no categories"]
    return _with(column, called, reasons, _Values(factor, why))


def _with(column: Column, called: float, reasons: list[str], values: _Values) -> Match:
    score = round(min(1.0, called * values.factor), 2)
    return Match(column, score, (*reasons, *values.reasons), values.unit, values.others)


def survey_score(column: Column, role: str) -> tuple[float, list[str]]:
    """Return how well a column fits a role in the survey (key, weight, strata, psu, visit), by its words."""
    return _called(column, vocabulary().survey[role])


def _called(column: Column, wanted: Wanted) -> tuple[float, list[str]]:
    """Return how well name and label fit, together, and in words."""
    by_name = name_score(column.name, wanted.names)
    by_label, phrase = label_score(column.label, wanted.words)
    score = 1 - (1 - 0.85 * by_name) * (1 - 0.9 * by_label)
    reasons = [f"name {column.name}" + ("" if by_name == 1 else " (in part)")] if by_name else []
    reasons += [f'label has "{phrase}"'] if phrase else []
    words = f"{plain(column.name)} {plain(column.label)}"
    against = next((word for word in wanted.against if has_phrase(words, word)), None)
    if against is not None:
        return score * 0.35, [*reasons, f'but "{against}" speaks against it']
    return score, reasons


def name_score(name: str, known: Iterable[str]) -> float:
    """Return how well a column name fits names that are known for a variable, 0 to 1."""
    bare, core, parts = _forms(name)
    best = 0.0
    for wanted in known:
        short = len(wanted) < 3
        if bare == wanted:
            return 1.0
        if core == wanted:
            best = max(best, 0.95)
        elif wanted in parts:
            best = max(best, 0.5 if short else 0.8)
        elif len(wanted) >= 4 and wanted in bare:
            best = max(best, 0.6)
        elif len(wanted) >= 5 and abs(len(wanted) - len(bare)) <= 2:
            best = max(best, 0.6 * _alike(wanted, bare))
    return best


@lru_cache(maxsize=10_000)
def _forms(name: str) -> tuple[str, str, frozenset[str]]:
    """Return a name without separators, the same without wave or visit, and every run of its parts."""
    pieces = plain(re.sub(r"(?<=[^\W\d_])(?=\d{2,})", "_", name)).split()
    runs = ("".join(pieces[a:b]) for a in range(len(pieces)) for b in range(a + 1, len(pieces) + 1))
    return joined(name), joined(_AFFIX.sub("", name.casefold())), frozenset(runs)


def _alike(one: str, other: str) -> float:
    """Return how alike two words are, if they begin alike and are nearly the same; else 0."""
    shorter, longer = sorted((len(one), len(other)))
    if 2 * shorter < NEARLY * (shorter + longer) or one[0] != other[0]:
        return 0.0
    alike = SequenceMatcher(None, one, other).ratio()
    return alike if alike >= NEARLY else 0.0


def label_score(label: str, phrases: Iterable[str]) -> tuple[float, str]:
    """Return how well a label fits phrases that are known for a variable, 0 to 1, and the phrase it has.

    A phrase that is the whole label counts 1; the more besides it, the less.
    """
    text = plain(re.sub(r"[(\[][^()\[\]]*[)\]]", " ", label)) or plain(label)
    whole = plain(label)
    if not text:
        return 0.0, ""
    best, found = 0.0, ""
    for phrase in phrases:
        if has_phrase(text, phrase) or has_phrase(whole, phrase):
            score = 0.5 + 0.5 * min(1.0, len(phrase) / len(text))
        else:
            score = 0.7 * _alike(phrase, text)
        if score > best:
            best, found = score, phrase
    return best, found


def _as_number(column: Column, name: str, variable: Variable) -> _Values:
    """Return what the values say of a continuous variable."""
    if not column.is_number:
        return _Values(0.3, ["but it holds text"])
    if column.n_distinct <= 6 and not _counts_few(variable):
        return _Values(0.4, [f"but it has {column.n_distinct} different values"])
    named = unit_in(column.label)
    units = (str(variable.unit), *variable.accepts)
    if column.median is None:
        return _Values(1.0, (), named if named in units else None)
    fits = fitting_units(name, variable, column.median)
    if named in units:
        return _named(column.median, name, variable, str(named), fits)
    odd = named is not None and len(units) > 1
    factor, why = (0.6, [f"its label says {named}"]) if odd else (1.0, [])
    if name not in usual_medians():
        return _Values(factor, why, units[0], units[1:])
    if not fits:
        usual = usual_of(name, variable, units[0])
        why.append(f"but a median of {column.median:g} is unusual: {usual}")
        return _Values(factor * 0.6, why, units[0], units[1:])
    why.append(f"a median of {column.median:g} fits {' or '.join(map(str, fits))}")
    able = tuple(fit.unit for fit in fits if fit.converts)
    return _Values(factor, why, able[0] if able else None, able[1:])


def _named(median: float, name: str, variable: Variable, named: str, fits: list[Fit]) -> _Values:
    usual = usual_of(name, variable, named)
    if usual is None:
        return _Values(1.1, [f"its label says {named}"], named)
    if usual.low <= median <= usual.high:
        return _Values(1.1, [f"its label says {named}, which a median of {median:g} fits"], named)
    instead = f"; in {' or '.join(map(str, fits))} it would be usual" if fits else ""
    what = f"its label says {named}, but a median of {median:g} is unusual in it{instead}"
    return _Values(0.8, [what], named)


def _counts_few(variable: Variable) -> bool:
    """Whether a variable has few different values by its nature (sites of a foot)."""
    limits = variable.plausible
    return limits is not None and limits.max - limits.min <= 6 and variable.unit not in ("m/s", "ratio")


def best(found: list[Match]) -> list[Match]:
    """Return the matches to show: the best few, none much worse than the first."""
    return [m for m in found if m.score >= max(ENOUGH, 0.5 * found[0].score)][:AT_MOST] if found else []


def together(found: list[Match], wanted: Wanted) -> list[Match]:
    """Return the columns that are one variable together (trials of grip strength): all of one file, alike."""
    if wanted.combine is None or not found:
        return []
    first = found[0]
    alike = [
        m
        for m in found
        if m.column.file == first.column.file
        and m.score >= 0.8 * first.score
        and m.column.is_number
        and m.unit == first.unit
    ]
    return alike if len(alike) > 1 else []

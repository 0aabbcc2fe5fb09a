"""Numbers and names as people read them: house style for results, in one place.

Effect, 95 % interval, then p; n and events beside it; two significant digits of the standard error.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from b12sarc.spec import Cohort, Definition, Project
from b12sarc.spec.availability import terms_left_out

MINUS = "−"
NOT_AVAILABLE = "–"
SUPPRESSED = "suppressed"
_MARKS = {">=": "≥", "<=": "≤", "umol": "µmol", "m2": "m²", "height2": "height²", "24h": "24 h"}
_TERM = re.compile(r"^(?P<name>\w+)\[(?P<level>[^\]]*)\]$")


@dataclass(frozen=True)
class Measure:
    """What an estimator reports: words, short form, the value that means no difference, and its axis."""

    name: str
    plural: str
    short: str
    null: float
    ratio: bool


PUBLISHED = {
    "difference": Measure("Difference", "Differences", "Difference", 0.0, False),
    "odds_ratio": Measure("Odds ratio", "Odds ratios", "OR", 1.0, True),
    "hazard_ratio": Measure("Hazard ratio", "Hazard ratios", "HR", 1.0, True),
}
"""Scale of a published result -> what it is."""

MEASURES = {
    "linear": Measure("Difference in means", "Differences in means", "Difference", 0.0, False),
    "poisson": Measure("Prevalence ratio", "Prevalence ratios", "PR", 1.0, True),
    "logistic": Measure("Odds ratio", "Odds ratios", "OR", 1.0, True),
}


def plain(text: str) -> str:
    """Return ``text`` with the signs of print (≥, µ, ²) in place of their ASCII stand-ins."""
    for ascii_, mark in _MARKS.items():
        text = re.sub(
            rf"(?<![A-Za-z_]){re.escape(ascii_)}(?![A-Za-z0-9_])" if ascii_[0].isalpha() else ascii_,
            mark,
            text,
        )
    return text


VOLUNTEERS = "unweighted volunteers: describes the participants, no population"
"""What every table of a cohort of volunteers says of itself."""
RANDOM = "unweighted: a simple random sample, in which everybody counts alike"


def unweighted(cohort: Cohort) -> str:
    """Return what to say where nobody has a weight; empty for a cohort with weights."""
    design = cohort.design
    if design.kind != "simple":
        return ""
    return VOLUNTEERS if design.sample == "volunteers" else RANDOM


def weighting(cohort: Cohort) -> str:
    """Return the first sentence under a table or figure: whether it is weighted."""
    said = unweighted(cohort)
    return f"{said[0].upper()}{said[1:]}." if said else "Weighted."


def stands_for(people: float, weighted: float) -> str:
    """Return how many others some people stand for: ``12.3 million``.

    Empty where they stand for themselves: without weights, or with weights that only say how much each counts
    beside the others (they add up to less than twice the people).
    """
    if weighted < 2 * people:
        return ""
    return f"{weighted / 1e6:,.1f} million" if weighted >= 1e5 else f"{weighted:,.0f} people"


def lower_first(text: str) -> str:
    """Return ``text`` for use inside a sentence; abbreviations keep their capitals."""
    return text[0].lower() + text[1:] if len(text) > 1 and text[1].islower() else text


def number(value: float, decimals: int) -> str:
    """Return ``value`` with ``decimals`` decimals, thousands separated, and a true minus sign."""
    if value is None or math.isnan(value):
        return NOT_AVAILABLE
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def count(value: float) -> str:
    """Return a whole number with its thousands separated."""
    return number(value, 0)


def degrees(df: float) -> str:
    """Return degrees of freedom: a whole number, or one digit of a fraction (a pooled estimate)."""
    return number(df, 0 if df == round(df, 6) else 1)


def decimals_for(standard_error: float) -> int:
    """Return the decimals that show two significant digits of ``standard_error``."""
    if not math.isfinite(standard_error) or standard_error <= 0:
        return 2
    return max(0, min(6, 1 - math.floor(math.log10(standard_error))))


def _ratio(value: float) -> str:
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3)


def estimate(value: float, low: float, high: float, measure: Measure) -> tuple[str, str, str]:
    """Return an estimate and its limits as text, rounded alike."""
    if measure.ratio:
        return _ratio(value), _ratio(low), _ratio(high)
    places = decimals_for((high - low) / 4)
    return number(value, places), number(low, places), number(high, places)


def interval(value: float, low: float, high: float, measure: Measure) -> str:
    """Return ``1.23 (1.05 to 1.44)``, or the estimate alone when it has no interval."""
    shown, low_text, high_text = estimate(value, low, high, measure)
    return shown if math.isnan(low) else f"{shown} ({low_text} to {high_text})"


def percent(proportion: float) -> str:
    """Return a proportion as a number of per cent, one decimal."""
    return number(100 * proportion, 1)


def p_value(p: float) -> str:
    """Return a p-value to two significant digits, ``< 0.001`` below that."""
    if math.isnan(p):
        return NOT_AVAILABLE
    if p < 0.001:
        return "< 0.001"
    if p > 0.99:
        return "> 0.99"
    return f"{p:.{2 if p >= 0.1 else 3 if p >= 0.01 else 4}f}"


def p_statement(p: float) -> str:
    """Return ``p = 0.012``, ``p < 0.001`` or ``no p-value``."""
    text = p_value(p)
    if text == NOT_AVAILABLE:
        return "no p-value (fewer than one degree of freedom)"
    return f"p {text}" if text[0] in "<>" else f"p = {text}"


def term_parts(term: str) -> tuple[str, str]:
    """Split ``b12_status[deficient]`` into name and level; the level is empty where there is none."""
    found = _TERM.match(term)
    return (found["name"], found["level"]) if found else (term, "")


def label(project: Project, name: str) -> str:
    """Return the words for a variable, definition or term; an unknown name stands for itself."""
    base, level = term_parts(name)
    if base not in project.names():
        return name
    quantity = project.quantity(base)
    return plain(quantity.levels.get(level, level) if level else quantity.label)


def explained(project: Project, text: str) -> str:
    """Return a reason with the labels of variables in place of their names."""
    names = project.names()

    def words(found: re.Match[str]) -> str:
        return full_label(project, found[0]) if found["name"] in names else found[0]

    named = re.sub(r"\b(?P<name>[a-z][a-z0-9]*(?:_[a-z0-9]+)+)\b(\[\w+\])?", words, text)
    return plain(named[:1].upper() + named[1:])


def short_label(project: Project, name: str) -> str:
    """Return the label up to its first comma outside parentheses: ``Grip strength``, ``Diabetes``."""
    return re.split(r",\s(?![^(]*\))", label(project, name))[0]


def full_label(project: Project, name: str) -> str:
    """Return the words for a term with its variable: ``Serum B12 status: deficient (< 148 pmol/L)``."""
    base, level = term_parts(name)
    return f"{label(project, base)}: {lower_first(label(project, name))}" if level else label(project, base)


def unit(project: Project, name: str) -> str:
    """Return the unit of a quantity, empty if it has none."""
    base, _ = term_parts(name)
    return plain(project.quantity(base).unit or "") if base in project.names() else ""


def contrast(project: Project, exposure: str, text: str) -> str:
    """Return what an estimate compares, understandable on its own.

    ``< 148 vs >= 148 pmol/L`` alone does not say of what; the measured variable goes before it.
    """
    shown = plain(text)
    definition = project.definitions.definitions.get(exposure)
    if definition is not None and (shown[:1] in "<>≥≤" or shown[:1].isdigit()):
        return f"{_measured(project, definition)}: {shown}"
    if definition is not None and definition.kind == "index":
        return f"{plain(definition.label).split(' (')[0]}: {shown}"
    return shown[:1].upper() + shown[1:]


def _measured(project: Project, definition: Definition) -> str:
    """Return the label of the first harmonised variable of ``definition``, in the order of the dictionary."""
    used = definition.variables()
    known = (v.label for name, v in project.dictionary.variables.items() if name in used)
    return plain(next(known, definition.label))


def adjustment(project: Project, name: str) -> str:
    """Return the words for an adjustment set."""
    sets = project.analysis.adjustment_sets
    return sets[name].label if name in sets else name


def modifier_label(project: Project, name: str) -> str:
    """Return the words for a modifier."""
    asked = project.analysis.effect_modification
    return plain(asked.modifiers[name].label) if asked and name in asked.modifiers else name


def modifier_level(project: Project, name: str, level: str) -> str:
    """Return the words for a level of a modifier: those of the modifier, else those of its variable."""
    asked = project.analysis.effect_modification
    if asked is None or name not in asked.modifiers:
        return level
    modifier = asked.modifiers[name]
    own = project.quantity(modifier.var).levels or {"false": "No", "true": "Yes"}
    return plain(modifier.level_labels.get(level, own.get(level, level)))


def covariates(project: Project, name: str, cohort: str | None = None) -> str:
    """Return the covariates of an adjustment set as a list in words; of a cohort, those that it can have."""
    terms = project.analysis.terms(name)
    out = terms_left_out(project, cohort, terms) if cohort else {}
    words = {t.var: lower_first(short_label(project, t.var)) for t in terms}
    if cohort is None:
        words |= {t.var: f"{words[t.var]} (where available)" for t in terms if t.where_available}
    shown = ", ".join(said for var, said in words.items() if var not in out) or "nothing"
    return f"{shown} (not for {', '.join(words[var] for var in out)}: not in this cohort)" if out else shown

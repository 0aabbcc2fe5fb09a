"""A first cohort.yaml: it loads at once, and says in comments what the files hold and what might be what."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from b12sarc.intake.codes import guess_map, labelled_missing
from b12sarc.intake.columns import SHOWN_FROM, Column, about
from b12sarc.intake.matching import Match, best, together
from b12sarc.intake.pile import likely_missing
from b12sarc.intake.reading import Found
from b12sarc.intake.survey import Survey
from b12sarc.intake.words import Code, vocabulary
from b12sarc.spec.dictionary import Dictionary, Variable
from b12sarc.spec.versions import VERSION

WIDTH = 110
SHORT = 5
"""Letters of a name that is taken for an abbreviation."""
TO_DO = "TO DO"
"""How a value begins that a person must still write; `cohort check` finds it."""


_ACCESS = (
    "public: the data may be passed on. restricted: no person-level value leaves this machine, and no "
    "small count is shown. Leave it so unless you know that it need not be."
)
_HOW_TO_MAP = (
    "One entry for each variable of the dictionary (b12sarc variables). To accept a suggestion, delete "
    "the line with `status` and take the `# ` away from the line above it. What the cohort does not "
    "have is {status: impossible, reason: ...}: the report says it in these words. The score (0 to 1) "
    "is how well name, label, unit and values fit."
)
_NO_WEIGHT = (
    "No column looks like a sampling weight. volunteers: the people who came; random: a simple random "
    "sample. With weights: kind: stratified_cluster, clustered, weights_only or replicate."
)
_HOW_SHOWN = (
    "Of numbers: the range that leaves out at least ten people (or 1 %) at either end, and the median. "
    f"Counts are rounded to {SHOWN_FROM}; none below it is shown, nor are values that few people share."
)


@dataclass(frozen=True)
class Draft:
    """What a first cohort.yaml is written from.

    Attributes:
        name: id of the cohort.
        folder: folder of its files, from the project's; None: data/raw/<name>.
        paths: file -> path below that folder.
        found: file -> what was read.
        columns: file -> its columns.
        survey: the design as guessed.
        dictionary: the variables to map.
        matches: variable -> columns that look like it, the best first.
        year: begin of the wave, as guessed from the names of the files.
    """

    name: str
    folder: str | None
    paths: Mapping[str, str]
    found: Mapping[str, Found]
    columns: Mapping[str, Sequence[Column]]
    survey: Survey
    dictionary: Dictionary
    matches: Mapping[str, list[Match]]
    year: int | None


def render(draft: Draft) -> str:
    """Return the text of the file."""
    parts = [_head(draft), _files(draft), _design(draft), _variables(draft), _inventory(draft)]
    return "\n".join(parts)


def _head(draft: Draft) -> str:
    words = draft.name.replace("_", " ")
    year = draft.year
    lines = [
        "# yaml-language-server: $schema=../../workflow/schemas/cohort.schema.json",
        *_comment(
            f"Written by `b12sarc cohort new {draft.name}`. Everything is yours to change; what every key "
            f"means: docs/reference/cohort-yaml.md. After each change: b12sarc cohort check {draft.name}",
            "# ",
        ),
        f"schema_version: {VERSION}",
        f"id: {draft.name}",
        f"title: {_text(words.upper() if len(words) <= SHORT else words.capitalize())}",
        f"population: {TO_DO} whom the cohort stands for, such as residents of Korea aged 50 and over",
        f"citation: {TO_DO} how the keeper of the data wants them cited",
        *_comment(_ACCESS, "# "),
        "access: restricted",
        "",
        "archive:",
        f"  name: {draft.name}",
        *([f"  folder: {_text(draft.folder)}"] if draft.folder else []),
        "",
        "# A wave of data collection: when it began, and how many years it took.",
        "cycles:",
        f"  wave_1: {{begin_year: {year or 2000}, years: 1}}"
        + ("  # the year is from a file's name: check it" if year else f"  # {TO_DO}: the year is made up"),
    ]
    return "\n".join(lines) + "\n"


def _files(draft: Draft) -> str:
    lines = ["# key: the column that names a person, the same in every file."]
    lines.append("files:")
    for file, path in draft.paths.items():
        found, role = draft.found[file], draft.survey.keys[file]
        lines.append(f"  {file}:  # about {about(found.n_rows)} rows, {len(draft.columns[file])} columns")
        lines.append(f"    path: {_text(path)}")
        lines.append(f"    format: {found.format}")
        if found.csv:
            lines.append(f"    csv: {{{', '.join(f'{k}: {_quoted(v)}' for k, v in found.csv.items())}}}")
        lines.append(f"    key: {_text(role.column.name)}  # {'; '.join(role.reasons)}")
        if file in draft.survey.several:
            lines += _several(draft, file, role.column)
    return "\n".join(lines) + "\n"


def _several(draft: Draft, file: str, key: Column) -> list[str]:
    visit = draft.survey.visits.get(file)
    said = f"    # About {about(key.n_distinct)} persons in {about(key.n)} rows."
    if visit is None:
        return [
            f"{said} Is each row a visit? Then: visits: {{order_by: COLUMN, choose: first}}",
            "    rows: many",
        ]
    return [
        f"{said} Which visit counts: first, last or nearest (docs/reference/cohort-yaml.md).",
        f"    visits: {{order_by: {_text(visit.column.name)}, choose: first}}",
    ]


def _design(draft: Draft) -> str:
    survey = draft.survey
    lines = ["# How the people were drawn, guessed from names and labels. Compare it with the documentation."]
    lines += [f"#   {word}: {_roles(role)}" for word, role in _guessed(survey) if role is not None]
    lines += ["design:", f"  kind: {survey.kind}"]
    if survey.weight is None:
        base = next((f for f in draft.paths if f not in survey.several), next(iter(draft.paths)))
        lines += _comment(_NO_WEIGHT, "  # ")
        return "\n".join([*lines, f"  file: {base}", "  sample: volunteers"]) + "\n"
    for word, role in (("strata", survey.strata), ("psu", survey.psu)):
        if role is not None and (word == "psu" or survey.kind == "stratified_cluster"):
            lines.append(f"  {word}: {{file: {role.column.file}, column: {_text(role.column.name)}}}")
    weight = survey.weight.column
    lines.append(f"  weight: {{file: {weight.file}, column: {_text(weight.name)}}}")
    return "\n".join(lines) + "\n"


def _guessed(survey: Survey) -> list[tuple[str, object]]:
    return [("weight", survey.weight), ("strata", survey.strata), ("psu", survey.psu)]


def _roles(role: object) -> str:
    from b12sarc.intake.survey import Role

    assert isinstance(role, Role)
    label = f' "{role.column.label}"' if role.column.label else ""
    others = f"; or {', '.join(c.where for c in role.others)}" if role.others else ""
    return f"{role.column.where}{label} ({'; '.join(role.reasons)}){others}"


def _variables(draft: Draft) -> str:
    lines = [
        *_comment(_HOW_TO_MAP, "# "),
        "variables:",
    ]
    nothing = []
    for name, variable in draft.dictionary.variables.items():
        if best(draft.matches[name]):
            lines += [*_entry(name, variable, draft), ""]
        else:
            nothing.append((name, variable))
    if nothing:
        lines += [
            "  # ---- No column looks like these. Is it there under another name (see the end of this file)?"
        ]
    for name, variable in nothing:
        lines += _comment(_asked(variable), "  # ")
        lines.append(f"  {name}: {{status: undetermined, reason: no column was found yet}}")
    return "\n".join(lines) + "\n"


def _asked(variable: Variable) -> str:
    kind = " or ".join([str(variable.unit), *variable.accepts]) if variable.unit else "true / false"
    return f"{variable.label} ({', '.join(variable.categories) or kind})"


def _entry(name: str, variable: Variable, draft: Draft) -> list[str]:
    group = together(draft.matches[name], vocabulary().of(name, variable.label))
    found = best(draft.matches[name])
    shown = [group[0], *(m for m in found if m not in group)] if group else found
    lines = _comment(_asked(variable), "  # ")
    for match in shown:
        label = f' "{match.column.label}"' if match.column.label else ""
        alike = f" (and alike {', '.join(m.column.name for m in group[1:])})" if match in group else ""
        said = f"{match.score:.2f} {match.column.where}{label}{alike}: {'; '.join(match.reasons)}"
        lines += _comment(said, "  #   ", "  #        ")
    lines += _suggestion(name, variable, shown[0], group)
    return [*lines, f"  {name}: {{status: undetermined, reason: not decided yet}}"]


def _suggestion(name: str, variable: Variable, first: Match, group: Sequence[Match]) -> list[str]:
    """Return the mapping that the best column suggests, as comments; of trials, one of all of them."""
    wanted = vocabulary().of(name, variable.label)
    columns = [m.column for m in group] or [first.column]
    keys = [f"file: {first.column.file}"]
    if group:
        keys.append(f"{wanted.combine}: [{', '.join(_text(c.name) for c in columns)}]")
    else:
        keys.append(f"column: {_text(first.column.name)}")
    lines = []
    if variable.type == "continuous":
        keys.append(f"unit: {first.unit or variable.unit}")
        if first.others:
            lines += _comment(f"The unit may also be {' or '.join(first.others)}: look it up.", "  # ")
        if first.unit is None:
            fix = f"accepts of {name} in config/dictionary.yaml"
            lines += _comment(f"No unit that converts fits: look it up, and add a factor to {fix}.", "  # ")
    else:
        mapped = guess_map(first.column, variable, wanted)
        left = [c for c in first.column.counts if c not in mapped and c not in _missing(columns)]
        said = [f"{_code(c)}: {_value(v)}" for c, v in mapped.items()] + [
            f"{_code(c)}: {TO_DO}" for c in left
        ]
        keys.append(f"map: {{{', '.join(said)}}}")
        if left:
            shown = ", ".join(_code_in_words(first.column, code) for code in left[:12])
            lines += _comment(f"Still to be mapped, or missing: {shown}.", "  # ")
    missing = _missing(columns)
    if missing:
        keys.append(f"missing: [{', '.join(map(_code, missing))}]")
    return [*lines, f"  # {name}: {{{', '.join(keys)}}}"]


def _missing(columns: Sequence[Column]) -> list[Code]:
    """Return the codes that mean, or look as if they meant, that there is no answer."""
    found: dict[Code, None] = {}
    for column in columns:
        labelled = [code for code in labelled_missing(column.value_labels) if code in column.counts]
        piled = (
            column.piled
            if not column.counts
            else likely_missing(_numbers(column.counts), column.value_labels)
        )
        found |= dict.fromkeys([*labelled, *(int(p) if p == int(p) else p for p in piled)])
    return list(found)


def _numbers(counts: Mapping[Code, int]) -> dict[float, int]:
    return {float(code): n for code, n in counts.items() if not isinstance(code, str)}


def _inventory(draft: Draft) -> str:
    lines = [
        "# ---------------------------------------------------------------------- what the files hold",
        *_comment(_HOW_SHOWN, "# "),
    ]
    for file, path in draft.paths.items():
        columns = draft.columns[file]
        lines += ["#", f"# {file} ({path}), about {about(draft.found[file].n_rows)} rows:"]
        width = min(24, max(len(c.name) for c in columns))
        for column in columns:
            first = f"#   {column.name.ljust(width)}  "
            holds = "names a person" if column.name == draft.survey.keys[file].column.name else _holds(column)
            said = "; ".join(part for part in (column.label, holds) if part)
            lines += _comment(said, first, "#" + " " * (width + 6))
    return "\n".join(lines) + "\n"


def _holds(column: Column) -> str:
    missing = f", {about(column.n_missing)} missing" if column.n_missing else ""
    if column.is_identifier:
        return f"different in (nearly) each row{missing}"
    if column.piled and not column.is_coded:
        missing += f"; {', '.join(f'{p:g}' for p in column.piled)}: a code for no answer?"
    if column.value_labels or column.is_coded:
        shown = [
            _code_in_words(column, c, n)
            for c, n in column.counts.items()
            if n >= SHOWN_FROM or c in column.value_labels
        ]
        if shown and (column.is_number or column.value_labels or len(shown) == len(column.counts)):
            hidden = len(column.counts) - len(shown)
            more = f", {hidden} more that few people have" if hidden else ""
            return f"{', '.join(shown[:30])}{', ...' if len(shown) > 30 else ''}{more}{missing}"
    if column.is_number and column.spread is not None and column.n_distinct < column.n:
        low, high = column.spread
        return f"{low:g} to {high:g}, median {column.median:g}{missing}"
    kind = "numbers" if column.is_number else "text"
    return f"{kind}, {about(column.n_distinct)} different{missing}"


def _code_in_words(column: Column, code: Code, n: int | None = None) -> str:
    words = column.value_labels.get(code)
    people = "" if n is None else f" ({about(n)})"
    return f"{_code(code)}{f' = {words}' if words else ''}{people}"


def _comment(text: str, first: str, then: str | None = None) -> list[str]:
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - len(first), break_long_words=False) or [""]
    return [f"{first if n == 0 else then or first}{line}".rstrip() for n, line in enumerate(lines)]


def _code(code: Code) -> str:
    return _quoted(code) if isinstance(code, str) else str(code)


def _value(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _text(word: str) -> str:
    """Return a word as YAML reads it back as text: quoted unless it is plain."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./ -]*", word)
    return (
        word
        if plain and word.lower() not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
        else _quoted(word)
    )


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'

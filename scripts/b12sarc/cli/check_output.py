"""A check of a cohort in words, and as JSON."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from b12sarc.cli.analyses import adjustments_without, feasibility, models
from b12sarc.cli.check import Check, Finding
from b12sarc.cli.disclose import Shown
from b12sarc.cli.output import number, table, width

if TYPE_CHECKING:
    from b12sarc.intake.examine import Seen


def as_data(name: str, found: Check) -> dict[str, Any]:
    """Return everything that a check found as plain data."""
    sound = found.cohort is not None and found.project is not None and name in found.project.cohorts
    shown = Shown.of(found.cohort)
    return {
        "cohort": name,
        "fine": found.fine,
        "problems": [_finding(f, shown) for f in found.findings if f.serious],
        "worth_a_look": [_finding(f, shown) for f in found.findings if not f.serious],
        "no_data": found.no_data,
        "files": _files(found, shown),
        "people": _people(found, shown),
        "variables": _variables(found, shown),
        "definitions": feasibility(found.project, name) if sound and found.project else [],
        "models": models(found.project, name) if sound and found.project else [],
    }


def _finding(finding: Finding, shown: Shown) -> dict[str, Any]:
    place, _, key = finding.problem.where.partition(": ")
    file, _, line = place.rpartition(":")
    known = line.isdigit()
    return {
        "file": file if known else place,
        "line": int(line) if known else None,
        "key": key,
        "what": shown.told(finding.problem.what),
        "fix": finding.problem.fix,
    }


def _files(found: Check, shown: Shown) -> list[dict[str, Any]]:
    return [
        {
            "files": list(r.files),
            "cycle": r.cycle,
            "path": r.path,
            "rows": shown.count(r.n_rows),
            "columns_used": r.n_columns,
        }
        for part in found.examined
        for r in part.read
    ]


def _people(found: Check, shown: Shown) -> list[dict[str, Any]]:
    from b12sarc.cli.over_cycles import population

    if not found.examined or found.project is None:
        return []
    sizes = population(found.project, found.examined)
    people = {cycle: counts for part in found.examined for cycle, counts in part.people.items()}
    return [
        {
            "cycle": cycle,
            "people": shown.count(n),
            "weight_above_0": shown.count(examined),
            "in_population": shown.count(sizes[cycle]) if cycle in sizes else None,
        }
        for cycle, (n, examined) in sorted(people.items())
    ]


def _variables(found: Check, shown: Shown) -> list[dict[str, Any]]:
    if not found.examined or found.project is None:
        return []
    from b12sarc.cli.over_cycles import by_variable

    seen = by_variable(found.examined)
    return [
        summary(name, seen[name], found.project.dictionary.variables[name].unit, shown)
        for name in found.project.dictionary.variables
        if name in seen
    ]


def summary(name: str, seen: list[Seen], unit: str | None, shown: Shown) -> dict[str, Any]:
    """Return what is known of a variable over all cycles; never a value of one person."""
    import numpy as np

    from b12sarc.intake.plausibility import histogram

    row: dict[str, Any] = {"variable": name, "unit": unit, "cycles": [one.cycle for one in seen]}
    sums = {
        key: sum(getattr(one, key) for one in seen) for key in ("n", "n_missing", "n_code", "n_implausible")
    }
    row |= {key: shown.count(n) for key, n in sums.items()}
    row["missing"] = shown.count(sums["n_missing"] + sums["n_code"] + sums["n_implausible"])
    values = [one.values for one in seen if one.values is not None]
    if values:
        pooled = np.sort(np.concatenate(values))
        drawn = histogram(pooled, shown.smallest)
        if drawn is None:
            return row | {"low": None, "median": None, "high": None, "histogram": ""}
        low, high, bars = drawn
        numbers = {"low": low, "median": float(np.median(pooled)), "high": high}
        return row | {key: shown.value(value) for key, value in numbers.items()} | {"histogram": bars}
    counts: dict[str, int] = {}
    for one in seen:
        for level, n in one.levels.items():
            counts[level] = counts.get(level, 0) + n
    return row | {"levels": {level: shown.count(n) for level, n in counts.items()}}


def in_words(name: str, found: Check) -> str:
    """Return a check for people: problems last, where the eye is."""
    data, shown = as_data(name, found), Shown.of(found.cohort)
    parts = []
    if data["files"]:
        rows = [
            (", ".join(f["files"]), f["cycle"], f["path"], f["rows"], f["columns_used"])
            for f in data["files"]
        ]
        parts.append("FILES\n" + table(("file", "cycle", "path", "rows", "columns used"), rows))
        people = [(p["cycle"], p["people"], p["weight_above_0"], p["in_population"]) for p in data["people"]]
        title = found.project.analysis.population.title if found.project else ""
        parts.append("PEOPLE\n" + table(("cycle", "people", "with weight", title), people))
        parts.append("VARIABLES\n" + _variables_in_words(data["variables"]))
    if data["definitions"]:
        parts.append(_definitions_in_words(data))
        lacking = adjustments_without(found.project, name) if found.project else {}
        parts.append(_analyses_in_words(data, lacking))
    if data["no_data"]:
        parts.append(f"No data looked at: {data['no_data']}.")
    if data["worth_a_look"]:
        lines = "\n".join(shown.told(str(f.problem)) for f in found.findings if not f.serious)
        parts.append(f"WORTH A LOOK\n{lines}")
    if data["problems"]:
        lines = "\n".join(shown.told(f"error: {f.problem}") for f in found.findings if f.serious)
        parts.append(f"PROBLEMS ({len(data['problems'])})\n{lines}")
    else:
        parts.append(f"{name}: no problems.")
    return "\n\n".join(parts)


def _variables_in_words(rows: list[dict[str, Any]]) -> str:
    shown_rows = []
    for row in rows:
        if "levels" in row:
            holds = ", ".join(f"{level} {n}" for level, n in row["levels"].items())
        elif row["median"] is None:
            holds = "too few people to show"
        else:
            low, median, high = (number(row[key]) for key in ("low", "median", "high"))
            holds = f"{row['histogram']} {low} to {high}, median {median} {row['unit']}"
        shown_rows.append(
            (row["variable"], row["n"], row["n_missing"], row["n_code"], row["n_implausible"], holds)
        )
    head = ("variable", "n", "blank", "coded", "out of range", "values (numbers: 1 % to 99 %)")
    return table(head, shown_rows)


def _definitions_in_words(data: dict[str, Any]) -> str:
    able = [d["definition"] for d in data["definitions"] if d["available"]]
    lacking = {d["definition"]: _lacks(str(d["reason"])) for d in data["definitions"] if not d["available"]}
    head = f"DEFINITIONS ({len(able)} of {len(data['definitions'])} can be answered)"
    lines = [head, *textwrap.wrap(", ".join(able) or "none", width())]
    if lacking:
        rows = [(name, ", ".join(reasons)) for name, reasons in lacking.items()]
        why: dict[str, dict[str, None]] = {}
        for part, reason in ((p, r) for reasons in lacking.values() for p, r in reasons.items() if r):
            why.setdefault(reason, {})[part] = None
        lines += ["", table(("cannot be answered", "for want of"), rows)]
        lines += ["", table(("for want of", "why"), [(", ".join(parts), r) for r, parts in why.items()])]
    return "\n".join(lines)


def _lacks(reason: str) -> dict[str, str]:
    """Return the variables of a reason, each with why the cohort lacks it; another stands for itself."""
    inner = re.sub(r"^fewer than \d+ components \((.*)\)$", r"\1", reason)
    parts = (part.partition(": ") for part in inner.split("; "))
    return {name if why else "".join((name, why)): why for name, _, why in parts}


def _analyses_in_words(data: dict[str, Any], lacking: dict[str, list[str]]) -> str:
    total = sum(m["models"] for m in data["models"])
    lines = [f"ANALYSES ({total:,} models; {len(data['models'])} pairs of exposure and outcome)"]
    outcomes: dict[tuple[str, int], list[str]] = {}
    for m in data["models"]:
        outcomes.setdefault((m["outcome"], m["models"]), []).append(m["exposure"])
    rows = [(outcome, n, ", ".join(exposures)) for (outcome, n), exposures in outcomes.items()]
    lines.append(table(("outcome", "models each", "exposures"), rows))
    lines += [
        f"Not adjusted for '{name}', for want of {', '.join(lacks)}." for name, lacks in lacking.items()
    ]
    return "\n".join(lines)

"""`b12sarc cohort show`: what a cohort is and what its variables hold."""

from __future__ import annotations

from typing import Any

from b12sarc.cli.check import Check
from b12sarc.cli.check_output import as_data
from b12sarc.cli.output import number, table


def as_rows(name: str, found: Check) -> dict[str, Any]:
    """Return a cohort and its variables as plain data; a variable that it lacks has the reason."""
    cohort = found.cohort
    if cohort is None:
        return {"cohort": name, "problems": len(found.findings)}
    data = as_data(name, found)
    seen = {row["variable"]: row for row in data["variables"]}
    variables = []
    for variable, mapping in cohort.variables.items():
        cycles = list(cohort.in_cycles(variable))
        row: dict[str, Any] = seen.get(variable, {"variable": variable, "cycles": cycles})
        if not cycles:
            first = mapping.at(next(iter(cohort.cycles)))
            row |= {"status": first.status, "reason": first.reason}
        variables.append(row)
    weight = cohort.design.weighting()
    return {
        "cohort": name,
        "title": cohort.title,
        "population": cohort.population,
        "citation": cohort.citation,
        "access": cohort.access,
        "cycles": {cycle: wave.begin_year for cycle, wave in cohort.cycles.items()},
        "design": cohort.design.kind,
        "weight": weight.column if weight is not None else None,
        "people": data["people"],
        "no_data": data["no_data"],
        "problems": len(data["problems"]),
        "variables": variables,
    }


def in_words(name: str, found: Check) -> str:
    """Return a cohort and its variables for people."""
    data = as_rows(name, found)
    if found.cohort is None:
        return f"{name}: cannot be read ({data['problems']} problems: b12sarc cohort check {name})"
    head = [
        ("cohort", f"{name}: {data['title']}"),
        ("stands for", data["population"]),
        ("access", data["access"]),
    ]
    head += [("cycles", ", ".join(data["cycles"])), ("design", data["design"]), ("cite", data["citation"])]
    parts = ["\n".join(f"{key:<11} {value}" for key, value in head)]
    parts.append(
        table(("variable", "n", "missing", "range (1 % to 99 %)", "unit"), map(_row, data["variables"]))
    )
    if data["no_data"]:
        parts.append(f"No data looked at: {data['no_data']}.")
    if data["problems"]:
        parts.append(f"{data['problems']} problems: b12sarc cohort check {name}")
    return "\n\n".join(parts)


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    if "status" in row:
        return row["variable"], "", "", f"{row['status']}: {row['reason']}", ""
    if "n" not in row:
        return row["variable"], "", "", f"mapped in {', '.join(row['cycles'])}", ""
    if "levels" in row:
        holds = ", ".join(f"{level} {n}" for level, n in row["levels"].items())
    elif row["median"] is None:
        holds = "too few people to show"
    else:
        holds = f"{number(row['low'])} to {number(row['high'])}, median {number(row['median'])}"
    return row["variable"], row["n"], row["missing"], holds, row["unit"]

"""JSON schemas (for completion in editors) and reference pages, made from the checker's own models.

``PYTHONPATH=scripts python -m b12sarc.spec.schema`` writes them anew. The checker stays the authority: a
schema cannot say what one file must find in another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from b12sarc.spec.analysis import Analysis
from b12sarc.spec.assays import Assays
from b12sarc.spec.base import NAME_PATTERN, PART_PATTERN, Model
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.reproduction import Reproduction
from b12sarc.spec.standard_population import StandardPopulation

COMMAND = "PYTHONPATH=scripts .venv/bin/python -m b12sarc.spec.schema"
MARKER = f"<!-- Everything below is made by: {COMMAND} -->"
MODELS: dict[str, type[Model]] = {
    "config": Config,
    "cohort": Cohort,
    "dictionary": Dictionary,
    "assays": Assays,
    "definitions": Definitions,
    "analysis": Analysis,
    "evidence": Evidence,
    "standard_population": StandardPopulation,
    "reproduction": Reproduction,
    "claims": Claims,
}
PAGES = {
    "config": "configuration",
    "cohort": "cohort-yaml",
    "dictionary": "dictionary",
    "assays": "assays-yaml",
    "definitions": "definitions-yaml",
    "analysis": "analysis-yaml",
    "evidence": "evidence-yaml",
    "standard_population": "standard-population-yaml",
    "reproduction": "reproduction-yaml",
    "claims": "claims-yaml",
}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of one kind of file."""
    made: dict[str, Any] = _without_titles(MODELS[name].model_json_schema(by_alias=True))
    if name == "cohort":
        _allow_inheritance(made)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"b12sarc {name}"}
    return head | made


def _without_titles(node: Any) -> Any:
    """Drop the title that pydantic makes from each name; descriptions say more."""
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {k: _without_titles(v) for k, v in node.items() if k != "title" or not isinstance(v, str)}


def _allow_inheritance(made: dict[str, Any]) -> None:
    """A cohort that extends or pools others may leave out or remove (null) anything but its name."""
    for part in made["$defs"].values():
        part.pop("required", None)
    every = made.pop("required")
    made["if"] = {"anyOf": [{"required": ["extends"]}, {"required": ["pools"]}]}
    made["then"] = {"required": ["schema_version", "id"]}
    made["else"] = {"required": every}
    for key in ("cycles", "files", "subsamples"):
        entries = made["properties"][key]["patternProperties"]
        for pattern, entry in entries.items():
            entries[pattern] = {"anyOf": [entry, {"type": "null"}]}


def schema_text(name: str) -> str:
    """Return the content of ``workflow/schemas/<name>.schema.json``."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def reference(name: str, root: Path) -> str:
    """Return the generated part of a reference page: its keys, and what the shipped file holds."""
    made = MODELS[name].model_json_schema(by_alias=True)
    sections = [_section(part) for part in _models(made, made.get("$defs", {}))]
    if name == "dictionary":
        sections.insert(0, _shipped_variables(root))
    if name == "definitions":
        sections.insert(0, _shipped_definitions(root))
    return "\n\n".join([MARKER, *sections]) + "\n"


def _models(made: dict[str, Any], shared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schema of the file and of every part it uses, in the order in which they are met."""
    queue, seen = [made], {made["title"]}
    for part in queue:
        yield part
        for name in re.findall(r"#/\$defs/(\w+)", json.dumps(part.get("properties", {}))):
            if name not in seen:
                seen.add(name)
                queue.append(shared[name])


def _section(part: dict[str, Any]) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, value in part["properties"].items():
        default = "**required**" if key in part.get("required", ()) else _default(value.get("default"))
        rows.append(
            f"| `{key}` | {_cell(_type(value))} | {default} | {_cell(value.get('description', ''))} |"
        )
    about = " ".join(part.get("description", "").replace("``", "`").split())
    return f"## {part['title']}\n\n{about}\n\n" + "\n".join(rows)


def _default(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False)}`" if not isinstance(value, dict) else "see below"


def _type(value: dict[str, Any]) -> str:
    """Return the type of a JSON schema in words."""
    if "$ref" in value:
        title = value["$ref"].rpartition("/")[2]
        return f"[{title}](#{title.lower()})"
    if "anyOf" in value or "oneOf" in value:
        options = value.get("anyOf") or value["oneOf"]
        words = list(dict.fromkeys(_type(option) for option in options if option.get("type") != "null"))
        return " or ".join(word for word in words if word != "whole number" or "number" not in words)
    if "enum" in value or "const" in value:
        return " \\| ".join(f"`{option}`" for option in value.get("enum", [value.get("const")]))
    if value["type"] == "array":
        few = value.get("prefixItems")
        return f"list of {len(few)} x {_type(few[0])}" if few else f"list of {_type(value['items'])}"
    if value["type"] == "object":
        entries = value.get("patternProperties") or {"": value.get("additionalProperties", {})}
        pattern, entry = next(iter(entries.items()))
        return f"{_key_word(value, pattern)} -> {_type(entry)}"
    patterns = {NAME_PATTERN: "name", PART_PATTERN: "file name"}
    plain = {"string": patterns.get(value.get("pattern", ""), "text"), "boolean": "true / false"}
    return plain.get(value["type"], "whole number" if value["type"] == "integer" else "number")


def _key_word(value: dict[str, Any], pattern: str) -> str:
    if pattern:
        return "cycle" if pattern == PART_PATTERN else "name"
    return "text" if "propertyNames" in value else "code"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _shipped_variables(root: Path) -> str:
    data = yaml.safe_load((root / "config/dictionary.yaml").read_text(encoding="utf-8"))
    rows = ["| name | label | type | values | plausible | source |", "|---|---|---|---|---|---|"]
    for name, variable in Dictionary.model_validate(data).variables.items():
        units = [str(variable.unit), *variable.accepts]
        categories = (f"`{c}`" + " (reference)" * (c == variable.reference) for c in variable.categories)
        values = " or ".join(units) if variable.unit else ", ".join(categories) or "true, false"
        limits = variable.plausible
        plausible = f"{limits.min:.12g} to {limits.max:.12g}" if limits else ""
        cells = (f"`{name}`", variable.label, variable.type, values, plausible, variable.source)
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    about = "The first unit is the one that the pipeline works in; the others are converted to it."
    return f"## The variables\n\n{about}\n\n" + "\n".join(rows)


def _shipped_definitions(root: Path) -> str:
    data = yaml.safe_load((root / "config/definitions.yaml").read_text(encoding="utf-8"))
    rows = ["| name | label | kind | used as | made from | source |", "|---|---|---|---|---|---|"]
    for name, definition in Definitions.model_validate(data).definitions.items():
        parts = ", ".join(f"`{part}`" for part in sorted(definition.variables()))
        roles = ", ".join(definition.roles)
        cells = (f"`{name}`", definition.label, definition.kind, roles, parts, definition.citation)
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "## The definitions\n\n" + "\n".join(rows)


def page_text(name: str, root: Path) -> str:
    """Return a whole reference page: what is written by hand above the marker, and the generated rest."""
    path = root / f"docs/reference/{PAGES[name]}.md"
    by_hand = (
        path.read_text(encoding="utf-8").partition(MARKER)[0] if path.is_file() else f"# {PAGES[name]}\n\n"
    )
    return by_hand + reference(name, root)


def outputs(root: Path) -> dict[Path, str]:
    """Return every generated file with the content that it should have."""
    schemas = {root / f"workflow/schemas/{name}.schema.json": schema_text(name) for name in MODELS}
    return schemas | {root / f"docs/reference/{PAGES[name]}.md": page_text(name, root) for name in MODELS}


if __name__ == "__main__":
    for path, text in outputs(Path(__file__).resolve().parents[3]).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

"""Draw Snakemake's rule graph in README.md: `make graph`. A test compares the drawing with the rules.

Left out are `all`, which asks for every output, and arrows that follow from others (figures need what
describe makes, so they need what derive makes).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)


def rule_graph() -> str:
    """Return the rule graph of the demonstration as a Mermaid flow chart, a box for each floor."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--configfile",
        "config/demo.yaml",
        "--rulegraph",
        "mermaid-js",
    ]
    drawn = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"^\t(id\d+)\[(\w+)\]", drawn, re.MULTILINE))
    arrows = {(names[a], names[b]) for a, b in re.findall(r"^\t(id\d+) --> (id\d+)", drawn, re.MULTILINE)}
    arrows = {(a, b) for a, b in arrows if b != "all"}
    direct = sorted((a, b) for a, b in arrows if not _leads(arrows - {(a, b)}, a, b))
    lines = ["flowchart LR"]
    for floor, rules in _floors().items():
        lines += [
            f'    subgraph rules_{floor}["{floor}.smk"]',
            *(f"        {rule}" for rule in rules),
            "    end",
        ]
    return "\n".join([*lines, *(f"    {a} --> {b}" for a, b in direct)]) + "\n"


def _leads(arrows: set[tuple[str, str]], start: str, end: str) -> bool:
    return any(a == start and (b == end or _leads(arrows, b, end)) for a, b in arrows)


def _floors() -> dict[str, list[str]]:
    """Return the rules of each file, in the order in which the Snakefile includes the files."""
    included = re.findall(r'"(workflow/rules/(\w+)\.smk)"', (ROOT / "Snakefile").read_text(encoding="utf-8"))
    rules = {f: re.findall(r"^rule (\w+):", (ROOT / path).read_text(), re.MULTILINE) for path, f in included}
    return {floor: names for floor, names in rules.items() if names}


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(BLOCK.sub(rule_graph(), readme.read_text(encoding="utf-8"), count=1), encoding="utf-8")

"""Run the demonstration from nothing, apart from the results that are here, and print what rules took."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOK = re.compile(r"^done: ([\d.]+) s of processor time, (\d+) MB at most$", re.MULTILINE)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "snakemake", "--configfile", "config/demo.yaml"]
        places = [f"results_dir={folder}/results", f"raw_dir={folder}/raw"]
        start = time.perf_counter()
        subprocess.run([*command, "--quiet", "all", "--config", *places], cwd=ROOT, check=True)
        wall = time.perf_counter() - start
        _print(_took(Path(folder, "results/demo/logs")), wall)


def _took(logs: Path) -> dict[str, list[tuple[float, int]]]:
    """Rule -> (processor seconds, peak MB) of each of its jobs; logs are named after rules."""
    took = defaultdict(list)
    for log in sorted(logs.rglob("*.log")):
        rule = "fetch" if "fetch" in log.relative_to(logs).parts else log.stem
        took[rule] += [(float(s), int(mb)) for s, mb in TOOK.findall(log.read_text(encoding="utf-8"))]
    return took


def _print(took: dict[str, list[tuple[float, int]]], wall: float) -> None:
    print(f"{'rule':<16}{'jobs':>5}{'processor s':>13}{'peak MB':>9}")
    for rule, jobs in sorted(took.items(), key=lambda item: -sum(s for s, _ in item[1])):
        print(f"{rule:<16}{len(jobs):>5}{sum(s for s, _ in jobs):>13.1f}{max(mb for _, mb in jobs):>9}")
    print(f"{'wall seconds':<21}{wall:>13.1f}")


if __name__ == "__main__":
    main()

"""How long `b12sarc cohort check` takes on the NHANES cohorts (tables in data/raw): wall clock and CPU.

Run from the project's folder: PYTHONPATH=scripts .venv/bin/python bench/cohort_check.py
"""

import os
import subprocess
import sys
import time
from pathlib import Path

TARGET_S = 5.0

if __name__ == "__main__":
    print(f"{'cohort':20} {'wall':>6} {'CPU':>6}   (seconds, {os.cpu_count()} cores; target {TARGET_S:g})")
    for folder in sorted(Path("cohorts").glob("nhanes_*")):
        before, start = os.times(), time.perf_counter()
        command = [sys.executable, "-m", "b12sarc.cli", "cohort", "check", folder.name]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        wall, after = time.perf_counter() - start, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{folder.name:20} {wall:6.2f} {cpu:6.2f}")

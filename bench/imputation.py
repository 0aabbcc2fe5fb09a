"""Bias and coverage of multiple imputation where the truth is known, in more runs than a test can afford.

usage: PYTHONPATH=scripts:tests .venv/bin/python bench/imputation.py [runs]      (default 500; ten minutes)
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import sys
import time

import numpy as np

from imputation_simulation import WHAT, simulate, truth

if __name__ == "__main__":
    runs, true = int(sys.argv[1]) if len(sys.argv) > 1 else 500, truth()
    print(
        f"{'n':>6} {'what':>6} {'truth':>8} {'complete':>10} {'imputed':>9} {'MC error':>9} {'coverage':>9}"
    )
    for n in (400, 1000, 2500):
        start = time.process_time()
        found, covered, complete = simulate(runs, n, 10, 1)
        error = found.std(axis=0, ddof=1) / np.sqrt(runs)
        for i, name in enumerate(WHAT):
            biases = complete[:, i].mean() - true[i], found[:, i].mean() - true[i]
            print(
                f"{n:6d} {name:>6} {true[i]:8.4f} {biases[0]:+10.4f} {biases[1]:+9.4f} {error[i]:9.4f} "
                f"{covered[:, i].mean():9.3f}"
            )
        print(f"       {time.process_time() - start:.0f} s of CPU")

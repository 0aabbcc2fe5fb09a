"""A made-up clustered population with gaps by a known mechanism, imputed and analysed: SYNTHETIC DATA.

A person has z and w, always known; an exposure x, with an effect of the cluster; an outcome
y = 0.5 x + 0.7 z + noise, of which w tells; a yes-or-no b and a level c that depend on them. x, b and c are
missing more often the higher w is (missing at random), y in a tenth of the people. What is estimated: the
slope of y on x alone, and how common b and level 2 of c are. Complete cases get all three wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from b12sarc.chains import Chain, Column
from b12sarc.pooling import Pooled, ScalarFit, pool

CLUSTERS, CLUSTER_SD = 20, 0.3
SLOPE = 0.5 + 0.7 * 0.5 / (0.25 + CLUSTER_SD**2 + 1)
WHAT = ("slope", "b", "c")


@dataclass(frozen=True)
class People:
    """Values over n people; NaN is missing in ``seen``."""

    cluster: np.ndarray
    known: np.ndarray
    truth: dict[str, np.ndarray]
    seen: dict[str, np.ndarray]


def expit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def draw(rng: np.random.Generator, n: int) -> People:
    cluster = np.arange(n) % CLUSTERS
    z = rng.normal(size=n)
    x = 0.5 * z + rng.normal(0, CLUSTER_SD, CLUSTERS)[cluster] + rng.normal(size=n)
    y = 0.5 * x + 0.7 * z + rng.normal(size=n)
    b = (rng.random(n) < expit(-1 + z + 0.5 * x)).astype(float)
    score = np.column_stack([np.zeros(n), -0.5 + 0.8 * z, -1 + 0.8 * y])
    c = (score + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)
    truth = {"x": x, "y": y, "b": b, "c": c}
    w = y + 0.5 * rng.normal(size=n)
    seen = {
        name: np.where(rng.random(n) < expit(-1.5 + 0.8 * w), np.nan, truth[name]) for name in ("x", "b", "c")
    }
    seen["y"] = np.where(rng.random(n) < 0.1, np.nan, y)
    return People(cluster, np.column_stack([z, w]), truth, seen)


def estimates(x: np.ndarray, y: np.ndarray, b: np.ndarray, c: np.ndarray) -> list[ScalarFit]:
    n = len(x)
    xc = x - x.mean()
    slope = xc @ y / (xc @ xc)
    residual = y - y.mean() - slope * xc
    se = np.sqrt(residual @ residual / (n - 2) / (xc @ xc))
    shares = [ScalarFit(v.mean(), np.sqrt(v.mean() * (1 - v.mean()) / (n - 1)), n - 1) for v in (b, c == 2)]
    return [ScalarFit(slope, se, n - 2), *shares]


def imputed(people: People, rng: np.random.Generator, *, m: int, iterations: int = 5) -> list[Pooled]:
    """What m completed data sets say together, of each of :data:`WHAT`."""
    columns = {name: Column(people.seen[name], 3 if name == "c" else 0) for name in ("x", "y", "b", "c")}
    found = []
    for _ in range(m):
        chain = Chain(columns, people.known, people.cluster, donors=5, rng=rng)
        for _ in range(iterations):
            chain.iterate()
        found.append(estimates(*(chain.completed(name) for name in ("x", "y", "b", "c"))))
    return [pool(fits) for fits in zip(*found, strict=True)]


def complete_cases(people: People) -> list[ScalarFit]:
    known = np.logical_and.reduce([~np.isnan(v) for v in people.seen.values()])
    return estimates(*(people.seen[name][known] for name in ("x", "y", "b", "c")))


def truth(n: int = 2_000_000) -> np.ndarray:
    """What is true of each of :data:`WHAT` in the population."""
    people = draw(np.random.default_rng(0), n)
    return np.array([SLOPE, people.truth["b"].mean(), (people.truth["c"] == 2).mean()])


def simulate(runs: int, n: int, m: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Imputed estimates, whether their 95 % intervals hold the truth, and complete cases, (runs, 3) each."""
    rng, true = np.random.default_rng(seed), truth()
    found, covered, complete = [], [], []
    for _ in range(runs):
        people = draw(rng, n)
        pooled = imputed(people, rng, m=m)
        limits = np.array([p.conf_int()[0] for p in pooled])
        found.append([p.coef[0] for p in pooled])
        covered.append((limits[:, 0] <= true) & (true <= limits[:, 1]))
        complete.append([fit.estimate for fit in complete_cases(people)])
    return np.array(found), np.array(covered), np.array(complete)

"""Who is drawn: strata, PSUs, age, sex, race and ethnicity, and the sampling weights."""

from __future__ import annotations

import numpy as np

from b12sarc.synthetic.draws import Columns, by_band, of_place, pick, stream
from b12sarc.synthetic.population import CycleSample, Population, Race, Sample

RACES: tuple[Race, ...] = ("hispanic", "nh_white", "nh_black", "other")
_RACE_OF_RIDRETH3 = {1: "hispanic", 2: "hispanic", 3: "nh_white", 4: "nh_black", 6: "other", 7: "other"}


def draw_sample(population: Population) -> Columns:
    """Draw everybody's place in the design and demography, cycle after cycle, sorted by person number.

    Returns:
        Arrays of shape (n,): ``person``, ``cycle`` (0, 1, ...), ``stratum``, ``psu``, ``stratum_index`` and
        ``psu_index`` (0, 1, ... over the whole sample), ``age`` (top-coded as the file is), ``female``,
        ``ridreth3``, an indicator for each of :data:`RACES`, ``second_cycle`` and ``examined``.
    """
    sample, seed = population.sample, population.seed
    cycles = list(sample.cycles.values())
    people: Columns = {"cycle": np.repeat(np.arange(len(cycles)), [cycle.people for cycle in cycles])}
    people["person"] = np.concatenate([c.first_person + np.arange(c.people) for c in cycles])
    places = [_places(cycle, sample, stream(seed, f"places {name}")) for name, cycle in sample.cycles.items()]
    people["stratum"], people["psu"] = (np.concatenate(column) for column in zip(*places, strict=True))
    people["stratum_index"] = np.unique(people["stratum"], return_inverse=True)[1]
    people["psu_index"] = np.unique(people["stratum"] * 10 + people["psu"], return_inverse=True)[1]
    people["age"] = _ages(sample, people, stream(seed, "age"))
    n = len(people["age"])
    people["female"] = (stream(seed, "sex").random(n) < sample.female).astype(float)
    people["ridreth3"] = _ridreth3(sample, people, stream(seed, "race"))
    race = np.array([_RACE_OF_RIDRETH3[code] for code in people["ridreth3"]])
    people |= {name: (race == name).astype(float) for name in RACES}
    people["second_cycle"] = (people["cycle"] == 1).astype(float)
    missed = np.where(people["age"] >= 80, sample.not_examined.from_80, sample.not_examined.under_80)
    people["examined"] = stream(seed, "examined").random(n) >= missed
    return people


def add_weights(people: Columns, population: Population) -> None:
    """Add ``weight_interview`` and ``weight_examination`` (0 if not examined) to the people.

    In each cycle either adds up to the population, as CDC's do.
    """
    sample, rng = population.sample, stream(population.seed, "weights")
    model = sample.weights
    means = np.array([getattr(model, race) for race in RACES])
    race = np.argmax([people[name] for name in RACES], axis=0)
    base = means[race, by_band(people["age"], model.from_age)]
    place = of_place(people, "psu_index", model.sd_psu, rng)
    noise = model.sd * np.clip(rng.normal(size=len(base)), -3, 3)
    weight = base * np.exp(model.per_income * (people["income"] - 2.5) + place + noise)
    examined = np.where(people["examined"], weight * np.exp(0.04 * rng.normal(size=len(base))), 0.0)
    for number, cycle in enumerate(sample.cycles.values()):
        rows = people["cycle"] == number
        weight[rows] *= cycle.population / weight[rows].sum()
        examined[rows] *= cycle.population / examined[rows].sum()
    people["weight_interview"], people["weight_examination"] = weight.round(6), examined.round(6)


def _places(cycle: CycleSample, sample: Sample, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return stratum and PSU of each person of a cycle; the first strata have the third PSU."""
    sizes = [3 if i < cycle.strata_of_three_psus else 2 for i in range(cycle.strata)]
    stratum = np.repeat(cycle.first_stratum + np.arange(cycle.strata), sizes)
    psu = np.concatenate([1 + np.arange(size) for size in sizes])
    share = np.exp(sample.psu_size_sd * rng.normal(size=len(psu))) / np.repeat(sizes, sizes)
    where = rng.choice(len(psu), size=cycle.people, p=share / share.sum())
    return stratum[where], psu[where]


def _ages(sample: Sample, people: Columns, rng: np.random.Generator) -> np.ndarray:
    years = np.concatenate([np.arange(band.first, band.last + 1) for band in sample.ages])
    share = np.concatenate([_spread(band.share, band.last - band.first + 1) for band in sample.ages])
    n = len(people["cycle"])
    age = rng.choice(years, size=n, p=share / share.sum())
    young = np.where(years < 65, share, 0.0)
    sparse = (people["stratum"] == sample.sparse_psu.stratum) & (people["psu"] == sample.sparse_psu.psu)
    leaves = sparse & (age >= 65) & (rng.random(n) >= sample.sparse_psu.keep_from_65)
    if leaves.any():
        age[leaves] = rng.choice(years, size=leaves.sum(), p=young / young.sum())
    return age.astype(float)


def _spread(share: float, years: int) -> np.ndarray:
    return np.full(years, share / years)


def _ridreth3(sample: Sample, people: Columns, rng: np.random.Generator) -> np.ndarray:
    bands = sample.race_ethnicity
    codes = np.array(list(bands[0].share))
    shares = np.array([[band.share[code] for code in bands[0].share] for band in bands])
    expected = shares[by_band(people["age"], [band.from_age for band in bands])]
    for column in range(len(codes)):
        shift = of_place(people, "stratum_index", sample.race_sd_stratum, rng)
        shift += of_place(people, "psu_index", sample.race_sd_psu, rng)
        expected[:, column] *= np.exp(shift)
    return codes[pick(expected, rng)]

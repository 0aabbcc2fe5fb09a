"""Prevalence of every definition by survey cycle, crude and age-standardised, and whether it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.as_measured import made_anew, measured_values
from b12sarc.describe.completed import Event
from b12sarc.describe.presentation import SUPPRESSED, suppressed_proportion
from b12sarc.describe.prevalence import events_of
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.errors import B12SarcError
from b12sarc.estimators import proportion
from b12sarc.frames import FrameMeta
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample
from b12sarc.spec import CYCLE, OverTime, Project
from b12sarc.standardise import age_bands, joint_means, standardised_proportion
from b12sarc.trend import TrendOfEstimates, trend_of_estimates

SERIES = ("cohort", "variable", "bridged", "standardisation")
BY_CYCLE = (
    *(*SERIES, "cycle", "year", "n", "events", "estimate", "se", "df", "conf_low", "conf_high"),
    *("n_eff", "flag"),
)
"""Columns of the prevalences, in order."""

TRENDS = (
    *(*SERIES, "cycles", "slope_per_2_years", "se", "df", "conf_low", "conf_high"),
    *("p_trend", "p_departure", "p_any_change", "not_measured", "reason"),
)
"""Columns of the tests for trend, in order."""

HARMONISED = "harmonised"
AS_MEASURED = "as_measured"
CRUDE = "crude"
STANDARDISED = "age_standardised"


@dataclass(frozen=True, eq=False)
class OverTimeTables:
    """What :func:`over_time` returns."""

    by_cycle: pd.DataFrame
    trends: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Bands:
    """Age band of each row of the survey (meaningful in the domain only), and the standard population."""

    position: np.ndarray
    population: np.ndarray


@dataclass(frozen=True, eq=False)
class _Series:
    """One definition, or one level of it, followed over the cycles in which it was measured."""

    variable: str
    bridged: str
    event: np.ndarray
    measured: tuple[int, ...]


def over_time(frame: pd.DataFrame, meta: FrameMeta, project: Project) -> OverTimeTables:
    """Follow the prevalence of every definition of ``over_time`` that the cohort has.

    One design holds all cycles; an estimate of one cycle is that of a domain in it. Age-standardised ones
    are direct, with the shares of the project's standard population as weights.

    A definition that reads a variable of which bridging changed any value is followed twice: on the scale of
    one method (``harmonised``), and evaluated on the values as they were measured (``as_measured``). A cycle
    in which a definition is known for nobody has no rows, and is named in ``not_measured``.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration, with ``over_time`` and its standard population.

    Returns:
        ``by_cycle`` (columns :data:`BY_CYCLE`): proportions (0-1) with Korn-Graubard intervals, flagged and
        suppressed by NCHS's standards as in the table of prevalences; ``year`` is the middle of the cycle.
        ``trends`` (columns :data:`TRENDS`): the straight line through the estimates of the cycles, per two
        years; ``p_departure`` tests whether they leave it (none with two cycles), ``p_any_change`` whether
        they differ at all. All have the design df. A trend needs two cycles; ``reason`` says why a test is
        not there, or names cycles in which no estimate is shown.

    Raises:
        B12SarcError: somebody of the domain is younger than the first age band, or of unknown age.
    """
    spec = project.analysis.over_time
    if spec is None:
        raise ValueError("the configuration has no over_time")
    sample = Sample.of(frame, meta, project)
    ways = {CRUDE: None, STANDARDISED: _bands(sample, spec)}
    rows: list[dict[str, object]] = []
    trends: list[dict[str, object]] = []
    for series in _all_series(sample, spec):
        for name, bands in ways.items():
            head = (sample.cohort, series.variable, series.bridged, name)
            of_cycles = [_cycle(sample, series, cycle, bands) for cycle in series.measured]
            rows += [dict(zip(SERIES, head, strict=True)) | row for row in of_cycles]
            hidden = [str(r["cycle"]) for r in of_cycles if str(r["flag"]).startswith(SUPPRESSED)]
            least = {SMALLEST_CELL: _smallest_cell(sample, series)}
            trends.append(
                dict(zip(SERIES, head, strict=True)) | _trend(sample, series, bands, hidden) | least
            )
    by_cycle = pd.DataFrame(rows, columns=list(BY_CYCLE))
    integers = dict.fromkeys(("n", "events", "df"), "Int64")
    tests = pd.DataFrame(trends, columns=[*TRENDS, SMALLEST_CELL]).astype({"df": "Int64"})
    return OverTimeTables(by_cycle.astype(integers), tests)


def _bands(sample: Sample, spec: OverTime) -> _Bands:
    standard = sample.project.standard_population
    if standard is None:
        raise ValueError("the configuration has no standard population")
    age, position = sample.domain.take(sample.values(spec.age)), np.zeros(len(sample.frame), dtype=int)
    starts = standard.starts()
    outside = int((~(age >= starts[0])).sum())
    if outside:
        what = f"{outside} people of the domain are younger than {starts[0]:g} years or of unknown age"
        fix = f"choose a standard population whose bands begin earlier than at {starts[0]:g}"
        raise B12SarcError.at(f"cohort {sample.cohort}: over_time.standard_population", what, fix)
    position[sample.domain.rows] = age_bands(age, starts)
    return _Bands(position, np.array([band.population for band in standard.bands], dtype=float))


def _all_series(sample: Sample, spec: OverTime) -> Iterator[_Series]:
    measured_as = measured_values(sample)
    for name in spec.prevalence_of or sample.project.analysis.describe.prevalence_of:
        if not sample.has(name) or sample.is_imputed(name):  # imputed ones are not followed over time
            continue
        measured = _measured(sample, name)
        for term, event in events_of(sample, name):
            yield _Series(term, HARMONISED, _zero_one(event, sample.values(name)), measured)
        if not sample.project.made_of(name) & set(measured_as):
            continue
        in_measured = np.isin(
            sample.values(CYCLE), measured
        )  # "no" may be known where only one part was measured
        values = np.where(
            in_measured, sample.as_floats(name, made_anew(sample, [name], measured_as)[name]), np.nan
        )
        for term, event in events_of(sample, name):
            yield _Series(term, AS_MEASURED, _zero_one(event, values), measured)


def _zero_one(event: Event, values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, event(values))


def _measured(sample: Sample, name: str) -> tuple[int, ...]:
    """Return the positions of the cycles in which a definition is known for anybody of the domain."""
    known = sample.domain.take(sample.known([name]))
    return tuple(int(c) for c in np.unique(sample.domain.take(sample.values(CYCLE))[known]))


def _cycle(sample: Sample, series: _Series, cycle: int, bands: _Bands | None) -> dict[str, object]:
    """Return the estimate of one cycle as columns of its row."""
    label = list(sample.levels(CYCLE))[cycle]
    domain = sample.domain.restrict(~np.isnan(series.event) & (sample.values(CYCLE) == cycle))
    event, level = domain.take(series.event), sample.project.analysis.confidence_level
    head = {"cycle": label, "year": _middle(sample, label)}
    try:
        if bands is None:
            return head | suppressed_proportion(proportion(domain, event, level=level))
        band = domain.take(bands.position)
        estimate = standardised_proportion(domain, event, band, bands.population, level=level)
        return head | suppressed_proportion(estimate)
    except NotEstimableError as error:
        return head | {"n": domain.n, "flag": f"{SUPPRESSED}: {error.reason}"}


def _smallest_cell(sample: Sample, series: _Series) -> int:
    """Count the fewest people with the event, or without it, in a cycle: what a trend rests on."""
    event = sample.domain.take(series.event)
    cycle = sample.domain.take(sample.values(CYCLE))
    return min(int((event[cycle == c] == yes).sum()) for c in series.measured for yes in (0, 1))


def _middle(sample: Sample, cycle: str) -> float:
    """Return the middle of a survey cycle in calendar years: 2000.0 of 1999-2000."""
    wave = sample.project.cohorts[sample.cohort].cycles[cycle]
    return wave.begin_year + wave.years / 2


def _trend(sample: Sample, series: _Series, bands: _Bands | None, hidden: list[str]) -> dict[str, object]:
    """Return the tests of one series as columns of its row."""
    labels = list(sample.levels(CYCLE))
    cycles = [labels[position] for position in series.measured]
    head: dict[str, object] = {
        "cycles": "; ".join(cycles),
        "not_measured": "; ".join(cycle for cycle in labels if cycle not in cycles),
    }
    try:
        fitted = _fitted(sample, series, bands, [_middle(sample, cycle) for cycle in cycles])
    except NotEstimableError as error:
        return head | {"reason": error.reason}
    line, departure = fitted.linear, fitted.departure
    said = [line.reason, fitted.change.reason, departure.reason if departure else ""]
    said += [f"no estimate is shown for {', '.join(hidden)} (NCHS standards)"] if hidden else []
    return head | {
        "slope_per_2_years": line.slope,
        **{name: getattr(line, name) for name in ("se", "df", "conf_low", "conf_high")},
        "p_trend": line.p_value,
        "p_departure": departure.p_value if departure else np.nan,
        "p_any_change": fitted.change.p_value,
        "reason": "; ".join(dict.fromkeys(filter(None, said))),
    }


def _fitted(sample: Sample, series: _Series, bands: _Bands | None, years: list[float]) -> TrendOfEstimates:
    if len(years) < 2:
        raise NotEstimableError("measured in one survey cycle: no trend")
    domain = sample.domain.restrict(~np.isnan(series.event))
    band, population = (domain.take(bands.position), bands.population) if bands else (None, None)
    cycle = domain.take(sample.values(CYCLE))
    means = joint_means(domain, domain.take(series.event), cycle, band, population)
    return trend_of_estimates(means, np.array(years), level=sample.project.analysis.confidence_level)

"""Values before bridging: variables as they were measured, and the definitions that rest on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from b12sarc.definitions import make
from b12sarc.frames import raw_name
from b12sarc.sample import Sample
from b12sarc.spec import CYCLE


def measured_values(sample: Sample) -> dict[str, pd.Series]:
    """Return variable -> values as measured, of the variables of which bridging changed some value.

    Cycles that need no bridging have no raw value: there the harmonised one is it.
    """
    found = {}
    for variable in sample.project.dictionary.variables:
        if sample.has(variable) and sample.has(raw_name(variable)):
            values = sample.frame[raw_name(variable)].fillna(sample.frame[variable])
            if not values.equals(sample.frame[variable].rename(values.name)):
                found[variable] = values
    return found


def made_anew(
    sample: Sample, names: Iterable[str], replaced: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    """Return definitions evaluated with other values of some variables, and these values themselves.

    Args:
        sample: where everything else comes from.
        names: definitions; those between them and the variables are made anew too.
        replaced: variable -> its other values.
    """
    columns: dict[str, pd.Series] = {str(c): sample.frame[c] for c in sample.frame} | dict(replaced)
    definitions, done = sample.project.definitions.definitions, dict(replaced)

    def evaluate(wanted: str) -> None:
        if wanted in done or not sample.project.made_of(wanted) & set(replaced):
            return
        for part in sorted(definitions[wanted].variables()):
            evaluate(part)
        where = f"cohort {sample.cohort}: definitions.{wanted}, as measured"
        values = make(definitions[wanted], columns, sample.meta.unavailable, where).values
        columns[wanted] = values.mask(_in_cycle_without(sample, wanted))
        done[wanted] = columns[wanted]

    for name in names:
        evaluate(name)
    return done


def sample_as_measured(sample: Sample) -> tuple[Sample, frozenset[str]]:
    """Return the sample before bridging, and the variables and definitions that are other than before."""
    definitions = [name for name in sample.project.definitions.definitions if name in sample.frame.columns]
    values = made_anew(sample, definitions, measured_values(sample))
    changed = {name: column for name, column in values.items() if not _same(column, sample.frame[name])}
    frame = sample.frame.assign(**changed)
    return replace(sample, frame=frame, _values={}, _known={}), frozenset(changed)


def _in_cycle_without(sample: Sample, name: str) -> pd.Series:
    """Where the cycle cannot answer a definition, though a part of it might say "no"."""
    known = sample.frame[name].notna()
    return ~known.groupby(sample.frame[CYCLE], observed=True).transform("any")


def _same(one: pd.Series, other: pd.Series) -> bool:
    return bool(one.rename(other.name).equals(other))

"""Every sensitivity analysis of one cohort."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pandas as pd

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.sample import Sample
from b12sarc.sensitivity.confounding import E_VALUES, e_value_rows
from b12sarc.sensitivity.controls import CONTROLS, control_rows
from b12sarc.sensitivity.departures import SENSITIVITY, option_rows
from b12sarc.sensitivity.dilution import MEASUREMENT_ERROR, dilution_rows
from b12sarc.sensitivity.misclassified import BIAS_ANALYSIS, bias_rows
from b12sarc.sensitivity.models import Departures
from b12sarc.sensitivity.untested import UNTESTED, untested_rows

_WHOLE = (
    *("n", "events", "n_dropped", "n_unknown", "n_main", "events_main", "n_all", "n_truncated"),
    *("n_replicates", "draws", "rejected", "rejected_total", "not_fitted"),
)


@dataclass(frozen=True, eq=False)
class SensitivityTables:
    """What :func:`sensitivity_tables` returns; where a number is not there, ``reason`` says why.

    Attributes:
        options: columns :data:`~b12sarc.sensitivity.departures.SENSITIVITY`.
        e_values: columns :data:`~b12sarc.sensitivity.confounding.E_VALUES`.
        measurement_error: columns :data:`~b12sarc.sensitivity.dilution.MEASUREMENT_ERROR`.
        bias_analysis: columns :data:`~b12sarc.sensitivity.misclassified.BIAS_ANALYSIS`.
        untested: columns :data:`~b12sarc.sensitivity.untested.UNTESTED`.
        controls: columns :data:`~b12sarc.sensitivity.controls.CONTROLS`.
    """

    options: pd.DataFrame
    e_values: pd.DataFrame
    measurement_error: pd.DataFrame
    bias_analysis: pd.DataFrame
    untested: pd.DataFrame
    controls: pd.DataFrame


def sensitivity_tables(
    sample: Sample, reliability: pd.DataFrame, progress: Callable[[int, int], None] | None = None
) -> SensitivityTables:
    """Make every sensitivity analysis of one cohort.

    Args:
        sample: the cohort.
        reliability: reliability.csv of the run.
        progress: called with (tables done, tables in all) after each table.
    """
    of = Departures.of(sample)
    parts: dict[str, tuple[tuple[str, ...], Callable[[], Iterable[dict[str, object]]]]] = {
        "options": (SENSITIVITY, lambda: option_rows(of)),
        "e_values": (E_VALUES, lambda: e_value_rows(of)),
        "measurement_error": (MEASUREMENT_ERROR, lambda: dilution_rows(of, reliability)),
        "bias_analysis": (BIAS_ANALYSIS, lambda: bias_rows(of)),
        "untested": (UNTESTED, lambda: untested_rows(of)),
        "controls": (CONTROLS, lambda: control_rows(of)),
    }
    made = {}
    for name, (columns, rows) in parts.items():
        made[name] = _table(rows(), columns)
        if progress is not None:
            progress(len(made), len(parts))
    made["options"] = _with_change(made["options"])
    return SensitivityTables(**made)


def _table(rows: Iterable[dict[str, object]], columns: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=[*columns, SMALLEST_CELL])
    return table.astype({name: "Int64" for name in _WHOLE if name in table})


def _with_change(options: pd.DataFrame) -> pd.DataFrame:
    """Add the estimate less the main one; of ratios, the one over the other."""
    estimate, main = options["estimate"].astype(float), options["estimate_main"].astype(float)
    return options.assign(change=(estimate - main).where(options["estimator"] == "linear", estimate / main))

"""Our tables beside the golden ones that R made (tests/golden)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

GOLDEN = Path(__file__).resolve().parent / "golden"
RTOL = 1e-8
MODEL = ["outcome", "exposure", "adjustment", "estimator"]


def golden(name: str) -> pd.DataFrame:
    table = pd.read_csv(GOLDEN / name, keep_default_na=False, na_values=[""])
    text = [c for c in ("flag", "level") if c in table]
    return table.assign(**{c: table[c].astype("str").fillna("") for c in text})


def beside(ours: pd.DataFrame, r: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Rows of both side by side (R's columns end in ``_r``); every row must have its counterpart."""
    both = ours.merge(r, on=key, how="outer", suffixes=("", "_r"), indicator=True, validate="1:1")
    unmatched = both.loc[both["_merge"] != "both", [*key, "_merge"]]
    assert unmatched.empty, unmatched.to_string()
    return both


def assert_equal(both: pd.DataFrame, column: str) -> None:
    np.testing.assert_array_equal(both[column].astype(float), both[f"{column}_r"].astype(float), column)


def assert_close(both: pd.DataFrame, column: str) -> None:
    ours, r = both[column].astype(float), both[f"{column}_r"].astype(float)
    np.testing.assert_allclose(ours, r, rtol=RTOL, err_msg=column)


def assert_flags_equal(both: pd.DataFrame) -> None:
    assert list(both["flag"].str.partition(":")[0]) == list(both["flag_r"])


def assert_svyciprop_where_nchs_does_not_cap(both: pd.DataFrame) -> None:
    """R's own interval does not cap the effective sample at n, as NCHS does."""
    uncapped = both[both["n_eff_r"] < 0.9 * both["n_r"]]
    assert len(uncapped) > 30
    np.testing.assert_allclose(uncapped["conf_low"], uncapped["svyciprop_low"], rtol=RTOL)
    np.testing.assert_allclose(uncapped["conf_high"], uncapped["svyciprop_high"], rtol=RTOL)

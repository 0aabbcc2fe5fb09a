"""Files of a made-up survey with names, labels and codes of its own, in every format that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

N = 400
LABELS = {
    "ID": "개인 아이디",
    "age": "만나이",
    "sex": "성별",
    "kstrata": "Variance stratum",
    "psu": "Primary sampling unit",
    "wt_ex": "Examination weight",
    "HE_B12": "Vitamin B12 (pg/mL)",
    "gs_r_1": "Grip strength, right hand, trial 1 (kg)",
    "gs_r_2": "Grip strength, right hand, trial 2 (kg)",
    "gs_l_1": "Grip strength, left hand, trial 1 (kg)",
    "gs_why": "Grip strength: reason not done",
    "dm": "당뇨병 의사진단 여부",
    "b12inj": "Vitamin B12 injection, prescribed",
    "remark": "Remark of the nurse",
}
VALUE_LABELS = {
    "sex": {1: "남자", 2: "여자"},
    "dm": {1: "예", 2: "아니오", 9: "모름, 무응답"},
    "gs_why": {1: "Refused", 2: "Pain"},
    "b12inj": {1: "Yes", 2: "No"},
}


def survey(seed: int = 1) -> pd.DataFrame:
    """Four hundred people aged 60 to 89 in 10 strata of 2 PSUs."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(1, 3, N)
    grip = (40 - 12 * (sex == 2) + rng.normal(0, 5, N)).round(1)
    b12 = np.exp(rng.normal(6.1, 0.4, N)).round(0)
    b12[:12] = 9999
    return pd.DataFrame(
        {
            "ID": np.arange(1001, 1001 + N),
            "age": rng.integers(60, 90, N).astype(float),
            "sex": sex.astype(float),
            "kstrata": (np.arange(N) // 40).astype(float),
            "psu": (np.arange(N) % 2 + 1).astype(float),
            "wt_ex": rng.uniform(500, 5000, N).round(2),
            "HE_B12": b12,
            "gs_r_1": grip,
            "gs_r_2": (grip + rng.normal(0, 1, N)).round(1),
            "gs_l_1": (grip - 2 + rng.normal(0, 1, N)).round(1),
            "gs_why": np.where(np.arange(N) % 20 == 0, 1.0, np.nan),
            "dm": rng.choice([1.0, 2.0, 9.0], N, p=[0.2, 0.75, 0.05]),
            "b12inj": np.where(np.arange(N) % 25 == 3, 1.0, 2.0),
            "remark": [f"person {n} of Elm Street" for n in range(N)],
        }
    )


def write(path: Path, frame: pd.DataFrame) -> Path:
    """Write a frame in the format of the ending, with labels where the format has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = {name: label for name, label in LABELS.items() if name in frame}
    values = {name: codes for name, codes in VALUE_LABELS.items() if name in frame}
    if path.suffix == ".sav":
        pyreadstat.write_sav(frame, str(path), column_labels=labels, variable_value_labels=values)
    elif path.suffix == ".dta":
        pyreadstat.write_dta(frame, str(path), column_labels=labels, variable_value_labels=values)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path

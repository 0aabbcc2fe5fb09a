"""Golden numbers from R on made-up data (tests/data/survey_goldens)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.design import Domain, SurveyDesign

GOLDENS = Path(__file__).resolve().parent.parent / "data" / "survey_goldens"


@pytest.fixture(scope="session")
def sim() -> dict[str, np.ndarray]:
    frame = pd.read_csv(GOLDENS / "sim.csv.gz")
    return {name: frame[name].to_numpy() for name in frame}


@pytest.fixture(scope="session")
def oracle() -> dict:
    return json.loads((GOLDENS / "oracle_sim.json").read_text())


@pytest.fixture(scope="session")
def extra() -> dict:
    return json.loads((GOLDENS / "oracle_extra.json").read_text())


@pytest.fixture(scope="session")
def design(sim: dict) -> SurveyDesign:
    return SurveyDesign.from_arrays(sim["WTMEC4YR"], sim["SDMVSTRA"], sim["SDMVPSU"])


@pytest.fixture(scope="session")
def old(sim: dict, design: SurveyDesign) -> Domain:
    return design.domain(sim["OLD"] == 1)


@pytest.fixture
def known(sim: dict):
    """Narrow a domain to the rows where a variable is known, and return it with the values."""

    def narrow(domain: Domain, name: str) -> tuple[Domain, np.ndarray]:
        narrowed = domain.restrict(~np.isnan(sim[name]))
        return narrowed, narrowed.take(sim[name])

    return narrow

"""A restricted file that is broken in any column, in any way, is refused without a word of what is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.harmonise import harmonise
from b12sarc.job import job
from b12sarc.readers import Table, read_file
from b12sarc.spec import Cohort, Dictionary
from hospital_cohort import ID, NAME, cohort, marks, people

Damage = Callable[[pd.DataFrame, str], pd.DataFrame]


def _put(value: object) -> Damage:
    def damage(table: pd.DataFrame, column: str) -> pd.DataFrame:
        table = table.astype({column: object})
        table.loc[[3, 4], column] = value
        return table

    return damage


DAMAGE: dict[str, Damage] = {
    "a name": _put(NAME),
    "a number out of range": _put(987654.25),
    "a negative number": _put(-77310442),
    "blank": _put(None),
    "a column gone": lambda table, column: table.drop(columns=column),
    "the first person as the head": lambda table, _: table.set_axis(
        [f"{value}" for value in table.iloc[0]], axis=1
    ),
}


@pytest.fixture(scope="module")
def laid(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Cohort, Dictionary, SimpleNamespace]:
    """The cohort, the dictionary, and the job of Snakemake that harmonises it."""
    spec = cohort(project)
    dictionary = Dictionary(
        **yaml.safe_load((project / "config/dictionary.yaml").read_text(encoding="utf-8"))
    )
    hospital = Cohort.model_validate(spec)
    parts = {"cohorts": {ID: spec}, "dictionary": dictionary.model_dump(exclude_unset=True)}
    of = SimpleNamespace(params={"parts": parts}, wildcards={"cohort": ID}, input=[], output=[])
    return hospital, dictionary, of


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_error_quotes_the_file(
    laid: tuple[Cohort, Dictionary, SimpleNamespace],
    damage: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    hospital, dictionary, of = laid
    refused, path = 0, tmp_path / "visit.csv"

    def read(file: str, cycle: str) -> Table:
        return read_file(path, hospital.files[file], hospital.raw_columns(file, cycle))

    for column in ("PATIENT", "AGE", "SEX", "RACE", "B12", "MMA", "GRIP", "HEIGHT", "BMI", "DIABETES"):
        DAMAGE[damage](people(), column).to_csv(path, index=False)
        try:
            with job(tmp_path / "x.log", of):
                done = harmonise(hospital, dictionary, read)
                print(done.frame.describe(), done.frame.iloc[:3], np.asarray(done.frame["grip_max_kg"])[:3])
        except SystemExit:
            refused += 1
        said = (tmp_path / "x.log").read_text() + "".join(capfd.readouterr())
        assert [mark for mark in marks() if mark in said] == [], (damage, column)
    assert refused > 0 or damage in ("a number out of range", "a negative number", "blank")

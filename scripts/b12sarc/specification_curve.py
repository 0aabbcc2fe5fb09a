"""The specifications of all cohorts together: which way they point, what was left out, and the joint test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from b12sarc.bootstrap import Estimates, JointTest, joint_null
from b12sarc.files import whole_file
from b12sarc.spec import Project

KINDS = (
    *("not_measured", "same_measurement", "option_does_not_apply"),
    *("same_model", "not_estimable", "no_interval", "withheld"),
)
"""Why a specification has no estimate of its own, in the order in which it is found out."""

EVERY = ""
"""In place of a cohort, marker or domain: all of them together."""
SHARES = ("share_worse", "share_better", "share_clear_worse", "share_clear_better")
SPREAD = ("median", "q25", "q75")
JOINT = (
    *("p_median", "p_median_error", "p_dominant", "p_dominant_error"),
    *("p_significant", "p_significant_error", "draws"),
)
OUT = tuple(f"left_out_{kind}" for kind in KINDS)
SUMMARY = ("cohort", "marker", "domain", "asked", "specifications", *SHARES, *SPREAD, *JOINT, *OUT)
"""Columns of multiverse_summary.csv, in order."""
FLOATS = (
    *("df", "coef", "se", "p_value", "coef_low", "coef_high"),
    *("estimate", "conf_low", "conf_high"),
)
HALF = ("effect", "effect_low", "effect_high")
_COUNTS = ("n", "events", "n_psu")


@dataclass(frozen=True, eq=False)
class Part:
    """The multiverse of one cohort (see :class:`b12sarc.multiverse.cohort.CohortMultiverse`)."""

    table: pd.DataFrame
    left_out: pd.DataFrame
    replicates: np.ndarray


def write_specifications(path: Path | str, table: pd.DataFrame) -> None:
    """Write specifications as Parquet, the same bytes for the same numbers; whole or not at all.

    Text is kept once for each word, and estimates in the precision of the other tables; the oriented effects,
    which are for drawing, in seven digits.
    """
    text = [name for name in table if name not in (*FLOATS, *HALF, *_COUNTS)]
    types = {name: pa.dictionary(pa.int32(), pa.string()) for name in text}
    types |= dict.fromkeys(FLOATS, pa.float64()) | dict.fromkeys(HALF, pa.float32())
    types |= dict.fromkeys(_COUNTS, pa.int32())
    schema = pa.schema([(name, types[name]) for name in table])
    content = pa.Table.from_pandas(table, schema=schema, preserve_index=False).replace_schema_metadata(None)
    split = dict.fromkeys((*FLOATS, *HALF), "BYTE_STREAM_SPLIT")
    how = {"compression": "zstd", "compression_level": 9, "use_dictionary": [*text, *_COUNTS]}
    with whole_file(Path(path)) as temporary:
        pq.write_table(content, temporary, column_encoding=split, **how)


def read_specifications(path: Path | str) -> pd.DataFrame:
    """Read what :func:`write_specifications` wrote; text without a value is ``""``."""
    table = pq.read_table(path).to_pandas()
    text = [name for name in table if name not in (*FLOATS, *HALF, *_COUNTS)]
    return table.astype(dict.fromkeys(text, "str") | dict.fromkeys(_COUNTS, "Int32"))


def read_part(specifications: Path, left_out: Path, replicates: Path) -> Part:
    """Read the files of one cohort."""
    counts = pd.read_csv(left_out, keep_default_na=False)
    return Part(read_specifications(specifications), counts, np.load(replicates))


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the specifications that count: with an estimate of their own and an interval."""
    return table[table["left_out"] == ""]


def together_of(project: Project) -> list[str]:
    """Return the cohorts that are put together: the real ones, or, in a run without any, the made-up ones."""
    real = [name for name in project.config.cohorts if not project.cohorts[name].synthetic]
    return real or list(project.config.cohorts)


def summarise(
    parts: Mapping[str, Part], project: Project, progress: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """Return a row for each cohort x marker x domain, and for all of each together, columns :data:`SUMMARY`.

    Shares and joint test are empty where there is no specification; the joint test also where a cohort's
    design has no PSUs to draw. Made-up people are not put together with real ones. A pool and its parts
    share people, and draws: what all cohorts say together counts people twice, and its joint test allows
    for it.

    Args:
        parts: cohort -> its multiverse.
        project: the configuration; it has a multiverse.
        progress: called with (rows done, rows in all).
    """
    multiverse = project.analysis.multiverse
    if multiverse is None:
        raise ValueError("the configuration has no multiverse")
    together = together_of(project)
    whole = _Whole.of(parts, together, project.analysis.confidence_level, project.config.seed)
    sides = ((*parts, EVERY), (*multiverse.markers, EVERY), (*multiverse.domains, EVERY))
    groups = [dict(zip(("cohort", "marker", "domain"), group, strict=True)) for group in product(*sides)]
    rows = []
    for done, group in enumerate(groups, start=1):
        row = whole.row(group)
        rows += [row] if row["asked"] else []
        if progress is not None:
            progress(done, len(groups))
    return pd.DataFrame(rows, columns=list(SUMMARY)).astype({"draws": "Int64"})


@dataclass(frozen=True, eq=False)
class _Whole:
    """All parts together; the columns of ``replicates`` are the rows of ``table``."""

    table: pd.DataFrame
    left_out: pd.DataFrame
    replicates: np.ndarray
    drawn: np.ndarray
    together: list[str]
    level: float
    seed: int

    @classmethod
    def of(cls, parts: Mapping[str, Part], together: list[str], level: float, seed: int) -> _Whole:
        tables = [counted(part.table) for part in parts.values()]
        drawn = [part.replicates.shape[1] == len(t) for part, t in zip(parts.values(), tables, strict=True)]
        replicates = [
            part.replicates if has else np.zeros((len(part.replicates), len(t)), dtype=np.float16)
            for part, t, has in zip(parts.values(), tables, drawn, strict=True)
        ]
        return cls(
            pd.concat(tables, ignore_index=True),
            pd.concat([part.left_out for part in parts.values()], ignore_index=True),
            np.concatenate(replicates, axis=1),
            np.repeat(drawn, [len(t) for t in tables]),
            together,
            level,
            seed,
        )

    def row(self, group: dict[str, str]) -> dict[str, object]:
        """Return the summary of a group of specifications."""
        here = self._members(self.table, group)
        out = self.left_out[self._members(self.left_out, group)]
        kinds = out.groupby("kind")["specifications"].sum().reindex(list(KINDS), fill_value=0)
        n = int(here.sum())
        row: dict[str, object] = {**group, "asked": n + int(kinds.sum()), "specifications": n}
        row |= {f"left_out_{kind}": int(number) for kind, number in kinds.items()}
        if n:
            row |= dict(_directions(self.table[here]))
        if n and self.drawn[here].all():
            row |= _tested(self._joint(here))
        return row

    def _members(self, table: pd.DataFrame, group: dict[str, str]) -> np.ndarray:
        cohorts = self.together if group["cohort"] == EVERY else [group["cohort"]]
        found = table["cohort"].isin(cohorts).to_numpy()
        for column in ("marker", "domain"):
            if group[column] != EVERY:
                found = found & (table[column] == group[column]).to_numpy()
        return found

    def _joint(self, here: np.ndarray) -> JointTest:
        of = self.table[here]
        effect, df = of["effect"].to_numpy(float), of["df"].to_numpy(float)
        se = np.abs(effect) * of["se"].to_numpy(float) / np.abs(of["coef"].to_numpy(float))
        estimates = Estimates(effect, se, df, self.replicates[:, here].astype(float))
        return joint_null(estimates, level=self.level, seed=self.seed)


def _directions(of: pd.DataFrame) -> Iterator[tuple[str, float]]:
    effect, low, high = of["effect"], of["effect_low"], of["effect_high"]
    shares = ((effect > 0).mean(), (effect < 0).mean(), (low > 0).mean(), (high < 0).mean())
    yield from zip(SHARES, map(float, shares), strict=True)
    yield from zip(SPREAD, map(float, effect.quantile([0.5, 0.25, 0.75])), strict=True)


def _tested(joint: JointTest) -> dict[str, object]:
    values = (
        *(joint.median.p_value, joint.median.error),
        *(joint.dominant.p_value, joint.dominant.error),
        *(joint.significant.p_value, joint.significant.error),
    )
    return dict(zip(JOINT, (*values, joint.draws), strict=True))

"""In whom an association differs: estimates within each level of a modifier, and tests for interaction.

Within a level the model is fitted to the people of that level, in the whole design, and its covariates have
coefficients of their own there. The tests compare levels in one model of everybody, with products of exposure
and modifier (:mod:`b12sarc.interaction`) and one coefficient for each covariate. So the ratio of two subgroup
estimates need not be the ratio of ratios of the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.families import ADJUSTED
from b12sarc.fit import FAMILY, Arrays, Fitter, Specification
from b12sarc.frames import FrameMeta
from b12sarc.inference import TOO_FEW_DF, FTest, NotEstimableError, t_quantile, two_sided_p
from b12sarc.interaction import NO_SYNERGY, Crossed, Effect, Interaction, interaction
from b12sarc.modified_models import Levels, counted, levels_of, smallest_cell_of, with_modifiers
from b12sarc.multiplicity import adjust
from b12sarc.pooling import CompleteDataFit, Pooled
from b12sarc.sample import Sample
from b12sarc.spec import WITH_DXA, Project

MODEL = ("cohort", "modifier", "outcome", "exposure", "adjustment", "estimator", "missing")
COLUMNS = (
    *MODEL,
    *("measure", "scale", "level", "term", "contrast", "n", "events", "n_psu", "n_strata", "df"),
    *("coef", "se", "p_value", "coef_low", "coef_high", "estimate", "conf_low", "conf_high"),
    *("f", "df_num", "p_holm", "p_bh", "note", "reason"),
)
"""Columns of effect_modification.csv, in order."""

SUBGROUP, TEST = "subgroup", "test"
MULTIPLICATIVE, ADDITIVE = "multiplicative", "additive"
_INTEGERS = ("n", "events", "n_psu", "n_strata", "df_num")
_ADDITIVE = ("difference", "difference_contrast", "reri", "ap", "synergy")
_LOGS = ("joint", "product", "synergy")
_EXCESS = ("reri", "ap", "synergy")
BELOW_ONE = "a ratio is below 1: RERI, AP and S suppose that who has neither has the outcome least often"
_FAMILY = ["scale", "adjustment", "estimator", "missing"]


def effect_modification(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    progress: Callable[[int, int], None] | None = None,
    imputed: pd.DataFrame | None = None,
    completed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Estimate every chosen association within the levels of every modifier, and compare the levels.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration, with ``effect_modification``.
        progress: called with (done, all) after each model with a modifier.
        imputed: long frame of the cohort's imputed variables; all is then pooled by Rubin's rules.
        completed: long frame of what was imputed by the project, for models whose ``missing`` is ``mi``.

    Returns:
        Columns :data:`COLUMNS`, one row for each ``measure``:

        - ``subgroup``: the estimate within a level, as in estimates.csv;
        - ``joint``: both against neither (or one, where ``term`` is empty or ``level`` the reference), from
          the model with products, as are all that follow;
        - ``product``: ratio of ratios, of differences the difference;
        - ``difference``: of marginal prevalences (0-1) in a level; ``difference_contrast``: of two levels';
        - ``reri``, ``ap``, ``synergy``;
        - ``test``: of all products (``multiplicative``; for means ``additive``) and of all contrasts of
          prevalence differences (``additive``). ``p_holm`` and ``p_bh`` adjust for all tests of the cohort on
          that scale, with one adjustment set, estimator and treatment of missing values.

        ``coef`` and its limits are logarithms where ``estimate`` is a ratio. ``reason`` says why there is no
        number, or no p-value. One column more, which is never written, says what a row rests on.
    """
    asked = project.analysis.effect_modification
    if asked is None:
        raise ValueError("the configuration has no effect_modification")
    plain = Sample.of(frame, meta, project, imputed)
    sample = Sample.of(frame, meta, with_modifiers(plain), imputed)
    fitter = Fitter(sample, None if completed is None else sample.completed_by(completed))
    models = [(spec, modifier) for spec in _specifications(fitter) for modifier in asked.modifiers]
    found: dict[tuple[Specification, str], list[dict[str, object]]] = {}
    # Models that share their people and their matrix come one after another; the table keeps the other order.
    for spec, modifier in sorted(models, key=lambda m: (m[1], m[0].exposure, m[0].adjustment)):
        found[spec, modifier] = list(_Modified(fitter, spec, modifier).rows())
        if progress is not None:
            progress(len(found), len(models))
    rows = [row for model in models for row in found[model]]
    table = pd.DataFrame(rows, columns=[*COLUMNS, SMALLEST_CELL]).assign(cohort=plain.cohort)
    return _adjusted(table.astype(dict.fromkeys(_INTEGERS, "Int64")))


def _specifications(fitter: Fitter) -> list[Specification]:
    """The chosen part of the grid of models, of everybody."""
    sample = fitter.sample
    models, asked = sample.project.analysis.models, sample.project.analysis.effect_modification
    assert asked is not None
    chosen = asked.missing or models.missing[:1]
    treatments = {*chosen, *(WITH_DXA[missing] for missing in chosen)}
    return [
        spec
        for spec in fitter.specifications()
        if spec.subgroup == models.subgroups[0]
        and spec.missing in treatments
        and spec.exposure in (asked.exposures or models.exposures)
        and spec.outcome in (asked.outcomes or models.outcomes)
        and spec.adjustment in (asked.adjustments or models.adjustments)
    ]


def _adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """Adjust the tests for interaction for their number."""
    tests = table[table["measure"] == TEST]
    for _, family in tests.groupby(_FAMILY, sort=False):
        p = family["p_value"].to_numpy(float)
        for column, method in ADJUSTED.items():
            table.loc[family.index, column] = adjust(p, method)
    return table.astype({"p_holm": float, "p_bh": float})


@dataclass(frozen=True, eq=False)
class _Modified:
    """One model, looked at in the levels of one modifier."""

    fitter: Fitter
    spec: Specification
    modifier: str

    @property
    def _key(self) -> dict[str, object]:
        key = {name: value for name, value in self.spec.key().items() if name != "subgroup"}
        return {"modifier": self.modifier, **key}

    @property
    def _ratio(self) -> bool:
        return self.spec.estimator != "linear"

    def rows(self) -> Iterator[dict[str, object]]:
        """Every number, or why there is none."""
        asked = levels_of(self.fitter.sample, self.modifier)
        try:
            self.fitter.asker.asked(self.spec)
            asked.check(self.spec)
        except NotEstimableError as error:
            yield self._key | {"measure": TEST, "reason": error.reason}
            return
        for level in asked.names:
            for row in self._subgroup(asked, level):
                yield self._key | {"measure": SUBGROUP, "level": level, **row}
        for row in self._compared(asked):
            yield self._key | row

    def _subgroup(self, asked: Levels, level: str) -> Iterator[dict[str, object]]:
        spec = replace(self.spec, adjustment=asked.without(self.spec), subgroup=f"{asked.subgroup}={level}")
        try:
            model = self.fitter.fit(spec)
            asked.check_size(level, model.fit.n)
        except NotEstimableError as error:
            yield {"reason": error.reason}
            return
        fit, level_of = model.fit, self.fitter.sample.project.analysis.confidence_level
        limits, df = fit.conf_int(level_of), np.broadcast_to(np.asarray(fit.df, float), fit.se.shape)
        for term in model.matrix.exposure:
            at, c = term.position, term.multiply
            ends = np.sort(limits[at] * c) if np.isfinite(limits[at]).all() else limits[at]
            yield {
                "scale": MULTIPLICATIVE if self._ratio else ADDITIVE,
                "term": term.name,
                "contrast": term.contrast,
                "n": fit.n,
                "events": model.events,
                "n_psu": fit.n_psu,
                "n_strata": fit.n_strata,
                "df": df[at],
                "p_value": fit.p_value[at],
                **_shown(fit.coef[at] * c, fit.se[at] * abs(c), ends, ratio=self._ratio),
                "note": "; ".join(model.matrix.notes),
                "reason": fit.reason,
                SMALLEST_CELL: model.smallest_cell,
            }
        for term_name, reason in model.apart.items():
            yield {"term": term_name, "reason": reason}

    def _compared(self, asked: Levels) -> Iterator[dict[str, object]]:
        spec = replace(self.spec, adjustment=asked.inside(self.spec))
        each: list[tuple[Arrays, Crossed, Interaction]] = []

        def analyse(a: Arrays) -> Interaction:
            crossed = asked.cross(a, self.spec)
            each.append((a, crossed, interaction(a.domain, a.y, crossed, FAMILY[spec.estimator])))
            return each[-1][2]

        scales = (MULTIPLICATIVE, ADDITIVE) if self._ratio else (ADDITIVE,)
        try:
            found = self.fitter.analyse(spec, analyse)
        except NotEstimableError as error:
            for scale in scales:
                yield {"measure": TEST, "scale": scale, "reason": error.reason}
            return
        a, _, first = each[0]
        levels = asked.present(a)
        base = {"n_psu": a.domain.n_psu, "n_strata": a.domain.n_strata}
        base[SMALLEST_CELL] = min(smallest_cell_of(b, c, binary=self._ratio) for b, c, _ in each)
        cells = [counted(one, crossed_, binary=self._ratio) for one, crossed_, _ in each]
        numbers = _Numbers(found.result, self.fitter.sample.project.analysis.confidence_level)
        for position, effect in enumerate(first.effects):
            yield {
                **base,
                **self._said(effect, levels, a),
                **numbers.of(position, ratio=self._ratio and effect.measure in _LOGS),
                **dict(zip(("n", "events"), _mean([cell(effect) for cell in cells]), strict=True)),
                **({"note": BELOW_ONE} if effect in numbers.below_one(first.effects) else {}),
            }
        for scale in scales:
            measure = "product" if scale == MULTIPLICATIVE or not self._ratio else "difference_contrast"
            tested = [i for i, effect in enumerate(first.effects) if effect.measure == measure]
            people = {"n": found.domain.n, "events": found.events, "note": "; ".join(found.matrix.notes)}
            yield {"measure": TEST, "scale": scale, **people, **base, **numbers.test(tested)}
        for term, reason in found.apart.items():
            yield {"measure": "product", "term": term, "reason": reason}

    def _said(self, effect: Effect, levels: list[str], a: Arrays) -> dict[str, object]:
        """What a number is of, in the columns of the table."""
        additive = effect.measure in _ADDITIVE or not self._ratio
        said: dict[str, object] = {"measure": effect.measure, "level": levels[effect.level]}
        said["scale"] = ADDITIVE if additive else MULTIPLICATIVE
        if effect.term >= 0:
            term = a.matrix.exposure[effect.term]
            said |= {"term": term.name, "contrast": term.contrast}
        return said


@dataclass(frozen=True, eq=False)
class _Numbers:
    """Numbers of an interaction, of one data set or pooled, with their intervals and tests."""

    result: CompleteDataFit | Pooled
    level: float

    def of(self, at: int, *, ratio: bool) -> dict[str, object]:
        """The number at a position, as columns of the table; a ratio is stated as its logarithm too."""
        coef = float(self.result.coef[at])
        se = float(np.sqrt(self.result.cov[at, at]))
        df = float(np.broadcast_to(np.asarray(self.result.df, float), self.result.coef.shape)[at])
        half = t_quantile(self.level, df) * se
        p = float(two_sided_p(coef / se, df)) if se > 0 else np.nan
        reason = NO_SYNERGY if np.isnan(coef) else TOO_FEW_DF if df < 1 else ""
        if np.isnan(coef):
            se = half = np.nan
        ends = np.array([coef - half, coef + half])
        return {"df": df, "p_value": p, **_shown(coef, se, ends, ratio=ratio), "reason": reason}

    def below_one(self, effects: tuple[Effect, ...]) -> set[Effect]:
        """RERI, AP and S of which a single ratio is below 1 (Knol 2011, Eur J Epidemiol 26:433-438)."""
        joint = {
            (e.term, e.level): self.result.coef[i] for i, e in enumerate(effects) if e.measure == "joint"
        }
        return {e for e in effects if e.measure in _EXCESS and min(joint[e.term, 0], joint[-1, e.level]) < 0}

    def test(self, positions: list[int]) -> dict[str, object]:
        """The joint Wald test of some numbers."""
        if isinstance(self.result, Pooled):
            test = self.result.wald_test(positions)
        else:
            cov = self.result.cov[np.ix_(positions, positions)]
            test = FTest.wald(self.result.coef[positions], cov, self.result.df)
        return {
            "f": test.f,
            "df_num": int(test.df_num),
            "df": test.df_denom,
            "p_value": test.p_value,
            "reason": test.reason,
        }


def _shown(coef: float, se: float, ends: np.ndarray, *, ratio: bool) -> dict[str, object]:
    """A number and its limits, and the ratio whose logarithm it is."""
    link = {"coef": float(coef), "coef_low": float(ends[0]), "coef_high": float(ends[1])}
    with np.errstate(over="ignore"):  # a synergy index can have no upper limit to speak of
        shown = [float(np.exp(v)) if ratio else v for v in link.values()]
    return {**link, "se": se, **dict(zip(("estimate", "conf_low", "conf_high"), shown, strict=True))}


def _mean(counts: list[tuple[int, int | None]]) -> tuple[int, int | None]:
    """People and events; over imputations on average, rounded."""
    n = round(sum(n for n, _ in counts) / len(counts))
    events = [e for _, e in counts if e is not None]
    return n, round(sum(events) / len(events)) if events else None

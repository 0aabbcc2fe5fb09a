"""Comparing groups of a domain: design-based tests and standardised differences."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.estimators._domain import Estimate, column, levels
from b12sarc.glm import GlmFit, fit_glm
from b12sarc.inference import FTest, NotEstimableError


@dataclass(frozen=True, kw_only=True)
class TTest(Estimate):
    """A difference of two means (second level minus first), its t statistic and p-value."""

    t: float
    p_value: float


@dataclass(frozen=True)
class StandardisedDifference:
    """How far apart two groups are, in standard deviations.

    Attributes:
        estimate: absolute standardised difference; with several groups, of the pair furthest apart.
        between: levels of that pair.
        n: rows compared (unweighted).
    """

    estimate: float
    between: tuple[str, str]
    n: int


def t_test(domain: AnalysisDomain, y: np.ndarray, group: np.ndarray, *, level: float = 0.95) -> TTest:
    """Compare the means of ``y`` (n,) between the two levels of ``group`` (n,), as R's ``svyttest``.

    The df are those of the regression on the group: design df - 1.

    Raises:
        NotEstimableError: an empty domain, one level, or a constant ``y``.
        ValueError: more than two levels, NaN or wrong lengths.
    """
    fit = regress_on_group(domain, y, group)
    if len(fit.coef) != 2:
        raise ValueError(f"group must have two levels, got {len(fit.coef)}")
    low, high = fit.conf_int(level)[1]
    difference, se, t, p = (float(a[1]) for a in (fit.coef, fit.se, fit.t, fit.p_value))
    return TTest(difference, se, fit.df, float(low), float(high), fit.n, fit.reason, t=t, p_value=p)


def regress_on_group(domain: AnalysisDomain, y: np.ndarray, group: np.ndarray) -> GlmFit:
    """Regress ``y`` (n,) on the levels of ``group`` (n,); the first coefficient is its first mean.

    Raises:
        NotEstimableError: an empty domain, one level, or a constant ``y``.
    """
    names, position = levels(domain, group, "group")
    x = np.column_stack([np.ones(domain.n)] + [position == g for g in range(1, len(names))])
    return fit_glm(domain, column(domain, y, "y"), x, family="gaussian", names=[str(name) for name in names])


def compare_means(domain: AnalysisDomain, y: np.ndarray, group: np.ndarray) -> FTest:
    """Wald F test that the mean of ``y`` (n,) is the same in all levels of ``group`` (n,).

    As R's ``regTermTest(svyglm(y ~ factor(group)), ~factor(group))``.

    Raises:
        NotEstimableError: an empty domain, one level, or a constant ``y``.
    """
    fit = regress_on_group(domain, y, group)
    return fit.wald_test(range(1, len(fit.coef)))


def chi_square(domain: AnalysisDomain, row: np.ndarray, col: np.ndarray) -> FTest:
    """Rao-Scott second-order test of independence of two categorical columns (n,) each.

    F = X^2 / tr(D) with tr(D)^2 / tr(D^2) and that times the design df as degrees of freedom, D being the
    matrix of generalised design effects (Rao and Scott 1984, Annals of Statistics 12:46-60; Thomas and Rao
    1987). As R's ``svychisq(statistic = "F")``.

    Raises:
        NotEstimableError: an empty domain, or a column with one level.
    """
    rows, i = levels(domain, row, "row")
    cols, j = levels(domain, col, "col")
    cells = np.zeros((domain.n, len(rows) * len(cols)))
    cells[np.arange(domain.n), i * len(cols) + j] = 1
    total = domain.weights.sum()
    share = domain.weights @ cells / total
    cov = domain.covariance((cells - share) / total, lambda w: w @ cells / w.sum())
    table = share.reshape(len(rows), len(cols))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    effects = _design_effects(share, cov, _interaction_contrasts(len(rows), len(cols)))
    trace = np.trace(effects)
    df_num = trace**2 / np.trace(effects @ effects)
    chi2 = ((table - expected) ** 2 / expected).sum()
    return FTest.of(float(chi2 / trace), float(df_num), float(df_num * domain.df))


def standardised_difference(
    domain: AnalysisDomain, x: np.ndarray, group: np.ndarray
) -> StandardisedDifference:
    """Weighted standardised difference of a continuous ``x`` (n,) (0/1 columns: use the categorical one).

    |m1 - m2| / sqrt((v1 + v2) / 2), with weighted means and variances (n / (n - 1)) by group (Austin 2009,
    Statistics in Medicine 28:3083-3107, section 2). With more than two groups, the largest of all pairs.

    Raises:
        NotEstimableError: an empty domain, one group, a group of one row, or no spread in either group.
    """
    x = column(domain, x)
    names, position = levels(domain, group, "group")
    means, spreads = [], []
    for g in range(len(names)):
        values, w = x[position == g], domain.weights[position == g]
        if len(values) < 2:
            raise NotEstimableError(f"one row in group {names[g]}: no variance")
        means.append(w @ values / w.sum())
        spreads.append(w @ (values - means[-1]) ** 2 / w.sum() * len(values) / (len(values) - 1))
    distance = {
        (a, b): _ratio(abs(means[a] - means[b]), np.sqrt((spreads[a] + spreads[b]) / 2))
        for a, b in combinations(range(len(names)), 2)
    }
    return _furthest(distance, names, domain.n)


def standardised_difference_categorical(
    domain: AnalysisDomain, codes: np.ndarray, group: np.ndarray
) -> StandardisedDifference:
    """Weighted standardised difference of a categorical column (n,) of two or more levels.

    sqrt((p1 - p2)' S^-1 (p1 - p2)), over all levels but the first, S being the mean of the two groups'
    multinomial covariance matrices (Yang and Dalton 2012, SAS Global Forum, paper 335). For two levels this
    is |p1 - p2| / sqrt((p1(1-p1) + p2(1-p2)) / 2) (Austin 2009). Levels that neither group has are left out.
    With more than two groups, the largest of all pairs.

    Raises:
        NotEstimableError: an empty domain, one group or one level, or groups without a level in common.
    """
    values, code = levels(domain, codes, "codes")
    names, position = levels(domain, group, "group")
    shares = np.zeros((len(names), len(values)))
    np.add.at(shares, (position, code), domain.weights)
    shares /= shares.sum(axis=1, keepdims=True)
    distance = {(a, b): _mahalanobis(shares[a], shares[b]) for a, b in combinations(range(len(names)), 2)}
    return _furthest(distance, names, domain.n)


def _interaction_contrasts(n_rows: int, n_cols: int) -> np.ndarray:
    """Contrasts of the cells (row-major) that a main-effects table cannot make, shape (cells, (r-1)(c-1))."""
    one_row, one_col = np.eye(n_rows), np.eye(n_cols)
    main = np.column_stack([np.kron(one_row, np.ones((n_cols, 1))), np.kron(np.ones((n_rows, 1)), one_col)])
    both = np.kron(one_row[:, 1:], one_col[:, 1:])
    return both - main @ np.linalg.lstsq(main, both, rcond=None)[0]


def _design_effects(share: np.ndarray, cov: np.ndarray, contrasts: np.ndarray) -> np.ndarray:
    """Generalised design effects per row: inverse of the multinomial covariance times the actual."""
    inverse = np.diag(np.divide(1, share, out=np.zeros_like(share), where=share > 0))
    multinomial = contrasts.T @ inverse @ contrasts
    try:
        effects = np.linalg.solve(multinomial, contrasts.T @ inverse @ cov @ inverse @ contrasts)
    except np.linalg.LinAlgError:
        raise NotEstimableError("too many empty cells: the table has no test of independence") from None
    if not np.trace(effects) > 0:
        raise NotEstimableError("the cells do not vary between PSUs: no test of independence")
    return effects


def _mahalanobis(p: np.ndarray, q: np.ndarray) -> float:
    held = (p + q) > 0
    p, q = p[held][1:], q[held][1:]
    spread = sum((np.diag(s) - np.outer(s, s) for s in (p, q)), np.zeros((len(p), len(p)))) / 2
    if len(p) and np.linalg.cond(spread) > 1e12:
        raise NotEstimableError("the groups have no level in common: no standardised difference")
    return float(np.sqrt((p - q) @ np.linalg.solve(spread, p - q)))


def _ratio(difference: float, spread: float) -> float:
    if spread == 0:
        raise NotEstimableError("no spread in either group: no standardised difference")
    return float(difference / spread)


def _furthest(distance: dict[tuple[int, int], float], names: np.ndarray, n: int) -> StandardisedDifference:
    a, b = max(distance, key=distance.__getitem__)
    return StandardisedDifference(distance[a, b], (str(names[a]), str(names[b])), n)

"""Chained equations with predictive mean matching: one completed data set from a table with gaps.

The chain, its order (fewest gaps first) and the matching are statsmodels' ``MICEData``. What is ours is thin:

- a model matrix of numbers that is kept up to date, where ``MICEData`` parses a formula at every step;
- categorical variables, which ``MICEData`` cannot impute: the indicators of their levels are predicted
  together, and the level is that of one of the donors whose predictions are nearest;
- coefficients and residual variance are both drawn from their posterior (Rubin 1987, Multiple Imputation for
  Nonresponse in Surveys, p. 167), where ``MICEData`` takes the variance as known;
- a chain starts from random observed values, not from the mean, so that chains that agree have converged.

A prediction only finds donors: what is imputed is always somebody's observed value (Little 1988, Journal of
Business and Economic Statistics 6:287-296), so yes-or-no stays so and nobody gets an impossible grip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.spatial import cKDTree
from statsmodels.imputation.mice import MICEData

PRIOR = 1.0
"""What every coefficient but the intercept is worth before the data speak, in people: it is shrunk as if so
many more had been seen in whom it is nought. The effect of a PSU of forty people shrinks by 2.4 %; that of a
PSU, or of a level, that nobody observed belongs to stays sensible (White, Daniel and Royston 2010,
Computational Statistics and Data Analysis 54:2267-2275, tell of the trouble without)."""
_ROW = "row"


@dataclass(frozen=True, eq=False)
class Column:
    """A variable of a chain.

    Attributes:
        values: floats, shape (n,), on the scale on which it is predicted; NaN is to be imputed. Of a
            categorical variable the positions of the levels.
        levels: number of levels of a categorical variable; 0 of a number, or of 0/1.
    """

    values: np.ndarray
    levels: int = 0

    def coded(self, values: np.ndarray) -> np.ndarray:
        """Return the columns of the model matrix for ``values``, shape (k, 1 or levels - 1)."""
        if self.levels:
            return (values[:, None] == np.arange(1, self.levels)).astype(float)
        known = self.values[~np.isnan(self.values)]
        return ((values - known.mean()) / (known.std() or 1.0))[:, None]


class LeastSquares:
    """Least squares of one or several responses on indicators of a group and on columns of numbers.

    The last column of ``exog`` is the number of the group; the indicators of groups are never written out.
    ``MICEData`` asks no more of a model.

    Attributes:
        params: coefficients, shape (groups + p, k): of the groups, of the intercept, of the other columns.
    """

    def __init__(self, endog: np.ndarray, exog: np.ndarray, groups: int) -> None:
        self.endog, self.exog, self.groups = endog, exog, groups

    def fit(self) -> LeastSquares:
        """Solve the normal equations, with :data:`PRIOR` people for each coefficient."""
        x, member = self._parts(self.exog)
        of_group = sparse.csr_array(
            (np.ones(len(x)), member, np.arange(len(x) + 1)), shape=(len(x), self.groups)
        ).T
        g, p = self.groups, x.shape[1]
        gram = np.empty((g + p, g + p))
        gram[:g, :g] = np.diag(np.bincount(member, minlength=g))
        gram[:g, g:] = of_group @ x
        gram[g:, :g] = gram[:g, g:].T
        gram[g:, g:] = x.T @ x
        gram[np.diag_indices(g + p)] += np.where(np.arange(g + p) == g, 0.0, PRIOR)
        self._factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
        self.params = cho_solve(self._factor, np.vstack([of_group @ self.endog, x.T @ self.endog]))
        return self

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Draw coefficients from their posterior, the residual (co)variance drawn before them."""
        size, k = self.params.shape
        residual = self.endog - self._fitted(self.params, self.exog)
        scale = residual.T @ residual / rng.chisquare(max(len(residual) - size, 1))
        z = solve_triangular(self._factor[0], rng.standard_normal((size, k)), trans="T", lower=True)
        return self.params + z @ np.linalg.cholesky(scale + 1e-12 * np.eye(k)).T

    def predict(self, params: np.ndarray, exog: np.ndarray) -> np.ndarray:
        """Return predictions, shape (n,) of one response, else (n, k)."""
        fitted = self._fitted(params, exog)
        return fitted[:, 0] if fitted.shape[1] == 1 else fitted

    def _fitted(self, params: np.ndarray, exog: np.ndarray) -> np.ndarray:
        x, member = self._parts(exog)
        return params[member] + x @ params[self.groups :]

    @staticmethod
    def _parts(exog: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return exog[:, :-1], exog[:, -1].astype(int)


class Chain(MICEData):
    """A chain over columns of numbers: :meth:`iterate` goes round once, :meth:`completed` tells the state.

    Everything that is not said here is ``MICEData``'s.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        fixed: np.ndarray,
        groups: np.ndarray,
        *,
        donors: int,
        rng: np.random.Generator,
    ) -> None:
        """Fill every gap with a random observed value.

        Args:
            columns: name -> variable; those without gaps only predict.
            fixed: further predictors without gaps, shape (n, q).
            groups: number of each row's group (its PSU), 0, 1, ..., shape (n,); each has an effect.
            donors: how many nearest people a value is taken from.
            rng: source of all randomness.
        """
        self._columns = dict(columns)
        data = pd.DataFrame({_ROW: np.arange(len(fixed))} | {n: c.values for n, c in columns.items()})
        super().__init__(data, rng=rng)
        self.k_pmm = donors
        coded = [c.coded(self.data[name].to_numpy()) for name, c in columns.items()]
        edges = np.cumsum([1 + fixed.shape[1], *(block.shape[1] for block in coded)])
        self._at = {name: slice(edges[i], edges[i + 1]) for i, name in enumerate(columns)}
        self._groups = int(groups.max()) + 1
        self._matrix = np.column_stack([np.ones(len(fixed)), fixed, *coded, groups])

    def iterate(self) -> None:
        """Impute every variable with gaps once, given all others."""
        self.update_all(1)

    @property
    def order(self) -> tuple[str, ...]:
        """The variables with gaps, in the order in which they are imputed."""
        return tuple(self._cycle_order)

    def imputed(self, name: str) -> np.ndarray:
        """Return the present values in the gaps of a variable."""
        return self.data[name].to_numpy()[self.ix_miss[name]]

    def completed(self, name: str) -> np.ndarray:
        """Return a variable with its gaps filled, shape (n,)."""
        return self.data[name].to_numpy(copy=True)

    def _initial_imputation(self) -> None:
        for name in self._columns:
            known = self.data[name].to_numpy()[self.ix_obs[name]]
            if len(self.ix_miss[name]):
                self.data.loc[self.ix_miss[name], name] = self.rng.choice(known, len(self.ix_miss[name]))

    def _predictors(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Every column but the variable's own, which is nought and so has no part in its prediction."""
        x = self._matrix[rows]
        x[:, self._at[name]] = 0.0
        return x

    def _response(self, name: str) -> np.ndarray:
        return self._matrix[self.ix_obs[name], self._at[name]]

    def get_split_data(self, vname: str) -> tuple:
        """Return observed values, and the predictors where the variable is observed and where it is not."""
        observed = self.data[vname].to_numpy()[self.ix_obs[vname]]
        x = self.models[vname].exog
        return observed, x, self._predictors(vname, self.ix_miss[vname]), {}, {}

    def perturb_params(self, vname: str) -> None:
        """Draw the coefficients that predict a variable from their posterior."""
        x = self._predictors(vname, self.ix_obs[vname])
        self.models[vname] = LeastSquares(self._response(vname), x, self._groups).fit()
        self.params[vname] = self.models[vname].draw(self.rng)

    def impute(self, vname: str) -> None:
        """Impute a variable by predictive mean matching, in several dimensions if it has several levels."""
        if self._columns[vname].levels > 2:
            self._match_levels(vname)
        else:
            self.impute_pmm(vname)
        values = self.data[vname].to_numpy()[self.ix_miss[vname]]
        self._matrix[self.ix_miss[vname], self._at[vname]] = self._columns[vname].coded(values)

    def _match_levels(self, name: str) -> None:
        observed, x, x_missing, _, _ = self.get_split_data(name)
        model, params = self.models[name], self.params[name]
        k = min(self.k_pmm, len(observed))
        _, nearest = cKDTree(model.predict(params, x)).query(
            model.predict(params, x_missing), k=range(1, k + 1)
        )
        chosen = nearest[np.arange(len(nearest)), self.rng.integers(0, k, len(nearest))]
        self._store_changes(name, observed[chosen])

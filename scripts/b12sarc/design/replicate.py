"""Replicate weights: an estimate is made anew under each of them, and their spread is its covariance.

    cov = scale * sum over r of rscales_r (estimate_r - centre)(estimate_r - centre)'

(Wolter, Introduction to Variance Estimation, 2007, chapters 3 to 5; Fay: Judkins 1990, Journal of Official
Statistics 6:223-239; R's ``survey::svrVar``). The weights carry the design, so neither strata nor PSUs are
known; a domain is the rows of the domain under the same replicate weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from b12sarc.design.domain import (
    WHERE,
    Domain,
    Refit,
    checked_mask,
    checked_scores,
    weight_problems,
)
from b12sarc.errors import B12SarcError, Problem
from b12sarc.inference import NotEstimableError

_RANK_TOLERANCE = 1e-5
"""A replicate of which the others leave less than this share is one of them (R: ``qr(tol = 1e-5)``)."""


@dataclass(frozen=True, eq=False)
class ReplicateDesign:
    """A sample with replicate weights. Build it with :meth:`from_arrays`.

    Attributes:
        weight: sampling weights, shape (n,).
        replicates: combined replicate weights, shape (n, R).
        scale: factor of the whole sum.
        rscales: factor of each replicate, shape (R,).
        mse: deviations are from the estimate itself; else from the mean of the replicates.
        stated_df: degrees of freedom that the keeper of the data states; None: from the weights.
    """

    weight: np.ndarray
    replicates: np.ndarray
    scale: float
    rscales: np.ndarray
    mse: bool = True
    stated_df: float | None = None

    @classmethod
    def from_arrays(
        cls,
        weight: Sequence[float] | np.ndarray,
        replicates: np.ndarray,
        *,
        scale: float,
        rscales: Sequence[float] | np.ndarray,
        mse: bool = True,
        df: float | None = None,
    ) -> ReplicateDesign:
        """Check the columns of a design.

        Raises:
            B12SarcError: negative, missing or infinite weights, no positive weight, a replicate in which
                nobody has a weight; all of them at once.
            ValueError: shapes that do not match.
        """
        weight, replicates = np.asarray(weight, dtype=float), np.asarray(replicates, dtype=float)
        rscales = np.asarray(rscales, dtype=float)
        if replicates.shape != (len(weight), len(rscales)):
            expected = f"({len(weight)}, {len(rscales)})"
            raise ValueError(f"replicate weights must have shape {expected}, got {replicates.shape}")
        others = {
            "replicate weights are negative": replicates < 0,
            "replicate weights are missing or infinite": ~np.isfinite(replicates),
        }
        problems = weight_problems(weight, others, "weights and replicate weights >= 0")
        empty = np.flatnonzero(~(replicates > 0).any(axis=0))
        if not problems and len(empty):
            what = f"in replicate {empty[0] + 1} of {len(rscales)} nobody has a weight"
            problems.append(Problem(WHERE, what, "check design.replicates in cohort.yaml"))
        if problems:
            raise B12SarcError(problems)
        return cls(weight, replicates, scale, rscales, mse, df)

    @property
    def n(self) -> int:
        """Rows of the survey."""
        return len(self.weight)

    def domain(self, mask: np.ndarray) -> ReplicateDomain:
        """Return the part of the survey where ``mask`` holds, under the same replicate weights."""
        return ReplicateDomain(checked_mask(mask, self.weight), self.weight, self)


@dataclass(frozen=True, eq=False)
class ReplicateDomain(Domain):
    """A domain of a :class:`ReplicateDesign`. Build it with :meth:`ReplicateDesign.domain`.

    Attributes:
        design: the whole design.
    """

    design: ReplicateDesign

    @property
    def n_psu(self) -> None:
        """Replicate weights do not tell the PSUs."""
        return None

    @property
    def n_strata(self) -> None:
        """Replicate weights do not tell the strata."""
        return None

    @cached_property
    def replicates(self) -> np.ndarray:
        """Replicate weights of the domain's rows, shape (n, R)."""
        return self.design.replicates[self.rows]

    @cached_property
    def df(self) -> int:
        """Degrees of freedom: those stated, else the rank of the domain's replicate weights less 1.

        The latter is R's ``degf`` of the subset of a ``svrepdesign``.
        """
        if self.design.stated_df is not None:
            return int(self.design.stated_df)
        if self.n == 0:
            return 0
        length = np.linalg.norm(self.replicates, axis=0)
        r = np.abs(np.diag(np.linalg.qr(self.replicates, mode="r")))
        held = length[: len(r)] > 0
        return int(np.count_nonzero(held & (r > _RANK_TOLERANCE * length[: len(r)]))) - 1

    def restrict(self, mask: np.ndarray) -> ReplicateDomain:
        """Return the narrower domain where ``mask`` (over all rows of the survey) holds too."""
        return self.design.domain(self.mask & mask)

    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        """Covariance of the weighted total of ``scores`` (n, k), each total made under each replicate."""
        scores = checked_scores(scores, self.n)
        if self.n == 0:
            raise NotEstimableError("no rows in the domain")
        return self._spread(self.replicates.T @ scores, self.weights @ scores)

    def covariance(self, scores: np.ndarray, refit: Refit) -> np.ndarray:
        """Covariance of an estimate that is made anew under each replicate; ``scores`` are not needed.

        Raises:
            NotEstimableError: the estimate cannot be made in some replicate; the reason names it.
        """
        del scores
        if self.n == 0:
            raise NotEstimableError("no rows in the domain")
        made = [self._one(number, refit) for number in range(self.replicates.shape[1])]
        return self._spread(np.array(made), np.asarray(refit(self.weights), dtype=float))

    def _one(self, number: int, refit: Refit) -> np.ndarray:
        """Make the estimate under one replicate."""
        weights = self.replicates[:, number]
        where = f"in replicate {number + 1} of {len(self.design.rscales)}"
        if not (weights > 0).any():
            raise NotEstimableError(f"{where} nobody of these rows has a weight")
        try:
            made = np.asarray(refit(weights), dtype=float)
        except NotEstimableError as error:
            raise NotEstimableError(f"{where}: {error.reason}") from None
        if not np.isfinite(made).all():
            raise NotEstimableError(f"{where} there is no such estimate")
        return made

    def _spread(self, made: np.ndarray, whole: np.ndarray) -> np.ndarray:
        """Sum of squares of the replicates' estimates (R, k), about the estimate (k,) or their mean."""
        design = self.design
        centre = whole if design.mse else made[design.rscales > 0].mean(axis=0)
        root = (made - centre) * np.sqrt(design.rscales)[:, None]
        return design.scale * root.T @ root

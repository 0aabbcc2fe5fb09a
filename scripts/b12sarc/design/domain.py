"""What every domain has, whatever its design, and the checks of the columns of a design."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from b12sarc.errors import Problem

WHERE = "survey design"

Refit = Callable[[np.ndarray], np.ndarray]
"""Weights of the domain's rows, shape (n,), zeros allowed -> the estimate under these weights, shape (k,)."""


class AnalysisDomain(Protocol):
    """What an estimator needs to know of a sample, whatever its design; no estimator asks for its kind."""

    @property
    def n(self) -> int:
        """Rows analysed (all with positive weight)."""

    @property
    def n_psu(self) -> int | None:
        """Primary sampling units with at least one row; None: replicate weights do not tell."""

    @property
    def n_strata(self) -> int | None:
        """Strata with at least one row; None: replicate weights do not tell."""

    @property
    def df(self) -> int:
        """Design degrees of freedom."""

    @property
    def weights(self) -> np.ndarray:
        """Sampling weights, shape (n,), all positive."""

    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        """Covariance matrix (k, k) of the weighted total of ``scores`` (n, k)."""

    def covariance(self, scores: np.ndarray, refit: Refit) -> np.ndarray:
        """Covariance matrix (k, k) of an estimate.

        Args:
            scores: its linearised values *before* weighting, shape (n, k).
            refit: the estimate itself under other weights.
        """


@dataclass(frozen=True, eq=False)
class Domain(ABC):
    """Rows under analysis, inside their design. Build it with the ``domain`` method of a design.

    Arrays given to an estimator hold the ``n`` rows of the domain in the order of the survey;
    :meth:`take` cuts them out of a column of the survey.

    Attributes:
        mask: booleans over all rows of the survey.
        survey_weight: weights of all rows of the survey.
    """

    mask: np.ndarray
    survey_weight: np.ndarray

    @cached_property
    def rows(self) -> np.ndarray:
        """Positions of the domain's rows in the survey, shape (n,)."""
        return np.flatnonzero(self.mask)

    @cached_property
    def weights(self) -> np.ndarray:
        """Sampling weights of the domain's rows, shape (n,)."""
        return self.survey_weight[self.rows]

    @property
    def n(self) -> int:
        """Rows in the domain (all of positive weight)."""
        return len(self.rows)

    def take(self, column: np.ndarray) -> np.ndarray:
        """Cut the domain's rows out of an array over all rows of the survey."""
        column = np.asarray(column)
        if len(column) != len(self.mask):
            raise ValueError(f"expected the survey's {len(self.mask)} rows, got {len(column)}")
        return column.take(self.rows, axis=0)

    @property
    @abstractmethod
    def n_psu(self) -> int | None:
        """PSUs with at least one row in the domain; None: replicate weights do not tell."""

    @property
    @abstractmethod
    def n_strata(self) -> int | None:
        """Strata with at least one row in the domain; None: replicate weights do not tell."""

    @property
    @abstractmethod
    def df(self) -> int:
        """Design degrees of freedom."""

    @abstractmethod
    def restrict(self, mask: np.ndarray) -> Domain:
        """Return the narrower domain where ``mask`` (over all rows of the survey) holds too."""

    @abstractmethod
    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        """Covariance matrix (k, k) of the weighted total of ``scores`` (n, k)."""

    @abstractmethod
    def covariance(self, scores: np.ndarray, refit: Refit) -> np.ndarray:
        """Covariance matrix (k, k) of an estimate, see :class:`AnalysisDomain`."""


def checked_mask(mask: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return who of a mask has a weight; a mask that is no booleans over the survey is a ValueError."""
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != weight.shape:
        raise ValueError(f"mask must be {len(weight)} booleans, got {mask.dtype} of shape {mask.shape}")
    return mask & (weight > 0)


def checked_scores(scores: np.ndarray, n: int) -> np.ndarray:
    """Return scores as floats; another shape than (n, k) is a ValueError."""
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or len(scores) != n:
        raise ValueError(f"scores must have shape ({n}, k), got {scores.shape}")
    return scores


def weight_problems(weight: np.ndarray, others: Mapping[str, np.ndarray], needed: str) -> list[Problem]:
    """Everything wrong with the values of a design's columns.

    Args:
        weight: sampling weights, shape (n,).
        others: what is wrong -> booleans, of other columns.
        needed: what every row needs, in words.
    """
    wrong = {"weights are negative": weight < 0, "weights are missing or infinite": ~np.isfinite(weight)}
    counts = {what: int(rows.sum()) for what, rows in {**wrong, **others}.items()}
    fix = f"every row of the survey needs {needed}"
    found = [Problem(WHERE, f"{count} {what}", fix) for what, count in counts.items() if count]
    if not found and not (weight > 0).any():
        found.append(Problem(WHERE, "no weight is above zero", "check which weight the cohort names"))
    return found


def missing(labels: np.ndarray) -> np.ndarray:
    """Return where labels of any type are missing."""
    if labels.dtype == object:
        return np.array([label is None or label != label for label in labels], dtype=bool)
    return np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(len(labels), dtype=bool)

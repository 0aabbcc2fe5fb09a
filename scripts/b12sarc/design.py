"""The survey design and its domains: who was sampled how, and the covariance of a weighted total.

Variance is by Taylor linearisation with PSUs treated as drawn with replacement within strata (the "ultimate
cluster" estimator of CDC's tutorials and of R's ``survey::svydesign(nest = TRUE)``).

A subset is analysed only through :meth:`SurveyDesign.domain`. A :class:`Domain` keeps the whole design, so a
PSU without members in the domain still counts in its stratum (with a total of zero); dropping rows before
variance estimation, the classic error, cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, get_args

import numpy as np
from scipy import sparse

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.inference import NotEstimableError

SinglePsu = Literal["fail", "adjust", "average", "remove", "certainty"]
_WHERE = "survey design"


class AnalysisDomain(Protocol):
    """What an estimator needs to know of a sample, whatever its design.

    :class:`Domain` provides it for stratified clusters. Replicate weights, weights alone or a simple random
    sample are other classes with these six members; no estimator changes.
    """

    @property
    def n(self) -> int:
        """Rows analysed (all with positive weight)."""

    @property
    def n_psu(self) -> int:
        """Primary sampling units with at least one row."""

    @property
    def n_strata(self) -> int:
        """Strata with at least one row."""

    @property
    def df(self) -> int:
        """Design degrees of freedom."""

    @property
    def weights(self) -> np.ndarray:
        """Sampling weights, shape (n,), all positive."""

    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        """Covariance matrix (k, k) of the weighted total of ``scores`` (n, k)."""


@dataclass(frozen=True, eq=False)
class SurveyDesign:
    """A stratified cluster design over every row of the survey. Build it with :meth:`from_arrays`.

    Attributes:
        weight: sampling weights, shape (n,); zero means "not in the analysed sample" (not examined).
        stratum: stratum code 0..H-1 of each row, shape (n,).
        psu: PSU code 0..P-1 of each row, shape (n,); PSUs are numbered stratum by stratum.
        psu_stratum: stratum code of each PSU, shape (P,), ascending.
        stratum_labels: the strata as the data call them, shape (H,).
        single_psu: what a stratum with one PSU in the *design* contributes to a variance:

            - ``"fail"`` (default): nothing is estimated; the error names the strata.
            - ``"adjust"``: its PSU total is not centred (R's ``lonely.psu = "adjust"``: for a linearised
              estimate whose scores sum to zero this centres at the grand mean). Conservative.
            - ``"average"``: the mean contribution of the other strata.
            - ``"remove"``, ``"certainty"``: nothing; ``"certainty"`` says it was no sampling at all.

            A stratum that has two PSUs of which only one has members in a domain is not single: the other
            PSU's total is zero (R's default ``survey.adjust.domain.lonely = FALSE``).
    """

    weight: np.ndarray
    stratum: np.ndarray
    psu: np.ndarray
    psu_stratum: np.ndarray
    stratum_labels: np.ndarray
    single_psu: SinglePsu = "fail"

    @classmethod
    def from_arrays(
        cls,
        weight: Sequence[float] | np.ndarray,
        stratum: Sequence | np.ndarray,
        psu: Sequence | np.ndarray,
        *,
        nest: bool = True,
        single_psu: SinglePsu = "fail",
    ) -> SurveyDesign:
        """Check the three columns of a design and index them.

        Args:
            weight: sampling weights, one a row, 0 allowed.
            stratum: stratum of each row, any labels.
            psu: PSU of each row, any labels.
            nest: PSU labels start again in each stratum (NHANES: 1, 2 in every stratum). With ``False`` a
                label that occurs in two strata is an error.
            single_psu: policy for strata with one PSU, see the class.

        Raises:
            B12SarcError: negative, missing or infinite weights, no positive weight, missing strata or PSUs,
                columns of different length, a PSU in two strata (``nest=False``) or an unknown policy; all
                of them at once.
        """
        weight, stratum, psu = np.asarray(weight, dtype=float), np.asarray(stratum), np.asarray(psu)
        problems = _problems(weight, stratum, psu, single_psu)
        if problems:
            raise B12SarcError(problems)
        labels, stratum_code = np.unique(stratum, return_inverse=True)
        psu_labels, psu_label_code = np.unique(psu, return_inverse=True)
        pair = stratum_code * len(psu_labels) + psu_label_code
        pairs, psu_code = np.unique(pair, return_inverse=True)
        if not nest:
            _refuse_psu_in_two_strata(psu_labels[pairs % len(psu_labels)])
        return cls(weight, stratum_code, psu_code, pairs // len(psu_labels), labels, single_psu)

    @property
    def n(self) -> int:
        """Rows of the survey."""
        return len(self.weight)

    def domain(self, mask: np.ndarray) -> Domain:
        """Return the part of the survey where ``mask`` holds, with the whole design behind it.

        Args:
            mask: booleans over all n rows. Rows of weight zero never belong to a domain.
        """
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != (self.n,):
            raise ValueError(f"mask must be {self.n} booleans, got {mask.dtype} of shape {mask.shape}")
        return Domain(self, mask & (self.weight > 0))


@dataclass(frozen=True, eq=False)
class Domain:
    """Rows under analysis, inside their design. Build it with :meth:`SurveyDesign.domain`.

    Arrays given to an estimator hold the ``n`` rows of the domain in the order of the survey;
    :meth:`take` cuts them out of a column of the survey.

    Attributes:
        design: the whole design.
        mask: booleans over all rows of the survey.
    """

    design: SurveyDesign
    mask: np.ndarray

    @cached_property
    def rows(self) -> np.ndarray:
        """Positions of the domain's rows in the survey, shape (n,)."""
        return np.flatnonzero(self.mask)

    @cached_property
    def weights(self) -> np.ndarray:
        """Sampling weights of the domain's rows, shape (n,)."""
        return self.design.weight[self.rows]

    @property
    def n(self) -> int:
        """Rows in the domain (all of positive weight)."""
        return len(self.rows)

    @cached_property
    def _psu_codes(self) -> np.ndarray:
        return self.design.psu[self.rows]

    @cached_property
    def _psu_held(self) -> np.ndarray:
        return np.bincount(self._psu_codes, minlength=len(self.design.psu_stratum)) > 0

    @cached_property
    def _stratum_held(self) -> np.ndarray:
        strata = self.design.psu_stratum[self._psu_held]
        return np.bincount(strata, minlength=len(self.design.stratum_labels)) > 0

    @cached_property
    def n_psu(self) -> int:
        """PSUs with at least one row in the domain."""
        return int(np.count_nonzero(self._psu_held))

    @cached_property
    def n_strata(self) -> int:
        """Strata with at least one row in the domain."""
        return int(np.count_nonzero(self._stratum_held))

    @property
    def df(self) -> int:
        """Design degrees of freedom: PSUs less strata, both counted in the domain (R's ``degf``)."""
        return self.n_psu - self.n_strata

    def restrict(self, mask: np.ndarray) -> Domain:
        """Return the narrower domain where ``mask`` (over all rows of the survey) holds too."""
        return self.design.domain(self.mask & mask)

    def take(self, column: np.ndarray) -> np.ndarray:
        """Cut the domain's rows out of an array over all rows of the survey."""
        column = np.asarray(column)
        if len(column) != self.design.n:
            raise ValueError(f"expected the survey's {self.design.n} rows, got {len(column)}")
        return column.take(self.rows, axis=0)

    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        """Covariance of a weighted total, by linearisation with replacement at the first stage.

        For strata h with n_h PSUs in the design (absent ones have total 0) and weighted PSU totals t_hi:
        sum over h of n_h / (n_h - 1) * sum over i of (t_hi - mean_h)(t_hi - mean_h)'
        (Wolter, Introduction to Variance Estimation, 2007, section 1.4; R's ``svyrecvar``).

        Args:
            scores: linearised values *before* weighting, shape (n, k).

        Returns:
            Covariance matrix, shape (k, k).

        Raises:
            B12SarcError: a stratum of the domain has one PSU and the policy is ``"fail"``.
            NotEstimableError: the policy is ``"average"`` and every stratum has one PSU.
        """
        scores = np.asarray(scores, dtype=float)
        if scores.ndim != 2 or len(scores) != self.n:
            raise ValueError(f"scores must have shape ({self.n}, k), got {scores.shape}")
        index = self._index
        totals = index.totals @ scores
        if len(totals) == 0:
            raise NotEstimableError("no rows in the domain")
        means = np.add.reduceat(totals, index.starts, axis=0) * index.centre[:, None]
        root = (totals - means[index.stratum]) * index.root_scale[:, None]
        return root.T @ root * index.inflation

    @cached_property
    def _index(self) -> _PsuIndex:
        """Index the PSU sums once; every model of this domain uses it."""
        design = self.design
        sizes = np.bincount(design.psu_stratum, minlength=len(design.stratum_labels))[self._stratum_held]
        stratum = np.repeat(np.arange(len(sizes)), sizes)
        single = sizes == 1
        self._check_single(np.flatnonzero(self._stratum_held)[single], len(sizes))
        # R's arithmetic: a single PSU is centred on itself (so it contributes nothing) except under "adjust".
        factor = np.where(single, float(design.single_psu == "adjust"), sizes / np.maximum(sizes - 1, 1))
        centre = np.where(single, 0.0, 1 / sizes)
        average = design.single_psu == "average"
        inflation = len(sizes) / max(int((~single).sum()), 1) if average else 1.0
        code = (
            np.cumsum(self._stratum_held[design.psu_stratum]) - 1
        )  # PSUs of the domain's strata, renumbered
        entries = (self.weights, code[self._psu_codes], np.arange(self.n + 1))
        totals = sparse.csc_array(entries, shape=(len(stratum), self.n))
        starts = np.cumsum(sizes) - sizes
        return _PsuIndex(totals, starts, stratum, centre, np.sqrt(factor)[stratum], inflation)

    def _check_single(self, single: np.ndarray, n_strata: int) -> None:
        if len(single) and self.design.single_psu == "fail":
            names = ", ".join(str(label) for label in self.design.stratum_labels[single])
            raise B12SarcError.at(
                _WHERE,
                f"{len(single)} of {n_strata} strata have only one PSU ({names}): no variance within them",
                "set the single-PSU policy to adjust, average, remove or certainty",
            )
        if len(single) == n_strata and n_strata and self.design.single_psu == "average":
            raise NotEstimableError("every stratum has only one PSU: there is no variance to average")


@dataclass(frozen=True, eq=False)
class _PsuIndex:
    """What turns scores into centred PSU totals, over all design PSUs of the domain's strata.

    Attributes:
        totals: (P, n) sparse matrix that sums weighted rows into PSUs.
        starts: first PSU of each stratum.
        stratum: stratum of each PSU.
        centre: factor that turns a stratum's total into what is subtracted from its PSUs (0: not centred).
        root_scale: square root of n_h / (n_h - 1), by PSU.
        inflation: factor on the whole matrix, for strata that are averaged over.
    """

    totals: sparse.csc_array
    starts: np.ndarray
    stratum: np.ndarray
    centre: np.ndarray
    root_scale: np.ndarray
    inflation: float


def _problems(weight: np.ndarray, stratum: np.ndarray, psu: np.ndarray, single_psu: str) -> list[Problem]:
    """Everything wrong with the columns of a design."""
    if single_psu not in get_args(SinglePsu):
        known = get_args(SinglePsu)
        fix = nearest(single_psu, known) or f"choose one of {', '.join(known)}"
        return [Problem(_WHERE, f"unknown single-PSU policy {single_psu!r}", fix)]
    lengths = [len(weight), len(stratum), len(psu)]
    if len(set(lengths)) > 1:
        return [Problem(_WHERE, "weight, stratum and PSU have {}, {} and {} rows".format(*lengths))]
    counts = {
        "weights are negative": int((weight < 0).sum()),
        "weights are missing or infinite": int((~np.isfinite(weight)).sum()),
        "strata are missing": int(_missing(stratum).sum()),
        "PSUs are missing": int(_missing(psu).sum()),
    }
    fix = "every row of the survey needs a weight >= 0, a stratum and a PSU"
    found = [Problem(_WHERE, f"{count} {what}", fix) for what, count in counts.items() if count]
    if not found and not (weight > 0).any():
        found.append(Problem(_WHERE, "no weight is above zero", "check which weight the cohort names"))
    return found


def _missing(labels: np.ndarray) -> np.ndarray:
    if labels.dtype == object:
        return np.array([label is None or label != label for label in labels], dtype=bool)
    return np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(len(labels), dtype=bool)


def _refuse_psu_in_two_strata(labels: np.ndarray) -> None:
    label, count = np.unique(labels, return_counts=True)
    if (count > 1).any():
        shown = ", ".join(str(name) for name in label[count > 1][:5])
        raise B12SarcError.at(
            _WHERE,
            f"{int((count > 1).sum())} PSU labels occur in more than one stratum (first: {shown})",
            "state that PSUs are nested in strata (nest: true), or give each PSU its own label",
        )

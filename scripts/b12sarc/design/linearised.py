"""Designs of strata, PSUs and weights, or of those of them that there are: variance by linearisation.

Variance is by Taylor linearisation with PSUs treated as drawn with replacement within strata (the "ultimate
cluster" estimator of CDC's tutorials and of R's ``survey::svydesign(nest = TRUE)``).

Without strata all PSUs are of one; without PSUs each row is one (R: ``ids = ~1``). Then the covariance of a
regression is the heteroscedasticity-robust HC0 (White 1980, Econometrica 48:817-838) times n / (n - 1), n
being the rows of the survey, and the weights, if all are 1, change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from scipy import sparse

from b12sarc.design.domain import (
    WHERE,
    Domain,
    Refit,
    checked_mask,
    checked_scores,
    missing,
    weight_problems,
)
from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.inference import NotEstimableError

SinglePsu = Literal["fail", "adjust", "average", "remove", "certainty"]


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
        stratum: Sequence | np.ndarray | None = None,
        psu: Sequence | np.ndarray | None = None,
        *,
        nest: bool = True,
        single_psu: SinglePsu = "fail",
    ) -> SurveyDesign:
        """Check the three columns of a design and index them.

        Args:
            weight: sampling weights, one a row, 0 allowed.
            stratum: stratum of each row, any labels; None: there is one stratum.
            psu: PSU of each row, any labels; None: each row is a PSU.
            nest: PSU labels start again in each stratum (NHANES: 1, 2 in every stratum). With ``False`` a
                label that occurs in two strata is an error.
            single_psu: policy for strata with one PSU, see the class.

        Raises:
            B12SarcError: negative, missing or infinite weights, no positive weight, missing strata or PSUs,
                columns of different length, a PSU in two strata (``nest=False``) or an unknown policy; all
                of them at once.
        """
        weight = np.asarray(weight, dtype=float)
        stratum = np.zeros(len(weight), dtype=int) if stratum is None else np.asarray(stratum)
        psu = np.arange(len(weight)) if psu is None else np.asarray(psu)
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

    def domain(self, mask: np.ndarray) -> LinearisedDomain:
        """Return the part of the survey where ``mask`` holds, with the whole design behind it.

        Args:
            mask: booleans over all n rows. Rows of weight zero never belong to a domain.
        """
        return LinearisedDomain(checked_mask(mask, self.weight), self.weight, self)


@dataclass(frozen=True, eq=False)
class LinearisedDomain(Domain):
    """A domain of a :class:`SurveyDesign`. Build it with :meth:`SurveyDesign.domain`.

    Attributes:
        design: the whole design.
    """

    design: SurveyDesign

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

    def restrict(self, mask: np.ndarray) -> LinearisedDomain:
        """Return the narrower domain where ``mask`` (over all rows of the survey) holds too."""
        return self.design.domain(self.mask & mask)

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
        scores, index = checked_scores(scores, self.n), self._index
        totals = index.totals @ scores
        if len(totals) == 0:
            raise NotEstimableError("no rows in the domain")
        means = np.add.reduceat(totals, index.starts, axis=0) * index.centre[:, None]
        root = (totals - means[index.stratum]) * index.root_scale[:, None]
        return root.T @ root * index.inflation

    def covariance(self, scores: np.ndarray, refit: Refit) -> np.ndarray:
        """Covariance of an estimate: that of the total of its scores; ``refit`` is not needed."""
        del refit
        return self.covariance_of_total(scores)

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
                WHERE,
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
        return [Problem(WHERE, f"unknown single-PSU policy {single_psu!r}", fix)]
    lengths = [len(weight), len(stratum), len(psu)]
    if len(set(lengths)) > 1:
        return [Problem(WHERE, "weight, stratum and PSU have {}, {} and {} rows".format(*lengths))]
    others = {"strata are missing": missing(stratum), "PSUs are missing": missing(psu)}
    return weight_problems(weight, others, "a weight >= 0, a stratum and a PSU")


def _refuse_psu_in_two_strata(labels: np.ndarray) -> None:
    label, count = np.unique(labels, return_counts=True)
    if (count > 1).any():
        shown = ", ".join(str(name) for name in label[count > 1][:5])
        raise B12SarcError.at(
            WHERE,
            f"{int((count > 1).sum())} PSU labels occur in more than one stratum (first: {shown})",
            "state that PSUs are nested in strata (nest: true), or give each PSU its own label",
        )

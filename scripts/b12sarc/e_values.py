"""E-values: how strong unmeasured confounding would have to be to explain an association away.

VanderWeele and Ding 2017, Annals of Internal Medicine 167:268-274. The E-value is the smallest ratio that a
confounder would need with both exposure and outcome, above the measured covariates, to bring the estimate (or
the limit of its interval nearer to no association) to the null.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PER_SD = 0.91
"""log risk ratio of one standard deviation of the outcome (VanderWeele and Ding 2017, after Chinn 2000)."""
LIMIT_PER_SD = 1.78
"""The same times 1.96: what its standard error adds to the logarithm of a limit."""


@dataclass(frozen=True)
class EValue:
    """An estimate on the scale of a risk ratio, and its E-values.

    Attributes:
        ratio: (approximate) risk ratio.
        low: its lower limit.
        high: its upper limit.
        point: E-value of the estimate, at least 1.
        limit: E-value of the limit nearer to 1; 1 if the interval holds 1.
    """

    ratio: float
    low: float
    high: float
    point: float
    limit: float


def e_value(ratio: float) -> float:
    """Return ``RR + sqrt(RR (RR - 1))`` of a risk ratio, of its inverse if that is larger.

    >>> round(e_value(3.9), 2)
    7.26
    """
    if not ratio > 0:
        raise ValueError(f"a ratio lies above 0, got {ratio}")
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


def of_risk_ratio(ratio: float, low: float, high: float) -> EValue:
    """Return the E-values of a risk or prevalence ratio with its limits."""
    nearer = low if ratio > 1 else high
    crosses = low <= 1 <= high
    return EValue(ratio, low, high, e_value(ratio), 1.0 if crosses else e_value(nearer))


def of_odds_ratio(ratio: float, low: float, high: float, *, common: bool) -> EValue:
    """Return the E-values of an odds ratio.

    Args:
        ratio: odds ratio.
        low: lower limit.
        high: upper limit.
        common: whether the outcome is (more than some 15 %); the risk ratio is then about the square root.
    """
    power = 0.5 if common else 1.0
    return of_risk_ratio(ratio**power, low**power, high**power)


def of_hazard_ratio(ratio: float, low: float, high: float, *, common: bool) -> EValue:
    """Return the E-values of a hazard ratio.

    Of a common outcome, the risk ratio is about ``(1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR))``.
    """
    if not common:
        return of_risk_ratio(ratio, low, high)
    return of_risk_ratio(*((1 - 0.5 ** np.sqrt(x)) / (1 - 0.5 ** np.sqrt(1 / x)) for x in (ratio, low, high)))


def of_difference(difference: float, se: float, sd: float) -> EValue:
    """Return the E-values of a difference in means, by way of ``d`` (difference over SD of the outcome).

    ``RR = exp(0.91 d)``, limits ``exp(0.91 d -/+ 1.78 se / SD)``.

    Args:
        difference: in units of the outcome.
        se: its standard error.
        sd: standard deviation of the outcome, above 0.
    """
    d, width = PER_SD * difference / sd, LIMIT_PER_SD * se / sd
    return of_risk_ratio(*(float(np.exp(x)) for x in (d, d - width, d + width)))

"""Design-based estimates: each takes a domain and arrays over its rows, and returns a frozen dataclass."""

from b12sarc.estimators._domain import Estimate
from b12sarc.estimators.comparisons import (
    StandardisedDifference,
    TTest,
    chi_square,
    compare_means,
    regress_on_group,
    standardised_difference,
    standardised_difference_categorical,
    t_test,
)
from b12sarc.estimators.moments import (
    geometric_mean,
    mean,
    ratio,
    standard_deviation,
    total,
    variance,
)
from b12sarc.estimators.pooled import pooled_mean, pooled_proportion
from b12sarc.estimators.proportions import (
    Presentation,
    Proportion,
    adjusted_n,
    korn_graubard,
    nchs_presentation,
    proportion,
)
from b12sarc.estimators.quantiles import quantile, weighted_quantile

__all__ = [
    "Estimate",
    "Presentation",
    "Proportion",
    "StandardisedDifference",
    "TTest",
    "adjusted_n",
    "chi_square",
    "compare_means",
    "geometric_mean",
    "korn_graubard",
    "mean",
    "nchs_presentation",
    "pooled_mean",
    "pooled_proportion",
    "proportion",
    "quantile",
    "ratio",
    "regress_on_group",
    "standard_deviation",
    "standardised_difference",
    "standardised_difference_categorical",
    "t_test",
    "total",
    "variance",
    "weighted_quantile",
]

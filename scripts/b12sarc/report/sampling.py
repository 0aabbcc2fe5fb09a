"""How people were sampled and what variances rest on, in the words of a paper, for each kind of design."""

from __future__ import annotations

from b12sarc.provenance import weight_formula
from b12sarc.spec import Cohort, Replicates, Visits
from b12sarc.wording import unweighted

_SINGLE_PSU = {
    "fail": "a stratum with a single PSU stops the run",
    "adjust": "a stratum with a single PSU is centred at the mean of all PSUs",
    "average": "a stratum with a single PSU takes the average variance of the other strata",
    "remove": "a stratum with a single PSU adds no variance",
    "certainty": "a single PSU counts as sampled with certainty and adds no variance",
}
_WEIGHTS = {
    "interview": "Interview weight",
    "mec": "Examination (MEC) weight",
    "fasting": "Fasting subsample weight",
    "diet_day1": "Day 1 dietary weight",
    "subsample": "Subsample weight",
    "sample": "Sampling weight",
}
_METHODS = {
    "brr": "balanced repeated replication",
    "fay": "balanced repeated replication by Fay's method (rho {rho:g})",
    "jk1": "the unstratified jackknife (JK1)",
    "jkn": "the stratified jackknife (JKn)",
    "bootstrap": "the bootstrap",
}
_REGRESSIONS = (
    "Regressions: these plus 1 minus the number of coefficients, as survey::svyglm in R, with the t "
    "distribution. With fewer than one degree of freedom no interval and no p-value is given."
)


def weights(cohort: Cohort) -> str:
    """Return which weight was used, and how it was combined over cycles."""
    weight = cohort.design.weighting()
    if weight is None:
        return f"None; {unweighted(cohort)}."
    by_cycle = "; ".join(f"{cycle}: {formula}" for cycle, formula in weight_formula(cohort).items())
    used = _WEIGHTS[weight.role]
    if len(cohort.cycles) == 1:
        return f"{used} ({by_cycle}).".replace(" x 1)", ")").replace(" x ", " × ")
    return (
        f"{used}, combined over {len(cohort.cycles)} cycles in proportion to the years that each stands for "
        f"({by_cycle})."
    ).replace(" x ", " × ")


def variance(cohort: Cohort) -> str:
    """Return how standard errors and degrees of freedom were found."""
    design, by_cycle = cohort.design, len(cohort.cycles) > 1
    if design.kind == "stratified_cluster":
        nested = "nested in strata" if design.nested else "numbered across strata"
        said = (
            f"Taylor linearisation, strata {design.strata.column}, primary sampling units "
            f"{design.psu.column} ({nested}); {_SINGLE_PSU[design.single_psu]}. Design degrees of freedom: "
            "PSUs minus strata, both counted in the domain."
        )
    elif design.kind == "clustered":
        strata = ", each cycle a stratum of its own" if by_cycle else ", without strata"
        less = "cycles" if by_cycle else "1"
        said = (
            f"Taylor linearisation, primary sampling units {design.psu.column}{strata}. Design degrees of "
            f"freedom: PSUs minus {less}, counted in the domain."
        )
    elif design.kind == "replicate":
        said = _replicates(design.replicates)
    else:
        less = "the number of cycles, each drawn by itself" if by_cycle else "1"
        robust = " (heteroscedasticity-robust, HC0 times n / (n - 1))" if design.kind == "simple" else ""
        said = (
            f"Taylor linearisation, each person a sampling unit{robust}; the files tell no clusters, so any "
            "that there are make intervals too narrow. Degrees of freedom: persons in the domain minus "
            f"{less}."
        )
    return f"{said} {_REGRESSIONS}"


def _replicates(replicates: Replicates) -> str:
    names, scales = replicates.names(), replicates.scales()
    method = _METHODS[replicates.method].format(rho=replicates.rho or 0.0)
    each = f", times {scales[0]:g} each" if len(set(scales)) == 1 and scales[0] != 1 else ""
    each = ", each times a factor of its own" if len(set(scales)) > 1 else each
    about = "the estimate" if replicates.mse else "the mean of the replicates"
    df = (
        f"{replicates.df}, as the keeper of the data states"
        if replicates.df is not None
        else "the rank of the replicate weights in the domain minus 1"
    )
    return (
        f"{len(names)} replicate weights ({names[0]} to {names[-1]}) by {method}: every estimate and every "
        f"model was made anew under each; squared deviations from {about}, summed, times "
        f"{replicates.total_scale():.6g}{each}. Design degrees of freedom: {df}."
    )


def visits(cohort: Cohort) -> str:
    """Return which visit of a person counts, in each file that has several; empty if none has."""
    rules = {name: file.visits for name, file in cohort.files.items() if file.visits is not None}
    return " ".join(_rule(name, rule) for name, rule in rules.items())


def _rule(name: str, rule: Visits) -> str:
    chosen = f"the {rule.choose} by {rule.order_by}"
    if rule.nearest_to is not None:
        chosen = (
            f"the one whose {rule.order_by} is nearest to {rule.nearest_to.column or rule.nearest_to.value}"
        )
    among = f" of those with {', '.join(rule.require)}, if there are any," if rule.require else ""
    ties = {
        "refuse": "",
        "first_in_file": "; of two alike the first",
        "last_in_file": "; of two alike the last",
    }
    return f"Of several visits of a person (file {name}),{among} {chosen} was used{ties[rule.ties]}."

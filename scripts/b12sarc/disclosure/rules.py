"""What the columns of the result tables are: counts, shares of counts, other numbers, words.

A table that is not here is taken by the names of its columns (:data:`ANY`): whatever is neither a known count
nor said to rest on enough people (column :data:`SMALLEST_CELL`) is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

SMALLEST_CELL = "smallest_cell"
"""Column of a table, never published: the fewest people, with or without the outcome in a group of the
exposure, that the numbers of a row rest on (:func:`b12sarc.model_matrix.smallest_cell`). Estimates of a
restricted cohort are shown where it is large enough, and not where it is absent."""


@dataclass(frozen=True)
class Sum:
    """Rows that add up.

    Attributes:
        over: column that tells the rows apart. Rows that are alike in all other words belong together.
        cells: the counts that add up.
        totals: values of ``over`` that name the whole; they are no parts.
        mark: where ``over`` holds ``sex=male`` or ``status[low]``, what the family's name ends at.
        within_whole: the parts add up to the whole of their own row (levels of a variable, to n).
    """

    over: str
    cells: tuple[str, ...] = ("n", "events")
    totals: tuple[str, ...] = ("all",)
    mark: str = ""
    within_whole: bool = False


@dataclass(frozen=True)
class TableRule:
    """How a table is protected.

    Attributes:
        wholes: counts of people; where one is small, nothing of the row is shown.
        parts: part -> whole; where a part or what is left of the whole is small, the part is hidden, and all
            numbers that rest on it.
        adds_up: parts that add up to their whole in a row.
        adds: rows that add up.
        shares: numbers between 0 and 1 that a count of the row can be worked back from.
        sums: weighted counts.
        sizes: other numbers of people (effective ones), rounded as counts are.
        design: degrees of freedom and the like; rounded as people where they are about as many.
        keep: numbers that say nothing of persons.
        withheld: values of persons: never shown.
        given: column -> value, of rows that are as they are by construction (everybody, of everybody).
        shared: number that rests on several rows -> column that is the same in them.
        rest: what other numbers rest on: the ``counts`` of the row, or its :data:`SMALLEST_CELL` (``cell``).
        words: columns of sentences, in which a number of people may be told.
    """

    wholes: tuple[str, ...] = ()
    parts: dict[str, str] = field(default_factory=dict)
    adds_up: tuple[str, ...] = ()
    adds: tuple[Sum, ...] = ()
    shares: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    design: tuple[str, ...] = ("df", "n_psu", "n_strata")
    keep: tuple[str, ...] = ("year",)
    withheld: tuple[str, ...] = ("min", "max", "minimum", "maximum")
    given: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    rest: str = "cell"
    words: tuple[str, ...] = ("note", "reason", "description")


_PROPORTION = TableRule(
    wholes=("n",),
    parts={"events": "n"},
    shares=("estimate", "conf_low", "conf_high"),
    sizes=("n_eff",),
    rest="counts",
)
_OF_ROWS = ("n_valid", "n_missing", "n_missing_code", "n_implausible")

_OF_VISITS = {
    "n_several_visits": "n_rows",
    "n_rows_set_aside": "",
    "n_visits_incomplete": "n_several_visits",
}

ANY = TableRule(wholes=("n",), parts={"events": "n"}, adds=(Sum("subgroup", mark="="),))
"""A table that nobody has described: models, and what is made of them."""

RULES: dict[str, TableRule] = {
    "flow": TableRule(
        wholes=("n_remaining",), parts={"n_excluded": ""}, sums=("weighted_remaining",), rest="counts"
    ),
    "harmonisation": TableRule(
        wholes=("n_rows",),
        parts=dict.fromkeys(_OF_ROWS, "n_rows") | {"n_outside_bridge": "n_valid"} | _OF_VISITS,
        adds_up=_OF_ROWS,
        rest="counts",
    ),
    "missingness": TableRule(
        wholes=("n",), parts={"n_missing": "n"}, shares=("fraction", "weighted_fraction"), rest="counts"
    ),
    "imputation_diagnostics": TableRule(
        wholes=("n",),
        parts={"n_missing": "n", "observed": "n"},
        shares=("weighted_fraction",),
        withheld=("min", "max", "completed"),
        rest="counts",
    ),
    "prevalence": replace(
        _PROPORTION,
        adds=(Sum("subgroup", mark="="), Sum("variable", ("events",), (), "[", within_whole=True)),
    ),
    "over_time": replace(
        _PROPORTION,
        adds=(Sum("cycle", totals=()), Sum("variable", ("events",), (), "[", within_whole=True)),
    ),
    "table1": replace(
        _PROPORTION,
        adds=(Sum("group"), Sum("level", ("events",), ("",), within_whole=True)),
        sums=("n_weighted",),
        given={"variable": "persons", "group": "all"},
        shared={"p_value": "variable", "smd": "variable"},
    ),
    "codebook_check": TableRule(withheld=("expected", "found", "code_or_range"), words=(), rest="counts"),
    "effect_modification": TableRule(
        wholes=("n",),
        parts={"events": "n"},
        adds=(Sum("level", totals=()),),
        design=("df", "df_num", "n_psu", "n_strata"),
    ),
    "definitions": TableRule(words=(), rest="counts"),
    "multiverse_left_out": TableRule(keep=("specifications",), words=("reason",)),
}


def rule_of(table: str) -> TableRule:
    """Return how a table is protected, by the name of its file without ending."""
    return RULES.get(table, ANY)

"""What is known of a figure before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "flow",
    "missingness",
    "prevalence",
    "over_time",
    "headline",
    "forest",
    "feasibility",
    "dag",
    "synthesis",
    "dose_response",
    "predicted",
    "modification",
    "imputed",
    "imputation",
    "sensitivity",
    "controls",
    "multiverse",
]


@dataclass(frozen=True)
class Planned:
    """One figure.

    Attributes:
        name: file name without ending.
        kind: what draws it.
        cohort: whose results it shows; empty: those of the whole run.
        title: words above it.
        caption: what the marks mean.
        alt: the numbers in words.
        outcome: of a forest plot; of dose-response curves the exposure; else empty.
        short_title: the title without the cohort.
    """

    name: str
    kind: Kind
    cohort: str
    title: str
    caption: str
    alt: str
    outcome: str = ""
    short_title: str = ""

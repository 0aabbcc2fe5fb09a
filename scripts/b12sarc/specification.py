"""What names a model: one of the grid, or one of its departures."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Specification:
    """One model. The names are those of the configuration; ``subgroup`` may name a level (``sex=male``).

    ``option`` names a sensitivity option; outcome, exposure and adjustment set are then still those of the
    main analysis, and the option says what stands in their place.
    """

    outcome: str
    exposure: str
    adjustment: str
    subgroup: str
    estimator: str
    missing: str
    option: str = ""

    def key(self) -> dict[str, str]:
        """Return what names the model in the tables of the main analysis."""
        return {name: value for name, value in asdict(self).items() if name in MODEL}


MODEL = tuple(name for name in Specification.__annotations__ if name != "option")
"""What names a model of the main analysis, in order."""

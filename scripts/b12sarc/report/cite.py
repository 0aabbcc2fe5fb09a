"""Which files of which survey cycle a run used, as a paper cites them."""

from __future__ import annotations

from typing import Any

from b12sarc.results import Run


def data_citations(run: Run, inputs: list[dict[str, Any]]) -> list[str]:
    """Return a citation for each cohort and survey cycle, with its files and when they were retrieved.

    Args:
        run: the results.
        inputs: the source files of provenance.json; what was not there is not cited, and a file that a pool
            shares with its cohorts is cited once.
    """
    seen: set[tuple[str, str]] = set()
    said = []
    for name, cohort in run.cohorts.items():
        for cycle in cohort.cohort.cycles:
            own = [i for i in inputs if (i["cohort"], i["cycle"]) == (name, cycle) and not i.get("absent")]
            new = [i for i in own if (cycle, i["sha256"]) not in seen]
            seen |= {(cycle, i["sha256"]) for i in own}
            if new:
                files = ", ".join(sorted(i["table"] for i in new))
                days = sorted({i["retrieved"][:10] for i in new if i["retrieved"]})
                when = f" Retrieved {' to '.join(dict.fromkeys([days[0], days[-1]]))}." if days else ""
                said.append(f"{cohort.cohort.citation.rstrip('. ')}. Data files of {cycle}: {files}.{when}")
    return said

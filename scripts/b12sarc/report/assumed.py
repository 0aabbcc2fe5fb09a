"""What the causal diagram says of the adjustment sets, in words."""

from __future__ import annotations

from collections.abc import Iterable

from b12sarc.causal_graph import Adjusted, adjusted, places
from b12sarc.results import Run
from b12sarc.spec.dag import Dag
from b12sarc.wording import label, lower_first, plain, short_label

_PLACES = {
    "confounder": "Assumed to act on both exposure and outcome",
    "mediator": "Assumed to lie between exposure and outcome, so not adjusted for in the primary set",
}


def question(run: Run) -> str:
    """Return whom, what and with what the headline compares."""
    asked, project = run.project.analysis.headline, run.project
    exposures = "; ".join(lower_first(label(project, name)) for name in asked.exposures)
    outcomes = " and ".join(lower_first(short_label(project, name)) for name in asked.outcomes)
    people = "; ".join(lower_first(plain(step.description)) for step in project.analysis.population.domain)
    return (
        f"Among people who meet this: {people}, how does {outcomes} differ between those with worse and "
        f"those with better vitamin B12 status ({exposures}) who are alike in what is adjusted for? Both "
        "were measured at one time, so the answer is an association."
    )


def graph_in_words(run: Run) -> list[str]:
    """Return sentences on what the diagram implies; none without a diagram."""
    dag = run.project.analysis.dag
    if dag is None:
        return []
    where = places(dag)
    said = []
    for place, words in _PLACES.items():
        names = [name for name, found in where.items() if found == place]
        said += [f"{words}: {_names(dag, names)}."] if names else []
    for name in run.project.analysis.models.adjustments:
        said.append(
            _of_set(dag, run.project.analysis.adjustment_sets[name].label, adjusted(run.project, dag, name))
        )
    return said


def _of_set(dag: Dag, words: str, found: Adjusted) -> str:
    said = f"“{words}” holds {_names(dag, found.held) or 'nothing'}; "
    if found.closed:
        said += "it closes every other path between exposure and outcome"
    else:
        said += f"paths stay open through {_names(dag, found.left_open)}"
    if found.after_exposure:
        said += f"; {_names(dag, found.after_exposure)} comes after the exposure and should not be in it"
    return f"{said}."


def _names(dag: Dag, names: Iterable[str]) -> str:
    words = [
        lower_first(dag.nodes[n].label) + (" (not measured)" if dag.nodes[n].role == "unmeasured" else "")
        for n in names
    ]
    return "; ".join(words)

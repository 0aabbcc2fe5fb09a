"""What the causal diagram says of the covariates: which confound, which lie between, which paths stay open.

d-separation and the back-door criterion (Pearl 2009, Causality, chapter 3) by networkx. The diagram is an
assumption; so is all that is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import networkx as nx

from b12sarc.spec import Project
from b12sarc.spec.dag import Dag

Place = Literal["exposure", "outcome", "confounder", "mediator", "consequence", "other"]


@dataclass(frozen=True)
class Adjusted:
    """What an adjustment set does in the diagram.

    Attributes:
        held: nodes that it adjusts for.
        after_exposure: those among them that the exposure is assumed to act on: they should not be there.
        left_open: confounders that it does not hold and whose back-door path stays open.
        closed: whether every back-door path is closed.
    """

    held: tuple[str, ...]
    after_exposure: tuple[str, ...]
    left_open: tuple[str, ...]
    closed: bool


def graph_of(dag: Dag) -> nx.DiGraph:
    """Return the diagram as a networkx graph, nodes in their order."""
    graph = nx.DiGraph()
    graph.add_nodes_from(dag.nodes)
    graph.add_edges_from((start, end) for start, ends in dag.arrows.items() for end in ends)
    return graph


def places(dag: Dag) -> dict[str, Place]:
    """Return what each node is to exposure and outcome.

    A confounder acts on the exposure and, by a way that does not pass through it, on the outcome; a mediator
    lies between; a consequence comes after the exposure and leads to no outcome.
    """
    graph, exposure, outcome = graph_of(dag), dag.the("exposure"), dag.the("outcome")
    around = nx.subgraph_view(graph, filter_node=lambda name: name != exposure)
    found: dict[str, Place] = {}
    for name in graph:
        after, before = nx.has_path(graph, exposure, name), nx.has_path(graph, name, exposure)
        if name in (exposure, outcome):
            found[name] = "exposure" if name == exposure else "outcome"
        elif after:
            found[name] = "mediator" if nx.has_path(graph, name, outcome) else "consequence"
        else:
            found[name] = "confounder" if before and nx.has_path(around, name, outcome) else "other"
    return found


def adjusted(project: Project, dag: Dag, adjustment: str) -> Adjusted:
    """Return what an adjustment set of the project does in the diagram."""
    used = {term.var for term in project.analysis.terms(adjustment)}
    held = tuple(name for name, node in dag.nodes.items() if used & set(node.variables))
    return _adjusted(dag, held)


def _adjusted(dag: Dag, held: tuple[str, ...]) -> Adjusted:
    graph, exposure, outcome = graph_of(dag), dag.the("exposure"), dag.the("outcome")
    after = tuple(name for name in held if nx.has_path(graph, exposure, name))
    back_door = nx.DiGraph(graph)
    back_door.remove_edges_from(list(graph.out_edges(exposure)))
    closed = bool(nx.is_d_separator(back_door, {exposure}, {outcome}, set(held)))
    where = places(dag)
    loose = [name for name in graph if where[name] == "confounder" and name not in held]
    around = nx.DiGraph(graph)
    around.remove_node(exposure)
    open_ones = tuple(
        name
        for name in loose
        if not nx.is_d_separator(back_door, {name}, {exposure}, set(held))
        and not nx.is_d_separator(around, {name}, {outcome}, set(held))
    )
    return Adjusted(held, after, open_ones, closed)

"""The causal diagram: what is refused, what d-separation says, what the project's own diagram implies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from b12sarc import style
from b12sarc.causal_graph import _adjusted, places
from b12sarc.figures import draw, plan_figures
from b12sarc.report.assumed import graph_in_words, question
from b12sarc.results import Run, read_run
from b12sarc.spec.dag import Dag
from causal_words import CAUSAL
from fake_results import fake_project, write_fake_results


def dag_of(arrows: dict[str, list[str]], unmeasured: tuple[str, ...] = ()) -> Dag:
    """A diagram of x (exposure), y (outcome) and every other letter that the arrows name."""
    names = dict.fromkeys(["x", "y", *arrows, *(end for ends in arrows.values() for end in ends)])
    roles = {"x": "exposure", "y": "outcome", **dict.fromkeys(unmeasured, "unmeasured")}
    nodes = {
        n: {"label": n.upper(), "at": [i, 0], "role": roles.get(n, "covariate")} for i, n in enumerate(names)
    }
    return Dag.model_validate({"nodes": nodes, "arrows": arrows})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project()
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValidationError, match="arrows go in a circle"):
        dag_of({"x": ["y"], "y": ["a"], "a": ["x"]})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arrows": {"x": ["z"]}}, "arrows name what is no node: z"),
        (
            {
                "nodes": {
                    "x": {"label": "X", "at": [0, 0]},
                    "y": {"label": "Y", "at": [1, 0], "role": "outcome"},
                }
            },
            "one node has role: exposure; found none",
        ),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    whole = dag_of({"x": ["y"]}).model_dump()
    with pytest.raises(ValidationError, match=said):
        Dag.model_validate({**whole, **change})


def test_places_of_a_textbook_graph() -> None:
    dag = dag_of({"c": ["x", "y"], "x": ["m", "y", "s"], "m": ["y"], "i": ["x"], "y": ["s"]})
    found = places(dag)
    assert found == {
        "x": "exposure",
        "y": "outcome",
        "c": "confounder",
        "m": "mediator",
        "i": "other",
        "s": "consequence",
    }


def test_a_confounder_that_is_held_closes_its_path() -> None:
    dag = dag_of({"c": ["x", "y"], "x": ["y"]})
    assert not _adjusted(dag, ()).closed
    assert _adjusted(dag, ()).left_open == ("c",)
    assert _adjusted(dag, ("c",)) == type(_adjusted(dag, ()))(("c",), (), (), True)


def test_a_collider_opens_a_path_when_it_is_held() -> None:
    """The M graph: nothing need be held; holding the collider opens a path (Greenland 1999)."""
    dag = dag_of({"a": ["x", "m"], "b": ["m", "y"], "x": ["y"]})
    assert _adjusted(dag, ()).closed
    assert not _adjusted(dag, ("m",)).closed


def test_what_comes_after_the_exposure_is_named() -> None:
    dag = dag_of({"c": ["x", "y"], "x": ["m"], "m": ["y"]})
    assert _adjusted(dag, ("c", "m")).after_exposure == ("m",)


def test_a_confounder_whose_path_another_closes_is_not_left_open() -> None:
    dag = dag_of({"u": ["c"], "c": ["x", "y"], "x": ["y"]}, unmeasured=("u",))
    assert _adjusted(dag, ("c",)).closed
    assert _adjusted(dag, ("c",)).left_open == ()


def test_the_primary_set_holds_no_consequence_and_leaves_only_the_unmeasured_open(run: Run) -> None:
    from b12sarc.causal_graph import adjusted

    dag = run.project.analysis.dag
    assert dag is not None
    found = adjusted(run.project, dag, run.project.analysis.headline.adjustment)
    assert found.after_exposure == ()
    assert {dag.nodes[name].role for name in found.left_open} == {"unmeasured"}
    assert places(dag)["anaemia"] == places(dag)["nerves"] == "mediator"


def test_words_say_what_stays_open_and_nothing_causal(run: Run) -> None:
    said = graph_in_words(run)
    assert len(said) == 2 + len(run.project.analysis.models.adjustments)
    assert "paths stay open through diet, protein (not measured)" in said[-1]
    for sentence in [*said, question(run)]:
        assert CAUSAL.search(sentence) is None, sentence


def test_the_figure_has_every_node_and_says_every_arrow_in_words(run: Run, tmp_path: Path) -> None:
    [planned] = [figure for figure in plan_figures(run) if figure.kind == "dag"]
    dag = run.project.analysis.dag
    assert dag is not None
    with style.figure_style():
        svg, *_ = style.save(draw(run, planned), tmp_path, "dag")
    text = " ".join(svg.read_text(encoding="utf-8").split())
    for node in dag.nodes.values():
        assert node.label.split()[-1] in text
        assert node.label.lower()[1:] in planned.alt.lower()
    assert CAUSAL.search(planned.caption) is None

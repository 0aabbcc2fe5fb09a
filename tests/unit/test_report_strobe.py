"""The STROBE checklist: every item, filled from the run, nothing promised that the page does not have."""

from __future__ import annotations

from pathlib import Path

import lxml.html
import pytest
import yaml

from b12sarc.report.build import anchors
from b12sarc.report.strobe import FILLS, ITEMS, Answer, checklist
from b12sarc.results import Run
from causal_words import CAUSAL
from fake_report import shared_run

STROBE = {
    *(str(n) for n in range(1, 12)),
    *("12a", "12b", "12c", "12d", "12e", "13a", "13b", "13c", "14a", "14b", "15", "16a", "16b", "16c"),
    *(str(n) for n in range(17, 23)),
}
NUT = {
    *("nut-1", "nut-5", "nut-6", "nut-7.1", "nut-7.2", "nut-8.1", "nut-8.2", "nut-8.3", "nut-8.4", "nut-8.5"),
    *("nut-8.6", "nut-9", "nut-11", "nut-12.1", "nut-12.2", "nut-12.3", "nut-13", "nut-14", "nut-16"),
    *("nut-17", "nut-19", "nut-20", "nut-22.1", "nut-22.2"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return shared_run(tmp_path_factory, "nhanes_2011_2014", "synthetic")


@pytest.fixture(scope="module")
def page(run: Run) -> lxml.html.HtmlElement:
    return lxml.html.fromstring((run.folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers(run: Run) -> dict[str, Answer]:
    return {answer.item: answer for answer in checklist(run, anchors(run))}


def test_every_item_of_both_checklists_is_there_once(answers: dict[str, Answer]) -> None:
    items = [item["item"] for item in yaml.safe_load(ITEMS.read_text(encoding="utf-8"))]
    assert len(items) == len(set(items))
    assert set(answers) == STROBE | NUT


def test_every_item_is_answered_or_marked_for_a_person(answers: dict[str, Answer]) -> None:
    assert [a.item for a in answers.values() if not (a.says or a.person or a.links)] == []
    assert {"2", "22", "nut-20", "nut-22.1"} <= {a.item for a in answers.values() if a.person}


def test_each_filling_is_used_and_known() -> None:
    used = {item["says"] for item in yaml.safe_load(ITEMS.read_text(encoding="utf-8")) if "says" in item}
    assert used == set(FILLS)


def test_every_link_has_a_target_in_the_page(run: Run, page: lxml.html.HtmlElement) -> None:
    ids = set(page.xpath("//@id"))
    assert anchors(run) <= ids
    links = page.xpath("//table[@id='strobe_items']//a/@href")
    assert len(links) > 30
    assert {link.removeprefix("#") for link in links} <= ids


def test_numbers_are_those_of_the_run(run: Run, answers: dict[str, Answer]) -> None:
    for cohort in run.cohorts.values():
        assert f"{int(cohort.flow.iloc[-1]['n_remaining']):,} in the primary model" in answers["13a"].says
    for modifier in run.project.analysis.effect_modification.modifiers.values():
        assert modifier.label.lower()[1:8] in answers["12b"].says.lower()


def test_it_says_nothing_causal(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        assert CAUSAL.search(answer.says) is None, answer.item


def test_the_table_to_download_has_all_items(run: Run) -> None:
    text = Path(run.folder / "tables" / "strobe.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("Item,Part,What it asks for")
    assert all(f"\n{item}," in text for item in STROBE | NUT)

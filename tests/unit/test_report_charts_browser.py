"""The charts in a real browser: choosing, pointing, colours, and what axe-core says of the whole page."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from PIL import Image

from fake_report import shared_run
from helpers_browser import Page, browser, needs_chromium

pytestmark = needs_chromium
RATIOS, CURVE, CURVES = "explore_ratios", "explore_specifications", "explore_curves_ratios"
DRAWN = """new Promise((done, failed) => {
  const wait = setInterval(() => {
    if (document.querySelectorAll('[data-chart]:not([data-chart=drawn])').length) return;
    clearInterval(wait); done(true);
  }, 20);
  setTimeout(() => failed('a chart was not drawn'), 30000);
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two cohorts with small stand-ins for the static figures; SYNTHETIC DATA."""
    return shared_run(tmp_path_factory, "nhanes_2011_2014", "synthetic").folder / "report.html"


@pytest.fixture(scope="module")
def browsing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(browsing: Page, report: Path) -> Page:
    browsing.open(report)
    assert browsing.evaluate(DRAWN)
    return browsing


def texts(page: Page, chart: str) -> list[str]:
    return page.evaluate(f"[...document.querySelectorAll('#{chart} svg text')].map(t => t.textContent)")


def choose(page: Page, chart: str, heading: str, words: str) -> None:
    page.evaluate(
        f"""(() => {{
          const label = [...document.querySelectorAll('#{chart} label')]
            .find(l => l.textContent.startsWith({heading!r}));
          const select = label.querySelector('select');
          select.value = [...select.options].find(o => o.text === {words!r}).value;
          select.dispatchEvent(new Event('input'));
          select.dispatchEvent(new Event('change'));
        }})()"""
    )
    time.sleep(0.3)


def point_at(page: Page, selector: str, position: int = 0) -> None:
    """Move the mouse over the middle of a mark."""
    box = page.evaluate(
        f"""(() => {{
          document.documentElement.style.scrollBehavior = 'auto';
          const mark = document.querySelectorAll('{selector}')[{position}];
          mark.scrollIntoView({{ block: 'center' }});
          const box = mark.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }})()"""
    )
    for step in (-2, 0):
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] + step, y=box[1])
    time.sleep(0.3)


def test_the_charts_are_drawn_without_error_request_or_eval(page: Page, report: Path) -> None:
    assert page.happened("Runtime.exceptionThrown") == []
    assert page.happened("Log.entryAdded") == []
    assert page.happened("Runtime.consoleAPICalled") == []
    assert {e["request"]["url"] for e in page.happened("Network.requestWillBeSent")} == {report.as_uri()}
    assert "unsafe-eval" not in report.read_text(encoding="utf-8")[:2000]


def test_choosing_an_outcome_and_a_cohort_redraws_the_forest(page: Page) -> None:
    assert "Probable sarcopenia (EWGSOP2 low grip)" in texts(page, RATIOS)
    choose(page, RATIOS, "Outcome", "Anaemia (WHO)")
    choose(page, RATIOS, "Cohort", "NHANES 2011-2014")
    shown = texts(page, RATIOS)
    assert "Anaemia (WHO)" in shown
    assert "Probable sarcopenia (EWGSOP2 low grip)" not in shown
    assert not any("· NHANES 2011-2014" in text for text in shown), "what is chosen is not said in each row"


def test_everything_at_once_is_capped_and_each_row_says_what_it_is(page: Page) -> None:
    for heading in ("Adjusted for", "People", "Missing values", "Measure"):
        choose(page, RATIOS, heading, "All")
    rows = page.evaluate(f"document.querySelectorAll('#{RATIOS} svg .role-mark.mark-rule line').length")
    assert rows == 150 + 1, "and the line of no difference"


def test_n_and_events_stand_in_every_row(page: Page) -> None:
    shown = texts(page, RATIOS)
    estimates = [t for t in shown if re.fullmatch(r"[\d.]+ \([\d.]+ to [\d.]+\)", t)]
    people = [t for t in shown if re.fullmatch(r"[\d,]+ \([\d,]+\)", t)]
    assert len(people) == len(estimates) > 5


def test_pointing_at_a_row_reads_all_of_it(page: Page) -> None:
    point_at(page, f"#{RATIOS} svg .mark-symbol path[transform]", 1)
    said = page.evaluate("document.querySelector('#vg-tooltip-element.visible')?.innerText")
    for words in ("Outcome", "Exposure", "Adjusted for", "Cohort", "People", "Estimate (CI)"):
        assert words in said


def test_pointing_at_a_specification_says_how_it_was_made(page: Page) -> None:
    point_at(page, f"#{CURVE} svg .mark-symbol path[transform]", 20)
    said = page.evaluate("document.querySelector('#vg-tooltip-element.visible')?.innerText")
    for words in ("Compared", "Outcome", "Adjusted for", "What is changed", "Estimate (CI)"):
        assert words in said


def test_a_choice_leaves_its_own_specifications_and_counts_them(page: Page) -> None:
    before = next(t for t in texts(page, CURVE) if "specifications, median" in t)
    choose(page, CURVE, "Adjusted for", "Crude")
    after = next(t for t in texts(page, CURVE) if "specifications, median" in t)
    number = [int(t.split(" ")[0].replace(",", "")) for t in (before, after)]
    assert 0 < number[1] < number[0]


def test_a_curve_is_redrawn_for_another_exposure_and_read_by_pointing(page: Page) -> None:
    before = texts(page, CURVES)
    assert any(re.search(r"NHANES 2011-2014:n [\d,]+, .*non-linear p", text) for text in before)
    choose(page, CURVES, "Exposure", "Methylmalonic acid, nmol/L")
    after = texts(page, CURVES)
    assert "Methylmalonic acid, nmol/L" in after
    assert "Methylmalonic acid, nmol/L" not in before
    point_at(page, f"#{CURVES} svg .mark-symbol path[transform]", 30)
    said = page.evaluate("document.querySelector('#vg-tooltip-element.visible')?.innerText")
    for words in ("Cohort", "Outcome", "At", "Compared with the reference (CI)", "The curve"):
        assert words in said


def test_what_is_said_beneath_a_curve_is_inside_the_chart_whichever_cohort_is_chosen(page: Page) -> None:
    inside = f"""(() => {{
      const bottom = document.querySelector('#{CURVES} svg').getBoundingClientRect().bottom;
      const said = [...document.querySelectorAll('#{CURVES} svg text')]
        .filter(t => t.textContent.includes('non-linear p'));
      return said.map(t => bottom - t.getBoundingClientRect().bottom);
    }})()"""
    both = page.evaluate(inside)
    choose(page, CURVES, "Cohort", "Synthetic cohort (SYNTHETIC DATA)")
    one = page.evaluate(inside)
    assert (len(both), len(one)) == (2, 1)
    assert min(*both, *one) >= 0
    choose(page, CURVES, "Cohort", "All")
    assert min(page.evaluate(inside)) >= 0


def test_the_choosers_can_be_reached_by_keyboard_and_have_names(page: Page) -> None:
    assert page.evaluate(
        "[...document.querySelectorAll('.chart select')]"
        ".every(s => s.labels.length === 1 && s.tabIndex === 0)"
    )


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_chart_fits_and_follows_the_colours(
    page: Page, report: Path, tmp_path: Path, width: int, colours: str
) -> None:
    page.open(report, width, prefers_color_scheme=colours)
    assert page.evaluate(DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate(f"document.getElementById('{RATIOS}').scrollIntoView()")
    page.screenshot(tmp_path / "chart.png")
    ink = page.evaluate(f"getComputedStyle(document.querySelector('#{RATIOS} svg text')).fill")
    assert ink == {"light": "rgb(27, 32, 38)", "dark": "rgb(232, 236, 240)"}[colours]
    with Image.open(tmp_path / "chart.png") as image:
        assert image.width == width
        assert len(set(image.convert("L").get_flattened_data())) > 50


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_fault(page: Page, report: Path, colours: str) -> None:
    """axe-core 4.4: WCAG 2.1 A and AA and its own best practices, everything unfolded.

    Each table has its first rows: all are made by one template, and axe would read a hundred thousand cells.
    """
    axe = (resources.files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    page.open(report, prefers_color_scheme=colours)
    assert page.evaluate(DRAWN)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+6)').forEach(row => row.remove())")
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
        "v => [v.impact, v.id, v.help, v.nodes.length, v.nodes[0].html.slice(0, 200)]))"
    )
    assert [fault for fault in found if fault[0] in ("serious", "critical")] == []

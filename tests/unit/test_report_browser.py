"""The report in a real browser: Chromium opens it, filters, sorts, and meets no error and no request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from b12sarc.figures import write_figures
from b12sarc.provenance import write_provenance
from b12sarc.report import write_report, write_tables
from fake_results import fake_project, write_fake_results
from helpers_browser import Page, browser, needs_chromium

pytestmark = needs_chromium
MODELS = "synthetic_models"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with real figures; SYNTHETIC DATA."""
    project = fake_project()
    config = project.config.model_copy(update={"figure_formats": ("svg",)})
    project = type(project)(**{**project.__dict__, "config": config})
    folder = write_fake_results(tmp_path_factory.mktemp("run"), project)
    write_figures(folder, project)
    write_provenance(folder, project, folder)
    write_tables(folder, project)
    return write_report(folder, project)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def shown_rows(page: Page) -> int:
    return page.evaluate(f"document.querySelectorAll('#{MODELS} tbody tr:not([hidden])').length")


def choose(page: Page, heading: str, value: str) -> None:
    """Choose a value in the filter above the table of every estimate."""
    page.evaluate(
        f"""(() => {{
          const box = document.getElementById('{MODELS}').closest('.table');
          const label = [...box.querySelectorAll('label')]
            .find(l => l.firstChild.textContent === '{heading}');
          const select = label.querySelector('select');
          select.value = '{value}';
          select.dispatchEvent(new Event('change'));
        }})()"""
    )


def column(page: Page, heading: str) -> list[str]:
    """Return the rows shown of the column of every estimate whose heading begins like this."""
    return page.evaluate(
        f"""(() => {{
          const table = document.getElementById('{MODELS}');
          const at = [...table.tHead.rows[0].cells].findIndex(c => c.textContent.startsWith('{heading}'));
          return [...table.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[at].textContent);
        }})()"""
    )


def click_heading(page: Page, heading: str) -> None:
    page.evaluate(
        f"[...document.querySelectorAll('#{MODELS} thead button')]"
        f".find(b => b.textContent.startsWith('{heading}')).click()"
    )


def test_it_opens_without_an_error_and_without_a_request(page: Page, report: Path) -> None:
    page.open(report)
    assert page.happened("Runtime.exceptionThrown") == []
    assert page.happened("Log.entryAdded") == []
    assert page.happened("Runtime.consoleAPICalled") == []
    requests = {event["request"]["url"] for event in page.happened("Network.requestWillBeSent")}
    assert requests == {report.as_uri()}


@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_fits_the_window_and_shows_something(
    page: Page, report: Path, tmp_path: Path, width: int, colours: str
) -> None:
    page.open(report, width, prefers_color_scheme=colours)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as image:
        assert image.width == width
        assert len(set(image.convert("L").get_flattened_data())) > 50


def test_dark_colours_reach_page_and_figures(page: Page, report: Path) -> None:
    looks = {}
    for colours in ("light", "dark"):
        page.open(report, prefers_color_scheme=colours)
        looks[colours] = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle([...document.querySelectorAll('figure svg text')].at(-1)).fill]"
        )
    assert looks["light"] == ["rgb(255, 255, 255)", "rgb(27, 32, 38)"]
    assert looks["dark"] == ["rgb(20, 24, 29)", "rgb(232, 236, 240)"]


def test_a_filter_leaves_the_rows_that_match_and_counts_them(page: Page, report: Path) -> None:
    page.open(report)
    everything = shown_rows(page)
    choose(page, "Outcome", "Grip strength")
    choose(page, "Adjusted for", "Crude")
    left = shown_rows(page)
    assert 0 < left < everything
    assert set(column(page, "Outcome")) == {"Grip strength"}
    assert set(column(page, "Adjusted for")) == {"Crude"}
    said = page.evaluate(
        f"document.getElementById('{MODELS}').closest('.table').querySelector('output').textContent"
    )
    assert said == f"{left} of {everything} rows"


def test_the_search_box_looks_in_every_cell(page: Page, report: Path) -> None:
    page.open(report)
    page.evaluate(
        f"""(() => {{
          const box = document.getElementById('{MODELS}').closest('.table').querySelector('input');
          box.value = 'macrocytosis';
          box.dispatchEvent(new Event('input'));
        }})()"""
    )
    assert {text.split(" ")[0] for text in column(page, "Outcome")} == {"Macrocytosis"}


def test_a_numeric_column_sorts_as_numbers_both_ways(page: Page, report: Path) -> None:
    page.open(report)
    click_heading(page, "p")
    values = [float(text.strip("<> ")) for text in column(page, "p")]
    assert values == sorted(values)
    assert column(page, "p")[0] == "< 0.001"
    click_heading(page, "p")
    values = [float(text.strip("<> ")) for text in column(page, "p")]
    assert values == sorted(values, reverse=True)
    sort = page.evaluate(f"document.querySelectorAll('#{MODELS} [aria-sort=descending]').length")
    assert sort == 1


def test_minus_signs_and_thousands_sort_as_numbers(page: Page, report: Path) -> None:
    page.open(report)
    choose(page, "Measure", "Difference in means")
    click_heading(page, "Estimate")
    shown = [text.split(" ")[0].replace("−", "-") for text in column(page, "Estimate")]
    assert [float(x) for x in shown] == sorted(float(x) for x in shown)
    assert float(shown[0]) < 0 < float(shown[-1])


def test_the_download_holds_the_rows_shown(page: Page, report: Path) -> None:
    page.open(report)
    choose(page, "Outcome", "Grip strength")
    text = page.evaluate(
        f"""(async () => {{
          let saved;
          const make = URL.createObjectURL;
          URL.createObjectURL = (blob) => {{ saved = blob; return make(blob); }};
          HTMLAnchorElement.prototype.click = () => {{}};
          document.getElementById('{MODELS}').closest('.table').querySelector('.tools button').click();
          return saved.text();
        }})()"""
    )
    lines = text.splitlines()
    assert lines[0].startswith("SYNTHETIC DATA")
    assert lines[1].startswith('"Outcome","Exposure')
    assert len(lines) == 2 + shown_rows(page)


def test_headings_sort_and_tables_scroll_by_keyboard(page: Page, report: Path) -> None:
    page.open(report)
    unreachable = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.tabIndex !== 0).length + "
        "[...document.querySelectorAll('[data-tools] thead th')]"
        ".filter(t => !t.querySelector('button')).length"
    )
    assert unreachable == 0
    page.call("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", windowsVirtualKeyCode=9)
    assert page.evaluate("document.activeElement.className") == "skip"


def test_text_stands_out_from_its_background_in_light_and_dark(page: Page, report: Path) -> None:
    """WCAG 2 AA: 4.5 to 1 for text."""
    script = """(() => {
      const parts = (c) => c.match(/[\\d.]+/g).map(Number);
      const light = (c) => parts(c).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
      const behind = (e) => {
        for (; e; e = e.parentElement) {
          const c = getComputedStyle(e).backgroundColor;
          if (parts(c).length === 3 || parts(c)[3] === 1) return c;
        }
        return 'rgb(255, 255, 255)';
      };
      const poor = new Set();
      for (const e of document.querySelectorAll('body *:not(svg):not(svg *):not(script):not(option)')) {
        const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        if (!own || !e.getClientRects().length) continue;
        const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) poor.add(e.tagName + '.' + e.className);
      }
      return [...poor];
    })()"""
    for colours in ("light", "dark"):
        page.open(report, prefers_color_scheme=colours)
        assert page.evaluate(script) == [], colours


def test_printing_opens_what_is_folded_and_closes_it_again(page: Page, report: Path) -> None:
    page.open(report)
    folded = "document.querySelectorAll('main details:not([open])').length"
    before = page.evaluate(folded)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(folded) == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) == before > 0


def test_without_script_every_row_is_there(page: Page, report: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(report)
        root = page.call("DOM.getDocument")["root"]["nodeId"]
        rows = page.call("DOM.querySelectorAll", nodeId=root, selector=f"#{MODELS} tbody tr")["nodeIds"]
        tools = page.call("DOM.querySelectorAll", nodeId=root, selector="[data-tools] .tools")["nodeIds"]
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    estimates = pd.read_csv(report.parent / "estimates.csv")
    main = estimates["missing"].isin(fake_project().analysis.models.main_treatments())
    assert len(rows) == main.sum() > 0, "one row an estimate; what is imputed stands in the row of its model"
    assert tools == []

"""The figures: complete, marked, the same bytes each time, and no label over another."""

from __future__ import annotations

import math
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from b12sarc import style
from b12sarc.errors import B12SarcError
from b12sarc.figures import draw, plan_figures, write_figures
from b12sarc.figures.canvas import text_width, wrapped
from b12sarc.figures.drawing import _gaps
from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.missingness import draw_missingness
from b12sarc.figures.over_time import _apart
from b12sarc.figures.plan import Planned
from b12sarc.figures.prevalence import Dot, Facet, Row, draw_prevalence
from b12sarc.results import Run, read_run
from b12sarc.wording import MEASURES
from fake_results import UNAVAILABLE, fake_project, write_fake_results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One real-looking and one made-up cohort; every number of both is made up."""
    project = fake_project(("nhanes_2011_2014", "synthetic"))
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


@pytest.fixture(scope="module")
def figures(run: Run) -> dict[str, Figure]:
    with style.figure_style():
        return {planned.name: draw(run, planned) for planned in plan_figures(run)}


def planned(run: Run, name: str) -> Planned:
    return next(p for p in plan_figures(run) if p.name == name)


def texts(figure: Figure) -> list[Text]:
    """Every text that is seen but the watermark; a tick beyond the axis has a label that is not drawn."""
    undrawn = {
        id(tick.label1)
        for axes in figure.axes
        for tick in axes.xaxis.get_major_ticks()
        if not axes.get_xlim()[0] <= tick.get_loc() <= axes.get_xlim()[1]
    }
    found = (t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip())
    return [t for t in found if t.get_rotation() == 0 and id(t) not in undrawn]


def words(figure: Figure) -> str:
    return "\n".join(t.get_text() for t in figure.findobj(Text) if t.get_visible())


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    with style.figure_style():
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        return [(t.get_text(), t.get_window_extent()) for t in texts(figure)]


def line(**values: object) -> Line:
    made = {"label": "Crude", "n": 1234, "events": 56.0, "estimate": 1.5, "low": 1.1, "high": 2.0, "p": 0.02}
    return Line(**{**made, **values})


def forest(*lines: Line, measure: str = "poisson", unit: str = "") -> Figure:
    with style.figure_style():
        return draw_forest(
            "A title", [Panel("Head", MEASURES[measure], unit, (Group("", lines),))], synthetic=False
        )


def test_every_cohort_has_every_figure(run: Run) -> None:
    names = [p.name for p in plan_figures(run)]
    of_the_run = [p.name for p in plan_figures(run) if not p.cohort]
    exposures = set(run.project.analysis.dose_response.exposures) - set(UNAVAILABLE)
    modified = [name for name in names if "_modification_" in name]  # the fake run has two such outcomes
    assert len(modified) == 2 * 2
    of_cohorts = 2 * (10 + len(run.project.analysis.models.outcomes) + len(exposures)) + len(modified)
    assert len(names) == len(set(names)) == of_cohorts + len(of_the_run)
    assert "feasibility" in of_the_run
    for cohort in run.cohorts:
        assert {
            f"{cohort}_{k}"
            for k in ["headline", "flow", "prevalence", "over_time", "missingness", "sensitivity", "controls"]
        } <= set(names)


@pytest.fixture(scope="module")
def placed(figures: dict[str, Figure]) -> dict[str, tuple[list[str], np.ndarray]]:
    """Name -> texts of the figure, and their boxes, shape (n, 4): left, bottom, right, top."""
    found = {name: boxes(figure) for name, figure in figures.items()}
    return {
        name: ([text for text, _ in of], np.array([box.extents for _, box in of]).reshape(-1, 4))
        for name, of in found.items()
    }


def test_no_label_lies_over_another(placed: dict[str, tuple[list[str], np.ndarray]]) -> None:
    for name, (said, box) in placed.items():
        low, high = box[:, :2], box[:, 2:]
        over = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
        hidden = np.argwhere(np.triu((over >= 1).all(axis=2), k=1))
        assert [(said[i], said[j]) for i, j in hidden] == [], name


def test_no_label_leaves_the_figure(
    figures: dict[str, Figure], placed: dict[str, tuple[list[str], np.ndarray]]
) -> None:
    for name, (said, box) in placed.items():
        width, height = figures[name].bbox.size
        outside = (box[:, :2] < 0).any(axis=1) | (box[:, 2:] > [width, height]).any(axis=1)
        assert [said[i] for i in np.flatnonzero(outside)] == [], name


def test_made_up_figures_say_so_in_title_and_watermark_and_real_ones_never(
    figures: dict[str, Figure],
) -> None:
    for name, figure in figures.items():
        marks = [t for t in figure.findobj(Text) if style.SYNTHETIC in t.get_text()]
        if name.startswith("synthetic") or name in ("feasibility", "dag"):
            assert any(t.get_rotation() == 0 for t in marks), name
            assert any(t.get_rotation() != 0 for t in marks), name
        else:
            assert marks == [], name


def test_alt_text_and_title_of_made_up_figures_say_so(run: Run) -> None:
    for p in plan_figures(run):
        made_up = p.cohort == "synthetic" or p.kind in ("feasibility", "dag")
        assert p.title.startswith(style.SYNTHETIC) is made_up
        assert p.alt.startswith(style.SYNTHETIC) is made_up


def test_alt_text_holds_the_numbers(run: Run) -> None:
    row = run.estimates_of("synthetic").query(
        "outcome == 'grip_max_kg' and exposure == 'log2_b12' and adjustment == 'clinical'"
    )
    shown = f"{row['estimate'].iloc[0]:.1f}".replace("-", "−")
    assert f"Per halving of serum B12: difference in means {shown}" in planned(run, "synthetic_headline").alt


def test_every_forest_row_has_people_and_events(figures: dict[str, Figure], run: Run) -> None:
    said = words(figures["nhanes_2011_2014_forest_low_grip_ewgsop2"])
    rows = run.estimates_of("nhanes_2011_2014").query(
        "outcome == 'low_grip_ewgsop2' and estimator == 'poisson' and missing == 'complete_case'"
    )
    assert len(re.findall(r"^\d,\d{3} \(\d+\)$", said, re.MULTILINE)) == len(rows)


def test_forest_groups_say_what_is_compared(figures: dict[str, Figure]) -> None:
    said = words(figures["nhanes_2011_2014_forest_grip_max_kg"])
    assert "Serum vitamin B12: < 148 vs ≥ 148 pmol/L" in said
    assert "Per doubling of MMA" in said
    assert "Difference in means, kg" in said


def test_ratios_are_drawn_on_a_log_axis_and_differences_are_not() -> None:
    assert forest(line()).axes[0].get_xscale() == "log"
    assert forest(line(events=math.nan), measure="linear", unit="kg").axes[0].get_xscale() == "linear"


@pytest.mark.parametrize(
    "limits", [(0.97, 1.04), (0.8, 1.3), (0.5, 2.2), (1.1, 7.6), (0.03, 40.0), (0.02, 0.9), (2.0, 300.0)]
)
def test_a_ratio_axis_has_one_on_it_and_few_round_ticks(limits: tuple[float, float]) -> None:
    low, high = limits
    axes = forest(line(estimate=math.sqrt(low * high), low=low, high=high)).axes[0]
    ticks = axes.get_xticks()
    assert 1.0 in ticks
    assert 3 <= len(ticks) <= 9
    assert axes.get_xlim()[0] <= min(ticks) < max(ticks) <= axes.get_xlim()[1]


def test_an_interval_beyond_the_axis_ends_in_an_arrow_and_keeps_its_numbers() -> None:
    figure = forest(line(estimate=3.0, low=0.01, high=900.0))
    markers = [drawn.get_marker() for drawn in figure.axes[0].lines]
    assert {"<", ">"} <= set(markers)
    assert "3.00 (0.010 to 900)" in words(figure)


def test_an_estimate_without_interval_is_a_mark_without_line() -> None:
    nan = math.nan
    figure = forest(line(low=nan, high=nan, p=nan))
    drawn = [x for x in figure.axes[0].lines if x.get_marker() in "so"]
    assert len(drawn) == 1
    assert "1.50" in words(figure)


def test_what_cannot_be_estimated_shows_its_reason() -> None:
    figure = forest(line(), line(label="Clinical", reason="nobody with both"))
    assert "nobody with both" in words(figure)


def test_the_primary_set_is_told_apart_by_shape_not_colour_alone() -> None:
    figure = forest(line(strong=True), line(strong=False))
    assert {x.get_marker() for x in figure.axes[0].lines} >= {"s", "o"}


def test_a_suppressed_prevalence_says_so_and_draws_no_dot() -> None:
    nan = math.nan
    dots = (Dot("all", nan, nan, nan, suppressed=True),)
    with style.figure_style():
        facets = [Facet("Everybody", {"all": "Everybody"})]
        figure = draw_prevalence("A title", facets, [Row("Rare", dots)], synthetic=False)
    assert "suppressed" in words(figure)
    assert [x for x in figure.axes[0].lines if len(x.get_xdata())] == []


def test_the_reference_level_is_left_out_of_the_prevalence_plot(figures: dict[str, Figure]) -> None:
    said = words(figures["nhanes_2011_2014_prevalence"])
    assert "Adequate" not in said
    assert "Deficient (< 148 pmol/L)" in said


def test_variables_that_share_a_label_keep_a_bar_each() -> None:
    table = pd.DataFrame(
        {"variable": ["a", "b"], "label": ["Same", "Same"], "n_missing": [5, 10], "fraction": [0.05, 0.1]}
    )
    with style.figure_style():
        figure = draw_missingness("A title", table, synthetic=False)
    assert sorted(bar.get_width() for bar in figure.axes[0].patches) == pytest.approx([5, 10])


def test_svg_and_pdf_are_the_same_bytes_twice_and_hold_no_date(run: Run, tmp_path: Path) -> None:
    chosen = [planned(run, "synthetic_headline"), planned(run, "synthetic_prevalence")]
    saved = []
    for folder in ("first", "second"):
        with style.figure_style():
            paths = [path for p in chosen for path in style.save(draw(run, p), tmp_path / folder, p.name)[:2]]
        saved.append([path.read_bytes() for path in paths])
    assert saved[0] == saved[1]
    assert all(b"dc:date" not in text and b"CreationDate" not in text for text in saved[0])


def test_svg_text_stays_text_and_colours_are_those_of_the_palette(run: Run, tmp_path: Path) -> None:
    with style.figure_style():
        svg, *_ = style.save(draw(run, planned(run, "synthetic_prevalence")), tmp_path, "x")
    text = svg.read_text(encoding="utf-8")
    assert ">Low grip (FNIH)</text>" in text
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= set(style.CSS_NAMES)


def test_pdf_embeds_truetype_fonts_of_the_size_drawn(run: Run, tmp_path: Path) -> None:
    with style.figure_style():
        figure = draw(run, planned(run, "synthetic_flow"))
        _, pdf, _ = style.save(figure, tmp_path, "x")
    text = pdf.read_bytes()
    assert text.startswith(b"%PDF-")
    assert b"/Type3" not in text
    assert b"/FontFile2" in text
    width, height = (72 * inches for inches in figure.get_size_inches())
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", text)
    assert box is not None
    assert np.allclose([float(x) for x in box.groups()], [width, height], atol=0.1)


def test_png_has_300_dots_an_inch(run: Run, tmp_path: Path) -> None:
    with style.figure_style():
        figure = draw(run, planned(run, "synthetic_flow"))
        *_, png = style.save(figure, tmp_path, "x")
    with Image.open(png) as image:
        assert np.allclose(image.info["dpi"], 300, atol=0.1)
        assert image.size == tuple(int(300 * inches) for inches in figure.get_size_inches())


def test_drawing_leaves_the_settings_of_the_caller_alone(run: Run) -> None:
    with mpl.rc_context({"font.size": 17}):
        with style.figure_style():
            draw(run, planned(run, "synthetic_flow"))
        assert mpl.rcParams["font.size"] == 17


def test_the_palette_is_told_apart_in_grey_and_its_names_are_unique() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = mpl.colors.to_rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    first, second = style.SERIES[:2]
    assert abs(luminance(first) - luminance(second)) > 0.02
    assert len(set(style.CSS_NAMES.values())) == len(style.CSS_NAMES)


def test_text_is_wrapped_between_words_to_the_width() -> None:
    with style.figure_style():
        lines = wrapped("Any difficulty standing up from an armless chair", 1.5, 8).split("\n")
    assert len(lines) > 1
    assert all(text_width(x, 8) <= 1.5 for x in lines)
    assert " ".join(lines) == "Any difficulty standing up from an armless chair"


def test_write_figures_writes_every_format_of_all_and_leaves_nothing_else(tmp_path: Path) -> None:
    project = fake_project()
    folder = write_fake_results(tmp_path, project)
    without = ("dose_response", "marginal_effects", "effect_modification", "sensitivity", "multiverse", "dag")
    keep = {"models": project.analysis.models.model_copy(update={"outcomes": ("grip_max_kg",)})}
    keep |= dict.fromkeys(without)
    project = type(project)(**{**project.__dict__, "analysis": project.analysis.model_copy(update=keep)})
    paths = write_figures(folder, project)
    assert sorted(paths) == sorted((folder / "figures").iterdir())
    assert {p.suffix for p in paths} == {".svg", ".pdf", ".png"}
    assert len(paths) == 3 * len(plan_figures(read_run(folder, project)))


def test_missing_results_are_all_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(B12SarcError) as error:
        write_figures(tmp_path, fake_project())
    found = [p.where for p in error.value.problems]
    assert any(w.endswith("estimates.csv") for w in found)
    assert any(w.endswith("synthetic/flow.csv") for w in found)


def test_years_without_a_measurement_are_gaps_also_before_the_first_and_after_the_last_cycle() -> None:
    spans = {"1999-2000": (1999, 2001), "2001-2002": (2001, 2003), "2011-2012": (2011, 2013)}
    assert _gaps(spans, set(spans)) == ((2003, 2011),)
    assert _gaps(spans, {"2001-2002"}) == ((1999, 2001), (2003, 2013))
    assert _gaps(spans, {"2011-2012"}) == ((1999, 2011),)
    assert _gaps(spans, {"1999-2000"}) == ((2001, 2013),)


def test_no_line_joins_the_estimates_across_a_gap() -> None:
    assert _apart(2002.0, 2012.0, [(2003.0, 2011.0)])
    assert not _apart(2000.0, 2002.0, [(2003.0, 2011.0)])


def test_a_suppressed_estimate_over_time_is_a_cross_on_the_axis_and_no_number(
    figures: dict[str, Figure],
) -> None:
    panels = {axes.get_label(): axes for axes in figures["synthetic_over_time"].axes}
    hidden = panels["Macrocytosis (MCV > 100 fL)"]
    assert {line.get_marker() for line in hidden.lines} == {"x"}
    assert {float(y) for line in hidden.lines for y in line.get_ydata()} == {0.0}


def test_standardised_estimates_are_filled_and_crude_ones_open(figures: dict[str, Figure]) -> None:
    panels = {axes.get_label(): axes for axes in figures["synthetic_over_time"].axes}
    marks = [line for line in panels["Serum B12 < 148 pmol/L"].lines if line.get_marker() in ("o", "s")]
    seen = {(m.get_marker(), m.get_markerfacecolor(), m.get_color()) for m in marks}
    assert seen == {
        ("o", style.PAPER, style.BLUE),
        ("o", style.BLUE, style.BLUE),
        ("s", style.PAPER, style.VERMILION),
        ("s", style.VERMILION, style.VERMILION),
    }

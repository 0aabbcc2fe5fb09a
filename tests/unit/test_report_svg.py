"""Figures of matplotlib inside the page: small, with ids of their own, in the colours of the page."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from lxml import etree
from matplotlib.figure import Figure

from b12sarc.report.svg import Drawings
from b12sarc.style import BLUE, figure_style

HEAD = (
    '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" width="20pt" viewBox="0 0 20 10">'
)
SVG = (
    f'{HEAD}<metadata>x</metadata><defs><style type="text/css">*{{a: b}}</style>'
    '<path id="m" d="M 1.23456 0 \n L 2 3" style="stroke: #0072b2"/><clipPath id="c"/></defs>'
    '<g id="unused"><use xlink:href="#m" x="1" fill="#1b2026"/><g clip-path="url(#c)"/></g>'
    "<text style=\"font-size: 8px; font-family: 'DejaVu Sans', sans-serif\" "
    'transform="rotate(-0 3 4)">p = 0.0034</text>'
    '<text transform="rotate(-90 3 4)" style="stroke: #0072b2">up</text></svg>'
)


def drawn(drawings: Drawings, svg: str = SVG, name: str = "fig") -> str:
    return drawings.inline(svg, name, "A <title>", 'words & "more"')


def test_the_head_has_size_title_and_words() -> None:
    shown = drawn(Drawings())
    assert shown.startswith('<svg role="img" aria-labelledby="fig-title fig-desc" viewBox="0 0 20 10"')
    assert "A &lt;title&gt;" in shown
    assert "words &amp; &quot;more&quot;" in shown


def test_what_nothing_refers_to_is_gone_and_numbers_in_words_stay() -> None:
    shown = drawn(Drawings())
    for gone in ("unused", "metadata", "<style", "DejaVu", "rotate(-0", "xlink"):
        assert gone not in shown
    assert ">p = 0.0034<" in shown
    assert 'd="M 1.23 0 L 2 3"' in shown
    assert "rotate(-90 3 4)" in shown


def test_two_figures_share_classes_and_no_id() -> None:
    drawings = Drawings()
    both = [etree.fromstring(drawn(drawings, name=name)) for name in ("one", "two")]
    ids = [[e.get("id") for e in svg.iter() if e.get("id")] for svg in both]
    assert not set(ids[0]) & set(ids[1])
    classes = [[e.get("class") for e in svg.iter() if e.get("class")] for svg in both]
    assert classes[0] == classes[1]
    assert drawings.css().count("stroke: var(--blue)") == 1


def test_every_reference_finds_its_target() -> None:
    svg = etree.fromstring(drawn(Drawings()))
    ids = {e.get("id") for e in svg.iter()}
    asked = [v for e in svg.iter() for v in (e.get("href"), e.get("clip-path")) if v]
    assert len(asked) == 2
    assert {re.sub(r"url\(#|\)|^#", "", value) for value in asked} <= ids


def test_a_colour_that_is_an_attribute_is_no_reference() -> None:
    assert 'fill="var(--ink)"' in drawn(Drawings())


def test_an_svg_without_a_view_box_is_refused() -> None:
    with pytest.raises(ValueError, match="viewBox"):
        drawn(Drawings(), f"{HEAD.replace(' viewBox=', ' box=')}</svg>")


def test_a_real_figure_keeps_every_mark_and_word_in_half_the_bytes() -> None:
    with figure_style():
        figure = Figure()
        axes = figure.subplots()
        axes.plot(np.arange(40), np.arange(40) ** 2, "o", color=BLUE, label="squares")
        axes.legend()
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None})
    before = etree.fromstring(written.getvalue().encode())
    shown = drawn(Drawings(), written.getvalue())
    after = etree.fromstring(shown)
    for tag in ("use", "text", "path"):
        name = f"{{http://www.w3.org/2000/svg}}{tag}"
        assert len(list(after.iter(name))) == len(list(before.iter(name))) > 0
    words = ["".join(t.itertext()) for t in before.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["".join(t.itertext()) for t in after.iter("{http://www.w3.org/2000/svg}text")]
    assert len(shown) < 0.5 * len(written.getvalue())

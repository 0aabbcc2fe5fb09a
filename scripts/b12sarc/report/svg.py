"""Figures inside the page: own ids, one style sheet, colours that follow light and dark, words for the blind.

A figure of matplotlib says the style of each mark at each mark, and wraps each in groups with ids that
nothing asks for. In a page with a hundred figures that is half the bytes, so equal styles become one class.
"""

from __future__ import annotations

import re
from html import escape

from lxml import etree

from b12sarc.style import CSS_NAMES

_SIZE = re.compile(r"0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)")
_REFERENCE = re.compile(r"(?<=url\(#)[^)]+|(?<=^#).+")
_NUMBER = re.compile(r"(-?\d+\.\d\d)\d+")
_NOT_TURNED = re.compile(r"rotate\(-?0(?:\.0+)? [^)]*\)")
_FONT = re.compile(r"(?:^|; )font-family: [^;]*")
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_UNWANTED = (f"{_NAMESPACE}metadata", f"{_NAMESPACE}style")
POINTS_PER_REM = 11


class Drawings:
    """The figures of one page. They share a style sheet, :meth:`css`, and no id stands twice."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}
        self._drawn = 0

    def inline(self, text: str, name: str, title: str, alt: str) -> str:
        """Return a figure that matplotlib wrote as an ``<svg>`` element for the page.

        Args:
            text: the SVG file.
            name: unique in the page; goes before the ids of title and words.
            title: shown as the accessible name.
            alt: the numbers in words.

        Raises:
            ValueError: the SVG has no viewBox, so its size is not known.
        """
        parser = etree.XMLParser(remove_comments=True, remove_blank_text=True, resolve_entities=False)
        drawing = etree.fromstring(text.encode(), parser)
        found = _SIZE.fullmatch(drawing.get("viewBox", ""))
        if found is None:
            raise ValueError(f"{name}: an SVG without viewBox")
        self._drawn += 1
        _remove(drawing)
        self._rename(drawing)
        for element in drawing.iterdescendants():
            self._shorten(element)
        _unwrap(drawing)
        etree.cleanup_namespaces(drawing)
        width = float(found["width"]) / POINTS_PER_REM
        head = (
            f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="{found[0]}" '
            f'style="width:{width:.1f}rem" xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
        )
        body = etree.tostring(drawing, encoding="unicode", with_tail=False)
        return head + body[body.index(">") + 1 :].strip()

    def css(self) -> str:
        """Return the rules of every class that the figures so far use."""
        return "\n".join(f".{name}{{{style}}}" for style, name in self._classes.items())

    def _rename(self, drawing: etree._Element) -> None:
        """Give what is referred to a short id of its own, and take the ids of all else."""
        names: dict[str, str] = {}

        def renamed(match: re.Match[str]) -> str:
            return names.setdefault(match[0], f"d{self._drawn}-{len(names)}")

        for element in drawing.iterdescendants():
            for key, value in element.attrib.items():
                if key == _HREF or "url(#" in value:
                    element.set(key, _REFERENCE.sub(renamed, value))
        for element in drawing.iterdescendants():
            old = element.attrib.pop("id", "")
            if old in names:
                element.set("id", names[old])

    def _shorten(self, element: etree._Element) -> None:
        if _HREF in element.attrib:
            element.set("href", element.attrib.pop(_HREF))
        if _NOT_TURNED.fullmatch(element.get("transform", "")):
            del element.attrib["transform"]
        style = _FONT.sub("", element.attrib.pop("style", "")).removeprefix("; ")
        if style:
            element.set("class", self._classes.setdefault(_coloured(style), f"m{len(self._classes)}"))
        for key, value in element.attrib.items():
            if key not in ("id", "class", "href"):
                element.set(key, _coloured(_NUMBER.sub(r"\1", " ".join(value.split()))))


def _coloured(text: str) -> str:
    for colour, variable in CSS_NAMES.items():
        text = text.replace(colour, f"var(--{variable})")
    return text


def _remove(drawing: etree._Element) -> None:
    for element in list(drawing.iter(*_UNWANTED)):
        element.getparent().remove(element)


def _unwrap(drawing: etree._Element) -> None:
    """Take away groups that say nothing; what is in them stays where it was."""
    for group in list(drawing.iter(f"{_NAMESPACE}g")):
        if not group.attrib:
            parent = group.getparent()
            at = parent.index(group)
            parent[at : at + 1] = list(group)

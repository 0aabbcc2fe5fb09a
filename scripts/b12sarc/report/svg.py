"""Figures inside the page: unique ids, colours that follow light and dark, words for who cannot see them."""

from __future__ import annotations

import re
from html import escape

from b12sarc.style import CSS_NAMES

_OPENING = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_ID = re.compile(r'\bid="([^"]+)"')
_USE = re.compile(r'(href="#|url\(#)([^")]+)')
_UNWANTED = re.compile(r"<metadata>.*?</metadata>\s*|<style\b.*?</style>\s*", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_NUMBER = re.compile(r"(-?\d+\.\d{3})\d+")
POINTS_PER_REM = 11


def inline_svg(text: str, name: str, title: str, alt: str) -> str:
    """Return a figure that matplotlib wrote as an ``<svg>`` element for the page.

    Args:
        text: the SVG file.
        name: unique in the page; goes before every id.
        title: shown as the accessible name.
        alt: the numbers in words.
    """
    body = _UNWANTED.sub("", text[text.index("<svg") :])
    found = _SIZE.search(body)
    if found is None:
        raise ValueError(f"{name}: an SVG without viewBox")
    used = {reference for _, reference in _USE.findall(body)}
    body = _ID.sub(lambda m: f'id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = _USE.sub(lambda m: f"{m[1]}{name}-{m[2]}", body)
    for colour, variable in CSS_NAMES.items():
        body = body.replace(colour, f"var(--{variable})")
    body = _TAG.sub(lambda tag: _NUMBER.sub(r"\1", tag[0]), body)
    width = float(found["width"]) / POINTS_PER_REM
    head = (
        f'<svg role="img" aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {found["width"]} '
        f'{found["height"]}" style="width:{width:.1f}rem" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(alt)}</desc>'
    )
    return _OPENING.sub(lambda _: head, body, count=1).strip()

"""Sentences without data in them: what a log, an error or a note may say of a cohort that is restricted.

A sentence is made of words of the program and of the configuration, and of what it found in the data. Only
the first two may be shown, so each word is looked for in both, and what is in neither becomes :data:`HIDDEN`.
That hides more than is needed, and does not depend on whoever wrote the sentence.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HIDDEN = "…"
WITHHELD = "the people there are cannot answer it (how many, and why, is not said of restricted data)"

_PACKAGE = Path(__file__).resolve().parent.parent
_PLACE = re.compile(r"[\w./\\-]*\.(?:ya?ml|py|smk|lock):\d+")
_QUOTED = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")
_TOKEN = re.compile(r"[\w.+-]*\w")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?%?")
_LOOSE_NUMBER = re.compile(r"(?<![\w.\-])[-+]?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w\-])")
_TELLS = re.compile(
    r"\b(nobody|no one|none|everybody|all|one (level|value|row)|empty|identical|equal|zero)\b"
)


@dataclass(frozen=True)
class Vocabulary:
    """What may be said: whole texts of the configuration, and single words of it and of the program."""

    texts: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, configuration: Any) -> Vocabulary:
        """Return the vocabulary of a job that sees ``configuration`` (plain values)."""
        texts = frozenset(text for text in _texts(configuration) if text)
        spoken = {token for text in texts for token in _TOKEN.findall(text)}
        folders = set(_TOKEN.findall(Path.cwd().as_posix()))
        return cls(texts, frozenset(spoken | folders | _program_words()))

    def in_log(self, line: str) -> str:
        """Return a line for a log: every number, and every word that is not known, is hidden.

        Quoted texts stay whole or not at all; places in files (``cohort.yaml:12``) stay.
        """
        kept = {text for text in _PLACE.findall(line) if self._known(text.rpartition(".")[0])}
        parts = re.split("(" + "|".join(map(re.escape, kept)) + ")", line) if kept else [line]
        return "".join(part if part in kept else self._sentence(part) for part in parts)

    def in_table(self, text: str, *, whole: bool = True) -> str:
        """Return a text of a table: numbers outside of the configuration's own texts are hidden.

        Args:
            text: the text.
            whole: it is a sentence of its own: where it tells that nobody, or everybody, has something, it is
                replaced.
        """
        if text in self.texts or not text:
            return text
        inside = sorted((t for t in self.texts if _is_text(t) and t in text), key=len, reverse=True)
        pieces = re.split("(" + "|".join(map(re.escape, inside)) + ")", text) if inside else [text]
        own = [piece for piece in pieces if piece not in inside]
        if whole and any(_TELLS.search(piece) for piece in own):
            return WITHHELD
        return "".join(p if p in inside else _LOOSE_NUMBER.sub(HIDDEN, p) for p in pieces)

    def _sentence(self, text: str) -> str:
        quoted = [(m.start(), m.end(), m[1] if m[1] is not None else m[2]) for m in _QUOTED.finditer(text)]
        shown, at = [], 0
        for start, end, inside in quoted:
            shown.append(_TOKEN.sub(self._token, text[at:start]))
            shown.append(text[start:end] if inside in self.texts else f"'{HIDDEN}'")
            at = end
        return "".join([*shown, _TOKEN.sub(self._token, text[at:])])

    def _token(self, found: re.Match[str]) -> str:
        return found[0] if self._known(found[0]) else HIDDEN

    def _known(self, token: str) -> bool:
        """Whether a token, or each part of a path or of a dotted name, is a known word and no number."""
        parts = [part for part in re.split(r"[./\\]", token) if part]
        whole = token in self.words and not _NUMBER.fullmatch(token)
        return whole or all(part in self.words and not _NUMBER.fullmatch(part) for part in parts)


def _is_text(text: str) -> bool:
    return len(text) > 2 and not _NUMBER.fullmatch(text)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in plain values, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _texts(key)
            yield from _texts(held)
    elif isinstance(value, list | tuple | set | frozenset):
        for held in value:
            yield from _texts(held)


@cache
def _program_words() -> frozenset[str]:
    """Return the words of every text in the package's code, documentation left out."""
    words: set[str] = set()
    for path in sorted(_PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                words.update(_TOKEN.findall(node.value))
    return frozenset(words)

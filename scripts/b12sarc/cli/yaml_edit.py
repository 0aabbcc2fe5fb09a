"""Edit a YAML file without touching any byte beside what is changed: comments, order and line ends stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from b12sarc.errors import B12SarcError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOM = "\ufeff"


@dataclass(frozen=True)
class Scalar:
    """A word of the file.

    Attributes:
        path: keys (and places in lists, from 0) above it, itself left out; of a key, those above the key.
        value: the word, quotes left out.
        start: place of its first character in the text.
        end: place after its last one.
        line: its line, from 1.
        is_key: whether it is a key.
    """

    path: tuple[str | int, ...]
    value: str
    start: int
    end: int
    line: int
    is_key: bool


@dataclass
class YamlText:
    """The text of a file, with changes to be made to it.

    Attributes:
        name: how messages call the file.
        text: what the file says; a byte order mark is left out.
        node: what YAML reads in it.
    """

    name: str
    text: str
    node: yaml.MappingNode
    _mark: str = ""
    _changes: list[tuple[int, int, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, name: str) -> YamlText:
        """Read a file.

        Raises:
            B12SarcError: it is no YAML that holds keys.
        """
        try:
            whole = path.read_bytes().decode("utf-8")
            text = whole.removeprefix(_BOM)
            node = yaml.compose(text, Loader=_Loader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            what = f"cannot be read: {' '.join(str(error).split())}"
            raise B12SarcError.at(name, what, "mend it first (b12sarc cohort check says more)") from None
        if not isinstance(node, yaml.MappingNode):
            raise B12SarcError.at(name, "expected keys (key: value)", "mend it first")
        return cls(name, text, node, whole[: len(whole) - len(text)])

    def scalars(self) -> Iterator[Scalar]:
        """Yield every word, keys included, in the order of the file."""
        yield from _scalars(self.node, ())

    def entry(self, key: str) -> tuple[yaml.Node, yaml.Node] | None:
        """Return the key and the value of a top-level entry; None: there is none."""
        return next((pair for pair in self.node.value if pair[0].value == key), None)

    def replace_word(self, scalar: Scalar, old: str, new: str) -> None:
        """Replace ``old``, with which a word begins, by ``new``; its quotes stay."""
        written = self.text[scalar.start : scalar.end]
        self._changes.append((scalar.start, scalar.end, written.replace(old, new, 1)))

    def replace(self, start: int, end: int, new: str) -> None:
        """Replace the characters from ``start`` to before ``end``."""
        self._changes.append((start, end, new))

    def line_end(self, place: int) -> int:
        """Return the place of the end of the line in which ``place`` is."""
        found = self.text.find("\n", place)
        end = len(self.text) if found < 0 else found
        return end - 1 if self.text[end - 1 : end] == "\r" else end

    @property
    def newline(self) -> str:
        """The line end of the file."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def changed(self) -> bytes:
        """Return the bytes of the file with all changes made."""
        text = self.text
        for start, end, new in sorted(self._changes, reverse=True):
            text = text[:start] + new + text[end:]
        return (self._mark + text).encode("utf-8")


def _scalars(node: yaml.Node, path: tuple[str | int, ...]) -> Iterator[Scalar]:
    if isinstance(node, yaml.ScalarNode):
        yield _scalar(node, path, is_key=False)
    elif isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _scalars(item, (*path, place))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield _scalar(key, path, is_key=True)
                yield from _scalars(value, (*path, key.value))


def _scalar(node: yaml.ScalarNode, path: tuple[str | int, ...], *, is_key: bool) -> Scalar:
    start, end = node.start_mark, node.end_mark
    return Scalar(path, node.value, start.index, end.index, start.line + 1, is_key)

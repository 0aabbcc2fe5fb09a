"""YAML as plain data that remembers the line of every key, and refuses what YAML misreads in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from b12sarc.errors import Problem

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KeyPath = tuple[Any, ...]
"""Keys (and places in lists, from 0) from the top of a file to a value."""

_OPERATOR = re.compile(r"(?:^|[\s{,])op:\s*([<>!=]+)")
_MISREAD = {
    "tag:yaml.org,2002:int": re.compile(r"[-+]?0\d|.*:"),
    "tag:yaml.org,2002:float": re.compile(r".*:"),
    "tag:yaml.org,2002:timestamp": re.compile(""),
}
_SYNTAX = (
    (r"found character '\\t'", "a tab", "indent with spaces; YAML takes no tabs"),
    (
        r"mapping values are not allowed",
        "a second ': ' on one line, or an odd indent",
        "quote a text with ': '",
    ),
    (r"undefined alias", "a word that begins with *", "quote it"),
    (r"found character '[@`%]'", "a word that begins with a character YAML keeps for itself", "quote it"),
    (
        r"expected <block end>",
        "an indent that does not fit the lines before",
        "line it up with its neighbours",
    ),
    (r"quoted scalar", "a quote that is not closed", "close it"),
    (r"expected a single document", "a second '---'", "one file holds one document; remove the line"),
    (
        r"expected ',' or '[\]}]'",
        "a list [...] or mapping {...} that is not closed, or lacks a comma",
        "mend it",
    ),
)


@dataclass(frozen=True)
class Mark:
    """A place in a file."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Document:
    """The content of a YAML file, or of one laid over another.

    Attributes:
        value: plain data.
        marks: path -> where its key (or list item) stands.
        written: path -> the word that YAML read as true or false; a key itself is ``path + ("[key]",)``.
        misread: paths of values that :func:`read` has refused.
    """

    value: dict[Any, Any]
    marks: dict[KeyPath, Mark]
    written: dict[KeyPath, str] = field(default_factory=dict)
    misread: frozenset[KeyPath] = frozenset()

    def get(self, path: KeyPath) -> Any:
        """Return the value at ``path``; None: there is none."""
        here: Any = self.value
        for step in path:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                return None
        return here

    def mark(self, path: KeyPath) -> Mark:
        """Return the place of ``path``, or of the nearest key above it that is written down."""
        return next(self.marks[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.marks)

    def where(self, path: KeyPath, mark: Mark | None = None) -> str:
        """Return ``file:line: key.path``; places in lists are counted from 1 (``terms#2``)."""
        mark = mark or self.mark(path)
        words, here = "", self.value
        for n, step in enumerate(path):
            word = str(step).lower() if isinstance(step, bool) else str(step)
            key = self.written.get((*path[: n + 1], "[key]"), word)
            words += f"#{step + 1}" if isinstance(here, list) else f".{key}" if n else key
            here = self.get(path[: n + 1])
        return f"{mark}: {words}" if words else str(mark)

    def over(self, base: Document, whole: tuple[str, ...] = ()) -> Document:
        """Return ``base`` with this document laid over it.

        Mappings are merged key by key, everything else replaces; a key without value (null) removes the
        inherited one. Below the keys of ``whole`` each entry replaces the inherited entry as a whole.
        """
        replaced: set[KeyPath] = set()
        value = _merge(base.value, self.value, (), whole, replaced)

        def kept(path: KeyPath) -> bool:
            return not any(path[: n + 1] in replaced for n in range(len(path)))

        return Document(
            value,
            {p: m for p, m in base.marks.items() if kept(p)} | self.marks,
            {p: w for p, w in base.written.items() if kept(p)} | self.written,
            frozenset(p for p in base.misread if kept(p)) | self.misread,
        )


def _merge(base: Any, over: Any, path: KeyPath, whole: tuple[str, ...], replaced: set[KeyPath]) -> Any:
    result = dict(base)
    for key, value in over.items():
        here = (*path, key)
        inherited = base.get(key)
        if (
            isinstance(value, Mapping)
            and isinstance(inherited, Mapping)
            and (not path or path[0] not in whole)
        ):
            result[key] = _merge(inherited, value, here, whole, replaced)
            continue
        replaced.add(here)
        result.pop(key, None)
        if value is not None:
            result[key] = value
    return result


def read(path: Path, name: str) -> tuple[Document | None, list[Problem]]:
    """Read a YAML file.

    Args:
        path: the file.
        name: how messages call it.

    Returns:
        The document (None: it cannot be read at all) and every problem found on the way.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None, [
            Problem(name, "there is no such file", "create it, or mend the name where it is called")
        ]
    except UnicodeDecodeError as error:
        return None, [
            Problem(name, f"not UTF-8 text ({error.reason} at byte {error.start})", "save it as UTF-8")
        ]
    except OSError as error:
        return None, [
            Problem(name, f"cannot be read: {error.strerror}", "check the path and its permissions")
        ]
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        return None, [_syntax_problem(text, name, error)]
    builder = _Builder(name)
    if not isinstance(node, yaml.MappingNode):
        found = "nothing" if node is None else "something else"
        return None, [
            Problem(f"{name}:1", f"expected keys (key: value), found {found}", "see docs/reference")
        ]
    value = builder.build(node, (), ())
    misread = frozenset(path for path, *_ in builder.problems)
    document = Document(value, builder.marks, builder.written, misread)
    return document, [
        Problem(document.where(path, mark), what, fix) for path, mark, what, fix in builder.problems
    ]


def _syntax_problem(text: str, name: str, error: yaml.YAMLError) -> Problem:
    """Say in plain words why YAML cannot be read; the pure Python parser says it better than the C one."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as better:
        error = better
    if not isinstance(error, yaml.MarkedYAMLError):
        said = " ".join(str(error).split())
        return Problem(name, f"YAML cannot read this: {said}", "save it as plain UTF-8 text")
    mark, lines = error.problem_mark or error.context_mark, text.splitlines() or [""]
    number = min(mark.line if mark else 0, len(lines) - 1)
    where = f"{name}:{number + 1}"
    operator = _OPERATOR.search(lines[number])
    if operator:
        return Problem(where, f"the operator {operator[1]} is not quoted", f'write op: "{operator[1]}"')
    said = ", ".join(s for s in (error.context, error.problem) if s)
    for pattern, what, fix in _SYNTAX:
        if re.search(pattern, said):
            return Problem(where, f"YAML cannot read this: {what}", fix)
    return Problem(where, f"YAML cannot read this: {said}", "mend the line, or the one before")


class _Builder:
    """Turns composed nodes into plain data, marks and problems (path, place, what, fix)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: dict[KeyPath, Mark] = {}
        self.written: dict[KeyPath, str] = {}
        self.problems: list[tuple[KeyPath, Mark, str, str]] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def build(self, node: yaml.Node, path: KeyPath, above: tuple[int, ...]) -> Any:
        mark = self._mark(node)
        self.marks.setdefault(path, mark)
        if id(node) in above:
            self.problems.append((path, mark, "an alias that contains itself", "write the value out"))
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, n), above) for n, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        value, word = self._scalar(node, path)
        if word is not None:
            self.written[path] = word
        return value

    def _mark(self, node: yaml.Node) -> Mark:
        return Mark(self.name, node.start_mark.line + 1)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, above: tuple[int, ...]) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            mark = self._mark(key_node)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                self.problems.append((path, mark, "a key must be a plain word", "write the keys out"))
                continue
            key, word = self._scalar(key_node, path)
            here = (*path, key)
            if key in result:
                what = f"key '{key_node.value}' is given twice (first on line {self.marks[here].line})"
                self.problems.append((here, mark, what, "keep one of them"))
                continue
            self.marks[here] = mark
            if word is not None:
                self.written[(*here, "[key]")] = word
            result[key] = self.build(value_node, here, above)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> tuple[Any, str | None]:
        """Return the value, and the word where one such as yes or off became true or false."""
        text, mark = node.value, self._mark(node)
        if path[-1:] == ("op",) and node.style in (">", "|"):
            what = f"an unquoted {node.style} begins a block of text in YAML"
            self.problems.append((path, mark, what, 'write op: ">"'))
            return ">", None
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self.problems.append((path, mark, f"YAML reads {node.tag} as a tag", f'quote it: "{node.tag}"'))
            return node.tag, None
        try:
            value = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, KeyError, AttributeError):
            self.problems.append((path, mark, f"YAML cannot read {text!r} as {node.tag}", "quote it"))
            return text, None
        pattern = _MISREAD.get(node.tag)
        if pattern is not None and not node.style and pattern.match(text):
            kind = "a date" if node.tag.endswith("timestamp") else f"the number {value}"
            fix = f'quote it if a text is meant: "{text}"'
            self.problems.append((path, mark, f"YAML reads {text} as {kind}", fix))
            return text, None
        misread = isinstance(value, bool) and text.lower() not in ("true", "false")
        return value, text if misread else None

"""A digest of exactly the code a script runs, so that a change in a module re-runs the rules that use it.

Snakemake sees a change in a script, not in what the script imports.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = "b12sarc"


def code_digest(script: Path) -> str:
    """Return 16 hexadecimal digits over ``script`` and everything of the package that it imports."""
    root = script.parent
    content = hashlib.sha256()
    for path in (script, *closure(script)):
        content.update(f"{path.relative_to(root).as_posix()}\0".encode())
        content.update(hashlib.sha256(path.read_bytes()).digest())
    return content.hexdigest()[:16]


def closure(script: Path) -> tuple[Path, ...]:
    """Return the package's files that ``script`` imports, directly or not, sorted.

    Found by reading the import statements, those inside functions too; the package is beside the script.
    A sub-package brings its data files (templates, style sheets) along.
    """
    root = script.parent
    tree = _Tree.of(root)
    found: set[str] = set()
    waiting = [script.name]
    while waiting:
        path = root / waiting.pop()
        names = _imported(path, root, path.stat().st_mtime_ns)
        new = set().union(*map(tree.loaded, names)) - found
        found |= new
        waiting += (name for name in new if name.endswith(".py"))
    return tuple(sorted(root / name for name in found))


@dataclass(frozen=True)
class _Tree:
    """The files of the package, as they are now.

    Attributes:
        modules: Python files, by their path below the folder of the scripts.
        data: folder -> its other files, those of its sub-folders included.
        known: names that were asked for -> what importing them loads.
    """

    modules: frozenset[str]
    data: dict[str, list[str]]
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> _Tree:
        modules: set[str] = set()
        data: dict[str, list[str]] = {}
        for folder, _, names in os.walk(root / PACKAGE):
            inside = Path(folder).relative_to(root)
            for name in names:
                path = (inside / name).as_posix()
                if name.endswith(".py"):
                    modules.add(path)
                elif not name.endswith(".pyc"):
                    for above in (inside, *inside.parents):
                        data.setdefault(above.as_posix(), []).append(path)
        return cls(frozenset(modules), data)

    def loaded(self, name: str) -> frozenset[str]:
        """Return what importing ``name`` loads: each package on the way, its data files, the module."""
        if name not in self.known:
            self.known[name] = frozenset(self._loaded(name))
        return self.known[name]

    def _loaded(self, name: str) -> Iterator[str]:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            if f"{path}/__init__.py" in self.modules:
                yield f"{path}/__init__.py"
                yield from self.data.get(path, ()) if depth > 1 else ()
            elif f"{path}.py" in self.modules:
                yield f"{path}.py"


@cache
def _imported(path: Path, root: Path, mtime_ns: int) -> frozenset[str]:
    """Return the names of the package that a file imports; a file that has changed is read again."""
    del mtime_ns  # part of the key only
    names = (
        name for node in ast.walk(ast.parse(path.read_bytes(), path)) for name in _names(node, path, root)
    )
    return frozenset(name for name in names if name.split(".")[0] == PACKAGE)


def _names(node: ast.AST, path: Path, root: Path) -> Iterator[str]:
    """Yield the dotted names that an import statement may load; some may be attributes, not modules."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = path.relative_to(root).parent.parts
        above = package[: len(package) - node.level + 1] if node.level else ()
        base = ".".join((*above, *filter(None, [node.module])))
        yield from (f"{base}.{alias.name}" for alias in node.names)

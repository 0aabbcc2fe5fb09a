"""A digest of exactly the code a script runs, so that a change in a module re-runs the rules that use it.

Snakemake sees a change in a script, not in what the script imports.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
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
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        imported = _imports(waiting.pop(), root) - found
        found |= imported
        waiting += (path for path in imported if path.suffix == ".py")
    return tuple(sorted(found))


@cache
def _parsed(path: Path, mtime_ns: int) -> ast.Module:
    del mtime_ns  # part of the key only
    return ast.parse(path.read_bytes(), path)


def _imports(path: Path, root: Path) -> set[Path]:
    files: set[Path] = set()
    for node in ast.walk(_parsed(path, path.stat().st_mtime_ns)):
        for name in _names(node, path, root):
            files.update(_files(name, root))
    return files


def _names(node: ast.AST, path: Path, root: Path) -> Iterator[str]:
    """Yield the dotted names that an import statement may load; some may be attributes, not modules."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        package = path.relative_to(root).parent.parts
        above = package[: len(package) - node.level + 1] if node.level else ()
        base = ".".join((*above, *filter(None, [node.module])))
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _files(name: str, root: Path) -> Iterator[Path]:
    """Yield the files that importing ``name`` loads: each package on the way, its data files, the module."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return
    for depth in range(1, len(parts) + 1):
        folder = root.joinpath(*parts[:depth])
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
            if depth > 1:
                yield from (p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc"))
        elif folder.with_suffix(".py").is_file():
            yield folder.with_suffix(".py")

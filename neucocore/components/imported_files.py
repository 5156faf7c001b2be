"""The own Python files that a file imports, which are part of its code as much as itself.

A plugin that is one file has no version and no list of its files. What it imports from its own
folder, or from another one that is not part of an installed library, is found in its text.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

LIBRARIES = frozenset({"site-packages", "dist-packages"})
CORE = "neucocore"


def own_files(file: Path) -> list[Path]:
    """Return a Python file and the own files that it imports, directly or through these, sorted.

    Of a package that is imported, all Python files count. Imports inside functions count.
    """
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in _imported_names(path):
            waiting += _files_of(name, file.parent)
    return sorted(found)


def _imported_names(file: Path) -> Iterator[str]:
    """Yield the top-level names of the modules that a file imports, relative ones excluded."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # it cannot be imported either
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _files_of(name: str, folder: Path) -> list[Path]:
    """Return the files of a module next to the plugin, or elsewhere outside of libraries."""
    if name in sys.stdlib_module_names or name == CORE:
        return []
    module, package = folder / f"{name}.py", folder / name
    if package.is_dir() and (files := sorted(package.rglob("*.py"))):
        return files
    if module.is_file():
        return [module]
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return []
    if spec is None or not spec.has_location or spec.origin is None:
        return []
    origin = Path(spec.origin)
    if origin.suffix != ".py" or LIBRARIES & set(origin.parts):
        return []
    return [origin] if origin.name != "__init__.py" else sorted(origin.parent.rglob("*.py"))

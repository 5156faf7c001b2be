"""What code of a plugin must leave as it was in the process, so that other plugins do not notice.

Plugins are imported for every command, also by commands that do not use them. Their environment
variables, warning filters and seeds would change what other components do. Replaced functions of
neuco are detected where they are names of a module; a plugin is not confined in any other way.
"""

from __future__ import annotations

import builtins
import os
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

NUMPY_ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
"""How numpy treats floating-point errors when it has just been imported."""
PACKAGE = __name__.partition(".")[0]


@contextmanager
def unchanged_process() -> Iterator[list[str]]:
    """Restore what the code in the block changes, and list it, in words.

    Restored are environment variables, the working directory, warning filters, the global random
    number generators of Python and numpy, and numpy's treatment of floating-point errors.
    """
    changed: list[str] = []
    environ, folder = dict(os.environ), _working_directory()
    filters = list(warnings.filters)
    generator = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_generator = None if numpy is None else numpy.random.get_state()
    numpy_errors = NUMPY_ERRORS if numpy is None else numpy.geterr()
    try:
        yield changed
    finally:
        if os.environ != environ:
            names = [n for n in {*environ, *os.environ} if environ.get(n) != os.environ.get(n)]
            changed.append(f"the environment variable {', '.join(sorted(names))}")
            for name in names:
                if name in environ:
                    os.environ[name] = environ[name]
                else:
                    del os.environ[name]
        if folder is not None and _working_directory() != folder:
            changed.append("the working directory")
            os.chdir(folder)
        # Libraries add filters for messages, modules or categories of their own.
        specific = [f for f in warnings.filters if f not in filters and not _is_general(f)]
        if warnings.filters != [*specific, *filters]:
            changed.append("the filters of warnings")
            warnings.filters[:] = [*specific, *filters]  # type: ignore[index]
            warnings._filters_mutated()  # type: ignore[attr-defined]
        if random.getstate() != generator:
            changed.append("the random number generator of Python")
            random.setstate(generator)
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            if numpy_generator is not None and not _same(numpy.random.get_state(), numpy_generator):
                changed.append("the random number generator of numpy")
                numpy.random.set_state(numpy_generator)
            if numpy.geterr() != numpy_errors:
                changed.append("how numpy treats floating-point errors")
                numpy.seterr(**numpy_errors)


@contextmanager
def unchanged_code(module_name: str) -> Iterator[list[str]]:
    """Restore functions and classes of neuco that the code in the block replaces, and list them.

    Parameters
    ----------
    module_name
        The module that the block imports. Its package may define functions of its own, but not in
        modules of neuco.
    """
    replaced: list[str] = []
    before = {name: dict(vars(module)) for name, module in _watched().items()}
    try:
        yield replaced
    finally:
        package = module_name.partition(".")[0]
        new = []
        for name, module in _watched().items():
            if name not in before and name.partition(".")[0] == PACKAGE:
                new.append(name)
            for attribute, value in list(vars(module).items()):
                if name in before:
                    original = before[name].get(attribute, value)
                    if original is not value and callable(original):
                        replaced.append(f"{name}.{attribute}")
                        setattr(module, attribute, original)
                elif _defined_in(value, package) and package != PACKAGE:
                    replaced.append(f"{name}.{attribute}")
        if replaced:
            for name in new:  # they may hold what was replaced, so they are imported again
                del sys.modules[name]


def _is_general(warning_filter: Any) -> bool:
    """Return whether a filter applies to warnings of any code."""
    _, message, category, module, _ = warning_filter
    return message is None and module is None and category.__module__ == "builtins"


def _watched() -> dict[str, ModuleType]:
    modules = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == PACKAGE or name in ("numpy", "numpy.linalg")
    }
    return {**modules, "builtins": builtins}


def _defined_in(value: Any, package: str) -> bool:
    module = getattr(value, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == package


def _working_directory() -> str | None:
    with suppress(OSError):  # it was deleted
        return str(Path.cwd())
    return None


def _same(one: Any, two: Any) -> bool:
    return all(
        bool((a == b).all() if hasattr(a, "all") else a == b) for a, b in zip(one, two, strict=True)
    )

"""The plugins there are to load, known from metadata and variables before anything is imported."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from neucocore.components.entry_points import PLUGINS, declared
from neucocore.errors import PluginError
from neucocore.version import __version__

CORE = "core"
CORE_MODULE = "neucocore.builtin.plugin"
ALLOW_VARIABLE = "NEUCO_PLUGINS"
BLOCK_VARIABLE = "NEUCO_DISABLE_PLUGINS"
STRICT_VARIABLE = "NEUCO_STRICT_PLUGINS"
PATH_VARIABLE = "NEUCO_PLUGIN_PATH"
FILE_MODULE_PREFIX = "neuco_plugin_file_"


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin before anything of it is imported.

    Attributes
    ----------
    origin
        The module's name, or the file given with ``--plugin-path``; empty if there is neither.
    registered
        False for a file given with ``--plugin-path``.
    """

    name: str
    distribution: str
    version: str
    origin: str
    registered: bool = True

    def module(self) -> ModuleType:
        """Import the plugin's module, with whatever it raises."""
        if self.registered:
            return importlib.import_module(self.origin)
        return _module_of_file(Path(self.origin))


def candidates(environ: Mapping[str, str]) -> Iterator[PluginSource]:
    """Yield the built-in plugin, the installed ones sorted by name, then single files."""
    yield PluginSource(CORE, "neucocore", __version__, CORE_MODULE)
    for entry in declared(PLUGINS):
        yield PluginSource(entry.name, entry.distribution, entry.version, entry.value)
    for path in listed(environ, PATH_VARIABLE, os.pathsep):
        name = Path(path).stem.replace("_", "-").lower()
        yield PluginSource(name, Path(path).name, "", path, registered=False)


def exclusion(candidate: PluginSource, environ: Mapping[str, str]) -> str:
    """Return which variable keeps a plugin from being imported, in words, or an empty text.

    The core and files named on the command line are never excluded.
    """
    if candidate.origin == CORE_MODULE or not candidate.registered:
        return ""
    return name_exclusion(environ, candidate.name)


def name_exclusion(environ: Mapping[str, str], *names: str) -> str:
    """Return which variable excludes what goes by any of these names, or an empty text."""
    if set(names) & set(listed(environ, BLOCK_VARIABLE)):
        return f"blocked by {BLOCK_VARIABLE}"
    allowed = listed(environ, ALLOW_VARIABLE)
    if allowed and not set(names) & set(allowed):
        return f"not in {ALLOW_VARIABLE}"
    return ""


def listed(environ: Mapping[str, str], variable: str, separator: str = ",") -> list[str]:
    """Return the parts of a variable's value, without blanks and empty ones."""
    return [part.strip() for part in environ.get(variable, "").split(separator) if part.strip()]


def _module_of_file(path: Path) -> ModuleType:
    name = f"{FILE_MODULE_PREFIX}{path.stem}"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # factories "name:attribute" and pickling look here
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module

"""Which plugins there are, from metadata and environment variables, before any is imported."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from neucocore.components.entry_points import PLUGINS, entry_points
from neucocore.components.imported_files import own_files
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
    """Where a plugin comes from; nothing of it is imported yet.

    Attributes
    ----------
    origin
        The module's name, or the path of a file given with ``--plugin-path``; empty if a plugin is
        only named in a variable.
    registered
        False for a file given with ``--plugin-path``.
    """

    name: str
    distribution: str
    version: str
    origin: str
    registered: bool = True

    @property
    def module_name(self) -> str:
        """Name that the plugin's module is imported under."""
        return self.origin if self.registered else f"{FILE_MODULE_PREFIX}{Path(self.origin).stem}"

    def module(self) -> ModuleType:
        """Import the plugin's module; whatever it raises passes."""
        if self.registered:
            return importlib.import_module(self.origin)
        return _import_file(Path(self.origin), self.module_name)


def plugin_sources(environ: Mapping[str, str]) -> Iterator[PluginSource]:
    """Yield the built-in plugin, the installed ones sorted by name, then single files."""
    yield PluginSource(CORE, "neucocore", __version__, CORE_MODULE)
    for entry in entry_points(PLUGINS):
        yield PluginSource(entry.name, entry.distribution, entry.version, entry.value)
    for path in split_variable(environ, PATH_VARIABLE, os.pathsep):
        name = Path(path).stem.replace("_", "-").lower()
        # Absolute, because checks and workers can run in another folder.
        absolute = str(Path(path).absolute())
        yield PluginSource(name, Path(path).name, "", absolute, registered=False)


def exclusion(source: PluginSource, environ: Mapping[str, str]) -> str:
    """Return why a variable excludes a plugin, or an empty string if none does.

    The core and the files given with ``--plugin-path`` are never excluded.
    """
    if source.origin == CORE_MODULE or not source.registered:
        return ""
    return name_exclusion(environ, source.name)


def name_exclusion(environ: Mapping[str, str], *names: str) -> str:
    """Return why a variable excludes something that has these names, or an empty string."""
    if set(names) & set(split_variable(environ, BLOCK_VARIABLE)):
        return f"blocked by {BLOCK_VARIABLE}"
    allowed = split_variable(environ, ALLOW_VARIABLE)
    if allowed and not set(names) & set(allowed):
        return f"not in {ALLOW_VARIABLE}"
    return ""


def split_variable(environ: Mapping[str, str], variable: str, separator: str = ",") -> list[str]:
    """Return the non-empty parts of a variable's value, stripped of white space."""
    return [part.strip() for part in environ.get(variable, "").split(separator) if part.strip()]


def forget_file(path: Path) -> None:
    """Import a file given with ``--plugin-path`` again when it is needed next.

    The modules next to it that it imports are imported again as well.
    """
    sys.modules.pop(f"{FILE_MODULE_PREFIX}{path.stem}", None)
    folder = path.absolute().parent
    own = [file for file in own_files(path.absolute()) if file.is_relative_to(folder)]
    tops = {file.relative_to(folder).parts[0].removesuffix(".py") for file in own}
    tops = {name for name in tops if _lies_in(sys.modules.get(name), folder)}
    for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
        del sys.modules[name]


def _lies_in(module: ModuleType | None, folder: Path) -> bool:
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return any(place is not None and Path(place).is_relative_to(folder) for place in places)


def _import_file(path: Path, name: str) -> ModuleType:
    imported = sys.modules.get(name)
    if imported is not None and imported.__file__ == str(path):
        return imported
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is not a Python file: its name must end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # factories "module:attribute" and pickle look it up here
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module

"""Plugins of this process that are neither installed nor files: modules and single objects."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from neucocore.components.discovery import (
    Component,
    PluginRecord,
    add_plugin_paths,
    installation,
    session_plugins,
)
from neucocore.components.loading import load_specs, plugin_manager
from neucocore.components.names import is_name
from neucocore.components.sources import forget_file
from neucocore.components.specs import ComponentSpec
from neucocore.errors import PluginError

SESSION = "session"
"""Name of the plugin of components that are passed as objects."""
PREFIX = "neuco_plugin_"


@contextmanager
def session_components(specs: Sequence[tuple[ComponentSpec, str]]) -> Iterator[list[Component]]:
    """Make specs components of the plugin ``session`` for the duration of a call.

    Parameters
    ----------
    specs
        Each spec, and the digest of its source.
    """
    components = [
        Component(spec, SESSION, _module_file(_module_of(spec)), "", sources)
        for spec, sources in specs
    ]
    if not components:
        yield []
        return
    record = _record(SESSION, "objects in memory", components)
    session_plugins.append(record)
    try:
        yield components
    finally:
        session_plugins.remove(record)


def load_file(path: Path) -> PluginRecord:
    """Load a Python file as a plugin, here and in the worker processes started from now on.

    A file that is loaded already is imported again.

    Raises
    ------
    ConfigError
        The file does not exist.
    PluginError
        It cannot be loaded.
    """
    forget_file(path)
    add_plugin_paths([path])
    origin = str(path.resolve())
    record = next(plugin for plugin in installation().plugins if plugin.origin == origin)
    if record.status != "loaded":
        raise PluginError(record.failure, hint=record.hint)
    return record


def importable_module(name: str) -> ModuleType:
    """Import a module by its name.

    Raises
    ------
    PluginError
        It cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise PluginError(
            f"the module {name!r} cannot be imported: {type(error).__name__}: {error}",
            hint="name a module that Python can import, or the path of a file NAME.py",
        ) from error


def load_module(module: ModuleType, sources: str) -> PluginRecord:
    """Load a module as a plugin of this process.

    A plugin of the same name that was loaded in this way is replaced.

    Parameters
    ----------
    sources
        Digest of the module's source.

    Raises
    ------
    PluginError
        The module is no plugin, or another plugin has its name.
    """
    name = plugin_name(module.__name__)
    if not is_name(name):
        raise PluginError(
            f"the module {module.__name__} gives the plugin the name {name!r}, which is not "
            "lower-case words joined by '-'",
            hint="rename the module",
        )
    earlier = [record for record in session_plugins if record.name == name]
    others = {plugin.name: plugin.distribution for plugin in installation().plugins}
    if name in others and not earlier:
        raise PluginError(
            f"the plugin name {name!r} is already used by {others[name]}", hint="rename the module"
        )
    specs = load_specs(module, name, plugin_manager())
    file = _module_file(module.__name__)
    components = [Component(spec, name, file, "", sources) for spec in specs]
    for record in earlier:
        session_plugins.remove(record)
    record = _record(name, module.__name__, components)
    session_plugins.append(record)
    return record


def plugin_name(module: str) -> str:
    """Return the name of a module's plugin: that of ``neuco_plugin_x.plugin`` is ``x``."""
    parts = module.split(".")
    part = parts[-2] if parts[-1] == "plugin" and len(parts) > 1 else parts[-1]
    return part.removeprefix(PREFIX).strip("_").replace("_", "-").lower()


def _record(name: str, origin: str, components: Sequence[Component]) -> PluginRecord:
    distribution = components[0].distribution
    return PluginRecord(
        name, distribution, "", origin, "loaded", registered=False, components=tuple(components)
    )


def _module_of(spec: ComponentSpec) -> str:
    factory = spec.factory
    return factory.partition(":")[0] if isinstance(factory, str) else factory.__module__


def _module_file(module: str) -> str:
    """Return what stands for the distribution of a module, as for a single file."""
    return module if module == "__main__" else f"{module.rpartition('.')[2] or SESSION}.py"

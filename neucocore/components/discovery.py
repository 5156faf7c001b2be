"""Find and load plugins, each on its own, so that one that fails does not affect the others.

A plugin is an entry point of the group ``neuco.plugins``. If one fails, the reason is recorded with
it: ``neuco plugins list`` shows it, and so does the error for a name that cannot be found.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pluggy import PluginManager

from neucocore.components.loading import load_specs, plugin_manager
from neucocore.components.missing_dependency import install_hint
from neucocore.components.names import is_name
from neucocore.components.process_state import unchanged_code, unchanged_process
from neucocore.components.sources import (
    ALLOW_VARIABLE,
    BLOCK_VARIABLE,
    CORE,
    CORE_MODULE,
    PATH_VARIABLE,
    STRICT_VARIABLE,
    PluginSource,
    exclusion,
    plugin_sources,
    split_variable,
)
from neucocore.components.specs import KINDS, ComponentSpec, Kind
from neucocore.errors import ConfigError, NeucoError, PluginError

__all__ = [
    "CORE",
    "PATH_VARIABLE",
    "Component",
    "Installation",
    "PluginRecord",
    "add_plugin_paths",
    "forget",
    "installation",
    "is_loaded",
    "session_plugins",
]

LoadStatus = Literal["loaded", "failed", "blocked"]


@dataclass(frozen=True, slots=True)
class Component:
    """A spec and the plugin that provides it.

    Attributes
    ----------
    sources
        Digest of the code of a component that is an object or module of this process; else empty.
    """

    spec: ComponentSpec
    plugin: str
    distribution: str
    distribution_version: str
    sources: str = ""

    @property
    def kind(self) -> Kind:
        """The kind of component."""
        return self.spec.kind

    @property
    def name(self) -> str:
        """The component's name, without the plugin."""
        return self.spec.name

    @property
    def full_name(self) -> str:
        """``plugin/name``, which is never ambiguous."""
        return f"{self.plugin}/{self.spec.name}"

    @property
    def registered(self) -> bool:
        """Whether the component comes from an installed plugin, not from a file or an object."""
        return bool(self.distribution_version) and not self.sources

    @property
    def versioned_name(self) -> str:
        """``name@version``, the identity of a task."""
        return f"{self.spec.name}@{self.spec.version}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, or a component of a single file by name: a worker must load the file."""
        if self.distribution_version or self.sources:
            values = (self.spec, self.plugin, self.distribution, self.distribution_version)
            return Component, (*values, self.sources)
        return _installed, (self.kind, self.full_name, self.spec.version)


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """One plugin, whether it could be loaded, and its components.

    Attributes
    ----------
    origin
        The name of the module, or the file given with ``--plugin-path``.
    reason
        Why it failed or is blocked, else empty.
    hint
        How to repair a plugin that failed, else empty.
    seconds
        Wall time of importing the module and calling its hooks.
    registered
        False for plugins loaded from a file: runs made with them are marked ``unregistered``.
    restored
        What importing the plugin changed in the process, in words; it was restored.
    """

    name: str
    distribution: str
    version: str
    origin: str
    status: LoadStatus
    reason: str = ""
    seconds: float = 0.0
    registered: bool = True
    components: tuple[Component, ...] = ()
    hint: str = ""
    restored: tuple[str, ...] = ()

    @property
    def failure(self) -> str:
        """Which plugin could not be loaded, and why, in one line."""
        return f"plugin {self.name} ({self.distribution or 'not installed'}) failed: {self.reason}"


@dataclass(frozen=True, slots=True)
class Installation:
    """All plugins, loaded or not, and the components of those that are loaded."""

    plugins: tuple[PluginRecord, ...]

    def components(self, kind: Kind | None = None) -> list[Component]:
        """Return the components of one kind or of all, by kind, name, version and plugin."""
        components = [c for plugin in self.plugins for c in plugin.components]
        if kind is not None:
            components = [c for c in components if c.kind == kind]
        return sorted(
            components, key=lambda c: (KINDS.index(c.kind), c.name, c.spec.version, c.plugin)
        )

    @property
    def failed(self) -> tuple[PluginRecord, ...]:
        """The plugins that could not be loaded."""
        return tuple(plugin for plugin in self.plugins if plugin.status == "failed")

    def not_loaded(self) -> list[dict[str, str]]:
        """Return the plugins that are not loaded, and why, as results record them."""
        return [
            {"plugin": plugin.name, "status": plugin.status, "reason": plugin.reason}
            for plugin in self.plugins
            if plugin.status != "loaded"
        ]


def _installed(kind: Kind, full_name: str, version: int) -> Component:
    for component in installation().components(kind):
        if (component.full_name, component.spec.version) == (full_name, version):
            return component
    raise PluginError(
        f"the {kind} {full_name}@{version} is not available in this process",
        hint=f"set {PATH_VARIABLE} to the plugin file on every machine that runs workers",
    )


session_plugins: list[PluginRecord] = []
"""Plugins of this process only: modules and objects (`neucocore.components.session`)."""


def installation() -> Installation:
    """Return all plugins: those that are installed or files, and those of this process.

    Raises
    ------
    PluginError
        With ``NEUCO_STRICT_PLUGINS=1``: the first plugin that fails.
    """
    installed = _installed_plugins()
    if not session_plugins:
        return installed
    return Installation((*installed.plugins, *session_plugins))


@functools.cache
def _installed_plugins() -> Installation:
    """Find and load all plugins that are installed or files, once per process.

    Raises
    ------
    PluginError
        With ``NEUCO_STRICT_PLUGINS=1``: the first plugin that fails.
    """
    strict = os.environ.get(STRICT_VARIABLE, "") not in ("", "0")
    plugins = []
    for plugin in _load_all(os.environ):
        if strict and plugin.status == "failed":
            raise PluginError(
                plugin.failure,
                hint=f"{plugin.hint}; or leave it out with {BLOCK_VARIABLE}={plugin.name}",
            )
        plugins.append(plugin)
    return Installation(tuple(plugins))


def is_loaded() -> bool:
    """Return whether the installed plugins are loaded in this process."""
    return _installed_plugins.cache_info().currsize > 0


def forget() -> None:
    """Discard the loaded plugins, so that the next `installation` loads them again."""
    _installed_plugins.cache_clear()


def add_plugin_paths(paths: Sequence[Path]) -> None:
    """Load single files as plugins, in this process and in the workers it starts.

    Raises
    ------
    ConfigError
        A file does not exist.
    """
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise ConfigError(
            f"--plugin-path: no such file: {', '.join(missing)}",
            hint="give the path of the Python file that defines the plugin",
        )
    earlier = split_variable(os.environ, PATH_VARIABLE, os.pathsep)
    added = [str(path.resolve()) for path in paths]
    os.environ[PATH_VARIABLE] = os.pathsep.join(dict.fromkeys([*earlier, *added]))
    forget()


def _load_all(environ: Mapping[str, str]) -> Iterator[PluginRecord]:
    manager = plugin_manager()
    distributions: dict[str, str] = {}
    for source in plugin_sources(environ):
        if reason := exclusion(source, environ):
            yield _record(source, "blocked", reason)
        elif not is_name(source.name):
            reason = f"the name {source.name!r} is not lower-case words joined by '-'"
            yield _record(source, "failed", reason)
        elif other := distributions.get(source.name):
            reason = f"the plugin name {source.name!r} is already used by {other}"
            yield _record(source, "failed", reason)
        else:
            distributions[source.name] = source.distribution
            yield _load(source, manager)
    for name in split_variable(environ, ALLOW_VARIABLE):
        if name not in distributions and name not in split_variable(environ, BLOCK_VARIABLE):
            reason = f"{ALLOW_VARIABLE} names it, but it is not installed"
            yield _record(PluginSource(name, "", "", ""), "failed", reason)


def _load(source: PluginSource, manager: PluginManager) -> PluginRecord:
    """Import one plugin and collect its specs; any failure becomes a record.

    What the plugin changes in the process is restored. One that replaces code of neuco fails.
    """
    if source.origin == CORE_MODULE:
        return _collect(source, manager)
    with unchanged_process() as changed, unchanged_code(source.module_name) as replaced:
        record = _collect(source, manager)
    if replaced:
        if manager.has_plugin(source.name):
            manager.unregister(name=source.name)
        reason = f"it replaces {', '.join(replaced[:3])}, which is not its own code"
        return _record(source, "failed", reason, record.seconds)
    return replace(record, restored=tuple(changed))


def _collect(source: PluginSource, manager: PluginManager) -> PluginRecord:
    start = time.perf_counter()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout carries the data of the command
            specs = load_specs(source.module(), source.name, manager)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  SystemExit while importing is a failure too
        if manager.has_plugin(source.name):
            # Otherwise check_pending would report its hooks again for the next plugin.
            manager.unregister(name=source.name)
        seconds = time.perf_counter() - start
        return _record(source, "failed", _describe(error), seconds, hint=repair(source, error))
    components = tuple(
        Component(spec, source.name, source.distribution, source.version) for spec in specs
    )
    return _record(source, "loaded", "", time.perf_counter() - start, components)


def _record(
    source: PluginSource,
    status: LoadStatus,
    reason: str,
    seconds: float = 0.0,
    components: tuple[Component, ...] = (),
    hint: str = "",
) -> PluginRecord:
    if status == "failed" and not hint:
        hint = repair(source)
    return PluginRecord(
        **asdict(source),
        status=status,
        reason=reason,
        seconds=seconds,
        components=components,
        hint=hint,
    )


def repair(source: PluginSource, error: BaseException | None = None) -> str:
    """Return what the user can do about a plugin that cannot be loaded."""
    if not source.distribution:
        return f"remove {source.name} from {ALLOW_VARIABLE}, or install its plugin"
    if isinstance(error, ModuleNotFoundError) and error.name:
        if source.registered and error.name.partition(".")[0] == source.origin.partition(".")[0]:
            return f"pip install --force-reinstall {source.distribution}"
        return install_hint(source.distribution, error.name)
    if isinstance(error, NeucoError) and error.hint:
        return error.hint
    if not source.registered:
        return f"correct {source.origin}, or run without it"
    return f"pip install --upgrade {source.distribution}, or tell its authors"


def _describe(error: BaseException) -> str:
    if isinstance(error, NeucoError):
        return error.message
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

"""Finding and loading plugins, one by one, so that none can take the others down.

A plugin is an entry point of the group ``neuco.plugins``. Whatever goes wrong with one is recorded
with it: it is shown by ``neuco plugins list`` and quoted when a name cannot be found.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from neucocore.components import loading as hookcheck
from neucocore.components.names import is_name
from neucocore.components.sources import (
    ALLOW_VARIABLE,
    BLOCK_VARIABLE,
    CORE,
    PATH_VARIABLE,
    STRICT_VARIABLE,
    PluginSource,
    candidates,
    exclusion,
    listed,
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
]

Status = Literal["loaded", "failed", "blocked"]


@dataclass(frozen=True, slots=True)
class Component:
    """A spec together with who provides it."""

    spec: ComponentSpec
    plugin: str
    distribution: str
    distribution_version: str

    @property
    def kind(self) -> Kind:
        """What kind of component it is."""
        return self.spec.kind

    @property
    def name(self) -> str:
        """The component's own name."""
        return self.spec.name

    @property
    def full_name(self) -> str:
        """``plugin/name``, which is never ambiguous."""
        return f"{self.plugin}/{self.spec.name}"

    @property
    def versioned_name(self) -> str:
        """``name@version``, a task's identity."""
        return f"{self.spec.name}@{self.spec.version}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process: from a single file by name, since it must load that first."""
        if self.distribution_version:
            return Component, (self.spec, self.plugin, self.distribution, self.distribution_version)
        return _installed, (self.kind, self.full_name, self.spec.version)


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """What became of one plugin.

    Attributes
    ----------
    origin
        The module's entry-point value, or the file given with ``--plugin-path``.
    reason
        Why it failed or is blocked, else empty.
    seconds
        Wall time of importing the module and calling its hooks.
    registered
        False for plugins loaded from a file: runs made with them are marked ``unregistered``.
    """

    name: str
    distribution: str
    version: str
    origin: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    registered: bool = True
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Installation:
    """Every plugin that was found, and the components of those that loaded."""

    plugins: tuple[PluginRecord, ...]

    def components(self, kind: Kind | None = None) -> list[Component]:
        """Return components of one kind or all, sorted by kind, name, version and plugin."""
        found = [c for plugin in self.plugins for c in plugin.components]
        if kind is not None:
            found = [c for c in found if c.kind == kind]
        return sorted(found, key=lambda c: (KINDS.index(c.kind), c.name, c.spec.version, c.plugin))

    @property
    def failed(self) -> tuple[PluginRecord, ...]:
        """The plugins that did not load."""
        return tuple(plugin for plugin in self.plugins if plugin.status == "failed")


def _installed(kind: Kind, full_name: str, version: int) -> Component:
    for component in installation().components(kind):
        if (component.full_name, component.spec.version) == (full_name, version):
            return component
    raise PluginError(
        f"the {kind} {full_name}@{version} is not known in this process",
        hint=f"{PATH_VARIABLE} names the files that are plugins; a worker elsewhere needs it too",
    )


@functools.cache
def installation() -> Installation:
    """Find and load all plugins, once per process.

    Raises
    ------
    PluginError
        With ``NEUCO_STRICT_PLUGINS=1``, the first plugin that fails.
    """
    strict = os.environ.get(STRICT_VARIABLE, "") not in ("", "0")
    plugins = []
    for record in _records(os.environ):
        if strict and record.status == "failed":
            raise PluginError(
                f"plugin {record.name} ({record.distribution}) failed: {record.reason}",
                hint=f"{BLOCK_VARIABLE}={record.name} leaves it out",
            )
        plugins.append(record)
    return Installation(tuple(plugins))


def forget() -> None:
    """Drop what was loaded, so that the next `installation` looks again (tests, notebooks)."""
    installation.cache_clear()


def add_plugin_paths(paths: Sequence[Path]) -> None:
    """Load single files as plugins, in this process and in the workers it starts."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise ConfigError(f"--plugin-path: no such file: {', '.join(missing)}")
    known = listed(os.environ, PATH_VARIABLE, os.pathsep)
    added = [str(path.resolve()) for path in paths]
    os.environ[PATH_VARIABLE] = os.pathsep.join(dict.fromkeys([*known, *added]))
    forget()


def _records(environ: Mapping[str, str]) -> Iterator[PluginRecord]:
    takers: dict[str, str] = {}
    for candidate in candidates(environ):
        if reason := exclusion(candidate, environ):
            yield _record(candidate, "blocked", reason)
        elif not is_name(candidate.name):
            reason = f"the name {candidate.name!r} is not lower-case words joined by '-'"
            yield _record(candidate, "failed", reason)
        elif taker := takers.get(candidate.name):
            reason = f"the plugin name {candidate.name!r} is already taken by {taker}"
            yield _record(candidate, "failed", reason)
        else:
            takers[candidate.name] = candidate.distribution
            yield _load(candidate)
    for name in listed(environ, ALLOW_VARIABLE):
        if name not in takers and not set(listed(environ, BLOCK_VARIABLE)) & {name}:
            absent = PluginSource(name, "", "", "")
            yield _record(absent, "failed", f"{ALLOW_VARIABLE} names it, but it is not installed")


def _load(candidate: PluginSource) -> PluginRecord:
    """Import one plugin and collect its specs; every failure becomes a record."""
    start = time.perf_counter()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for our data
            specs = hookcheck.load_specs(candidate.module())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  SystemExit at import is a plugin's failure too
        return _record(candidate, "failed", _described(error), time.perf_counter() - start)
    components = tuple(
        Component(spec, candidate.name, candidate.distribution, candidate.version) for spec in specs
    )
    return _record(candidate, "loaded", "", time.perf_counter() - start, components)


def _record(
    candidate: PluginSource,
    status: Status,
    reason: str,
    seconds: float = 0.0,
    components: tuple[Component, ...] = (),
) -> PluginRecord:
    return PluginRecord(
        name=candidate.name,
        distribution=candidate.distribution,
        version=candidate.version,
        origin=candidate.origin,
        status=status,
        reason=reason,
        seconds=seconds,
        registered=candidate.registered,
        components=components,
    )


def _described(error: BaseException) -> str:
    if isinstance(error, NeucoError):
        return error.message
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

"""Finding and loading plugins, one by one, so that none can take the others down.

A plugin is an entry point of the group ``neuco.plugins``. Whatever goes wrong with one is recorded
with it: it is shown by ``neuco plugins list`` and quoted when a name cannot be found.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from neucocore import hookcheck
from neucocore.errors import ConfigError, NeucoError, PluginError
from neucocore.hookspecs import HOOK_OF_KIND
from neucocore.names import is_name
from neucocore.specs import KINDS, ComponentSpec, Kind

GROUP = "neuco.plugins"
CORE = "core"
ALLOW_VARIABLE = "NEUCO_PLUGINS"
BLOCK_VARIABLE = "NEUCO_DISABLE_PLUGINS"
STRICT_VARIABLE = "NEUCO_STRICT_PLUGINS"
PATH_VARIABLE = "NEUCO_PLUGIN_PATH"

Status = Literal["loaded", "failed", "blocked"]


@dataclass(frozen=True, slots=True)
class Component:
    """A spec together with who provides it."""

    kind: Kind
    spec: ComponentSpec
    plugin: str
    distribution: str
    distribution_version: str

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


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """What became of one plugin.

    Attributes
    ----------
    origin
        The module's entry-point value, or the file given with ``--plugin-path``.
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


@functools.cache
def installation() -> Installation:
    """Find and load all plugins, once per process."""
    return Installation(tuple(_load_all(os.environ)))


def forget() -> None:
    """Drop what was loaded, so that the next `installation` looks again (tests, notebooks)."""
    installation.cache_clear()


def add_plugin_paths(paths: Sequence[Path]) -> None:
    """Load single files as plugins, in this process and in the workers it starts."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise ConfigError(f"--plugin-path: no such file: {', '.join(missing)}")
    known = _listed(os.environ, PATH_VARIABLE, os.pathsep)
    added = [str(path.resolve()) for path in paths]
    os.environ[PATH_VARIABLE] = os.pathsep.join(dict.fromkeys([*known, *added]))
    forget()


def _load_all(environ: Mapping[str, str]) -> Iterator[PluginRecord]:
    allowed = _listed(environ, ALLOW_VARIABLE)
    blocked = _listed(environ, BLOCK_VARIABLE)
    strict = environ.get(STRICT_VARIABLE, "") not in ("", "0")
    seen: dict[str, str] = {}
    for candidate in _candidates(environ):
        if candidate.name != CORE and candidate.registered:
            if candidate.name in blocked:
                yield candidate.record("blocked", f"blocked by {BLOCK_VARIABLE}")
                continue
            if allowed and candidate.name not in allowed:
                yield candidate.record("blocked", f"not in {ALLOW_VARIABLE}")
                continue
        record = _load(candidate, seen.get(candidate.name))
        seen.setdefault(candidate.name, candidate.distribution)
        if strict and record.status == "failed":
            raise PluginError(
                f"plugin {record.name} ({record.distribution}) failed: {record.reason}",
                hint=f"pip uninstall {record.distribution}, or {BLOCK_VARIABLE}={record.name}",
            )
        yield record


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A plugin before anything of it is imported."""

    name: str
    distribution: str
    version: str
    origin: str
    registered: bool = True

    def record(self, status: Status, reason: str = "", **more: Any) -> PluginRecord:
        return PluginRecord(
            self.name,
            self.distribution,
            self.version,
            self.origin,
            status,
            reason,
            registered=self.registered,
            **more,
        )

    def module(self) -> ModuleType:
        if self.registered:
            return importlib.import_module(self.origin)
        return _module_of_file(Path(self.origin))


def _candidates(environ: Mapping[str, str]) -> Iterator[_Candidate]:
    """Yield the built-in plugin, the installed ones sorted by name, then single files."""
    version = importlib.metadata.version("neucocore")
    yield _Candidate(CORE, "neucocore", version, "neucocore.builtin.plugin")
    found = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        distribution = entry.dist.name if entry.dist else "unknown"
        version = entry.dist.version if entry.dist else ""
        # An editable install can be listed twice by the same distribution's metadata.
        found[entry.name, distribution] = _Candidate(entry.name, distribution, version, entry.value)
    yield from (found[key] for key in sorted(found))
    for path in _listed(environ, PATH_VARIABLE, os.pathsep):
        name = Path(path).stem.replace("_", "-").lower()
        yield _Candidate(name, Path(path).name, "", path, registered=False)


def _load(candidate: _Candidate, taken_by: str | None) -> PluginRecord:
    """Import one plugin and collect its specs; every failure becomes a record."""
    if not is_name(candidate.name):
        return candidate.record(
            "failed", f"the name {candidate.name!r} is not lower-case words joined by '-'"
        )
    if taken_by is not None:
        return candidate.record(
            "failed", f"the plugin name {candidate.name!r} is already taken by {taken_by}"
        )
    start = time.perf_counter()
    try:
        module = candidate.module()
        specs = hookcheck.collect(module)
    except KeyboardInterrupt:
        raise
    except NeucoError as error:
        return candidate.record("failed", error.message, seconds=time.perf_counter() - start)
    except BaseException as error:  # noqa: BLE001  SystemExit at import is a plugin's failure too
        return candidate.record("failed", _describe(error), seconds=time.perf_counter() - start)
    components = tuple(
        Component(kind, spec, candidate.name, candidate.distribution, candidate.version)
        for kind in HOOK_OF_KIND
        for spec in specs.get(kind, ())
    )
    return candidate.record("loaded", seconds=time.perf_counter() - start, components=components)


def _describe(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _module_of_file(path: Path) -> ModuleType:
    name = f"neuco_plugin_file_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
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


def _listed(environ: Mapping[str, str], variable: str, separator: str = ",") -> list[str]:
    return [part.strip() for part in environ.get(variable, "").split(separator) if part.strip()]

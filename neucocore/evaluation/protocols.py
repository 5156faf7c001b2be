"""Scoring protocols: what their objects can do, and one with its options chosen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

from neucocore.components.discovery import Component
from neucocore.components.factory import create
from neucocore.components.lookup import distinct_name, find, find_for_spec
from neucocore.components.parameters import check_values
from neucocore.components.sources import CORE
from neucocore.components.specs import Kind, Param, ProtocolSpec
from neucocore.errors import ConfigError, NeucoError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.messages import did_you_mean

DEFAULT_PROTOCOL = "nested-cv"
DIGEST_LENGTH = 12

COMPONENT_OPTIONS: Mapping[str, Kind] = {"probe": "probe", "metric": "metric"}
"""Options that name a component; their value in force is a mapping with name and version."""

Progress = Callable[[str, int, int], None]
"""Called with (task, finished splits, splits)."""


class ScoringProtocol(Protocol):
    """What the factory of a `ProtocolSpec` returns.

    Further attributes and methods it may have, each on its own:

    * ``uses_groups: bool``: whether rows of one group stay together (default True). Otherwise the
      tasks come without groups and folds.
    * ``uses_folds: bool``: whether the folds that a column gives (``ScoringTask.folds``) are used
      (default False). Otherwise the tasks come without them.
    * ``split_identity: str``: what splits are hashed with. A protocol that has it scores places:
      the same tasks again, on blocks and on features of the place (default: no places).
    * ``depends_on_label_files: bool``: whether scores depend on the order of the rows in the label
      files, and on ids that are labelled in other tasks only (default False).
    * ``reports_details: bool``: whether its outcomes have ``details`` (default False), without
      which ``--weights`` and ``--per`` have no effect.
    * ``task_name(task: ScoringTask) -> str``: its name for a task in tables (default
      ``task.key``).
    * ``check_options(options) -> Mapping[str, Any]``: the options with their values normalised; a
      `ConfigError` for values that cannot be used.
    * ``components(tasks, options) -> Sequence[tuple[Kind, str]]``: components whose code the
      scores depend on (default: the tasks' metrics, and what ``probe`` and ``metric`` name).
    """

    def score(
        self,
        inputs: ScoringInput,
        options: Mapping[str, Any],
        *,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> list[TaskOutcome]:
        """Score every task of the inputs; reads and writes no file.

        Parameters
        ----------
        inputs
            Embeddings and tasks.
        options
            Every declared option with the value in force.
        jobs
            Threads; scores do not depend on it.
        progress
            Called after each split.
        """


@dataclass(frozen=True)
class ChosenProtocol:
    """A protocol and the options it is used with.

    Attributes
    ----------
    component
        The protocol that a plugin offers.
    options
        Options that were set, normalised; the others have their defaults.
    """

    component: Component
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def spec(self) -> ProtocolSpec:
        """The description its plugin gives."""
        return cast(ProtocolSpec, self.component.spec)

    @property
    def name(self) -> str:
        """The protocol's name, ``plugin/name`` if it is better known as that of another plugin."""
        return distinct_name(self.component)

    @property
    def defaults(self) -> dict[str, Any]:
        """Every option with its default."""
        return {param.name: param.default for param in self.spec.params}

    @property
    def changed(self) -> dict[str, Any]:
        """The options that differ from their defaults, sorted by name."""
        defaults = self.defaults
        return {
            name: value for name, value in sorted(self.options.items()) if value != defaults[name]
        }

    @property
    def identity(self) -> str:
        """``name@version``, plus a digest of every changed option."""
        return identity_of(self.name, self.spec.version, self.changed)

    def values(self) -> dict[str, Any]:
        """Return every option with the value in force."""
        return {**self.defaults, **self.options}

    def implementation(self) -> Any:
        """Import and create the protocol's object, a `ScoringProtocol`."""
        return create(self.component)

    def with_options(
        self, options: Mapping[str, Any], *, plugin: str | None = None
    ) -> ChosenProtocol:
        """Return the protocol with some options changed.

        Parameters
        ----------
        plugin
            The plugin whose spec states the options; None if the user does. Names of components
            are looked up accordingly.

        Raises
        ------
        ConfigError
            Unknown options or unusable values, all reported together.
        """
        params = {param.name: param for param in self.spec.params}
        problems = []
        values = {}
        for name, value in options.items():
            if name not in params:
                near = did_you_mean(name, params)
                problems.append(f"unknown option {name!r}" + (f"; {near}" if near else ""))
                continue
            try:
                values[name] = _option_value(params[name], value, of=self.name, plugin=plugin)
            except ConfigError as error:
                problems += error.problems or (error.message,)
        if problems:
            raise ConfigError(
                f"the options of the protocol {self.name} cannot be used",
                problems=problems,
                hint=f"its options are {', '.join(sorted(params)) or 'none'}; "
                f"neuco info {self.name}",
            )
        changed = replace(self, options={**self.options, **values})
        check = getattr(changed.implementation(), "check_options", None)
        if check is None:
            return changed
        normalised = check(changed.values())
        return replace(self, options={name: normalised[name] for name in changed.options})


def identity_of(name: str, version: int, changed: Mapping[str, Any]) -> str:
    """Return ``name@version``, plus a digest of the options that differ from their defaults.

    Parameters
    ----------
    changed
        Options as a run records them. Those that name a component hold its name and version.
    """
    base = f"{name}@{version}"
    if not changed:
        return base
    text = json.dumps(changed, sort_keys=True, separators=(",", ":"))
    return f"{base}+{hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]}"


def recorded_identity(name: str, version: int, changed: Mapping[str, Any]) -> str | None:
    """Return the identity of a run from the options in its ``run.json``.

    Runs written before identities had twelve hexadecimal digits name a probe or metric without its
    version. The installed version is taken then; None if the component is not installed.
    """
    try:
        options = {
            key: _component_option(COMPONENT_OPTIONS[key], value, CORE)
            if key in COMPONENT_OPTIONS and value is not None
            else value
            for key, value in changed.items()
        }
    except NeucoError:
        return None
    return identity_of(name, version, options)


def protocol(name: str) -> ChosenProtocol:
    """Look up a protocol that neuco itself uses or has recorded: the built-in one if there is one.

    Names that the user gives are looked up by `choose_protocols`.
    """
    return ChosenProtocol(find_for_spec("protocol", name))


def choose_protocols(
    names: Sequence[str],
    *,
    probe: str | Mapping[str, Any] | None = None,
    metric: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> tuple[ChosenProtocol, ...]:
    """Look protocols up and set their options; the default protocol where none is named.

    Parameters
    ----------
    probe
        An installed probe in place of the protocol's own: its name, or a mapping of ``name`` and
        its parameters.
    metric
        An installed metric that becomes the primary one of every task that it applies to.
    options
        Options by name. ``probe.NAME`` sets a parameter of the probe.

    Raises
    ------
    ConfigError
        A protocol without such an option, or a value that cannot be used.
    """
    settings: dict[str, Any] = {}
    probe_params: dict[str, Any] = {}
    for key, value in (options or {}).items():
        owner, separator, name = key.partition(".")
        if separator and owner == "probe":
            probe_params[name] = value
        else:
            settings[key] = value
    if probe_params and probe is None:
        raise ConfigError(
            f"--set probe.{next(iter(probe_params))} sets a parameter of a probe, but no probe "
            "is chosen",
            hint="name one with --probe; neuco list probes",
        )
    if probe is not None:
        named = {"name": probe} if isinstance(probe, str) else dict(probe)
        settings["probe"] = {**named, **probe_params}
    if metric is not None:
        settings["metric"] = metric
    chosen = [ChosenProtocol(find("protocol", name)) for name in names]
    chosen = chosen or [protocol(DEFAULT_PROTOCOL)]
    for one in chosen:
        for kind in ("probe", "metric"):
            if kind in settings and kind not in one.defaults:
                raise ConfigError(
                    f"the protocol {one.name} has its own {kind}, which --{kind} cannot replace",
                    hint=f"use --{kind} with --protocol {DEFAULT_PROTOCOL}",
                )
    return tuple(one.with_options(settings) if settings else one for one in chosen)


def component_name(value: str | Mapping[str, Any] | None) -> str | None:
    """Return the name in an option that names a component; None stays None."""
    return value if value is None or isinstance(value, str) else str(value["name"])


def components_of(
    chosen: ChosenProtocol, implementation: Any, tasks: Sequence[ScoringTask]
) -> list[Component]:
    """Return the components whose code a protocol's scores of some tasks depend on."""
    options = chosen.values()
    named: set[tuple[Kind, str, str]] = set()
    own = chosen.component.plugin
    if hasattr(implementation, "components"):
        named |= {(kind, name, own) for kind, name in implementation.components(tasks, options)}
    else:
        for task in tasks:
            for name in (task.metric, *task.secondary_metrics):
                named.add(("metric", name, task.plugin))
        for key, kind in COMPONENT_OPTIONS.items():
            if options.get(key) is not None:
                named.add((kind, str(component_name(options[key])), own))
    components: dict[tuple[Kind, str, str], Component] = {}
    for kind, name, plugin in sorted(named):
        component = find_for_spec(kind, name, plugin=plugin)
        components[kind, name, component.full_name] = component
    return list(components.values())


def _option_value(param: Param, value: Any, *, of: str, plugin: str | None) -> Any:
    if value is None and param.nullable:
        return None
    if param.name in COMPONENT_OPTIONS:
        return _component_option(COMPONENT_OPTIONS[param.name], value, plugin)
    if isinstance(value, list):
        return value  # from a configuration file: its items keep their types
    return check_values({param.name: value}, [param], of=of)[param.name]


def _component_option(
    kind: Kind, value: str | Mapping[str, Any], plugin: str | None
) -> dict[str, Any]:
    """Return a component's name and version, and its parameters that differ from the defaults.

    Parameters
    ----------
    plugin
        As for `ChosenProtocol.with_options`.
    """
    settings = {"name": value} if isinstance(value, str) else dict(value)
    settings.pop("version", None)
    name = str(settings.pop("name"))
    component = find(kind, name) if plugin is None else find_for_spec(kind, name, plugin=plugin)
    params = component.spec.params
    values = check_values(settings, params, of=component.full_name)
    defaults = {param.name: param.default for param in params}
    changed = {name: item for name, item in sorted(values.items()) if item != defaults[name]}
    return {"name": component.full_name, "version": component.spec.version, **changed}

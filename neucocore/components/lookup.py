"""Find the component that a name means, or raise an error that helps."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from neucocore.components import catalogue
from neucocore.components.discovery import CORE, Component, Installation, installation
from neucocore.components.specs import FileSource, Kind
from neucocore.errors import AmbiguousComponentError, UnknownComponentError
from neucocore.messages import did_you_mean


def find(kind: Kind, name: str, within: Installation | None = None) -> Component:
    """Return the component that a name given by the user means.

    Parameters
    ----------
    kind
        The kind of component.
    name
        ``name``, ``name@version``, ``plugin/name`` or ``plugin/name@version``. Without a version,
        the newest is returned.
    within
        The plugins to look in; by default all that are installed.

    Raises
    ------
    UnknownComponentError
        No installed plugin provides it. The error lists similar names and the plugins that failed
        to load, and states which plugin of the registry provides the component.
    AmbiguousComponentError
        Several plugins provide it.
    """
    within = within or installation()
    matching = _matching(kind, name, within)
    if not matching:
        raise _unknown(kind, name, within.components(kind), within)
    distributions = {c.full_name: c.distribution for c in matching}
    if len(distributions) > 1:
        providers = ", ".join(f"{full} ({by})" for full, by in distributions.items())
        raise AmbiguousComponentError(
            f"several plugins provide the {kind} {name!r}: {providers}",
            hint=f"use {' or '.join(distributions)}",
        )
    return max(matching, key=lambda c: c.spec.version)


def find_for_spec(
    kind: Kind, name: str, *, plugin: str = CORE, within: Installation | None = None
) -> Component:
    """Return the component that a name inside a spec means: a task's metric, an encoder's reducer.

    The component of the spec's own plugin is preferred, then the built-in one, then that of the
    plugin which the registry lists for the name, then that of any other plugin. So the meaning of a
    spec does not change when further plugins are installed. Names that neuco itself uses or has
    recorded are looked up in the same way.

    Parameters
    ----------
    kind, name, within
        As for `find`.
    plugin
        The plugin that the spec belongs to.

    Raises
    ------
    UnknownComponentError, AmbiguousComponentError
        As for `find`.
    """
    within = within or installation()
    matching = _matching(kind, name, within)
    preferred = preferred_provider(kind, name, {c.plugin for c in matching}, plugin)
    if preferred is None:
        return find(kind, name, within)
    return max((c for c in matching if c.plugin == preferred), key=lambda c: c.spec.version)


def preferred_provider(
    kind: Kind, name: str, plugins: AbstractSet[str], own: str = CORE
) -> str | None:
    """Return which of several plugins with a component of one name a spec means.

    Parameters
    ----------
    name
        Name of the component.
    plugins
        Names of the plugins that provide it.
    own
        The plugin that the spec belongs to.

    Returns
    -------
    str or None
        The spec's own plugin, else the core, else the plugin of the registry, else the only one;
        None if the name remains ambiguous.
    """
    known = catalogue.provider_of(kind, name.rpartition("/")[2].partition("@")[0])
    for preferred in (own, CORE, known.name if known else ""):
        if preferred in plugins:
            return preferred
    return next(iter(plugins)) if len(plugins) == 1 else None


def is_listed(component: Component) -> bool:
    """Return whether the registry lists a component's plugin for its name."""
    known = catalogue.provider_of(component.kind, component.name)
    return known is not None and known.name == component.plugin


def distinct_name(component: Component) -> str:
    """Return a component's name, or ``plugin/name`` if the name belongs to another plugin.

    A name belongs to the core if it is built in, else to the plugin which the registry lists for
    it, installed or not. Results record the name that is returned, so that scores of two components
    with one name are not compared.
    """
    if component.plugin == CORE:
        return component.name
    built_in = {c.name for c in installation().components(component.kind) if c.plugin == CORE}
    known = catalogue.provider_of(component.kind, component.name)
    owner = CORE if component.name in built_in else known.name if known else component.plugin
    return component.name if owner == component.plugin else component.full_name


def _matching(kind: Kind, name: str, within: Installation) -> list[Component]:
    """Return the components that a name, with or without plugin and version, can mean."""
    plugin, _, rest = name.rpartition("/")
    base, _, version = rest.partition("@")
    return [
        c
        for c in within.components(kind)
        if c.name == base
        and (not plugin or c.plugin == plugin)
        and (not version or str(c.spec.version) == version)
    ]


def names(kind: Kind, within: Installation | None = None) -> list[str]:
    """Return the distinct names of all components of a kind, sorted."""
    return sorted({c.name for c in (within or installation()).components(kind)})


def dataset_named(name: str, within: Installation | None = None) -> str:
    """Return the name of a data set that a plugin reads, or that a task has labels for.

    Scoring embeddings requires the plugin of the task, not the one that reads the cubes.

    Raises
    ------
    UnknownComponentError
        No plugin reads the data set, and no task has labels for it.
    """
    within = within or installation()
    labelled: set[str] = set()
    for component in within.components("task"):
        spec: Any = component.spec
        labelled |= {spec.dataset, *spec.other_datasets}
    if name in labelled:
        return name
    return find("dataset", name, within).name


def find_collection(name: str, within: Installation | None = None) -> FileSource | None:
    """Return the collection of files that a data set declares under a name, if there is one.

    Parameters
    ----------
    name
        ``collection``, or ``dataset/collection`` where several data sets use the same name.

    Raises
    ------
    AmbiguousComponentError
        Several data sets have a collection of this name.
    """
    dataset, _, collection = name.rpartition("/")
    matching: dict[str, FileSource] = {}
    for component in (within or installation()).components("dataset"):
        spec: Any = component.spec
        if collection in spec.collections and dataset in ("", component.name):
            matching[f"{component.name}/{collection}"] = spec.collections[collection]
    if len(matching) > 1:
        raise AmbiguousComponentError(
            f"several data sets have a collection {collection!r}",
            hint=f"use one of {', '.join(matching)}",
        )
    return next(iter(matching.values()), None)


def _unknown(
    kind: Kind, name: str, components: list[Component], within: Installation
) -> UnknownComponentError:
    base = name.rpartition("/")[2].partition("@")[0]
    versions = [c.versioned_name for c in components if c.name == base]
    known = {c.full_name if "/" in name else c.name for c in components}
    message = f"unknown {kind} {name!r}"
    if versions and "@" in name:
        message += f"; installed: {', '.join(versions)}"
    elif suggestion := did_you_mean(name.partition("@")[0], known):
        message += f"; {suggestion}"
    problems = [f"plugin {p.name} did not load: {p.reason}" for p in within.failed]
    hint = _provider_hint(kind, base, within) or f"neuco list {kind}s"
    return UnknownComponentError(message, problems=problems, hint=hint)


def _provider_hint(kind: Kind, base: str, within: Installation) -> str:
    """Return how to get a component that the registry lists, or an empty string."""
    provider = catalogue.provider_of(kind, base)
    if provider is None:
        return ""
    installed = {plugin.name: plugin for plugin in within.plugins}.get(provider.name)
    if installed is None or not installed.distribution:
        return f"pip install {provider.distribution} (it provides the {kind} {base!r})"
    if installed.status == "blocked":
        return f"the plugin {installed.name} provides it, but is {installed.reason}"
    return f"pip install --upgrade {provider.distribution} (it provides the {kind} {base!r})"

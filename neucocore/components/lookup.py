"""Find the component that a name means, or raise an error that helps."""

from __future__ import annotations

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
    components = within.components(kind)
    plugin, _, rest = name.rpartition("/")
    base, _, version = rest.partition("@")
    matching = [
        c
        for c in components
        if c.name == base
        and (not plugin or c.plugin == plugin)
        and (not version or str(c.spec.version) == version)
    ]
    if not matching:
        raise _unknown(kind, name, components, within)
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

    The component of the spec's own plugin is preferred, then the built-in one, then that of any
    other plugin, so the meaning of a spec does not change when further plugins are installed.

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
    base = name.partition("@")[0]
    providers = {c.plugin for c in within.components(kind) if c.name == base}
    for preferred in (plugin, CORE):
        if preferred in providers:
            return find(kind, f"{preferred}/{name}", within)
    return find(kind, name, within)


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

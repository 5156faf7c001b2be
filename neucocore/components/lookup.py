"""From a name to exactly one component, or to an error that helps."""

from __future__ import annotations

from typing import Any

from neucocore.components import catalogue
from neucocore.components.discovery import CORE, Component, Installation, installation
from neucocore.components.specs import FileSource, Kind
from neucocore.errors import AmbiguousComponentError, UnknownComponentError
from neucocore.messages import did_you_mean


def find(kind: Kind, name: str, within: Installation | None = None) -> Component:
    """Return the component a user's name means.

    ``name``, ``name@version``, ``plugin/name`` and ``plugin/name@version`` are understood; without
    a version the newest counts.

    Raises
    ------
    UnknownComponentError
        Nobody offers it; quotes the nearest names, failed plugins and the catalogue.
    AmbiguousComponentError
        Several plugins do.
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
    offers = {c.full_name: c.distribution for c in matching}
    if len(offers) > 1:
        said = ", ".join(f"{full_name} ({by})" for full_name, by in offers.items())
        raise AmbiguousComponentError(
            f"several plugins offer the {kind} {name!r}: {said}",
            hint=f"name one of them: {' or '.join(offers)}",
        )
    return max(matching, key=lambda c: c.spec.version)


def find_standard(kind: Kind, name: str, within: Installation | None = None) -> Component:
    """Return the built-in component of a name if there is one, else what `find` returns.

    Standard metrics keep their names, whatever plugins are installed.
    """
    within = within or installation()
    built_in = {c.name for c in within.components(kind) if c.plugin == CORE}
    return find(kind, f"{CORE}/{name}" if name in built_in else name, within)


def names(kind: Kind, within: Installation | None = None) -> list[str]:
    """Return all names of a kind, sorted, each once."""
    return sorted({c.name for c in (within or installation()).components(kind)})


def dataset_named(name: str, within: Installation | None = None) -> str:
    """Return the bare name of a data set that a plugin reads or a task labels.

    To score embeddings one needs the task's plugin, not the one that reads the cubes.

    Raises
    ------
    UnknownComponentError
        No plugin reads it and no task is of it.
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
        message += f"; installed is {', '.join(versions)}"
    elif suggestion := did_you_mean(name.partition("@")[0], known):
        message += f"; {suggestion}"
    problems = [f"plugin {p.name} did not load: {p.reason}" for p in within.failed]
    return UnknownComponentError(
        message, problems=problems, hint=_where_from(kind, base, within) or f"neuco list {kind}s"
    )


def _where_from(kind: Kind, base: str, within: Installation) -> str:
    """Say how to get a component that the catalogue knows, or return an empty text."""
    provider = catalogue.provider_of(kind, base)
    if provider is None:
        return ""
    here = {plugin.name: plugin for plugin in within.plugins}.get(provider.name)
    if here is None or not here.distribution:
        return f"pip install {provider.distribution} (it provides the {kind} {base!r})"
    if here.status == "blocked":
        return f"the plugin {here.name} provides it, but is {here.reason}"
    return f"pip install --upgrade {provider.distribution} (it provides the {kind} {base!r})"

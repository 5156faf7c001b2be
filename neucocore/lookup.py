"""From a name to exactly one component, or to an error that helps."""

from __future__ import annotations

from neucocore import catalogue
from neucocore.discovery import Component, Installation, installation
from neucocore.errors import AmbiguousComponentError, UnknownComponentError
from neucocore.names import did_you_mean
from neucocore.specs import Kind


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
    plugins = sorted({c.plugin for c in matching})
    if len(plugins) > 1:
        offers = [f"{c.full_name} ({c.distribution})" for c in matching]
        raise AmbiguousComponentError(
            f"several plugins offer the {kind} {name!r}: {', '.join(offers)}",
            hint=f"name one of them: {' or '.join(c.full_name for c in matching)}",
        )
    return max(matching, key=lambda c: c.spec.version)


def names(kind: Kind, within: Installation | None = None) -> list[str]:
    """Return all names of a kind, sorted, each once."""
    return sorted({c.name for c in (within or installation()).components(kind)})


def _unknown(
    kind: Kind, name: str, components: list[Component], within: Installation
) -> UnknownComponentError:
    known = {c.name for c in components} | {c.full_name for c in components}
    base = name.rpartition("/")[2].partition("@")[0]
    versions = [c.versioned_name for c in components if c.name == base]
    message = f"unknown {kind} {name!r}"
    if versions and "@" in name:
        message += f"; installed is {', '.join(versions)}"
    elif suggestion := did_you_mean(name.partition("@")[0], known):
        message += f"; {suggestion}"
    problems = [f"plugin {p.name} did not load: {p.reason}" for p in within.failed]
    hint = f"neuco list {kind}s"
    if provider := catalogue.provider_of(kind, base):
        loaded = {p.name for p in within.plugins if p.status == "loaded"}
        if provider.name not in loaded:
            hint = f"pip install {provider.distribution} (it provides the {kind} {base!r})"
    return UnknownComponentError(message, problems=problems, hint=hint)

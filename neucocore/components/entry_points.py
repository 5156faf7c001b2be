"""Read the entry points of installed distributions, one distribution at a time.

`importlib.metadata.entry_points` reads all distributions in one call, so a single broken
``entry_points.txt``, of a plugin or not, would hide every plugin. Here it is skipped. Reading only
the groups that neuco uses is also faster.
"""

from __future__ import annotations

from dataclasses import dataclass

from neucocore.components.distributions import normalised, with_group

PLUGINS = "neuco.plugins"
COMMANDS = "neuco.commands"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One entry point and the distribution that declares it."""

    name: str
    value: str
    distribution: str
    version: str


def entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, sorted by name and distribution.

    Of several distributions with an entry point of one name, ``neuco-plugin-NAME`` comes first:
    no other distribution can take its name away.

    If a distribution is installed several times, the version whose code is imported counts.
    """
    entries = []
    for distribution in with_group(group):
        try:
            metadata = distribution.metadata  # a property that parses the file at every access
            name, version = metadata["Name"], metadata["Version"]
            own = [entry for entry in distribution.entry_points if entry.group == group]
        except Exception:  # noqa: BLE001, S112  the metadata of any distribution can be broken
            continue
        if name:
            entries += [EntryPoint(entry.name, entry.value, name, version) for entry in own]
    return sorted(
        entries,
        key=lambda e: (
            e.name,
            normalised(e.distribution) != f"neuco-plugin-{e.name}",
            e.distribution,
        ),
    )

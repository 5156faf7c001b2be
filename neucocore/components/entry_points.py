"""Entry points of installed distributions, read one distribution at a time.

`importlib.metadata.entry_points` reads every installed distribution at once, so that one with a
broken ``entry_points.txt``, plugin or not, would take all plugins with it; here it is passed over.
It is also slower, since it orders and groups what nobody asked for.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass

PLUGINS = "neuco.plugins"
COMMANDS = "neuco.commands"
FILE = "entry_points.txt"


@dataclass(frozen=True, slots=True)
class Declared:
    """One entry point and the distribution that declares it."""

    name: str
    value: str
    distribution: str
    version: str


def declared(group: str) -> list[Declared]:
    """Return the entry points of a group, sorted by name and distribution.

    Of a distribution that lies in several places of the path only the first counts, as for
    imports.
    """
    found: dict[tuple[str, str], Declared] = {}
    for entry in _in_path_order(group):
        found.setdefault((entry.name, entry.distribution), entry)
    return [found[key] for key in sorted(found)]


def _in_path_order(group: str) -> Iterator[Declared]:
    versions: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        try:
            text = distribution.read_text(FILE)
            if text is None or f"[{group}]" not in text:
                continue
            metadata = distribution.metadata  # parsed anew each time it is asked for
            name, version = metadata["Name"], metadata["Version"]
            entries = [e for e in distribution.entry_points if e.group == group]
        except Exception:  # noqa: BLE001, S112  somebody's broken metadata is not our failure
            continue
        if name and versions.setdefault(name, version) == version:
            yield from (Declared(entry.name, entry.value, name, version) for entry in entries)

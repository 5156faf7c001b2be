"""Read the entry points of installed distributions, one distribution at a time.

`importlib.metadata.entry_points` reads all distributions in one call, so a single broken
``entry_points.txt``, of a plugin or not, would hide every plugin. Here it is skipped. Reading only
the groups that neuco uses is also faster.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass

PLUGINS = "neuco.plugins"
COMMANDS = "neuco.commands"
FILE = "entry_points.txt"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One entry point and the distribution that declares it."""

    name: str
    value: str
    distribution: str
    version: str


def entry_points(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, sorted by name and distribution.

    If a distribution is installed in several folders of the import path, only the first counts, as
    for imports.
    """
    first: dict[tuple[str, str], EntryPoint] = {}
    for entry in _in_path_order(group):
        first.setdefault((entry.name, entry.distribution), entry)
    return [first[key] for key in sorted(first)]


def _in_path_order(group: str) -> Iterator[EntryPoint]:
    versions: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        try:
            text = distribution.read_text(FILE)
            if text is None or f"[{group}]" not in text:
                continue
            metadata = distribution.metadata  # a property that parses the file at every access
            name, version = metadata["Name"], metadata["Version"]
            entries = [e for e in distribution.entry_points if e.group == group]
        except Exception:  # noqa: BLE001, S112  the metadata of any distribution can be broken
            continue
        if name and versions.setdefault(name, version) == version:
            yield from (EntryPoint(entry.name, entry.value, name, version) for entry in entries)

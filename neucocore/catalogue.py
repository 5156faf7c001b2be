"""The list of known plugins, as data.

``registry.yaml`` is what people edit; ``_registry.json`` is generated from it and ships with the
core, so that an unknown name can be answered with the distribution that provides it.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.specs import Kind

PACKAGED = Path(__file__).with_name("_registry.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """One known plugin."""

    name: str
    distribution: str
    summary: str
    provides: dict[str, tuple[str, ...]]


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return the plugins the installed core knows of."""
    rows: list[dict[str, Any]] = json.loads(PACKAGED.read_text(encoding="utf-8"))["plugins"]
    return tuple(
        Entry(
            name=row["name"],
            distribution=row["distribution"],
            summary=row["summary"],
            provides={kind: tuple(names) for kind, names in row["provides"].items()},
        )
        for row in rows
    )


def provider_of(kind: Kind, name: str) -> Entry | None:
    """Return the known plugin that provides a component, installed or not."""
    for entry in entries():
        if name in entry.provides.get(f"{kind}s", ()):
            return entry
    return None

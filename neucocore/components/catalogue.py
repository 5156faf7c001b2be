"""The list of known plugins, as data.

``registry.yaml`` is what people edit; ``_registry.json`` is generated from it and ships with the
core, so that an unknown name can be answered with the distribution that provides it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from neucocore.components.specs import Kind

PACKAGED = Path(__file__).with_name("_registry.json")

Status = Literal["stable", "experimental", "archived"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One known plugin.

    Attributes
    ----------
    provides
        Kind in the plural (``tasks``) to the names of the components.
    commands
        Names of the commands it adds.
    license, data_license
        SPDX expressions for the code, and for the data or labels it brings; the latter may be
        empty.
    verified_by
        Authors of the method or data who confirmed that this is theirs, faithfully.
    """

    name: str
    distribution: str
    summary: str
    provides: Mapping[str, tuple[str, ...]]
    commands: tuple[str, ...] = ()
    repository: str = ""
    license: str = ""
    data_license: str = ""
    citation: str = ""
    maintainers: tuple[str, ...] = ()
    verified_by: tuple[str, ...] = ()
    status: Status = "experimental"

    def words(self) -> str:
        """Return everything a search looks at, in lower case."""
        names = [name for found in self.provides.values() for name in found]
        texts = (self.name, self.summary, self.citation, *names, *self.commands, *self.maintainers)
        return " ".join(texts).lower()


@functools.cache
def entries() -> tuple[Entry, ...]:
    """Return the plugins the installed core knows of."""
    return from_json(PACKAGED.read_text(encoding="utf-8"))


def provider_of(kind: Kind, name: str) -> Entry | None:
    """Return the known plugin that provides a component, installed or not."""
    for entry in entries():
        if name in entry.provides.get(f"{kind}s", ()):
            return entry
    return None


def to_json(known: Sequence[Entry]) -> str:
    """Return the text of ``_registry.json``: equal entries give equal bytes."""
    rows = [asdict(entry) for entry in sorted(known, key=lambda entry: entry.name)]
    return json.dumps({"plugins": rows}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[Entry, ...]:
    """Read what `to_json` wrote."""
    rows: list[dict[str, Any]] = json.loads(text)["plugins"]
    return tuple(
        Entry(
            **{key: tuple(part) if isinstance(part, list) else part for key, part in row.items()}
            | {"provides": {kind: tuple(names) for kind, names in row["provides"].items()}}
        )
        for row in rows
    )

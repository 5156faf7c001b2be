"""The registry of known plugins, as it is installed with the core.

People edit ``registry.yaml``. ``_registry.json`` is generated from it (``neuco registry write``)
and installed with the core, so that the error for an unknown name can state which distribution
provides it.
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

Maturity = Literal["stable", "experimental", "archived"]


@dataclass(frozen=True, slots=True)
class KnownPlugin:
    """One plugin of the registry.

    Attributes
    ----------
    provides
        Maps the plural of a kind (``tasks``) to the names of the components.
    commands
        Names of the commands that the plugin adds.
    license, data_license
        SPDX expressions for the code, and for the data or labels of the plugin; the latter may be
        empty.
    verified_by
        Authors of the method or data who confirmed that the plugin implements it correctly.
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
    status: Maturity = "experimental"

    def words(self) -> str:
        """Return the text that ``neuco plugins search`` searches, in lower case."""
        names = [name for components in self.provides.values() for name in components]
        texts = (self.name, self.summary, self.citation, *names, *self.commands, *self.maintainers)
        return " ".join(texts).lower()


@functools.cache
def known_plugins() -> tuple[KnownPlugin, ...]:
    """Return the plugins of the registry that is installed with the core."""
    return from_json(PACKAGED.read_text(encoding="utf-8"))


def provider_of(kind: Kind, name: str) -> KnownPlugin | None:
    """Return the plugin of the registry that provides a component, installed or not."""
    for plugin in known_plugins():
        if name in plugin.provides.get(f"{kind}s", ()):
            return plugin
    return None


def to_json(plugins: Sequence[KnownPlugin]) -> str:
    """Return the text of ``_registry.json``; it does not depend on the order of the plugins."""
    rows = [asdict(plugin) for plugin in sorted(plugins, key=lambda plugin: plugin.name)]
    return json.dumps({"plugins": rows}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[KnownPlugin, ...]:
    """Read the text that `to_json` returned."""
    rows: list[dict[str, Any]] = json.loads(text)["plugins"]
    return tuple(
        KnownPlugin(
            **{key: tuple(part) if isinstance(part, list) else part for key, part in row.items()}
            | {"provides": {kind: tuple(names) for kind, names in row["provides"].items()}}
        )
        for row in rows
    )

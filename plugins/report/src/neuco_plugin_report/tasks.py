"""The installed task that a run scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import neucocore


def task_component(name: str, record: Mapping[str, Any]) -> Any:
    """Return the installed task that a run scored, or None for a label column of one's own.

    A column of one's own may have the name of a task, but its labels have no recorded source.
    """
    if record and not record.get("source"):
        return None
    stem = name.partition("@")[0]
    found = [
        component
        for component in neucocore.installation().components("task")
        if stem in (component.name, *getattr(component.spec, "aliases", ()))
    ]
    return max(found, key=lambda component: component.spec.version, default=None)

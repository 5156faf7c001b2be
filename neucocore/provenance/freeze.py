"""The installed core and plugins as requirement lines for pip and uv."""

from __future__ import annotations

import json
from typing import Any

from neucocore.components.discovery import installation
from neucocore.components.distributions import distribution
from neucocore.components.entry_points import COMMANDS, entry_points


def requirement_lines() -> list[str]:
    """Return one line for the core and for each distribution with a plugin or a command.

    A release is ``name==version``. A distribution installed from version control, a folder or a
    file is listed with its URL; an editable install with ``-e``.
    """
    plugins = {p.distribution for p in installation().plugins if p.registered and p.distribution}
    commands = {entry.distribution for entry in entry_points(COMMANDS)}
    core = "neucocore"
    return [_line(name) for name in (core, *sorted((plugins | commands) - {core}))]


def _line(name: str) -> str:
    installed = distribution(name)
    text = installed.read_text("direct_url.json")
    if text is None:
        return f"{installed.name}=={installed.version}"
    origin: dict[str, Any] = json.loads(text)
    url = origin["url"]
    if vcs := origin.get("vcs_info"):
        return f"{installed.name} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    if origin.get("dir_info", {}).get("editable"):
        return f"-e {url}  # {installed.name} {installed.version}"
    return f"{installed.name} @ {url}  # {installed.version}"

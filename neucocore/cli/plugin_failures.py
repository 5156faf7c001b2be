"""One line per plugin that could not be loaded, for commands whose result could depend on it."""

from __future__ import annotations

import sys

from neucocore.cli.terminal import log, printable

DISCOVERY = "neucocore.components.discovery"
_reported: set[str] = set()


def report_failed_plugins() -> None:
    """Print which plugins could not be loaded, why, and what to do; each once, also if quiet.

    Label files of a plugin that failed are scored as tasks of their own, in another table, so a
    program that reads the scores must be able to see it.
    """
    from neucocore.components.discovery import installation

    for plugin in installation().failed:
        if plugin.failure not in _reported:
            _reported.add(plugin.failure)
            text = f"{plugin.failure}; the result does not use it. To repair it: {plugin.hint}"
            log(f"warning: {printable(text)}", always=True)


def report_if_loaded() -> None:
    """Print the same at the end of a command, if it has loaded the plugins."""
    discovery = sys.modules.get(DISCOVERY)
    if discovery is not None and discovery.is_loaded():
        report_failed_plugins()

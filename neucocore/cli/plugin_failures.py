"""One line per plugin that could not be loaded, for commands whose result could depend on it."""

from __future__ import annotations

from neucocore.cli.terminal import warn


def report_failed_plugins() -> None:
    """Print which plugins could not be loaded, why, and what to do."""
    from neucocore.components.discovery import installation

    for plugin in installation().failed:
        warn(f"{plugin.failure}; the result does not use it. To repair it: {plugin.hint}")

"""Commands that plugins add: listed from metadata, imported only when they run."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from typing import Any

import typer

from neucocore.errors import PluginError

GROUP = "neuco.commands"


@functools.cache
def commands() -> dict[str, importlib.metadata.EntryPoint]:
    """Return the plugin commands by name, without importing any; block lists apply."""
    from neucocore.discovery import ALLOW_VARIABLE, BLOCK_VARIABLE
    from neucocore.names import is_name

    blocked = set(filter(None, os.environ.get(BLOCK_VARIABLE, "").split(",")))
    allowed = set(filter(None, os.environ.get(ALLOW_VARIABLE, "").split(",")))
    found = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda e: e.name, reverse=True)
    return {
        entry.name: entry
        for entry in found
        if is_name(entry.name)
        and entry.name not in blocked
        and (not allowed or entry.name in allowed)
    }


def stub(name: str) -> Any:
    """Return a command that hands all its arguments to a plugin's own typer app, or None."""
    entry = commands().get(name)
    if entry is None:
        return None
    holder = typer.Typer(add_completion=False)
    distribution = entry.dist.name if entry.dist else "a plugin"

    @holder.command(
        name,
        help=f"From {distribution}.",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def run(ctx: typer.Context) -> None:
        _load(entry, distribution)(ctx.args, prog_name=f"neuco {name}", standalone_mode=True)

    return typer.main.get_command(holder)


def _load(entry: importlib.metadata.EntryPoint, distribution: str) -> Any:
    try:
        loaded = entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the command {entry.name} of {distribution} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint=f"pip install --upgrade {distribution}",
        ) from error
    if not isinstance(loaded, typer.Typer):
        raise PluginError(f"{entry.value} of {distribution} is not a typer app")
    return loaded

"""Commands that plugins add: listed from metadata, imported only when they run."""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

import typer
import typer.main

from neucocore.cli.parameters import prepared
from neucocore.components.catalogue import known_plugins
from neucocore.components.entry_points import COMMANDS, EntryPoint, entry_points
from neucocore.components.names import is_name
from neucocore.components.sources import name_exclusion
from neucocore.errors import NeucoError, PluginError

DISTRIBUTION_PREFIX = "neuco-plugin-"


@functools.cache
def commands() -> dict[str, EntryPoint]:
    """Return the plugin commands by name, without importing any.

    Of two of a name, that of the plugin which the registry lists for it counts, else the first.

    The allow and block lists hold for a command by its own name and by its plugin's.
    """
    found: dict[str, EntryPoint] = {}
    listed = {(name, plugin.distribution) for plugin in known_plugins() for name in plugin.commands}
    for entry in sorted(
        entry_points(COMMANDS), key=lambda entry: (entry.name, entry.distribution) not in listed
    ):
        plugin = entry.distribution.removeprefix(DISTRIBUTION_PREFIX)
        if is_name(entry.name) and not name_exclusion(os.environ, entry.name, plugin):
            found.setdefault(entry.name, entry)
    return found


def provider_of(name: str) -> str:
    """Return the distribution of the registry that adds a command and is not installed, or ""."""
    installed = {entry.name for entry in entry_points(COMMANDS)}  # a blocked plugin is installed
    for plugin in known_plugins():
        if name in plugin.commands and name not in installed:
            return plugin.distribution
    return ""


def call_if_installed(name: str, *arguments: str) -> bool:
    """Run a command that a plugin adds; return whether a plugin does.

    Raises
    ------
    NeucoError
        As the command does.
    """
    entry = commands().get(name)
    if entry is None:
        return False
    _load(entry)(list(arguments), prog_name=f"neuco {name}", standalone_mode=False)
    return True


def load(name: str) -> Any:
    """Return the command of a plugin itself, with all its options.

    Raises
    ------
    PluginError
        It cannot be loaded.
    """
    return prepared(typer.main.get_command(_load(commands()[name])))


def stub(name: str) -> Any:
    """Return a command that hands all its arguments to a plugin's own typer app, or None."""
    entry = commands().get(name)
    if entry is None:
        return None
    holder = typer.Typer(add_completion=False)

    @holder.command(
        name,
        help=f"Provided by {entry.distribution}.",
        rich_help_panel="Plugins",
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )
    def run(ctx: typer.Context) -> None:
        command = load(name)
        arguments = ["--help" if word == "-h" else word for word in ctx.args]
        try:
            command(arguments, prog_name=f"neuco {name}", standalone_mode=True)
        except (NeucoError, OSError):
            raise
        except Exception as error:
            raise PluginError(
                f"the command {name} of {entry.distribution} raised "
                f"{type(error).__name__}: {error}",
                hint=f"neuco --debug {name} ... shows where; tell the plugin's authors",
            ) from error

    return typer.main.get_command(holder)


def _load(entry: EntryPoint) -> Any:
    module, _, attribute = entry.value.partition(":")
    try:
        loaded = functools.reduce(getattr, attribute.split("."), importlib.import_module(module))
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the command {entry.name} of {entry.distribution} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint=f"pip install --upgrade {entry.distribution}",
        ) from error
    if not isinstance(loaded, typer.Typer):
        raise PluginError(f"{entry.value} of {entry.distribution} is not a typer app")
    return loaded

"""The ``neuco`` program: its commands, its global options, and how it ends."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from neucocore.cli import (
    convert,
    data,
    demo,
    doctor,
    encode,
    evaluate,
    info,
    inspect,
    leaderboard,
    listing,
    plugin_commands,
    plugins,
    registry,
    run,
    tasks,
    validate,
)
from neucocore.cli.terminal import say, settings, system_error, warn
from neucocore.errors import NeucoError
from neucocore.version import __version__

INTERRUPTED = 130
EPILOG = "Exit codes: 0 ok, 1 a run failed in part or whole, 2 usage, 3 plugin, 4 data, 130 Ctrl-C."


class _Group(TyperGroup):
    """The top-level group: lists plugin commands from metadata, ends on Ctrl-C with 130."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *(name for name in plugin_commands.commands() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or plugin_commands.stub(cmd_name)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted; run the same command again to go on")
            raise SystemExit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone (``neuco list | head``); nothing is left to say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None


app = typer.Typer(
    name="neuco",
    cls=_Group,
    help="Find out how much compressed Earth-observation embeddings are still good for.",
    epilog=EPILOG,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"neuco {__version__}")
        raise typer.Exit


def _show_warning(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """Say what a component warned of; the line of code it did so in is for ``--debug``."""
    warn(str(message))


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only errors.")] = False,
    plugin_path: Annotated[
        list[Path] | None,
        typer.Option(help="Load one Python file as a plugin; runs are marked unregistered."),
    ] = None,
) -> None:
    """Take the options that stand before every command."""
    del version  # its callback has answered it
    settings.debug, settings.verbose, settings.quiet = debug, verbose, quiet
    if not debug:
        warnings.showwarning = _show_warning
    if plugin_path:
        from neucocore.components.discovery import add_plugin_paths

        add_plugin_paths(plugin_path)


app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("encode")(encode.encode)
app.command("evaluate")(evaluate.evaluate)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("validate")(validate.validate)
app.command("inspect")(inspect.inspect)
app.command("convert")(convert.convert)
app.add_typer(data.app, name="data", help="Download, make and check data sets.")
app.add_typer(tasks.app, name="tasks", help="Derive, describe and export tasks.")
app.command("list")(listing.list_components)
app.command("info")(info.info)
app.add_typer(plugins.app, name="plugins", help="Make, find and check plugins.")
app.add_typer(registry.app, name="registry", help="Look after the list of known plugins.")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the program; errors become one message on stderr and an exit code."""
    try:
        app(windows_expand_args=False)
    except NeucoError as error:
        if settings.debug:
            traceback.print_exc()
        say(f"error: {error}", always=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if settings.debug:
            traceback.print_exc()
        say(f"error: {system_error(error)}", always=True)
        sys.exit(4)

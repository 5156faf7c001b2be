"""The ``neuco`` program: its commands, its global options, and how it ends."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from neucocore.choice.options import ChooseOptions
from neucocore.cli import (
    choose,
    compare,
    convert,
    data,
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
    results,
    run,
    sweep,
    tasks,
    validate,
)
from neucocore.cli.arguments import reorder
from neucocore.cli.options import command
from neucocore.cli.parameters import prepared, with_plain_help
from neucocore.cli.plugin_failures import report_if_loaded
from neucocore.cli.terminal import log, log_error, prepare_streams, printable, settings, warn
from neucocore.curves.options import SweepOptions
from neucocore.encoding.options import EncodeOptions
from neucocore.errors import ConfigError, NeucoError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.version import __version__
from neucocore.workflow.options import RunOptions

INTERRUPTED = 130
EPILOG = (
    "Exit codes: 0 success, 1 a run failed in part or completely, 2 usage or configuration, "
    "3 plugin, 4 data, 130 interrupted, 143 terminated."
)
DECIDE, SCORE, FILES, MAKE, SYSTEM = "Decide", "Score", "Files", "Make", "System"


@contextmanager
def _printable_usage_errors() -> Iterator[None]:
    """Escape control characters in typer's own messages, which repeat what was typed."""
    try:
        yield
    except Exception as error:
        if hasattr(error, "format_message"):
            for name, value in vars(error).items():
                if isinstance(value, str):
                    setattr(error, name, printable(value))
        raise


class _Group(TyperGroup):
    """The top-level group: lists plugin commands from metadata, ends on Ctrl-C with 130."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *(name for name in plugin_commands.commands() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        own = super().get_command(ctx, cmd_name)
        if own is None:
            return plugin_commands.stub(cmd_name)
        return prepared(own)

    def get_params(self, ctx: Any) -> Any:
        return with_plain_help(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        unknown = self.get_command(ctx, args[0]) is None
        if unknown and (distribution := plugin_commands.provider_of(args[0])):
            raise ConfigError(
                f"the command {args[0]!r} is not installed", hint=f"pip install {distribution}"
            )
        return super().resolve_command(ctx, args)

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        with _printable_usage_errors():
            return super().make_context(*arguments, **settings)

    def invoke(self, ctx: Any) -> Any:
        try:
            with _printable_usage_errors():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            log("interrupted; run the same command again to continue")
            raise SystemExit(INTERRUPTED) from None
        finally:
            if ctx.invoked_subcommand not in SHOW_PLUGINS:
                report_if_loaded()


SHOW_PLUGINS = ("plugins", "doctor", "list")
"""Commands that show plugins which could not be loaded in their own way."""

app = typer.Typer(
    name="neuco",
    cls=_Group,
    help="Find out how much compressed Earth-observation embeddings are still good for.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
        typer.echo(f"neuco {__version__}")
        raise typer.Exit


def _show_warning(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """Print a component's warning; the line of code that issued it is for ``--debug``."""
    warn(str(message))


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print more details.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")] = False,
    plugin_path: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Load one Python file as a plugin; runs are marked unregistered."
        ),
    ] = None,
) -> None:
    """Take the options that every command has."""
    del version  # its callback has answered it
    settings.debug, settings.verbose, settings.quiet = debug, verbose, quiet
    if not debug:
        warnings.showwarning = _show_warning
    if plugin_path:
        from neucocore.components.discovery import add_plugin_paths

        add_plugin_paths(plugin_path)


def _add(name: str, function: Any, panel: str) -> None:
    app.command(name, rich_help_panel=panel)(function)


_add("choose", command(ChooseOptions, choose.choose), DECIDE)
_add("compare", compare.compare, DECIDE)
_add("leaderboard", leaderboard.leaderboard, DECIDE)
_add("evaluate", command(EvaluateOptions, evaluate.evaluate), SCORE)
_add("sweep", command(SweepOptions, sweep.sweep), SCORE)
_add("run", command(RunOptions, run.run), SCORE)
_add("validate", validate.validate, FILES)
_add("inspect", inspect.inspect, FILES)
_add("convert", convert.convert, FILES)
app.add_typer(results.app, name="results", help="Pack results to send them.", rich_help_panel=FILES)
_add("encode", command(EncodeOptions, encode.encode), MAKE)
app.add_typer(data.app, name="data", help="Download and generate data sets.", rich_help_panel=MAKE)
app.add_typer(
    tasks.app, name="tasks", help="Derive, describe and export tasks.", rich_help_panel=MAKE
)
_add("list", listing.list_components, SYSTEM)
_add("info", info.info, SYSTEM)
app.add_typer(
    plugins.app,
    name="plugins",
    help="List, check, create and find plugins.",
    rich_help_panel=SYSTEM,
)
app.add_typer(
    registry.app, name="registry", help="Check the list of known plugins.", rich_help_panel=SYSTEM
)
_add("doctor", doctor.doctor, SYSTEM)


def main() -> None:
    """Run the program; errors become one message on stderr and an exit code."""
    prepare_streams()
    try:
        arguments, notes = reorder(sys.argv[1:])
        for note in notes:
            warn(note)
        app(args=arguments, windows_expand_args=False)
    except NeucoError as error:
        if settings.debug:
            traceback.print_exc()
        log_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        if settings.debug:
            traceback.print_exc()
        log_error(error)
        sys.exit(4)
    except Exception as error:  # noqa: BLE001  a defect, of neuco or of a library
        if settings.debug:
            traceback.print_exc()
        explained = _unexpected(error)
        log_error(explained)
        sys.exit(explained.exit_code)


def _unexpected(error: Exception) -> NeucoError:
    if isinstance(error, MemoryError):
        return NeucoError("out of memory", hint="use fewer --jobs, or a machine with more memory")
    from neucocore.components.distributions import unreadable_metadata_error

    if explained := unreadable_metadata_error(error):
        return explained
    return NeucoError(
        f"unexpected {type(error).__name__}: {error}",
        hint="this is probably a defect of neuco; neuco --debug COMMAND shows where, please report "
        "it",
    )


def run_command(*arguments: str) -> int:
    """Run a command of neuco in this process, for commands of plugins.

    The global options of the running program stay in force.

    Parameters
    ----------
    arguments
        A command and its arguments as typed, without global options.

    Returns
    -------
    int
        The exit code, 0 for success.

    Raises
    ------
    NeucoError
        As the command does; the program prints it and ends with its exit code.

    Examples
    --------
    >>> run_command("list", "tasks")  # doctest: +SKIP
    """
    group = typer.main.get_command(app)
    name, *rest = arguments
    with group.make_context("neuco", [name], resilient_parsing=True) as parent:
        chosen: Any = group.get_command(parent, name)  # type: ignore[attr-defined]
        try:
            with chosen.make_context(name, rest, parent=parent) as context:
                chosen.invoke(context)
        except typer.Exit as ended:
            return ended.exit_code
        except SystemExit as ended:  # a command of a plugin
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0

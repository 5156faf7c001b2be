"""Write the page of all commands from the program itself, plugins included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main
from mkdocs.structure.files import File, Files

from neucocore.cli import plugin_commands
from neucocore.cli.app import EPILOG, app
from neucocore.cli.parameters import SHORT_OPTIONS, prepared

PAGE = "commands.md"
SHORT_NAMES = ", ".join(f"`{short}` `{name}`" for name, short in SHORT_OPTIONS.items())
INTRODUCTION = f"""# Commands

Every command and option of the program and of the plugins in its repository, as
`neuco COMMAND --help` shows them. {EPILOG}

The same short names hold everywhere: {SHORT_NAMES}, `-h` `--help`, `-v` `--verbose`,
`-q` `--quiet`.
With `--json`, stdout holds JSON and nothing else; messages go to stderr.
`neuco --install-completion` lets the shell complete commands and the names of components.
"""


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the page to the site."""
    files.append(File.generated(config, PAGE, content=page()))
    return files


def page() -> str:
    """Return the reference as Markdown."""
    program = prepared(typer.main.get_command(app))
    parts = [INTRODUCTION, *describe("neuco", program, 2)]
    for name in sorted(plugin_commands.commands()):
        parts += describe(f"neuco {name}", plugin_commands.load(name), 2)
        parts.append(f"Provided by `{plugin_commands.commands()[name].distribution}`.")
    return "\n\n".join(parts) + "\n"


def describe(name: str, command: Any, level: int) -> Iterator[str]:
    """Yield the paragraphs about a command and the commands in it."""
    yield f"{'#' * level} {name}"
    yield text(command.help or "")
    arguments = [argument_name(param) for param in command.params if is_argument(param)]
    usage = " ".join([name, "[OPTIONS]", *arguments])
    inner = {
        key: value for key, value in getattr(command, "commands", {}).items() if not value.hidden
    }
    yield f"    {usage}{' COMMAND' if inner else ''}"
    rows = [row(param) for param in command.params if not getattr(param, "hidden", False)]
    if rows:
        yield "\n".join(["| option | | default |", "|---|---|---|", *rows])
    for key, value in inner.items():
        yield from describe(f"{name} {key}", value, min(level + 1, 4))


def is_argument(param: Any) -> bool:
    """Return whether a parameter is given by its position."""
    return bool(param.param_type_name == "argument")


def argument_name(param: Any) -> str:
    """Return the name of an argument as it is shown in a usage line."""
    name = (param.metavar or param.name).strip("{}[]").upper()
    name += "..." if param.nargs == -1 and not name.endswith("...") else ""
    return name if param.required else f"[{name}]"


def row(param: Any) -> str:
    """Return a table row about an option or an argument."""
    if is_argument(param):
        name = argument_name(param)
    else:
        name = ", ".join(sorted(param.opts, key=len))
        if not param.is_flag:
            name += f" {param.metavar or value_name(param.type_descriptor.annotation)}"
    described = getattr(param, "help", None) or ""
    default = ""
    if param.required:
        default = "required"
    elif ending := re.search(r" ?\[([^\[\]]+)\]$", described):  # a default in words
        described, default = described[: ending.start()], ending[1]
    elif not getattr(param, "is_flag", False) and isinstance(param.default, (int, float, str)):
        default = (
            f"`{getattr(param.default, 'value', param.default)}`" if param.default != "" else ""
        )
    name = name.replace("|", r"\|")
    return f"| `{name}` | {text(described)} | {default} |"


def value_name(annotation: Any) -> str:
    """Return how the value of an option without a name of its own is shown."""
    if get_origin(annotation) is Literal:
        return "|".join(map(str, get_args(annotation)))
    if issubclass(annotation, Path):
        return "PATH"
    return "N" if annotation in (int, float) else "TEXT"


def text(help_text: str) -> str:
    """Return help as Markdown: without markup of the terminal, in one line."""
    plain = re.sub(r"\\(?=\[)", "", help_text)
    plain = re.sub(r"(--[a-z][a-z-]*)", r"`\1`", " ".join(plain.split()))
    return plain.replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*")

"""How every command shows its options: short names, and help without types of flags."""

from __future__ import annotations

import re
from typing import Any

SHORT_OPTIONS = {
    "--output": "-o",
    "--labels": "-l",
    "--tasks": "-t",
    "--protocol": "-p",
    "--jobs": "-j",
    "--force": "-f",
}
"""Short names, the same in every command, also of plugins."""
_BRACKET = re.compile(r"(?<!\\)\[(?=[a-z])")
"""The start of what rich would take for markup, unless it is escaped already."""


def prepared(command: Any) -> Any:
    """Give the options of a command, and of those in it, short names and plain help."""
    if getattr(command, "prepared", False):
        return command
    command.prepared = True
    taken = {name for param in command.params for name in param.opts}
    for param in command.params:
        for long, short in SHORT_OPTIONS.items():
            if long in param.opts and short not in taken:
                param.opts.append(short)
    original = command.get_params
    command.get_params = lambda ctx: with_plain_help(original(ctx))
    for inner in getattr(command, "commands", {}).values():
        prepared(inner)
    return command


def with_plain_help(params: Any) -> Any:
    """Leave out ``<bool>`` after flags, and keep texts in brackets, which are not markup here."""
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
        if text := getattr(param, "help", None):
            param.help = _BRACKET.sub(r"\\[", text)
    return params

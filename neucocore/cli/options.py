"""Commands from options dataclasses (`neucocore.options`)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_origin

import typer

from neucocore.components.specs import Kind
from neucocore.errors import ConfigError
from neucocore.options import DeclaredOption, declared_options

O = TypeVar("O")  # noqa: E741
COMPLETED: Mapping[str, Kind] = {
    "dataset": "dataset",
    "encoder": "encoder",
    "reducer": "reducer",
    "protocol": "protocol",
    "suite": "suite",
    "tasks": "task",
    "metric": "metric",
    "probe": "probe",
}
"""Options that name components, which shells complete, and the kind of each."""


def command(options_class: type[O], function: Callable[..., None]) -> Callable[..., None]:
    """Return a function for typer whose parameters are the options, then those of `function`.

    Parameters
    ----------
    options_class
        Dataclass whose fields are annotated with `neucocore.options.Option`.
    function
        Called with the filled dataclass, and by keyword with its own parameters, such as flags
        that concern only the terminal.
    """
    declared = [item for item in declared_options(options_class) if item.option.command_line]
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

    @functools.wraps(function)
    def run(**values: Any) -> None:
        filled = {item.name: _value(item, values.pop(item.name)) for item in declared}
        function(options_class(**filled), **values)

    parameters = [*map(_parameter, declared), *own]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _parameter(item: DeclaredOption) -> inspect.Parameter:
    option = item.option
    settings: dict[str, Any] = {"help": option.help}
    if metavar := option.metavar or (item.name.upper() if option.argument else None):
        settings["metavar"] = metavar
    if option.minimum is not None:
        settings["min"] = option.minimum
    if item.name in COMPLETED:
        settings["autocompletion"] = _completion(COMPLETED[item.name])
    if option.argument:
        info: Any = typer.Argument(**settings)
    else:
        info = typer.Option(*item.flags, **settings)
    default = inspect.Parameter.empty if item.required else item.default
    if (
        (get_origin(item.type) is tuple and not option.split)
        or option.split
        or _is_mapping(item.type)
    ):
        default = None
    return inspect.Parameter(
        item.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[_typer_type(item), info],
    )


def _completion(kind: Kind) -> Callable[[str], list[str]]:
    """Return what a shell calls to complete the name of an installed component."""

    def complete(incomplete: str) -> list[str]:
        from neucocore.components.lookup import names

        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in names(kind) if name.startswith(last)]

    return complete


def _typer_type(item: DeclaredOption) -> Any:
    if get_origin(item.type) is tuple:
        return (str if item.option.split else list[str]) | None
    if item.is_path:
        kind: Any = Path
    elif item.type in (int, float, bool) or item.choices:
        kind = item.type
    else:
        kind = str  # such as a name where Python also takes a mapping
    return kind | None if item.nullable and kind is not bool else kind


def _is_mapping(kind: Any) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _value(item: DeclaredOption, value: Any) -> Any:
    if get_origin(item.type) is not tuple:
        return value
    if item.option.split:
        parts = tuple(part.strip() for part in (value or "").split(",") if part.strip())
        if value is not None and not parts:
            raise ConfigError(
                f"{item.flags[-1]} {value!r} names nothing",
                hint=f"leave {item.flags[-1]} out, or name something",
            )
        return parts
    return tuple(value or ())

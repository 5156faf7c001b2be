"""How the options of a command are declared: once, for command line, run file and Python.

The options of a command are the fields of a frozen, keyword-only dataclass::

    @dataclass(frozen=True, kw_only=True)
    class EncodeOptions:
        output: Annotated[StrPath, Option("Embeddings file to write.", flags=("-o", "--output"))]
        jobs: Annotated[int, Option("Worker processes.", minimum=1)] = 1

From it come the command line (`neucocore.cli.options.command`), the keys of a run file
(`neucocore.workflow.run_file`) and the Python function (`neucocore.runtime.arguments`), so that
adding an option is one edit. A value on the command line takes precedence over that of the run
file, and that over the default.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

StrPath = str | Path
TEXTS = "a text or a list of texts"


@dataclass(frozen=True, slots=True)
class Option:
    """What is known of an option besides its name, type and default.

    Attributes
    ----------
    help
        One sentence for ``--help`` and the docs.
    flags
        Names on the command line; ``--name-with-dashes`` by default.
    argument
        It is a positional argument of the command.
    metavar
        What stands for the value in ``--help``.
    split
        A ``tuple[str, ...]`` is given as one text, its parts separated by commas; otherwise the
        flag is repeated.
    minimum
        Smallest value allowed.
    objects
        What Python takes besides, in words: objects that have no name or path.
    type
        Type of the values that are taken, where the field's own is another: integers that become
        texts, or the type on the command line of an option that also takes `objects`.
    command_line, run_file, python
        Where the option can be given.
    """

    help: str
    flags: tuple[str, ...] = ()
    argument: bool = False
    metavar: str | None = None
    split: bool = False
    minimum: int | None = None
    objects: str = ""
    type: Any = None
    command_line: bool = True
    run_file: bool = True
    python: bool = True


@dataclass(frozen=True, slots=True)
class DeclaredOption:
    """One field of an options dataclass, with its annotation resolved.

    Attributes
    ----------
    type
        The type without None and without the `Option`.
    required
        It has no default.
    """

    name: str
    type: Any
    nullable: bool
    default: Any
    required: bool
    option: Option

    @property
    def flags(self) -> tuple[str, ...]:
        """Names on the command line."""
        return self.option.flags or ("--" + self.name.replace("_", "-"),)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a ``Literal``, else empty."""
        return tuple(get_args(self.type)) if get_origin(self.type) is Literal else ()

    @property
    def is_path(self) -> bool:
        """Whether it names a file or folder."""
        return self.type is Path or Path in get_args(self.type)


def declared_options(options_class: type[Any]) -> Iterator[DeclaredOption]:
    """Yield the options of a dataclass in the order of its fields."""
    hints = typing.get_type_hints(options_class, include_extras=True)
    for field in dataclasses.fields(options_class):
        annotation, *metadata = (
            get_args(hints[field.name])
            if get_origin(hints[field.name]) is Annotated
            else (hints[field.name],)
        )
        option = next((item for item in metadata if isinstance(item, Option)), None)
        if option is None:
            raise TypeError(
                f"{options_class.__name__}.{field.name} is not annotated with an Option"
            )
        kind, nullable = declared_type(annotation if option.type is None else option.type)
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        required = default is dataclasses.MISSING
        yield DeclaredOption(
            field.name, kind, nullable, None if required else default, required, option
        )


def declared_type(annotation: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether None was part of it."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    rest = tuple(part for part in get_args(annotation) if part is not type(None))
    nullable = len(rest) < len(get_args(annotation))
    return (rest[0] if len(rest) == 1 else Union[rest]), nullable  # noqa: UP007


def option_problem(declared: DeclaredOption, value: Any) -> str:
    """Describe what a value should be instead; empty if it is usable."""
    if value is None and (declared.nullable or not declared.required):
        return ""
    if get_origin(declared.type) is tuple and isinstance(value, list | tuple) and not value:
        return "a text or a list of at least one text"
    kinds = [] if declared.choices else members(declared.type)
    if declared.choices:
        fits = isinstance(value, str) and value in declared.choices
        return "" if fits else f"one of {', '.join(map(str, declared.choices))}"
    if any(_fits(kind, value, declared.option.minimum) for kind in kinds):
        return ""
    described = list(dict.fromkeys(_described(kind, declared.option.minimum) for kind in kinds))
    if TEXTS in described and "a text" in described:
        described.remove("a text")
    return " or ".join(described)


def members(kind: Any) -> list[Any]:
    """Return the types of a union, or the one type."""
    return list(get_args(kind)) if get_origin(kind) in (Union, types.UnionType) else [kind]


def _fits(kind: Any, value: Any, minimum: int | None) -> bool:
    origin = get_origin(kind) or kind
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and (minimum is None or value >= minimum)
    if origin is tuple or origin is Sequence:
        if origin is Sequence and not isinstance(value, str | list | tuple):
            return False
        items = value if isinstance(value, list | tuple) else [value]
        kinds = members(get_args(kind)[0])
        return all(any(_fits(one, item, None) for one in kinds) for item in items)
    return isinstance(value, origin)


def _described(kind: Any, minimum: int | None) -> str:
    origin = get_origin(kind) or kind
    if kind is float:
        return "a number"
    if kind is int:
        return "an integer" + ("" if minimum is None else f" of at least {minimum}")
    names: dict[Any, str] = {bool: "true or false", str: "a text", Path: "a text"}
    names |= {Mapping: "a mapping", tuple: TEXTS, Sequence: TEXTS, Callable: "a function"}
    return names.get(origin, f"an object of type {getattr(origin, '__name__', origin)}")


def coerce(declared: DeclaredOption, value: Any) -> Any:
    """Return a value in the type of its field: one text becomes a tuple, integers texts."""
    origins = [get_origin(kind) for kind in members(declared.type)]
    if not {tuple, Sequence} & set(origins) or value is None:
        return value
    if not isinstance(value, list | tuple):
        return value if len(origins) > 1 else coerce(declared, (value,))
    return tuple(str(item) if isinstance(item, int) else item for item in value)

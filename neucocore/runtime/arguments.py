"""Arguments of the public Python functions, checked by one rule before any work.

The rule is the one for the values of a run file (`neucocore.options`). In addition, numpy scalars
are taken as Python numbers, any iterable as a list, and any path-like object as a path.
"""

from __future__ import annotations

import functools
import inspect
import os
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from neucocore.errors import ConfigError
from neucocore.messages import did_you_mean
from neucocore.options import (
    DeclaredOption,
    Option,
    coerce,
    declared_options,
    declared_type,
    members,
    option_problem,
)

P = ParamSpec("P")
O = TypeVar("O")  # noqa: E741
R = TypeVar("R")

PUBLIC = "neucocore"
SHOWN = 60
"""Characters of a value that a message quotes."""


def as_function(options_class: Callable[P, O], run: Callable[[O], R]) -> Callable[P, R]:
    """Return a function that takes the options as keywords and calls `run` with them.

    Its signature and docstring come from the dataclass; the docstring of `run` stays on top.
    """
    assert isinstance(options_class, type)  # noqa: S101
    declared = {item.name: item for item in declared_options(options_class) if item.option.python}
    positional = [name for name, item in declared.items() if item.option.argument]

    def function(*args: Any, **kwargs: Any) -> R:
        values = _by_name(function.__name__, declared, positional, args, kwargs)
        return run(options_class(**_checked(function.__name__, declared, values)))

    function.__name__ = function.__qualname__ = run.__name__.lstrip("_")
    function.__module__ = PUBLIC
    function.__doc__ = _docstring(inspect.getdoc(run) or "", declared.values())
    parameters = [
        inspect.Parameter(
            item.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD
            if item.option.argument
            else inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if item.required else item.default,
            annotation=_annotation(item),
        )
        for item in declared.values()
    ]
    parameters.sort(key=lambda p: (p.kind, p.default is not inspect.Parameter.empty))
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return function


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check the types of a public function's arguments by its annotations before it is called.

    Parameters whose type is only known to type checkers are not checked. A function of
    `as_function` is returned as it is.
    """
    if hasattr(function, "__signature__"):
        return function
    signature = inspect.signature(function)
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            unknown = next((name for name in kwargs if name not in kinds), "")
            near = did_you_mean(unknown, kinds) if unknown else ""
            raise ConfigError(
                f"{function.__name__}(): {error}" + (f"; {near}" if near else ""),
                hint=f"help(neucocore.{function.__name__}) describes the parameters",
            ) from None
        declared = {
            name: item for name, item in _declared(function).items() if name in bound.arguments
        }
        values = dict(bound.arguments)
        several = {n for n in declared if kinds[n] is inspect.Parameter.VAR_POSITIONAL}
        single = {name: values[name] for name in declared if name not in several}
        bound.arguments.update(
            _checked(function.__name__, {name: declared[name] for name in single}, single)
        )
        for name in several:
            items = [_checked(function.__name__, declared, {name: item}) for item in values[name]]
            bound.arguments[name] = tuple(item[name] for item in items)
        return function(*bound.args, **bound.kwargs)

    call.__module__ = PUBLIC  # where pickle finds it
    return call


@functools.cache
def _declared(function: Callable[..., Any]) -> dict[str, DeclaredOption]:
    """Return the parameters of a function as options; those of unknown types are left out."""
    declared = {}
    for name, parameter in inspect.signature(function).parameters.items():
        annotated = SimpleNamespace(__annotations__={name: parameter.annotation})
        try:
            hint = typing.get_type_hints(annotated, globalns=function.__globals__)[name]
        except NameError:  # imported for type checkers only
            continue
        kind, nullable = declared_type(hint)
        if not all(map(_is_plain_type, members(kind))):
            continue
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        declared[name] = DeclaredOption(name, kind, nullable, default, required, Option(""))
    return declared


def _is_plain_type(kind: Any) -> bool:
    """Return whether values of a type can be told by `isinstance`: no arrays, no protocols."""
    origin = get_origin(kind)
    if origin in (tuple, Sequence):
        return all(map(_is_plain_type, members(get_args(kind)[0])))
    # Any is a class since Python 3.11.
    is_class = isinstance(kind, type) and not getattr(kind, "_is_protocol", False)
    is_class = is_class and kind is not Any
    return origin in (Literal, Mapping, Callable) or (origin is None and is_class)


def _by_name(
    function: str,
    declared: Mapping[str, DeclaredOption],
    positional: Sequence[str],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the arguments of a call by name.

    Raises
    ------
    ConfigError
        Arguments that are missing, unknown, repeated or too many.
    """
    problems = []
    if len(args) > len(positional):
        problems.append(f"{len(args)} positional arguments; it takes {len(positional)}")
    values = dict(zip(positional, args, strict=False))
    problems += [f"{name} is given twice" for name in sorted(values.keys() & kwargs.keys())]
    values |= kwargs
    for name in sorted(values.keys() - declared.keys()):
        near = did_you_mean(name, declared)
        problems.append(f"there is no option {name!r}" + (f"; {near}" if near else ""))
    problems += [
        f"{name} is missing: {item.option.help}"
        for name, item in declared.items()
        if item.required and name not in values
    ]
    _raise_for(function, problems)
    return values


def _checked(
    function: str, declared: Mapping[str, DeclaredOption], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return values in the types of their options; None stands for the default.

    Raises
    ------
    ConfigError
        Values of other types, all of them listed.
    """
    problems = []
    checked: dict[str, Any] = {}
    for name, given in values.items():
        item = declared[name]
        if type(given) is type(item.default) and given == item.default and not item.required:
            checked[name] = given
            continue
        value = _plain(given, item)
        if value is None and not item.nullable and not item.required:
            continue
        if item.option.objects and value is not None and not isinstance(value, str | Path):
            checked[name] = value  # read, and checked, where it is used
        elif expected := option_problem(item, value):
            expected += f", or {item.option.objects}" if item.option.objects else ""
            problems.append(f"{name} must be {expected}, found {_shown(given)}")
        else:
            checked[name] = coerce(item, value)
    _raise_for(function, problems)
    return checked


def _raise_for(function: str, problems: Sequence[str]) -> None:
    if problems:
        raise ConfigError(
            f"{function}() cannot be called with these arguments",
            problems=problems,
            hint=f"help(neucocore.{function}) describes the parameters",
        )


def _plain(value: Any, item: DeclaredOption) -> Any:
    """Return numpy scalars as Python values, and iterables as tuples where a list is meant."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    kinds = members(item.type)
    if isinstance(value, os.PathLike):
        path = os.fspath(value)
        text = path if isinstance(path, str) else value
        return Path(text) if isinstance(text, str) and Path in kinds else text
    takes_list = bool({tuple, Sequence} & {get_origin(kind) for kind in kinds})
    if not takes_list or isinstance(value, str | bytes | Mapping):
        return value
    # A set is in an order that changes from run to run.
    items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
    if not isinstance(items, Iterable):
        return value
    return tuple(_plain(part, _ITEM) for part in items)


_ITEM = DeclaredOption("item", str, False, None, True, Option(""))


def _shown(value: Any) -> str:
    """Return a value and its type for a message."""
    if value is None:
        return "None"
    text = " ".join(repr(value).split())
    text = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    return f"{text} ({type(value).__name__})"


def _annotation(item: DeclaredOption) -> Any:
    if item.option.objects:
        return Any
    return Union[item.type, None] if item.nullable else item.type  # noqa: UP007


def _docstring(text: str, declared: Iterable[DeclaredOption]) -> str:
    """Insert a Parameters section after the summary of a docstring."""
    summary, separator, rest = text.partition("\n\n")
    lines = ["Parameters", "----------"]
    for item in declared:
        lines += [item.name, f"    {item.option.help}"]
        if item.option.objects:
            lines.append(f"    In Python also {item.option.objects}.")
    return "\n\n".join(
        part for part in (summary, "\n".join(lines), rest if separator else "") if part
    )

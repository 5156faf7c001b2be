"""Read and check the values of declared parameters, from ``--set`` or from a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neucocore.components.specs import Param
from neucocore.errors import ConfigError
from neucocore.messages import did_you_mean

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_IN_WORDS = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "list": "a list, or a text with commas between the items",
    "str": "a text",
}
_NONE = frozenset({"none", "null"})


def parse_settings(
    settings: Sequence[str], params: Sequence[Param], *, of: str, option: str = "--set"
) -> dict[str, Any]:
    """Convert ``name=value`` strings to parameter values.

    Parameters
    ----------
    settings
        The strings, as typed on the command line.
    params
        The declared parameters.
    of
        Name of the component, for messages.
    option
        The command-line option that the strings were given with, for messages.

    Returns
    -------
    dict
        The values of the parameters that are set, in declared order.

    Raises
    ------
    ConfigError
        All problems together.
    """
    texts, problems = _split(settings, option)
    return _check(texts, params, problems, of)


def split_settings(settings: Sequence[str], *, option: str = "--set") -> dict[str, str]:
    """Return the ``name=value`` strings as a mapping, without knowing the parameters.

    Raises
    ------
    ConfigError
        All problems together.
    """
    texts, problems = _split(settings, option)
    if problems:
        raise ConfigError(
            f"{option} cannot be used", problems=problems, hint=f"write {option} NAME=VALUE"
        )
    return texts


def _split(settings: Sequence[str], option: str) -> tuple[dict[str, str], list[str]]:
    texts: dict[str, str] = {}
    problems = []
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            problems.append(f"{option} {setting!r}: expected name=value")
        elif name.strip() in texts:
            problems.append(f"{option} {name.strip()}: given twice")
        else:
            texts[name.strip()] = value.strip()
    return texts, problems


def check_values(values: Mapping[str, Any], params: Sequence[Param], *, of: str) -> dict[str, Any]:
    """Check parameter values that come from a file, by the rules of `parse_settings`."""
    return _check(values, params, [], of)


def _check(
    values: Mapping[str, Any], params: Sequence[Param], problems: list[str], of: str
) -> dict[str, Any]:
    declared = {param.name: param for param in params}
    for name in values:
        if name not in declared:
            suggestion = did_you_mean(str(name), declared)
            problems.append(
                f"unknown parameter {name!r}" + (f"; {suggestion}" if suggestion else "")
            )
    checked = {}
    for name, param in declared.items():
        if name in values:
            try:
                checked[name] = _read(values[name], param)
            except ValueError as error:
                problems.append(f"parameter {name}: {error}")
    if problems:
        available = ", ".join(declared)
        raise ConfigError(
            f"invalid parameters for {of}",
            problems=problems,
            hint=(
                f"the parameters of {of} are {available}; see neuco info {of}"
                if available
                else f"{of} has no parameters"
            ),
        )
    return checked


def _read(value: Any, param: Param) -> Any:
    if param.nullable and (value is None or (isinstance(value, str) and value.lower() in _NONE)):
        return None
    result = _convert(value, param.type)
    if isinstance(result, float) and not math.isfinite(result):
        # Every comparison with NaN is false, so a threshold of NaN would have no effect.
        raise ValueError(f"{value!r} is not a finite number")
    if isinstance(result, int | float) and not isinstance(result, bool):
        if param.minimum is not None and result < param.minimum:
            raise ValueError(f"must be at least {param.minimum:g}, found {result!r}")
        if param.above is not None and result <= param.above:
            raise ValueError(f"must be greater than {param.above:g}, found {result!r}")
    if param.choices:
        for item in result if isinstance(result, list) else [result]:
            if item not in param.choices:
                raise ValueError(f"{item!r} is not one of {', '.join(map(repr, param.choices))}")
    return result


def _convert(value: Any, kind: str) -> Any:
    text = value.strip() if isinstance(value, str) else value
    if kind in ("int", "float") and isinstance(text, str) and ("_" in text or not text.isascii()):
        raise ValueError(f"{value!r} is not {_IN_WORDS[kind]}")  # Python reads 1_000 as a number
    try:
        match kind:
            case "int" if not isinstance(text, bool | float):
                return int(text)
            case "float" if not isinstance(text, bool):
                return float(text)
            case "bool" if isinstance(text, bool):
                return text
            case "bool" if str(text).lower() in _TRUE | _FALSE:
                return str(text).lower() in _TRUE
            case "list" if isinstance(text, list | tuple):
                return [str(part) for part in text]
            case "list" if isinstance(text, str):
                return [part.strip() for part in text.split(",") if part.strip()]
            case "str" if isinstance(text, str):
                return text
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{value!r} is not {_IN_WORDS[kind]}")


def without_defaults(values: Mapping[str, Any], params: Sequence[Param]) -> dict[str, Any]:
    """Return checked values without those that equal the default of their parameter.

    A default that is set explicitly is then the same as one that is left out, also in keys.
    """
    defaults = {param.name: param.default for param in params}
    return {name: value for name, value in values.items() if not _is_default(value, defaults[name])}


def _is_default(value: Any, default: Any) -> bool:
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        return list(value) == list(default)
    return isinstance(value, bool) == isinstance(default, bool) and bool(value == default)


def parameter_paths(values: Mapping[str, Any], params: Sequence[Param]) -> dict[str, Any]:
    """Return values in which relative paths of existing files and folders are absolute.

    A text is taken for a path if it contains a ``/`` or a ``.``, its parameter has no fixed
    choices, and the file exists.
    """
    open_ended = {param.name for param in params if not param.choices}
    return {
        name: _absolute(value) if name in open_ended else value for name, value in values.items()
    }


def _absolute(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_absolute(item) for item in value)
    if isinstance(value, str) and ("/" in value or "." in value) and Path(value).exists():
        return str(Path(value).absolute())
    return value

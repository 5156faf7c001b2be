"""From a component and parameters to the object that does the work."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from neucocore.components.discovery import Component
from neucocore.components.specs import Factory, Param
from neucocore.errors import ComponentLoadError, ComponentOutputError, ConfigError, NeucoError
from neucocore.messages import did_you_mean

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_NONE = frozenset({"none", "null"})


def create(component: Component, *args: Any, **params: Any) -> Any:
    """Import a component's factory and call it.

    Parameters
    ----------
    component
        What `neucocore.components.lookup.find` returned.
    args
        Positional arguments the kind prescribes (a data set's path).
    params
        Values of declared parameters, and keywords the kind prescribes.

    Raises
    ------
    ComponentLoadError
        The factory cannot be imported (a missing dependency, say) or raises.
    """
    factory = resolve(component, component.spec.factory)
    values = {param.name: param.default for param in component.spec.params} | params
    if component.kind == "metric":
        return functools.partial(factory, **values) if values else factory
    try:
        return factory(*args, **values)
    except NeucoError:
        raise
    except ImportError as error:
        raise _load_error(component, error) from error
    except (Exception, SystemExit) as error:
        raise ComponentLoadError(
            f"the {component.kind} {component.full_name} cannot be made: "
            f"{type(error).__name__}: {error}",
            hint=f"neuco info {component.full_name}",
        ) from error


def resolve(component: Component, factory: Factory) -> Any:
    """Import what a ``module:attribute`` text of the component's spec names."""
    if callable(factory):
        return factory
    module, _, attribute = factory.partition(":")
    try:
        target = importlib.import_module(module)
        return functools.reduce(getattr, attribute.split("."), target)
    except NeucoError:
        raise
    except (Exception, SystemExit) as error:
        raise _load_error(component, error) from error


def _load_error(component: Component, error: BaseException) -> ComponentLoadError:
    hint = f"neuco plugins check {component.plugin}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        hint = (
            f"pip install {error.name.partition('.')[0]}, or the extra of "
            f"{component.distribution} that brings it"
        )
    return ComponentLoadError(
        f"the {component.kind} {component.full_name} of {component.distribution} cannot be loaded: "
        f"{type(error).__name__}: {error}",
        hint=hint,
    )


@contextmanager
def plugin_errors(component: Component) -> Iterator[None]:
    """Turn whatever a component's own code raises into an error that names the component.

    Errors of neuco and of the system (a missing file, a full disk) say enough and pass.

    Raises
    ------
    ComponentOutputError
        Instead of any other exception, `SystemExit` included.
    """
    try:
        yield
    except (NeucoError, OSError, MemoryError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        raise ComponentOutputError(
            f"the {component.kind} {component.full_name} ({component.distribution}) raised "
            f"{type(error).__name__}: {error}",
            hint=f"neuco plugins check {component.plugin}",
        ) from error


def parse_settings(
    settings: Sequence[str], params: Sequence[Param], *, of: str, option: str = "--set"
) -> dict[str, Any]:
    """Turn ``name=value`` texts into parameter values, all problems reported together.

    Returns
    -------
    dict
        Only the parameters named, in declared order.
    """
    given: dict[str, str] = {}
    problems = []
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator:
            problems.append(f"{option} {setting!r}: expected name=value")
        elif name.strip() in given:
            problems.append(f"{option} {name.strip()}: given twice")
        else:
            given[name.strip()] = value.strip()
    return _finish(given, params, problems, of)


def check_values(values: Mapping[str, Any], params: Sequence[Param], *, of: str) -> dict[str, Any]:
    """Check parameter values that come from a file, with the rules of `parse_settings`."""
    return _finish(dict(values), params, [], of)


def _finish(
    given: Mapping[str, Any], params: Sequence[Param], problems: list[str], of: str
) -> dict[str, Any]:
    declared = {param.name: param for param in params}
    for name in given:
        if name not in declared:
            hint = did_you_mean(name, declared)
            problems.append(f"unknown parameter {name!r}" + (f"; {hint}" if hint else ""))
    values = {}
    for name, param in declared.items():
        if name in given:
            try:
                values[name] = _read(given[name], param)
            except ValueError as error:
                problems.append(f"parameter {name}: {error}")
    if problems:
        known = ", ".join(declared) or "none"
        raise ConfigError(
            f"the parameters of {of} cannot be used",
            problems=problems,
            hint=f"its parameters are {known}; neuco info {of}",
        )
    return values


def _read(value: Any, param: Param) -> Any:
    if param.nullable and (value is None or (isinstance(value, str) and value.lower() in _NONE)):
        return None
    result = _convert(value, param.type)
    if isinstance(result, float) and not math.isfinite(result):
        # NaN compares false with everything, so a threshold of NaN would silently be none.
        raise ValueError(f"{value!r} is not a finite number")
    if param.choices:
        chosen = result if isinstance(result, list) else [result]
        wrong = [item for item in chosen if item not in param.choices]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not one of {', '.join(map(repr, param.choices))}")
    return result


def _convert(value: Any, kind: str) -> Any:
    text = value.strip() if isinstance(value, str) else value
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
    raise ValueError(f"{value!r} is not of type {kind}")

"""Components that Python passes as objects: a class, or a spec made in a script or notebook."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from neucocore.components.discovery import Component
from neucocore.components.names import is_name
from neucocore.components.specs import (
    SPEC_OF_KIND,
    ComponentSpec,
    Kind,
    Param,
    ParamType,
)
from neucocore.components.validation import validate_spec
from neucocore.errors import ConfigError, SpecError

_TYPES: dict[type, ParamType] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    tuple: "list",
}
_PASSED_BY_THE_CORE: dict[Kind, tuple[str, ...]] = {
    "dataset": ("path",),
    "encoder": (),
    "reducer": ("dimension",),
}
"""Kinds of which a class alone states everything, and the arguments that are no parameters."""
_LAST_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


def spec_of(kind: Kind, value: Any) -> ComponentSpec:
    """Return the spec of a component that is passed as an object.

    Parameters
    ----------
    value
        A spec; or the class of a data set, encoder or reducer, whose name, docstring and arguments
        with defaults become those of the spec.

    Raises
    ------
    ConfigError
        It is something else, or a class alone does not state enough.
    SpecError
        A spec that is not valid.
    """
    expected = SPEC_OF_KIND[kind]
    if isinstance(value, Component):
        value = value.spec
    if isinstance(value, ComponentSpec):
        if not isinstance(value, expected):
            raise ConfigError(
                f"a {expected.__name__} is needed, found a {type(value).__name__}",
                hint=f"pass the spec of a {kind}",
            )
        spec = value
    elif inspect.isclass(value) or inspect.isfunction(value):
        spec = _spec_of_factory(kind, value)
    else:
        raise ConfigError(
            f"the {kind} must be a name, a class or a {expected.__name__}, found an object of type "
            f"{type(value).__name__}",
            hint="pass the class, and its arguments as parameters",
        )
    if problems := validate_spec(spec):
        raise SpecError(f"{kind} {spec.name!r}: {'; '.join(problems)}")
    return spec


def _spec_of_factory(kind: Kind, factory: Any) -> ComponentSpec:
    name = _LAST_WORD.sub("-", factory.__name__).strip("-").lower()
    expected = SPEC_OF_KIND[kind].__name__
    missing = ""
    if not is_name(name):
        missing = f"its name {factory.__name__!r} is no name of a component"
    elif kind not in _PASSED_BY_THE_CORE:
        missing = "a class or function alone does not state what a spec does"
    elif hasattr(factory, "prepare"):
        missing = "it has a method prepare, so the spec must state what it is fitted on"
    if missing:
        raise ConfigError(
            f"{factory.__name__} cannot be used as a {kind}: {missing}",
            hint=f"pass a {expected}(name=..., summary=..., factory={factory.__name__}, ...)",
        )
    summary = (inspect.getdoc(factory) or "").partition("\n")[0].strip()
    return SPEC_OF_KIND[kind](
        name=name,
        summary=summary or f"The {kind} {factory.__name__}.",
        factory=factory,
        params=tuple(_params(factory, _PASSED_BY_THE_CORE[kind])),
    )


def _params(factory: Any, given: tuple[str, ...]) -> Iterator[Param]:
    """Yield the arguments of a factory that have defaults of a type that parameters have."""
    try:
        arguments = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # compiled, without a signature
        return
    for argument in arguments:
        kind = _TYPES.get(type(argument.default))
        if argument.name not in given and kind is not None:
            help_text = f"The argument {argument.name} of {factory.__name__}."
            yield Param(argument.name, kind, argument.default, help_text)


def importable(spec: ComponentSpec) -> bool:
    """Return whether another process can import the factory of a spec."""
    factory = spec.factory
    if isinstance(factory, str):
        return factory.partition(":")[0] != "__main__"
    return factory.__module__ != "__main__" and "<" not in factory.__qualname__

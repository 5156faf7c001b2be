"""From a plugin's module to its specs, with every rule of the contract checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from neucocore.components.hookspecs import HOOK_OF_KIND, PROJECT, SUPPORTED_APIS
from neucocore.components.specs import SPEC_OF_KIND, ComponentSpec, Kind
from neucocore.components.validation import validate_spec
from neucocore.errors import IncompatiblePluginError, PluginError, SpecError
from neucocore.messages import did_you_mean

PREFIX = "neuco_"
MARK = f"{PROJECT}_impl"
"""The attribute by which pluggy's marker knows a hook."""


def load_specs(module: ModuleType) -> list[ComponentSpec]:
    """Return the specs a plugin module offers, kind by kind.

    Raises
    ------
    IncompatiblePluginError
        ``NEUCO_API`` is missing or not supported.
    PluginError
        A hook is misspelt, unmarked, takes arguments or raises, or nothing is offered.
    SpecError
        A hook returned something that is not a list of complete specs of its kind.
    """
    _check_api(module)
    for name, value in vars(module).items():
        if problem := _problem_with(name, value):
            raise PluginError(problem)
    specs = [
        spec
        for kind, name in HOOK_OF_KIND.items()
        if (hook := getattr(module, name, None)) is not None
        for spec in _specs_of_hook(kind, hook)
    ]
    if not specs:
        raise PluginError(
            "it offers nothing: implement at least one of " + ", ".join(HOOK_OF_KIND.values())
        )
    return specs


def _check_api(module: ModuleType) -> None:
    api = getattr(module, "NEUCO_API", None)
    if api is None:
        raise IncompatiblePluginError("it does not say NEUCO_API = 1")
    if api not in SUPPORTED_APIS:
        supported = ", ".join(map(str, sorted(SUPPORTED_APIS)))
        raise IncompatiblePluginError(
            f"it is written for plugin API {api!r}; this neucocore supports {supported}"
        )


def _problem_with(name: str, value: Any) -> str:
    """Say what is wrong with something in a plugin's module that is, or should be, a hook."""
    marked = inspect.isfunction(value) and hasattr(value, MARK)
    if name not in HOOK_OF_KIND.values():
        if marked or (inspect.isfunction(value) and name.startswith(PREFIX)):
            hint = did_you_mean(name, HOOK_OF_KIND.values())
            return f"{name} is not a hook; {hint or 'rename it'}"
        return ""
    if not inspect.isfunction(value):
        return f"{name} is not a function but of type {type(value).__name__}"
    if not marked:
        return f"{name} lacks the @hookimpl decorator"
    parameters = inspect.signature(value).parameters
    if parameters:
        return f"{name} takes arguments ({', '.join(parameters)}); hooks take none"
    return ""


def _specs_of_hook(
    kind: Kind, hook: Callable[[], Sequence[ComponentSpec]]
) -> Iterator[ComponentSpec]:
    name = HOOK_OF_KIND[kind]
    try:
        returned = hook()
    except Exception as error:
        raise PluginError(f"{name}() raised {type(error).__name__}: {error}") from error
    if not isinstance(returned, list | tuple):
        raise SpecError(f"{name}() returned {type(returned).__name__}, not a list of specs")
    expected = SPEC_OF_KIND[kind]
    seen: set[tuple[str, int]] = set()
    for spec in returned:
        if not isinstance(spec, expected):
            found = f"{type(spec).__name__} {getattr(spec, 'name', '')}".strip()
            raise SpecError(f"{name}() returned a {found}, which is not a {expected.__name__}")
        problems = validate_spec(spec)
        if problems:
            raise SpecError(f"{kind} {spec.name!r}: {'; '.join(problems)}")
        identity = (spec.name, spec.version)
        if identity in seen:
            raise SpecError(f"{name}() offers {spec.name}@{spec.version} twice")
        seen.add(identity)
        yield spec

"""From a plugin's module to its specs, with every rule of the contract checked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType

import pluggy

from neucocore import hookspecs
from neucocore.errors import IncompatiblePluginError, PluginError, SpecError
from neucocore.hookspecs import HOOK_OF_KIND, PROJECT, SUPPORTED_APIS
from neucocore.names import did_you_mean
from neucocore.speccheck import problems_of
from neucocore.specs import SPEC_OF_KIND, ComponentSpec, Kind

PREFIX = "neuco_"


def collect(module: ModuleType) -> dict[Kind, tuple[ComponentSpec, ...]]:
    """Return the specs a plugin module offers, by kind.

    Raises
    ------
    IncompatiblePluginError
        ``NEUCO_API`` is missing or not supported.
    PluginError
        A hook is misspelt, unmarked, raises, or nothing is offered.
    SpecError
        A hook returned something that is not a list of complete specs of its kind.
    """
    _check_api(module)
    _check_functions(module)
    _check_signatures(module)
    specs = {
        kind: _specs_of_hook(kind, getattr(module, hook))
        for kind, hook in HOOK_OF_KIND.items()
        if hasattr(module, hook)
    }
    if not any(specs.values()):
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
            f"it is written for plugin API {api}; this neucocore supports {supported}"
        )


def _check_functions(module: ModuleType) -> None:
    """Refuse ``neuco_*`` functions that would silently never be called."""
    known = set(HOOK_OF_KIND.values())
    marker = f"{PROJECT}_impl"
    for name, value in vars(module).items():
        if not inspect.isfunction(value):
            continue
        if hasattr(value, marker) and name not in known:
            hint = did_you_mean(name, known)
            raise PluginError(f"{name} is not a hook" + (f"; {hint}" if hint else ""))
        if name.startswith(PREFIX):
            if name not in known:
                hint = did_you_mean(name, known)
                raise PluginError(f"{name} is not a hook" + (f"; {hint}" if hint else ""))
            if not hasattr(value, marker):
                raise PluginError(f"{name} lacks the @hookimpl decorator")


def _check_signatures(module: ModuleType) -> None:
    # A manager of its own: pluggy leaves rubbish behind after a failed registration.
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module)
    except pluggy.PluginValidationError as error:
        raise PluginError(" ".join(str(error).split())) from error


def _specs_of_hook(
    kind: Kind, hook: Callable[[], Sequence[ComponentSpec]]
) -> tuple[ComponentSpec, ...]:
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
            raise SpecError(f"{name}() returned {spec!r}, which is not a {expected.__name__}")
        problems = problems_of(spec)
        if problems:
            raise SpecError(f"{kind} {spec.name!r}: {'; '.join(problems)}")
        identity = (spec.name, spec.version)
        if identity in seen:
            raise SpecError(f"{name}() offers {spec.name}@{spec.version} twice")
        seen.add(identity)
    return tuple(returned)

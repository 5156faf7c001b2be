"""Register a plugin's module and collect the specs of its components.

pluggy registers the module, validates its hooks and reports hooks that do not exist. It does not
check what this module checks: the plugin API number, functions that look like a hook but are not
decorated, default arguments (pluggy accepts them, but nothing passes a value), and plugins that
provide nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType

from pluggy import PluginManager, PluginValidationError

from neucocore.components import hookspecs
from neucocore.components.hookspecs import HOOK_OF_KIND, PROJECT, SUPPORTED_APIS
from neucocore.components.specs import ComponentSpec, Kind
from neucocore.components.validation import raise_for_invalid_specs
from neucocore.errors import IncompatiblePluginError, PluginError
from neucocore.messages import did_you_mean

PREFIX = "neuco_"


def plugin_manager() -> PluginManager:
    """Return a manager that knows our hooks, with no plugin registered."""
    manager = PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def load_specs(module: ModuleType, name: str, manager: PluginManager) -> list[ComponentSpec]:
    """Register a plugin's module and return the specs that its hooks return, kind by kind.

    Each hook of the module is called on its own, not together with those of other plugins, so an
    error in one plugin does not affect the others. A plugin that fails stays registered; the
    caller unregisters it.

    Raises
    ------
    IncompatiblePluginError
        ``NEUCO_API`` is missing or not supported.
    PluginError
        A hook does not exist, is not decorated, takes arguments or raises; or no hook returns
        anything.
    SpecError
        A hook returned something other than a list of complete specs of its kind.
    """
    _check_api(module)
    _check_decorators(module, manager)
    _register(module, name, manager)
    specs = [
        spec
        for kind, hook in HOOK_OF_KIND.items()
        for implementation in getattr(manager.hook, hook).get_hookimpls()
        if implementation.plugin is module
        for spec in _specs_of_hook(kind, implementation.function)
    ]
    if not specs:
        raise PluginError(
            f"it provides no component: implement one of {', '.join(HOOK_OF_KIND.values())}"
        )
    return specs


def _check_api(module: ModuleType) -> None:
    api = getattr(module, "NEUCO_API", None)
    if api is None:
        raise IncompatiblePluginError(
            "the plugin module does not define NEUCO_API; add `NEUCO_API = 1`"
        )
    if api not in SUPPORTED_APIS:
        supported = ", ".join(map(str, sorted(SUPPORTED_APIS)))
        raise IncompatiblePluginError(
            f"the plugin is written for plugin API {api!r}; this version of neucocore supports "
            f"{supported}"
        )


def _check_decorators(module: ModuleType, manager: PluginManager) -> None:
    """Raise for a function named like a hook without the decorator, which pluggy would ignore."""
    hooks = HOOK_OF_KIND.values()
    for name, value in vars(module).items():
        if manager.parse_hookimpl_opts(module, name) is not None:
            continue
        if name in hooks:
            if inspect.isfunction(value):
                raise PluginError(f"{name} is not decorated with @hookimpl")
            raise PluginError(f"{name} is not a function but of type {type(value).__name__}")
        if name.startswith(PREFIX) and inspect.isfunction(value):
            suggestion = did_you_mean(name, hooks) or "rename it"
            raise PluginError(f"{name} is not a hook; {suggestion}")


def _register(module: ModuleType, name: str, manager: PluginManager) -> None:
    if registered := manager.get_name(module):
        raise PluginError(f"the module {module.__name__} is already loaded as plugin {registered}")
    try:
        manager.register(module, name)
        manager.check_pending()
    except PluginValidationError as error:
        message = " ".join(str(error).split())
        for hook in manager.get_hookcallers(module) or ():
            if not hook.has_spec() and (
                suggestion := did_you_mean(hook.name, HOOK_OF_KIND.values())
            ):
                message += f"; {suggestion}"
        raise PluginError(message) from error


def _specs_of_hook(
    kind: Kind, function: Callable[[], Sequence[ComponentSpec]]
) -> Sequence[ComponentSpec]:
    hook = HOOK_OF_KIND[kind]
    if parameters := inspect.signature(function).parameters:
        raise PluginError(f"{hook} takes arguments ({', '.join(parameters)}); hooks take none")
    try:
        specs = function()
    except Exception as error:
        raise PluginError(f"{hook}() raised {type(error).__name__}: {error}") from error
    raise_for_invalid_specs(kind, specs, returned_by=f"{hook}()")
    return specs

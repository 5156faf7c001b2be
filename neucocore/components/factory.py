"""Create the object behind a component: import its factory and call it with parameters."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neucocore.components.discovery import Component
from neucocore.components.distributions import unreadable_metadata_error
from neucocore.components.missing_dependency import install_hint
from neucocore.components.specs import Factory, Kind
from neucocore.errors import ComponentLoadError, ComponentOutputError, NeucoError

REQUIRED_METHODS: Mapping[Kind, tuple[str, ...]] = {
    "dataset": ("ids", "read"),
    "encoder": ("encode",),
    "task": ("labels",),
    "probe": ("fit", "predict", "state"),
    "reducer": ("fit", "apply", "bytes_per_row", "state"),
    "protocol": ("score",),
}
"""Methods that the core calls on an object of a kind (`neucocore.interfaces`)."""
NEEDED_BY_METHOD = {"prepare": ("state", "restore")}
"""Methods that an object must have if it has another one."""


def create(component: Component, *args: Any, **params: Any) -> Any:
    """Import a component's factory and call it.

    Parameters
    ----------
    component
        As returned by `neucocore.components.lookup.find`.
    args
        Positional arguments that the kind prescribes: the path of a data set.
    params
        Values of declared parameters, and keywords that the kind prescribes.

    Returns
    -------
    Any
        The object that the factory returns. A metric is not called: its function is returned,
        with its parameters bound.

    Raises
    ------
    ComponentLoadError
        The factory cannot be imported, for instance because a dependency is missing, or it raises.
    ComponentOutputError
        The object lacks a method of its kind.
    """
    factory = resolve(component, component.spec.factory)
    values = params
    if component.kind != "protocol":  # a protocol's parameters are options of its score()
        values = {param.name: param.default for param in component.spec.params} | params
    if component.kind == "metric":
        return functools.partial(factory, **values) if values else factory
    try:
        created = factory(*args, **values)
    except NeucoError:
        raise
    except ImportError as error:
        raise _load_error(component, error) from error
    except (Exception, SystemExit) as error:
        if explained := unreadable_metadata_error(error):
            raise explained from error
        raise ComponentLoadError(
            f"the {component.kind} {component.full_name} cannot be created: "
            f"{type(error).__name__}: {error}",
            hint=_parameter_hint(component, error),
        ) from error
    _check_methods(component, created)
    return created


def _check_methods(component: Component, created: Any) -> None:
    """Check the methods of an object before any work is done with it."""
    needed = list(REQUIRED_METHODS.get(component.kind, ()))
    for method, further in NEEDED_BY_METHOD.items():
        needed += further if hasattr(created, method) else ()
    missing = [name for name in needed if not callable(getattr(created, name, None))]
    if missing:
        raise ComponentOutputError(
            f"the {component.kind} {component.full_name} ({component.distribution}) is of type "
            f"{type(created).__name__}, which has no method {' and no method '.join(missing)}",
            hint=f"objects of this kind have the methods {', '.join(needed)}",
        )


def resolve(component: Component, factory: Factory) -> Any:
    """Import the object that a ``module:attribute`` string of a component's spec names.

    Raises
    ------
    ComponentLoadError
        The module cannot be imported, or it has no such attribute.
    """
    if callable(factory):
        return factory
    module, _, attribute = factory.partition(":")
    try:
        target = importlib.import_module(module)
        return functools.reduce(getattr, attribute.split("."), target)
    except NeucoError:
        raise
    except (Exception, SystemExit) as error:
        raise unreadable_metadata_error(error) or _load_error(component, error) from error


@contextmanager
def plugin_errors(component: Component) -> Iterator[None]:
    """Convert any exception of a component's own code into an error that names the component.

    Errors of neuco and of the operating system (a missing file, a full disk) are clear without
    this and pass unchanged.

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
        if explained := unreadable_metadata_error(error):
            raise explained from error
        raise ComponentOutputError(
            f"the {component.kind} {component.full_name} ({component.distribution}) raised "
            f"{type(error).__name__}: {error}",
            hint=_hint(component, error),
        ) from error


def _parameter_hint(component: Component, error: BaseException) -> str:
    """Return what to do about a factory that does not take a parameter of its spec."""
    declared = [param.name for param in component.spec.params]
    found = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    name = found[1] if found else ", ".join(declared)
    refused = found or str(error).endswith("takes no arguments")
    if isinstance(error, TypeError) and refused and (name in declared or not found) and name:
        return f"the spec declares the parameter {name}: take it in the factory, or remove it"
    return f"neuco info {component.full_name}"


def _load_error(component: Component, error: BaseException) -> ComponentLoadError:
    return ComponentLoadError(
        f"the {component.kind} {component.full_name} of {component.distribution} cannot be "
        f"imported: {type(error).__name__}: {error}",
        hint=_hint(component, error),
    )


def _hint(component: Component, error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        if error.name == component.distribution.removesuffix(".py"):  # the file itself, by name
            return "in a plugin file name the class or function itself: factory=MyClass"
        return install_hint(component.distribution, error.name)
    return f"neuco plugins check {component.plugin}"

"""Checks of every component's declaration, before it is asked to do anything."""

from __future__ import annotations

import functools
import inspect
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neucocore.components.discovery import CORE, Component, PluginRecord
from neucocore.components.factory import resolve
from neucocore.components.specs import DatasetSpec, Factory, Param, TaskSpec
from neucocore.testing.records import CheckFailed, Skip, check, require


class ComponentContext:
    """A component on the context: what it declares. The kinds' benches add how to try it."""

    def __init__(self, component: Component, plugin: PluginRecord) -> None:
        self.component = component
        self.plugin = plugin
        self.spec = component.spec

    @functools.cached_property
    def scratch(self) -> Path:
        """A folder that is gone when the context is."""
        folder = tempfile.mkdtemp(prefix="neuco-check-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    @property
    def functions(self) -> dict[str, tuple[Factory, tuple[Param, ...]]]:
        """Every function the spec names, with the parameters it must accept."""
        spec = self.spec
        found: dict[str, tuple[Factory | None, tuple[Param, ...]]] = {
            "factory": (spec.factory, spec.params)
        }
        if isinstance(spec, DatasetSpec):
            found |= {
                "generate": (spec.generate, spec.generate_params),
                "example": (spec.example, ()),
            }
        if isinstance(spec, TaskSpec):
            found |= {"derive": (spec.derive, spec.derive_params), "example": (spec.example, ())}
        return {field: (named, params) for field, (named, params) in found.items() if named}

    @functools.cached_property
    def given(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """What the core hands to each function: positional arguments and keywords."""
        of_factory: dict[str, tuple[int, tuple[str, ...]]] = {
            "dataset": (1, ()),
            "metric": (2, ()),
            "probe": (0, ("problem",)),
            "reducer": (0, ("dimension",)),
        }
        return {
            "factory": of_factory.get(self.spec.kind, (0, ())),
            "make": (1, ()),
            "derive": (2, ()),
            "example": (1, ()),
        }


@check("spec-documented", "component", level="should")
def spec_documented(context: ComponentContext) -> None:
    """The spec says on what terms it may be used, and whom to cite."""
    if context.plugin.name == CORE:
        raise Skip("the core's licence and citation hold for it")
    missing = [field for field in ("license", "citation") if not getattr(context.spec, field)]
    require(not missing, f"the spec has no {' and no '.join(missing)}")


@check("spec-picklable", "component")
def spec_picklable(context: ComponentContext) -> None:
    """The spec survives the way to a worker process."""
    try:
        packed = pickle.dumps(context.spec)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise CheckFailed(
            f"it cannot be pickled ({error}); name code by a text 'module:attribute', and let "
            "defaults be plain values"
        ) from None
    # These bytes were made in the line above, so unpickling them runs nobody else's code.
    require(pickle.loads(packed) == context.spec, "a pickled spec comes back as something else")  # noqa: S301


@check("factory-own", "component")
def factory_own(context: ComponentContext) -> None:
    """Factories are texts that name code of the plugin's own distribution."""
    if not context.plugin.registered:
        raise Skip("a single file may name its functions themselves")
    package = context.plugin.origin.partition(".")[0]
    for field, (named, _) in context.functions.items():
        require(
            isinstance(named, str),
            f"{field} is {named!r}, not a text 'package.module:attribute'",
        )
        top = str(named).partition(":")[0].partition(".")[0]
        require(top == package, f"{field}={named!r} is not in the plugin's own package {package}")


@check("factory-resolves", "component")
def factory_resolves(context: ComponentContext) -> None:
    """What the spec names is there and can be called."""
    if not context.functions:
        raise Skip("the spec names no code")
    for field, (named, _) in context.functions.items():
        require(callable(resolve(context.component, named)), f"{field}={named!r} cannot be called")


@check("parameters-accepted", "component")
def parameters_accepted(context: ComponentContext) -> None:
    """The code takes every declared parameter by its name."""
    if not context.functions:
        raise Skip("the spec names no code")
    for field, (named, params) in context.functions.items():
        positional, keywords = context.given[field]
        problem = _binding_problem(
            resolve(context.component, named), positional, [*keywords, *(p.name for p in params)]
        )
        require(not problem, f"{field}={named!r}: {problem}")


def _binding_problem(function: Callable[..., Any], positional: int, names: list[str]) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # written in C: nothing can be told
    try:
        signature.bind(*[None] * positional, **dict.fromkeys(names))
    except TypeError as error:
        return f"{error}; it takes {signature}"
    return ""

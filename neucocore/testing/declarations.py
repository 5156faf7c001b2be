"""Checks of the declaration of a component, before anything of it is created."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neucocore.components.clashes import clashes
from neucocore.components.discovery import CORE, Component, PluginRecord
from neucocore.components.factory import resolve
from neucocore.components.names import is_name
from neucocore.components.specs import (
    DatasetSpec,
    EncoderSpec,
    Factory,
    MetricSpec,
    Param,
    TaskSpec,
)
from neucocore.registry.file import placeholder_in
from neucocore.testing.records import CheckFailed, Skip, check, require


class ComponentContext:
    """A component and its declaration. Subclasses add what is needed to test one kind."""

    def __init__(self, component: Component, plugin: PluginRecord) -> None:
        self.component = component
        self.plugin = plugin
        self.spec = component.spec

    @functools.cached_property
    def scratch(self) -> Path:
        """A temporary folder, deleted together with the context."""
        folder = tempfile.mkdtemp(prefix="neuco-check-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    @property
    def functions(self) -> dict[str, tuple[Factory, tuple[Param, ...]]]:
        """The functions that the spec names, by field, with the parameters that each accepts."""
        spec = self.spec
        params = () if spec.kind == "protocol" else spec.params  # passed to score(), not to it
        functions: dict[str, tuple[Factory | None, tuple[Param, ...]]] = {
            "factory": (spec.factory, params)
        }
        if isinstance(spec, DatasetSpec):
            functions |= {
                "generate": (spec.generate, spec.generate_params),
                "example": (spec.example, ()),
            }
        if isinstance(spec, EncoderSpec) and not (
            isinstance(spec.example, str) and is_name(spec.example)  # the name of a data set
        ):
            functions |= {"example": (spec.example, ())}
        if isinstance(spec, TaskSpec):
            functions |= {
                "derive": (spec.derive, spec.derive_params),
                "example": (spec.example, ()),
            }
        if isinstance(spec, MetricSpec):
            chance = None if isinstance(spec.chance, int | float) else spec.chance
            functions |= {"chance": (chance, ()), "influence": (spec.influence, params)}
        return {
            field: (function, params) for field, (function, params) in functions.items() if function
        }

    @functools.cached_property
    def arguments(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """What the core passes to each function: number of positional arguments, and keywords."""
        takes_mean = isinstance(self.spec, MetricSpec) and self.spec.uses_training_mean
        metric_arguments = (3 if takes_mean else 2, ())
        factory_arguments: dict[str, tuple[int, tuple[str, ...]]] = {
            "dataset": (1, ()),
            "metric": metric_arguments,
            "probe": (0, ("problem",)),
            "reducer": (0, ("dimension",)),
        }
        return {
            "factory": factory_arguments.get(self.spec.kind, (0, ())),
            "generate": (1, ()),
            "derive": (2, ()),
            "example": (0 if self.spec.kind == "encoder" else 1, ()),
            "chance": (1, ()),
            "influence": metric_arguments,
        }


@check("spec-documented", "component", level="should")
def spec_documented(context: ComponentContext) -> None:
    """The spec states a licence and a citation."""
    if context.plugin.name == CORE:
        raise Skip("built-in components have the licence and citation of neuco")
    missing = [field for field in ("license", "citation") if not getattr(context.spec, field)]
    require(not missing, f"the spec has no {' and no '.join(missing)}")


@check("spec-finished", "component", level="should")
def spec_finished(context: ComponentContext) -> None:
    """No text of the spec is a placeholder of a template."""
    texts = {**_texts(context.spec)}
    source = getattr(context.spec, "source", None)
    if source is not None:
        texts |= {f"source.{name}": text for name, text in _texts(source).items()}
    found = [f"{name}={text!r}" for name, text in texts.items() if placeholder_in(text)]
    require(not found, f"the spec still has placeholders: {', '.join(found)}")


def _texts(spec: Any) -> dict[str, str]:
    values = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
    return {name: value for name, value in values.items() if isinstance(value, str)}


@check("spec-unique-name", "component", level="should")
def spec_unique_name(context: ComponentContext) -> None:
    """No other installed plugin has a component of the same kind and name, or its label files."""
    if context.plugin.name == CORE:
        raise Skip("the names of built-in components are meant for them")
    found = [clash for clash in clashes() if context.component.full_name in clash.components]
    require(not found, "; ".join(map(str, found)))


@check("spec-picklable", "component")
def spec_picklable(context: ComponentContext) -> None:
    """The spec can be sent to a worker process: it is equal after pickling."""
    try:
        packed = pickle.dumps(context.spec)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise CheckFailed(
            f"it cannot be pickled ({error}); name code with a string 'module:attribute', and use "
            "plain values as defaults"
        ) from None
    # Unpickling is safe here because the bytes were created above.
    require(pickle.loads(packed) == context.spec, "the spec is not equal after pickling")  # noqa: S301


@check("factory-own", "component")
def factory_own(context: ComponentContext) -> None:
    """Factories are strings that name code of the plugin's own package."""
    if not context.plugin.registered:
        raise Skip("a plugin in a single file can use the functions themselves")
    package = context.plugin.origin.partition(".")[0]
    for field, (function, _) in context.functions.items():
        require(
            isinstance(function, str),
            f"{field} is {function!r}, not a string 'package.module:attribute'",
        )
        top = str(function).partition(":")[0].partition(".")[0]
        require(top == package, f"{field}={function!r} is not in the plugin's package {package}")


@check("factory-resolves", "component")
def factory_resolves(context: ComponentContext) -> None:
    """The functions that the spec names exist and can be called."""
    if not context.functions:
        raise Skip("the spec names no function")
    for field, (function, _) in context.functions.items():
        resolved = resolve(context.component, function)
        require(callable(resolved), f"{field}={function!r} cannot be called")


@check("parameters-accepted", "component")
def parameters_accepted(context: ComponentContext) -> None:
    """The functions accept every declared parameter as a keyword."""
    if not context.functions:
        raise Skip("the spec names no function")
    for field, (function, params) in context.functions.items():
        positional, keywords = context.arguments[field]
        resolved = resolve(context.component, function)
        problem = _binding_problem(resolved, positional, [*keywords, *(p.name for p in params)])
        require(not problem, f"{field}={function!r}: {problem}")


def _binding_problem(function: Callable[..., Any], positional: int, names: list[str]) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return ""  # functions written in C can have no signature
    try:
        signature.bind(*[None] * positional, **dict.fromkeys(names))
    except TypeError as error:
        return f"{error}; its signature is {signature}"
    return ""

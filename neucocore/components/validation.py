"""Whether a spec is complete and says what it may say."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

from neucocore.components.names import is_name
from neucocore.components.specs import (
    PROBLEMS,
    ComponentSpec,
    DatasetSpec,
    EncoderSpec,
    Factory,
    Fit,
    MetricSpec,
    Param,
    ParamType,
    ProbeSpec,
    Problem,
    ReducerSpec,
    TaskSpec,
)

_PYTHON_TYPE: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list, tuple),
}


def validate_spec(spec: ComponentSpec) -> list[str]:
    """Return what is wrong with a spec, in words; empty when it is fine."""
    return list(_of_types(spec)) or [*_common(spec), *_of_kind(spec)]


def _of_types(spec: ComponentSpec) -> Iterator[str]:
    """Find texts and tuples that are something else; ``("r2")`` is a text, not a tuple."""
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if field.type == "str" and not isinstance(value, str):
            yield f"{field.name}={value!r} is not a text"
        elif str(field.type).startswith("tuple["):
            if not isinstance(value, tuple):
                yield f"{field.name}={value!r} is not a tuple"
            elif wrong := [part for part in value if not isinstance(part, _part_type(field))]:
                yield f"{field.name}: {wrong[0]!r} is not a {_part_type(field).__name__}"


def _part_type(field: dataclasses.Field[Any]) -> type:
    return Param if str(field.type).startswith("tuple[Param,") else str


def _common(spec: ComponentSpec) -> Iterator[str]:
    if not is_name(spec.name):
        yield f"the name {spec.name!r} is not lower-case words joined by '-'"
    if not spec.summary:
        yield "it has no summary"
    if isinstance(spec.version, bool) or not isinstance(spec.version, int) or spec.version < 1:
        yield f"the version {spec.version!r} is not a whole number from 1"
    if not is_factory(spec.factory) and not (spec.factory == "" and isinstance(spec, TaskSpec)):
        yield f"the factory {spec.factory!r} is neither 'package.module:attribute' nor callable"
    for declared in ("params", "generate_params", "derive_params"):
        yield from _of_params(getattr(spec, declared, ()))


def is_factory(factory: Any) -> bool:
    """Tell whether the value can name code: ``module:attribute`` text, or a callable."""
    if not isinstance(factory, str):
        return callable(factory)
    module, _, attribute = factory.partition(":")
    return all(part.isidentifier() for part in (*module.split("."), *attribute.split(".")))


def _of_params(params: tuple[Param, ...]) -> Iterator[str]:
    names = [param.name for param in params]
    if len(set(names)) < len(names):
        yield "two parameters have one name"
    for param in params:
        yield from _of_param(param)


def _of_param(param: Param) -> Iterator[str]:
    if param.type not in get_args(ParamType):
        yield f"parameter {param.name!r} has the unknown type {param.type!r}"
        return
    if not param.name.isidentifier():
        yield f"parameter {param.name!r} is not a Python name"
    if not param.help:
        yield f"parameter {param.name!r} has no help"
    if param.default is None:
        if not param.nullable:
            yield f"parameter {param.name!r} has default None but is not nullable"
    elif not isinstance(param.default, _PYTHON_TYPE[param.type]) or (
        isinstance(param.default, bool) and param.type != "bool"
    ):
        yield f"parameter {param.name!r}: the default {param.default!r} is not of type {param.type}"
    elif param.choices and param.default not in param.choices:
        yield f"parameter {param.name!r}: the default {param.default!r} is not among its choices"


def _of_kind(spec: ComponentSpec) -> Iterator[str]:
    match spec:
        case DatasetSpec():
            yield from _of_dataset(spec)
        case EncoderSpec():
            yield from _of_encoder(spec)
        case TaskSpec():
            yield from _of_task(spec)
        case MetricSpec():
            yield from _of_problems(spec.problems)
            yield from _of_bounds(spec.low, spec.high)
        case ProbeSpec():
            yield from _of_problems(spec.problems)
        case ReducerSpec() if spec.bits < 1:
            yield "bits must be at least 1"


def _of_dataset(spec: DatasetSpec) -> Iterator[str]:
    if spec.seasons < 1 or spec.size < 1:
        yield "seasons and size must be at least 1"
    for name in spec.collections:
        if not is_name(name):
            yield f"the collection name {name!r} is not lower-case words joined by '-'"
    yield from _of_functions(generate=spec.generate, example=spec.example)


def _of_encoder(spec: EncoderSpec) -> Iterator[str]:
    if spec.fit not in get_args(Fit):
        yield f"fit={spec.fit!r} is not one of {', '.join(get_args(Fit))}"
    if spec.dimension is not None and spec.dimension < 1:
        yield "dimension must be at least 1"
    if spec.uses is not None and ("list", spec.uses) not in [(p.type, p.name) for p in spec.params]:
        yield f"uses={spec.uses!r} names no parameter of type list"


def _of_task(spec: TaskSpec) -> Iterator[str]:
    if spec.problem not in PROBLEMS:
        yield f"problem={spec.problem!r} is not one of {', '.join(PROBLEMS)}"
    if not is_name(spec.dataset):
        yield f"dataset={spec.dataset!r} is not a data set's name"
    if not spec.primary_metric:
        yield "it has no primary metric"
    yield from _of_functions(derive=spec.derive, example=spec.example)
    yield from _of_bounds(spec.low, spec.high)


def _of_functions(**functions: Factory | None) -> Iterator[str]:
    for field, function in functions.items():
        if function is not None and not is_factory(function):
            yield f"{field}={function!r} names no function"


def _of_problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    if not problems or not set(problems) <= set(PROBLEMS):
        yield f"problems={problems!r} must name some of {', '.join(PROBLEMS)}"


def _of_bounds(low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and high is not None and low >= high:
        yield f"low={low} is not below high={high}"

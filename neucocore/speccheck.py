"""Whether a spec is complete and says what it may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from neucocore.names import is_name
from neucocore.specs import (
    PROBLEMS,
    ComponentSpec,
    DatasetSpec,
    EncoderSpec,
    Fit,
    MetricSpec,
    Param,
    ParamType,
    ProbeSpec,
    TaskSpec,
)

_PYTHON_TYPE: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list, tuple),
}


def problems_of(spec: ComponentSpec) -> list[str]:
    """Return what is wrong with a spec, in words; empty when it is fine."""
    return [*_common(spec), *_of_kind(spec)]


def _common(spec: ComponentSpec) -> Iterator[str]:
    if not isinstance(spec.name, str) or not is_name(spec.name):
        yield f"the name {spec.name!r} is not lower-case words joined by '-'"
    if not spec.summary:
        yield "it has no summary"
    if isinstance(spec.version, bool) or not isinstance(spec.version, int) or spec.version < 1:
        yield f"the version {spec.version!r} is not a whole number from 1"
    if not is_factory(spec.factory) and not (spec.factory == "" and isinstance(spec, TaskSpec)):
        yield f"the factory {spec.factory!r} is neither 'package.module:attribute' nor callable"
    names = [param.name for param in spec.params]
    if len(set(names)) < len(names):
        yield "two parameters have one name"
    for param in spec.params:
        yield from _of_param(param)


def is_factory(factory: Any) -> bool:
    """Tell whether the value can name code: ``module:attribute`` text, or a callable."""
    if not isinstance(factory, str):
        return callable(factory)
    module, _, attribute = factory.partition(":")
    return all(part.isidentifier() for part in (*module.split("."), *attribute.split(".")))


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
            if spec.seasons < 1 or spec.size < 1:
                yield "seasons and size must be at least 1"
            if spec.make is not None and not is_factory(spec.make):
                yield f"make={spec.make!r} names no function"
        case EncoderSpec():
            if spec.fit not in get_args(Fit):
                yield f"fit={spec.fit!r} is not one of {', '.join(get_args(Fit))}"
            if spec.dimension is not None and spec.dimension < 1:
                yield "dimension must be at least 1"
        case TaskSpec():
            if spec.problem not in PROBLEMS:
                yield f"problem={spec.problem!r} is not one of {', '.join(PROBLEMS)}"
            if not is_name(spec.dataset):
                yield f"dataset={spec.dataset!r} is not a data set's name"
            if not spec.primary_metric:
                yield "it has no primary metric"
            if spec.derive is not None and not is_factory(spec.derive):
                yield f"derive={spec.derive!r} names no function"
        case MetricSpec() | ProbeSpec():
            unknown = [problem for problem in spec.problems if problem not in PROBLEMS]
            if unknown or not spec.problems:
                yield f"problems={spec.problems!r} must name some of {', '.join(PROBLEMS)}"

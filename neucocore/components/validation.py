"""Check that specs are complete and that their values are allowed."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from neucocore.components.names import is_name
from neucocore.components.specs import (
    PROBLEMS,
    SPEC_OF_KIND,
    Aggregate,
    ComponentSpec,
    DatasetSpec,
    EncoderSpec,
    Erratum,
    Factory,
    Fit,
    IdSet,
    Kind,
    MetricSpec,
    Param,
    ParamType,
    ProbeSpec,
    Problem,
    ProtocolSpec,
    ReducerSpec,
    SuiteSpec,
    SuiteTask,
    TaskSpec,
)
from neucocore.errors import SpecError

_NEEDS = ("value", "score", "order")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[1-9][0-9]*")
_ITEM_TYPES: dict[str, type] = {
    "tuple[Param, ...]": Param,
    "tuple[SuiteTask, ...]": SuiteTask,
    "tuple[Erratum, ...]": Erratum,
}
"""Types of the items of tuples; those of all others are strings."""
_TYPE_NAMES = {
    type(None): "None",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "True or False",
    Mapping: "a mapping",
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list, tuple),
}


def raise_for_invalid_specs(kind: Kind, specs: Any, *, returned_by: str) -> None:
    """Check what a hook returned: a list of complete specs of one kind, each name once.

    Raises
    ------
    SpecError
        The first problem found.
    """
    if not isinstance(specs, list | tuple):
        raise SpecError(f"{returned_by} returned {type(specs).__name__}, not a list of specs")
    expected = SPEC_OF_KIND[kind]
    identities: set[tuple[str, int]] = set()
    for spec in specs:
        if not isinstance(spec, expected):
            returned = f"{type(spec).__name__} {getattr(spec, 'name', '')}".strip()
            raise SpecError(f"{returned_by} returned {returned}; expected a {expected.__name__}")
        if problems := validate_spec(spec):
            raise SpecError(f"{kind} {spec.name!r}: {'; '.join(problems)}")
        identity = (spec.name, spec.version)
        if identity in identities:
            raise SpecError(f"{returned_by} returned {spec.name}@{spec.version} twice")
        identities.add(identity)


def validate_spec(spec: ComponentSpec) -> list[str]:
    """Return the problems of a spec, each as a phrase; an empty list if it is valid."""
    return list(_check_types(spec)) or [*_check_common(spec), *_check_kind(spec)]


def _check_types(spec: ComponentSpec) -> Iterator[str]:
    """Check the types of fields: ``("r2")`` is a string, ``("r2",)`` a tuple."""
    spec_type: Any = type(spec)
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if field.type == "str" and not isinstance(value, str):
            yield f"{field.name}={value!r} is not a string"
        elif str(field.type).startswith("tuple["):
            item_type = _ITEM_TYPES.get(str(field.type), str)
            if not isinstance(value, tuple):
                yield f"{field.name}={value!r} is not a tuple"
            elif wrong := [item for item in value if not isinstance(item, item_type)]:
                yield f"{field.name}: {wrong[0]!r} is not a {item_type.__name__}"
        elif (types := _types_of_fields(spec_type)[field.name]) and not _is_of(value, types):
            names = " or ".join(_TYPE_NAMES.get(t, f"a {t.__name__}") for t in types)
            yield f"{field.name}={value!r} is not {names}"


@functools.cache
def _types_of_fields(spec: type[Any]) -> dict[str, tuple[type, ...]]:
    """Return the types that a field may have; none for those that are checked elsewhere."""
    fields: dict[str, tuple[type, ...]] = {}
    for name, hint in get_type_hints(spec).items():
        parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        types = tuple(get_origin(part) or part for part in parts)
        checkable = all(isinstance(t, type) for t in types) and Callable not in types
        fields[name] = types if checkable and name not in ("ids", "options", "version") else ()
    return fields


def _is_of(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types
    return isinstance(value, (*types, int) if float in types else types)


def _check_common(spec: ComponentSpec) -> Iterator[str]:
    if not is_name(spec.name):
        yield f"the name {spec.name!r} is not lower-case words joined by '-'"
    if not spec.summary:
        yield "the summary is empty"
    if isinstance(spec.version, bool) or not isinstance(spec.version, int) or spec.version < 1:
        yield f"the version {spec.version!r} is not a positive integer"
    if isinstance(spec, SuiteSpec):
        if spec.factory != "" or spec.params:
            yield "a suite has no factory and no params"
    elif not is_factory(spec.factory) and not (spec.factory == "" and isinstance(spec, TaskSpec)):
        yield f"the factory {spec.factory!r} is neither 'package.module:attribute' nor callable"
    for declared in ("params", "generate_params", "derive_params"):
        yield from _check_params(getattr(spec, declared, ()))


def is_factory(factory: Any) -> bool:
    """Return whether a value can name code: a ``module:attribute`` string, or a callable."""
    if not isinstance(factory, str):
        return callable(factory)
    module, _, attribute = factory.partition(":")
    return all(part.isidentifier() for part in (*module.split("."), *attribute.split(".")))


def _check_params(params: tuple[Param, ...]) -> Iterator[str]:
    names = [param.name for param in params]
    if len(set(names)) < len(names):
        yield "two parameters have the same name"
    for param in params:
        yield from _check_param(param)


def _check_param(param: Param) -> Iterator[str]:
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
    elif not isinstance(param.default, _PYTHON_TYPES[param.type]) or (
        isinstance(param.default, bool) and param.type != "bool"
    ):
        yield f"parameter {param.name!r}: the default {param.default!r} is not of type {param.type}"
    elif param.choices:
        values: Any = param.default if param.type == "list" else (param.default,)
        for value in values:
            if value not in param.choices:
                yield f"parameter {param.name!r}: the default {value!r} is not one of its choices"


def _check_kind(spec: ComponentSpec) -> Iterator[str]:
    match spec:
        case DatasetSpec():
            yield from _check_dataset(spec)
        case EncoderSpec():
            yield from _check_encoder(spec)
        case TaskSpec():
            yield from _check_task(spec)
        case MetricSpec():
            yield from _check_metric(spec)
        case ProbeSpec():
            yield from _check_problems(spec.problems)
        case ReducerSpec() if spec.bits < 1:
            yield "bits must be at least 1"
        case ProtocolSpec():
            yield from _check_choice("aggregate", spec.aggregate, get_args(Aggregate))
        case SuiteSpec():
            yield from _check_suite(spec)


def _check_dataset(spec: DatasetSpec) -> Iterator[str]:
    if spec.seasons < 1 or spec.size < 1:
        yield "seasons and size must be at least 1"
    for name in spec.collections:
        if not is_name(name):
            yield f"the collection name {name!r} is not lower-case words joined by '-'"
    yield from _check_functions(generate=spec.generate, example=spec.example)


def _check_encoder(spec: EncoderSpec) -> Iterator[str]:
    yield from _check_choice("fit", spec.fit, get_args(Fit))
    if spec.dimension is not None and spec.dimension < 1:
        yield "dimension must be at least 1"
    if spec.reducer_params and spec.reducer is None:
        yield "reducer_params are set, but no reducer is named"
    lists = {param.name for param in spec.params if param.type == "list"}
    reads = None if spec.reads == EncoderSpec.reads else spec.reads
    for name, value in (("uses", spec.uses), ("reads", reads)):
        if value is not None and value not in lists:
            yield f"{name}={value!r} is not the name of a parameter of type list"
    example = spec.example
    if example is not None and not is_factory(example) and not is_name(str(example)):
        yield (
            f"example={example!r} is neither 'package.module:attribute' nor callable nor the name "
            "of a data set"
        )


def _check_task(spec: TaskSpec) -> Iterator[str]:
    yield from _check_choice("problem", spec.problem, PROBLEMS)
    if not is_name(spec.dataset):
        yield f"dataset={spec.dataset!r} is not a valid name of a data set"
    if not spec.primary_metric:
        yield "primary_metric is empty"
    yield from _check_functions(derive=spec.derive, example=spec.example)
    yield from _check_bounds(spec.low, spec.high)


def _check_metric(spec: MetricSpec) -> Iterator[str]:
    yield from _check_problems(spec.problems)
    yield from _check_bounds(spec.low, spec.high)
    yield from _check_choice("needs", spec.needs, _NEEDS)
    if spec.needs == "order" and not set(spec.problems) <= {"binary", "multilabel"}:
        yield f"needs='order' is for binary and multilabel problems, not {', '.join(spec.problems)}"
    if spec.uses_training_mean and "multiclass" in spec.problems:
        yield "uses_training_mean=True is not for multiclass problems: codes have no mean"
    yield from _check_functions(influence=spec.influence)
    if isinstance(spec.chance, bool | int | float):
        yield from _check_chance(spec.chance, spec.low, spec.high)
    else:
        yield from _check_functions(chance=spec.chance)


def _check_chance(chance: float, low: float | None, high: float | None) -> Iterator[str]:
    if isinstance(chance, bool) or not math.isfinite(chance):
        yield f"chance={chance!r} is not a finite number"
    elif (low is not None and chance < low) or (high is not None and chance > high):
        yield f"chance={chance!r} is outside the bounds of the metric, [{low}, {high}]"


def _check_suite(spec: SuiteSpec) -> Iterator[str]:
    if not is_name(spec.dataset):
        yield f"dataset={spec.dataset!r} is not a valid name of a data set"
    if not spec.tasks:
        yield "tasks is empty"
    names = [task.name for task in spec.tasks]
    if len(set(names)) < len(names):
        yield "two tasks have the same name"
    for task in spec.tasks:
        yield from _check_suite_task(task)
    if not is_versioned_name(spec.protocol):
        yield f"protocol={spec.protocol!r} is not name@version"
    if spec.ids is not None:
        yield from _check_ids(spec.ids)
    if not isinstance(spec.options, Mapping) or not all(isinstance(k, str) for k in spec.options):
        yield f"options={spec.options!r} is not a mapping with strings as keys"
    yield from _check_choice("aggregate", spec.aggregate, get_args(Aggregate))
    for erratum in spec.errata:
        yield from _check_erratum(erratum, names)


def is_versioned_name(text: Any) -> bool:
    """Return whether a value is ``name@version``, with a positive integer as version."""
    if not isinstance(text, str):
        return False
    name, _, version = text.partition("@")
    return is_name(name) and _VERSION.fullmatch(version) is not None


def _check_suite_task(task: SuiteTask) -> Iterator[str]:
    if not is_versioned_name(task.name):
        yield f"the task {task.name!r} is not name@version"
    yield from _check_digest(f"the task {task.name}: labels", task.labels)
    if task.rows is not None and not _is_count(task.rows):
        yield f"the task {task.name}: rows={task.rows!r} is not a positive integer"


def _check_ids(ids: Any) -> Iterator[str]:
    if not isinstance(ids, IdSet):
        yield f"ids={ids!r} is not an IdSet"
        return
    if not _is_count(ids.count):
        yield f"ids: count={ids.count!r} is not a positive integer"
    yield from _check_digest("ids: sha256", ids.sha256)
    yield from _check_digest("ids: groups", ids.groups)


def _check_digest(field: str, digest: Any) -> Iterator[str]:
    if digest != "" and not (isinstance(digest, str) and _SHA256.fullmatch(digest)):
        yield f"{field}={digest!r} is not a sha256 digest: 64 hexadecimal digits in lower case"


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _check_erratum(erratum: Any, tasks: list[str]) -> Iterator[str]:
    try:
        valid = date.fromisoformat(erratum.date).isoformat() == erratum.date
    except (TypeError, ValueError):
        valid = False
    if not valid:
        yield f"the date of an erratum, {erratum.date!r}, is not YYYY-MM-DD"
    if not isinstance(erratum.text, str) or not erratum.text.strip():
        yield f"the erratum of {erratum.date} has no text"
    if not isinstance(erratum.tasks, tuple):
        yield f"the erratum of {erratum.date}: tasks={erratum.tasks!r} is not a tuple"
    elif unknown := [name for name in erratum.tasks if name not in tasks]:
        yield f"the erratum of {erratum.date} names {unknown[0]!r}, which is not one of the tasks"


def _check_functions(**functions: Factory | None) -> Iterator[str]:
    for field, function in functions.items():
        if function is not None and not is_factory(function):
            yield f"{field}={function!r} is neither 'package.module:attribute' nor callable"


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> Iterator[str]:
    if value not in choices:
        yield f"{field}={value!r} is not one of {', '.join(choices)}"


def _check_problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    if not problems or not set(problems) <= set(PROBLEMS):
        yield f"problems={problems!r} must contain some of {', '.join(PROBLEMS)} and nothing else"


def _check_bounds(low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and high is not None and low >= high:
        yield f"low={low} is not less than high={high}"

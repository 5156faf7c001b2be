from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neucocore.components.specs import (
    ComponentSpec,
    DatasetSpec,
    EncoderSpec,
    MetricSpec,
    Param,
    ProbeSpec,
    ReducerSpec,
    TaskSpec,
)
from neucocore.components.validation import is_factory, validate_spec

COMMON: dict[str, Any] = {"name": "a", "summary": "s", "factory": "package.module:name"}
FINE: dict[str, ComponentSpec] = {
    "dataset": DatasetSpec(**COMMON),
    "encoder": EncoderSpec(**COMMON),
    "task": TaskSpec(**COMMON, dataset="d", problem="binary", primary_metric="f1"),
    "metric": MetricSpec(**COMMON, problems=("binary",)),
    "probe": ProbeSpec(**COMMON, problems=("binary",)),
    "reducer": ReducerSpec(**COMMON),
}
PARAM = Param("k", "int", 1, "neighbours")

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("encoder", {"name": "Bad_Name"}, "the name 'Bad_Name' is not lower-case words"),
    ("encoder", {"name": 3}, "name=3 is not a text"),
    ("encoder", {"summary": ""}, "it has no summary"),
    ("encoder", {"version": 0}, "the version 0 is not a whole number from 1"),
    ("encoder", {"version": True}, "the version True is not a whole number"),
    ("encoder", {"version": "2"}, "the version '2' is not a whole number"),
    ("encoder", {"factory": "module.name"}, "neither 'package.module:attribute' nor callable"),
    ("encoder", {"factory": ""}, "neither 'package.module:attribute' nor callable"),
    ("encoder", {"license": None}, "license=None is not a text"),
    ("encoder", {"fit": "always"}, "fit='always' is not one of none, train, transductive"),
    ("encoder", {"dimension": 0}, "dimension must be at least 1"),
    ("encoder", {"uses": "k", "params": (PARAM,)}, "uses='k' names no parameter of type list"),
    ("encoder", {"modalities": "s1"}, "modalities='s1' is not a tuple"),
    ("encoder", {"modalities": (1,)}, "modalities: 1 is not a str"),
    ("encoder", {"params": ("k",)}, "params: 'k' is not a Param"),
    ("encoder", {"params": (PARAM, PARAM)}, "two parameters have one name"),
    ("dataset", {"seasons": 0}, "seasons and size must be at least 1"),
    ("dataset", {"collections": {"My Files": None}}, "the collection name 'My Files' is not"),
    ("dataset", {"generate": "no colon"}, "generate='no colon' names no function"),
    ("task", {"problem": "ranking"}, "problem='ranking' is not one of regression"),
    ("task", {"dataset": "My Data"}, "dataset='My Data' is not a data set's name"),
    ("task", {"primary_metric": ""}, "it has no primary metric"),
    ("task", {"metrics": "r2"}, "metrics='r2' is not a tuple"),
    ("task", {"low": 1.0, "high": 0.0}, "low=1.0 is not below high=0.0"),
    ("task", {"derive": "nothing"}, "derive='nothing' names no function"),
    ("metric", {"problems": ()}, "problems=() must name some of"),
    ("metric", {"problems": ("binary", "x")}, "must name some of regression"),
    ("metric", {"low": 2.0, "high": 1.0}, "low=2.0 is not below high=1.0"),
    ("probe", {"problems": ("x",)}, "must name some of regression"),
    ("reducer", {"bits": 0}, "bits must be at least 1"),
]


@pytest.mark.parametrize("kind", FINE)
def test_a_complete_spec_has_no_problems(kind: str) -> None:
    assert validate_spec(FINE[kind]) == []


@pytest.mark.parametrize(("kind", "change", "said"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_with_a_spec_is_said(kind: str, change: dict[str, Any], said: str) -> None:
    problems = validate_spec(replace(FINE[kind], **change))
    assert len(problems) == 1
    assert said in problems[0]


def test_a_task_without_factory_reads_label_files() -> None:
    assert validate_spec(replace(FINE["task"], factory="")) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "not a name"}, "is not a Python name"),
        ({"type": "integer"}, "has the unknown type 'integer'"),
        ({"help": ""}, "has no help"),
        ({"default": None}, "has default None but is not nullable"),
        ({"default": True}, "the default True is not of type int"),
        ({"default": "1"}, "the default '1' is not of type int"),
        ({"choices": (2, 3)}, "the default 1 is not among its choices"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_parameter_is_said(change: dict[str, Any], said: str) -> None:
    (problem,) = validate_spec(replace(FINE["encoder"], params=(replace(PARAM, **change),)))
    assert said in problem


def test_parameters_of_derivations_are_checked_too() -> None:
    wrong = replace(PARAM, help="")
    assert validate_spec(replace(FINE["task"], derive_params=(wrong,)))
    assert validate_spec(replace(FINE["dataset"], generate_params=(wrong,)))


@pytest.mark.parametrize(
    ("factory", "fine"),
    [
        ("a:b", True),
        ("a.b:c.d", True),
        (dict, True),
        ("a.b", False),
        ("a.b:", False),
        (":b", False),
        ("a b:c", False),
        (3, False),
    ],
)
def test_a_factory_is_module_and_attribute_or_callable(factory: Any, fine: bool) -> None:
    assert is_factory(factory) is fine

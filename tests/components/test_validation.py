from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neucocore.components.specs import (
    ComponentSpec,
    DatasetSpec,
    EncoderSpec,
    Erratum,
    IdSet,
    MetricSpec,
    Param,
    ProbeSpec,
    ProtocolSpec,
    ReducerSpec,
    SuiteSpec,
    SuiteTask,
    TaskSpec,
)
from neucocore.components.validation import is_factory, validate_spec

COMMON: dict[str, Any] = {"name": "a", "summary": "s", "factory": "package.module:name"}
VALID: dict[str, ComponentSpec] = {
    "dataset": DatasetSpec(**COMMON),
    "encoder": EncoderSpec(**COMMON),
    "task": TaskSpec(**COMMON, dataset="d", problem="binary", primary_metric="f1"),
    "metric": MetricSpec(**COMMON, problems=("binary",)),
    "probe": ProbeSpec(**COMMON, problems=("binary",)),
    "reducer": ReducerSpec(**COMMON),
    "protocol": ProtocolSpec(**COMMON),
    "suite": SuiteSpec(
        name="a",
        summary="s",
        dataset="d",
        tasks=(SuiteTask("t@1", "0" * 64, 30), SuiteTask("u@12")),
        protocol="nested-cv@1",
        ids=IdSet(30, "a" * 64, "f" * 64),
        options={"folds": 5},
        errata=(Erratum("2026-01-31", "text", ("t@1",)), Erratum("2026-02-28", "text")),
    ),
}
PARAM = Param("k", "int", 1, "neighbours")

INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("encoder", {"name": "Bad_Name"}, "the name 'Bad_Name' is not lower-case words"),
    ("encoder", {"name": 3}, "name=3 is not a string"),
    ("encoder", {"summary": ""}, "the summary is empty"),
    ("encoder", {"version": 0}, "the version 0 is not a positive integer"),
    ("encoder", {"version": True}, "the version True is not a positive integer"),
    ("encoder", {"version": "2"}, "the version '2' is not a positive integer"),
    ("encoder", {"factory": "module.name"}, "neither 'package.module:attribute' nor callable"),
    ("encoder", {"factory": ""}, "neither 'package.module:attribute' nor callable"),
    ("encoder", {"license": None}, "license=None is not a string"),
    ("encoder", {"reducer": 3}, "reducer=3 is not a string or None"),
    ("encoder", {"control": 1}, "control=1 is not True or False"),
    ("encoder", {"dimension": 2.5}, "dimension=2.5 is not an integer or None"),
    ("task", {"source": "GEDI"}, "source='GEDI' is not a LabelSource or None"),
    ("task", {"low": "0"}, "low='0' is not a number or None"),
    ("task", {"n_labelled": True}, "n_labelled=True is not an integer or None"),
    ("task", {"controls": (1, 2)}, "controls=(1, 2) is not a mapping"),
    ("dataset", {"bands": ("B1",)}, "bands=('B1',) is not a mapping"),
    ("dataset", {"hub": "name/set"}, "hub='name/set' is not a HubSource or None"),
    ("dataset", {"collections": None}, "collections=None is not a mapping"),
    ("encoder", {"fit": "always"}, "fit='always' is not one of none, train, transductive"),
    ("encoder", {"dimension": 0}, "dimension must be at least 1"),
    (
        "encoder",
        {"reducer_params": {"seed": 1}},
        "reducer_params are set, but no reducer is named",
    ),
    (
        "encoder",
        {"uses": "k", "params": (PARAM,)},
        "uses='k' is not the name of a parameter of type list",
    ),
    (
        "encoder",
        {"reads": "k", "params": (PARAM,)},
        "reads='k' is not the name of a parameter of type list",
    ),
    (
        "encoder",
        {"example": "Two Words"},
        "example='Two Words' is neither 'package.module:attribute' nor callable nor the name of",
    ),
    ("encoder", {"modalities": "s1"}, "modalities='s1' is not a tuple"),
    ("encoder", {"modalities": (1,)}, "modalities: 1 is not a str"),
    ("encoder", {"params": ("k",)}, "params: 'k' is not a Param"),
    ("encoder", {"params": (PARAM, PARAM)}, "two parameters have the same name"),
    ("dataset", {"seasons": 0}, "seasons and size must be at least 1"),
    ("dataset", {"collections": {"My Files": None}}, "the collection name 'My Files' is not"),
    (
        "dataset",
        {"generate": "no colon"},
        "generate='no colon' is neither 'package.module:attribute' nor callable",
    ),
    ("task", {"problem": "ranking"}, "problem='ranking' is not one of regression"),
    ("task", {"dataset": "My Data"}, "dataset='My Data' is not a valid name of a data set"),
    ("task", {"primary_metric": ""}, "primary_metric is empty"),
    ("task", {"metrics": "r2"}, "metrics='r2' is not a tuple"),
    ("task", {"low": 1.0, "high": 0.0}, "low=1.0 is not less than high=0.0"),
    (
        "task",
        {"derive": "nothing"},
        "derive='nothing' is neither 'package.module:attribute' nor callable",
    ),
    ("metric", {"problems": ()}, "problems=() must contain some of"),
    ("metric", {"problems": ("binary", "x")}, "must contain some of regression"),
    ("metric", {"low": 2.0, "high": 1.0}, "low=2.0 is not less than high=1.0"),
    ("metric", {"needs": "rank"}, "needs='rank' is not one of value, score, order"),
    (
        "metric",
        {"needs": "order", "problems": ("binary", "multiclass")},
        "needs='order' is for binary and multilabel problems, not binary, multiclass",
    ),
    (
        "metric",
        {"needs": "order", "problems": ("regression",)},
        "needs='order' is for binary and multilabel problems, not regression",
    ),
    (
        "metric",
        {"uses_training_mean": True, "problems": ("multiclass",)},
        "uses_training_mean=True is not for multiclass problems",
    ),
    ("metric", {"chance": float("nan")}, "chance=nan is not a finite number"),
    ("metric", {"chance": float("inf")}, "chance=inf is not a finite number"),
    ("metric", {"chance": True}, "chance=True is not a finite number"),
    ("metric", {"chance": 1.5, "high": 1.0}, "chance=1.5 is outside the bounds of the metric"),
    ("metric", {"chance": -1, "low": 0.0}, "chance=-1 is outside the bounds of the metric"),
    (
        "metric",
        {"chance": "0.5"},
        "chance='0.5' is neither 'package.module:attribute' nor callable",
    ),
    ("metric", {"chance": (0.5,)}, "chance=(0.5,) is neither 'package.module:attribute' nor"),
    (
        "metric",
        {"influence": 0.5},
        "influence=0.5 is neither 'package.module:attribute' nor callable",
    ),
    ("probe", {"problems": ("x",)}, "must contain some of regression"),
    ("reducer", {"bits": 0}, "bits must be at least 1"),
    ("protocol", {"aggregate": "median"}, "aggregate='median' is not one of skill"),
    ("protocol", {"notice": None}, "notice=None is not a string"),
    ("suite", {"factory": "package.module:name"}, "a suite has no factory and no params"),
    ("suite", {"params": (PARAM,)}, "a suite has no factory and no params"),
    ("suite", {"dataset": "My Data"}, "dataset='My Data' is not a valid name of a data set"),
    ("suite", {"tasks": (), "errata": ()}, "tasks is empty"),
    ("suite", {"tasks": ("t@1",)}, "tasks: 't@1' is not a SuiteTask"),
    ("suite", {"tasks": (SuiteTask("t@1"), SuiteTask("t@1", "0" * 64))}, "two tasks have the same"),
    ("suite", {"tasks": (SuiteTask("t"),), "errata": ()}, "the task 't' is not name@version"),
    ("suite", {"tasks": (SuiteTask("t@0"),), "errata": ()}, "the task 't@0' is not name@version"),
    ("suite", {"tasks": (SuiteTask("p/t@1"),), "errata": ()}, "the task 'p/t@1' is not name@ver"),
    ("suite", {"tasks": (SuiteTask("t@1", "0" * 63),)}, "the task t@1: labels='000000"),
    ("suite", {"tasks": (SuiteTask("t@1", "A" * 64),)}, "64 hexadecimal digits in lower case"),
    ("suite", {"tasks": (SuiteTask("t@1", rows=0),)}, "rows=0 is not a positive integer"),
    ("suite", {"tasks": (SuiteTask("t@1", rows=True),)}, "rows=True is not a positive integer"),
    ("suite", {"protocol": "nested-cv"}, "protocol='nested-cv' is not name@version"),
    ("suite", {"ids": 30}, "ids=30 is not an IdSet"),
    ("suite", {"ids": IdSet(0)}, "ids: count=0 is not a positive integer"),
    ("suite", {"ids": IdSet(3, "x")}, "ids: sha256='x' is not a sha256 digest"),
    ("suite", {"ids": IdSet(3, groups="x")}, "ids: groups='x' is not a sha256 digest"),
    ("suite", {"options": ("folds",)}, "options=('folds',) is not a mapping"),
    ("suite", {"options": {5: "folds"}}, "options={5: 'folds'} is not a mapping"),
    ("suite", {"aggregate": "median"}, "aggregate='median' is not one of skill"),
    ("suite", {"split": None}, "split=None is not a string"),
    ("suite", {"errata": ("text",)}, "errata: 'text' is not a Erratum"),
    ("suite", {"errata": (Erratum("31.1.2026", "x"),)}, "'31.1.2026', is not YYYY-MM-DD"),
    ("suite", {"errata": (Erratum("20260131", "x"),)}, "'20260131', is not YYYY-MM-DD"),
    ("suite", {"errata": (Erratum("2026-02-30", "x"),)}, "'2026-02-30', is not YYYY-MM-DD"),
    ("suite", {"errata": (Erratum("2026-01-31", " "),)}, "erratum of 2026-01-31 has no text"),
    ("suite", {"errata": (Erratum("2026-01-31", "x", "t@1"),)}, "tasks='t@1' is not a tuple"),
    ("suite", {"errata": (Erratum("2026-01-31", "x", ("v@1",)),)}, "names 'v@1', which is not one"),
]


@pytest.mark.parametrize("kind", VALID)
def test_a_complete_spec_is_valid(kind: str) -> None:
    assert validate_spec(VALID[kind]) == []


@pytest.mark.parametrize(("kind", "change", "problem"), INVALID, ids=lambda value: str(value)[:40])
def test_a_problem_of_a_spec_is_reported(kind: str, change: dict[str, Any], problem: str) -> None:
    problems = validate_spec(replace(VALID[kind], **change))
    assert len(problems) == 1
    assert problem in problems[0]


@pytest.mark.parametrize(
    "change",
    [
        {"chance": 0},
        {"chance": 0.5, "low": 0.5, "high": 1.0},
        {"chance": "package.module:chance"},
        {"chance": len, "influence": len},
        {"influence": "package.module:influence"},
        {"needs": "order", "problems": ("binary", "multilabel")},
        {"uses_training_mean": True, "problems": ("regression", "binary", "multilabel")},
    ],
    ids=str,
)
def test_a_metric_can_declare_chance_and_influence(change: dict[str, Any]) -> None:
    assert validate_spec(replace(VALID["metric"], **change)) == []


def test_a_task_needs_no_factory() -> None:
    assert validate_spec(replace(VALID["task"], factory="")) == []


def test_a_factory_is_needed_by_all_kinds_but_tasks_and_suites() -> None:
    without = {kind for kind, spec in VALID.items() if not validate_spec(replace(spec, factory=""))}
    assert without == {"task", "suite"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "not a name"}, "is not a Python name"),
        ({"type": "integer"}, "has the unknown type 'integer'"),
        ({"help": ""}, "has no help"),
        ({"default": None}, "has default None but is not nullable"),
        ({"default": True}, "the default True is not of type int"),
        ({"default": "1"}, "the default '1' is not of type int"),
        ({"choices": (2, 3)}, "the default 1 is not one of its choices"),
    ],
    ids=str,
)
def test_a_problem_of_a_parameter_is_reported(change: dict[str, Any], problem: str) -> None:
    (reported,) = validate_spec(replace(VALID["encoder"], params=(replace(PARAM, **change),)))
    assert problem in reported


def test_parameters_of_derive_and_generate_are_checked() -> None:
    invalid = replace(PARAM, help="")
    assert validate_spec(replace(VALID["task"], derive_params=(invalid,)))
    assert validate_spec(replace(VALID["dataset"], generate_params=(invalid,)))


@pytest.mark.parametrize(
    ("factory", "valid"),
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
def test_a_factory_is_a_module_and_an_attribute_or_a_callable(factory: Any, valid: bool) -> None:
    assert is_factory(factory) is valid

"""Tasks, metrics and probes of strangers that raise or return what they must not: named, exit 3."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np
import pytest

from neucocore.components.discovery import Component
from neucocore.components.factory import plugin_errors
from neucocore.components.specs import MetricSpec, ProbeSpec, TaskSpec
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.labels import Labels
from neucocore.errors import ComponentOutputError, MissingFileError
from neucocore.evaluation.heldout.metrics import _MetricFunction
from neucocore.evaluation.heldout.plugin_probe import ProbeFitter, ProbeModel
from neucocore.evaluation.linear.probe import Target
from neucocore.evaluation.task_labels import labels_of

IDS = ("a", "b", "c")


def of(spec) -> Component:
    return Component(spec, "strange", "neuco-plugin-strange", "1.0")


def task(labels, problem="regression", **more) -> Component:
    class Task:
        def labels(self, files):
            return labels() if callable(labels) else labels

    return of(
        TaskSpec(
            name="odd",
            summary="odd",
            factory=Task,
            dataset="any",
            problem=problem,
            primary_metric="r2",
            **more,
        )
    )


@pytest.fixture
def files(tmp_path: Path):
    file = tmp_path / "odd__regr.csv"
    file.write_text("id,label\na,1\nb,2\nc,3\n")
    return [read_label_file(file)]


@pytest.mark.parametrize(
    ("labels", "problem", "said"),
    [
        pytest.param(None, "regression", "returned NoneType, not Labels", id="nothing"),
        pytest.param(
            Labels((*IDS, "a"), np.arange(4.0)),
            "regression",
            "1 ids occur more than once: a",
            id="a sample twice",
        ),
        pytest.param(
            Labels((1, 2, 3), np.arange(3.0)), "regression", r"not strings: 1, 2, 3", id="numbers"
        ),
        pytest.param(
            Labels(IDS, np.arange(2.0)), "regression", r"shape \(2,\) for 3 ids", id="too few"
        ),
        pytest.param(
            Labels(IDS, np.arange(3.0), groups=("x", "y")),
            "regression",
            r"groups have shape \(2,\) for 3 ids",
            id="too few groups",
        ),
        pytest.param(
            Labels(IDS, np.array([0, np.inf, np.nan])),
            "regression",
            "2 labels are not finite numbers: inf, nan",
            id="not finite",
        ),
        pytest.param(
            Labels(IDS, np.array(["x", "y", "z"])), "regression", "expected numbers", id="texts"
        ),
        pytest.param(
            Labels(IDS, np.arange(3)),
            "binary",
            "1 labels are not class codes from 0 to 1: 2",
            id="a third class",
        ),
        pytest.param(
            Labels(IDS, np.array([0, 0.5, 1])),
            "binary",
            "1 labels are not class codes from 0 to 1: 0.5",
            id="half a class",
        ),
        pytest.param(
            Labels(IDS, np.arange(3), classes=("x", "y")),
            "multiclass",
            "not class codes from 0 to 1: 2",
            id="a class without a name",
        ),
        pytest.param(
            Labels(IDS, np.zeros((3, 2)), outputs=("x", "y")),
            "regression",
            r"outputs are \('x', 'y'\); the task declares \(\)",
            id="other outputs",
        ),
    ],
)
def test_labels_that_break_the_contract_are_named(files, labels, problem, said) -> None:
    with pytest.raises(ComponentOutputError, match=f"(?s)strange/odd.*{said}"):
        labels_of(task(labels, problem), files)


def test_all_problems_of_labels_are_listed_at_once(files) -> None:
    bad = Labels((*IDS, "a"), np.array([np.inf]), groups=("x",))
    with pytest.raises(ComponentOutputError) as caught:
        labels_of(task(bad), files)
    assert len(caught.value.problems) == 4


def test_labels_as_plain_lists_are_taken(files) -> None:
    given = Labels(list(IDS), [1, 2, 3], groups=tuple("xyy"))
    labels = labels_of(task(given), files)
    assert labels.ids == IDS
    assert labels.y.dtype == np.float64
    assert labels.groups.tolist() == ["x", "y", "y"]


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(7), type("Panic", (BaseException,), {})],
    ids=["error", "exit", "no exception"],
)
def test_a_task_that_raises_is_named(files, error) -> None:
    def fail():
        raise error

    with pytest.raises(ComponentOutputError, match=r"the task strange/odd .* raised") as caught:
        labels_of(task(fail), files)
    assert caught.value.hint == "neuco plugins check strange"


def test_what_neuco_and_the_system_say_passes(files) -> None:
    for error in (MissingFileError("no map"), FileNotFoundError(2, "no file"), KeyboardInterrupt()):
        with pytest.raises(type(error)), plugin_errors(task(None)):
            raise error


def metric(function) -> _MetricFunction:
    spec = MetricSpec(name="odd", summary="odd", factory=function, problems=("regression",))
    return _MetricFunction(of(spec), function)


@pytest.mark.parametrize(
    ("returned", "said"),
    [("good", "returned str"), (None, "returned NoneType"), (np.ones(1), "returned ndarray")],
    ids=["text", "nothing", "array"],
)
def test_a_metric_that_returns_no_number_is_named(returned, said) -> None:
    with pytest.raises(ComponentOutputError, match=f"strange/odd {said}, not a number"):
        metric(lambda y, predicted: returned)(np.ones(2), np.ones(2))


def test_a_metric_that_raises_is_named_and_one_that_counts_is_fine() -> None:
    with pytest.raises(ComponentOutputError, match=r"strange/odd .* raised ZeroDivisionError"):
        metric(lambda y, predicted: 1 / 0)(np.ones(2), np.ones(2))
    assert metric(lambda y, predicted: len(y))(np.ones(2), np.ones(2)) == 2.0


class Probe:
    """Returns nothing from fit, or raises where it is told to."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def fit(self, X, y, rng):
        if self.fault == "fit":
            raise ValueError("no fit")
        return None if self.fault == "nothing" else self

    def predict(self, X):
        raise ValueError("no prediction")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("fit", "raised ValueError: no fit"),
        ("nothing", "returned NoneType, not the probe"),
        ("predict", "raised ValueError: no prediction"),
    ],
)
def test_a_probe_that_fails_is_named(fault, said) -> None:
    spec = ProbeSpec(name="odd", summary="odd", factory=Probe, problems=("regression",))
    guard = functools.partial(plugin_errors, of(spec))
    fitter = ProbeFitter(lambda problem: Probe(fault), "strange/odd", "nested-cv@1", guard)
    X, target = np.ones((3, 1)), Target("regression", np.ones((3, 1)))
    with pytest.raises(ComponentOutputError, match=f"strange/odd.* {said}"):
        fitter._fit(X, target, 0).predict(X)


class Stored:
    """A probe with a state and hyperparameters."""

    def __init__(self, state=None, selected=(), predicted=None) -> None:
        self.returned, self.predicted = state, predicted
        if selected != "absent":
            self.selected = selected

    def predict(self, X):
        return self.predicted

    def state(self):
        return self.returned


def model(**what) -> ProbeModel:
    return ProbeModel(Stored(**what), np.arange(1), 1, "strange/odd")


@pytest.mark.parametrize(
    ("selected", "said"),
    [
        (None, "selected=None; expected a list of mappings"),
        ("alpha", "selected='alpha'; expected"),
        ([1.0], "selected="),
        ([{"alpha": np.ones(2)}], "not JSON: Object of type ndarray"),
        ([{"alpha": float("nan")}], "not JSON"),
    ],
)
def test_hyperparameters_that_cannot_be_recorded_are_named(selected, said) -> None:
    with pytest.raises(
        ComponentOutputError, match=f"the probe strange/odd has .*{re.escape(said)}"
    ):
        model(selected=selected)


def test_hyperparameters_are_optional() -> None:
    assert model(selected="absent").selected == ()
    assert model(selected=[{"alpha": 1.0}]).selected == ({"alpha": 1.0},)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, "NoneType instead of a mapping"),
        ([np.zeros(1)], "list instead of a mapping"),
        ({"w": np.array([{}])}, "'w' holds Python objects"),
        ({"w": None}, "'w' holds Python objects"),
        ({"w": np.zeros(1), "file": np.zeros(1)}, "'file' cannot be the name"),
    ],
)
def test_a_state_that_needs_pickle_is_refused(state, said) -> None:
    with pytest.raises(ComponentOutputError, match=f"strange/odd has a state .*: {said}"):
        model(state=state).arrays()


@pytest.mark.parametrize("predicted", [[["1"]], [[b"1"]], [[None]], [[1j]]])
def test_predictions_must_be_numbers(predicted) -> None:
    with pytest.raises(ComponentOutputError, match="strange/odd predicted values of type"):
        model(predicted=predicted).predict(np.ones((1, 1)))


def test_integers_are_predictions() -> None:
    assert model(predicted=[[3]]).predict(np.ones((1, 1))).tolist() == [[3.0]]

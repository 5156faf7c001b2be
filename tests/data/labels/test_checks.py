from __future__ import annotations

import numpy as np
import pytest

from neucocore.components.specs import TaskSpec
from neucocore.data.labels.checks import checked_labels, label_problems
from neucocore.data.labels.labels import Labels
from neucocore.errors import DataError

IDS = ("a", "b", "c")


def task(problem="regression", **more):
    return TaskSpec(
        name="toy", summary="toy", dataset="any", problem=problem, primary_metric="r2", **more
    )


def check(labels, spec):
    return checked_labels(labels, spec, "the toy", error=DataError, hint="a hint")


@pytest.mark.parametrize(
    ("labels", "spec", "problem"),
    [
        (Labels((), np.ones(0)), task(), "there is no labelled sample"),
        (Labels((*IDS, "a"), np.ones(4)), task(), "1 ids occur more than once: a"),
        (Labels((1, 2, 3), np.ones(3)), task(), "3 ids are not strings: 1, 2, 3"),
        (Labels(IDS, np.ones(2)), task(), "y has shape (2,) for 3 ids"),
        (Labels(IDS, np.ones(())), task(), "y has shape () for 3 ids"),
        (Labels(IDS, np.ones(3), np.ones(2)), task(), "groups have shape (2,) for 3 ids"),
        (
            Labels(IDS, np.ones((3, 1))),
            task(),
            "y has shape (3, 1); expected (3,) for the outputs ()",
        ),
        (
            Labels(IDS, np.ones((3, 2)), outputs=("x", "y")),
            task(),
            "outputs are ('x', 'y'); the task declares ()",
        ),
        (
            Labels(IDS, np.ones((3, 3)), outputs=("x", "y")),
            task(outputs=("x", "y")),
            "y has shape (3, 3); expected (3, 2) for the outputs ('x', 'y')",
        ),
        (Labels(IDS, np.array(["x", "y", "z"])), task(), "y has type <U1; expected numbers"),
        (
            Labels(IDS, np.array([1, np.inf, np.nan])),
            task(),
            "2 labels are not finite numbers: inf, nan",
        ),
        (Labels(IDS, np.arange(3)), task("binary"), "1 labels are not class codes from 0 to 1: 2"),
        (
            Labels(IDS, np.arange(3), label_sd=np.array([1, -2, np.inf])),
            task(),
            "2 values of label_sd are not finite and 0 or more: -2, inf",
        ),
        (
            Labels(IDS, np.arange(3), label_sd=np.ones((3, 1))),
            task(),
            "label_sd has shape (3, 1); expected (3,), as y",
        ),
        (
            Labels(IDS, np.arange(3), label_sd=np.array(["1", "2", "3"])),
            task(),
            "label_sd has type <U1; expected numbers",
        ),
        (
            Labels(IDS, np.array([0, 1, 1]), label_sd=np.ones(3)),
            task("binary"),
            "label_sd is given, but the task is binary: only regression has it",
        ),
        (
            Labels(IDS, np.array([0, 0.5, 1])),
            task("binary"),
            "1 labels are not class codes from 0 to 1: 0.5",
        ),
        (
            Labels(IDS, np.array([-1, 0, 2]), classes=("x", "y")),
            task("multiclass"),
            "2 labels are not class codes from 0 to 1: -1, 2",
        ),
        (
            Labels(IDS, np.array([[0, 1], [np.nan, 2], [1, 1]])),
            task("multilabel"),
            "1 labels are not 0 or 1, or NaN where missing: 2",
        ),
    ],
)
def test_labels_that_cannot_be_used_have_a_problem(labels, spec, problem):
    assert label_problems(labels, spec) == [problem]
    with pytest.raises(DataError, match="the labels from the toy cannot be used") as error:
        check(labels, spec)
    assert (error.value.problems, error.value.hint) == ((problem,), "a hint")


def test_all_problems_are_listed_at_once():
    labels = Labels((*IDS, "a"), np.array([np.inf]), groups=np.array(["x"]))
    assert len(label_problems(labels, task())) == 4


@pytest.mark.parametrize(
    ("labels", "spec", "dtype"),
    [
        (Labels(list(IDS), [1, 2, 3], ["x", "y", "y"]), task(), np.float64),
        (Labels(IDS, np.array([0.0, 1.0, 1.0])), task("binary"), np.int64),
        (Labels(IDS, np.array([0, 7, 1])), task("multiclass"), np.int64),
        (Labels(IDS, np.array([[0, np.nan], [1, 0], [1, 1]])), task("multilabel"), np.float64),
        (
            Labels(IDS, np.array([[0.5], [np.nan], [2]]), outputs=("x",)),
            task(outputs=("x",)),
            np.float64,
        ),
    ],
)
def test_usable_labels_become_arrays_of_the_type_of_their_problem(labels, spec, dtype):
    checked = check(labels, spec)
    assert checked.ids == IDS
    assert checked.y.dtype == dtype
    assert checked.findings == ()


def test_what_is_not_labels_is_an_error():
    with pytest.raises(DataError, match="the toy returned list, not Labels"):
        check([1.0], task())


@pytest.mark.parametrize(
    ("limits", "text", "ids"),
    [
        ({"low": 0.0, "high": 1.0, "unit": "m"}, "0 to 1 m", ("a", "c")),
        ({"low": 0.0}, "0 to inf", ("a",)),
        ({"high": 1.0}, "-inf to 1", ("c",)),
    ],
)
def test_labels_outside_of_the_range_are_a_warning(limits, text, ids):
    (finding,) = check(Labels(IDS, np.array([-0.1, 0.0, 1.1])), task(**limits)).findings
    assert (finding.level, finding.examples) == ("warning", ids)
    assert finding.message == f"label outside the task's range of {text}"


def test_the_limits_and_missing_outputs_are_within_the_range():
    spec = task(low=0.0, high=1.0, outputs=("x",))
    labels = Labels(IDS, np.array([[0.0], [1.0], [np.nan]]), outputs=("x",))
    assert check(labels, spec).findings == ()


def test_standard_deviations_become_numbers_and_may_be_missing():
    labels = check(Labels(IDS, [1, 2, 3], label_sd=[0, 2, float("nan")]), task())
    assert labels.label_sd is not None
    assert labels.label_sd.dtype == np.float64
    assert labels.label_sd.tolist()[:2] == [0, 2]
    assert np.isnan(labels.label_sd[2])

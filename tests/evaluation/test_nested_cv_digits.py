"""Fault 55 (docs/reliability.md): what must not change a digit under ``nested-cv``."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from neucocore.evaluation.inputs import ScoringInput
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

score = NestedCVProtocol().score


@pytest.fixture(scope="module", params=[30, 160], ids=["tall", "wide"])
def given(request, task, linear_data):
    """One embedding and a task of each kind; the last has half the rows."""
    X, y = linear_data(150, request.param)
    signals = np.column_stack([y, np.roll(y, 1) + y])
    tasks = (
        task("values", y),
        task("points", signals, outputs=("row", "col")),
        task("yes", (y > 0.5).astype(int), "binary"),
        task("kinds", np.digitize(y, [-0.5, 0.5]), "multiclass"),
        task("marks", (signals > 0).astype(float), "multilabel"),
        task("half", y[:80]),
    )
    ids = tuple(f"cube-{row:05d}" for row in range(150))
    return ScoringInput(ids, X.astype(np.float32), tasks, frozenset())


@pytest.fixture(scope="module")
def expected(given):
    """The digits of one job on one BLAS thread."""
    with threadpool_limits(1):
        return digits(given)


def digits(given, **kwargs):
    outcomes = score(given, protocol("nested-cv").values(), **kwargs)
    return {
        o.task.key: (o.score, o.std, dict(o.extra), o.predictions["y_pred"].tobytes())
        for o in outcomes
    }


def test_fault_55_one_job_or_eight(given, expected):
    assert digits(given, jobs=8) == expected


def test_fault_55_one_blas_thread_or_four(given, expected):
    with threadpool_limits(4):
        assert digits(given) == expected


def test_fault_55_shuffled_rows_of_embeddings_and_labels(given, expected):
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(given.ids))
    shuffled = ScoringInput(
        tuple(given.ids[row] for row in rows),
        given.matrix[rows],
        tuple(_shuffled(task, rng) for task in given.tasks),
        frozenset(),
    )
    assert digits(shuffled) == expected


def _shuffled(task, rng):
    rows = rng.permutation(len(task.ids))
    fields = {**task.__dict__, "ids": tuple(task.ids[r] for r in rows), "y": task.y[rows]}
    return type(task)(**fields)


@pytest.mark.parametrize("kept", [[0], [2], [5, 1], [4, 3]])
def test_fault_55_a_subset_of_the_tasks_in_another_order(given, expected, kept):
    some = ScoringInput(given.ids, given.matrix, tuple(given.tasks[k] for k in kept), frozenset())
    kept_keys = {task.key for task in some.tasks}
    assert digits(some) == {key: expected[key] for key in kept_keys}


def test_fault_55_embeddings_without_a_label_in_the_task(given, expected):
    edge = np.full((1, given.matrix.shape[1]), 9)
    more = ScoringInput(
        ("before", *given.ids, "after"),
        np.vstack([edge, given.matrix, -edge]).astype(np.float32),
        given.tasks,
        frozenset(),
    )
    assert digits(more) == expected


SCRIPT = """
import numpy as np
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.nested_cv import NestedCVProtocol
rng = np.random.default_rng(0)
X, ids = rng.standard_normal((150, 40)).astype(np.float32), tuple(map(str, range(150)))
y = X[:, 0] + rng.standard_normal(150)
task = ScoringTask("y", "y", "regression", ids, y, "r2", "")
inputs = ScoringInput(ids, X, (task,), frozenset())
print(NestedCVProtocol().score(inputs, protocol("nested-cv").values())[0].score.hex())
"""


def test_fault_55_a_process_told_to_use_several_blas_threads():
    printed = set()
    for threads in ("1", "4"):
        environment = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(done.stdout)
    assert len(printed) == 1

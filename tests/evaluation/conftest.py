"""Small tasks with known truth for the protocols that score held-out rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

METRICS = {
    "regression": "r2",
    "binary": "average-precision",
    "multiclass": "macro-f1",
    "multilabel": "average-precision",
}


def cube_ids(n):
    return tuple(f"cube-{row:05d}" for row in range(n))


@pytest.fixture(scope="session")
def task():
    """Return a function that makes a task of the first ``len(y)`` cubes."""

    def make(key, y, problem="regression", **fields):
        y = np.asarray(y)
        made = ScoringTask(key, key, problem, cube_ids(len(y)), y, METRICS[problem], "")
        return replace(made, **fields)

    return make


@pytest.fixture(scope="session")
def nested_cv(task):
    """Return a function that scores tasks (or plain labels) under ``nested-cv``."""

    def run(X, *tasks, jobs=1, progress=None, store_probe=False, **options):
        matrix = np.ascontiguousarray(X, dtype=np.float32)
        made = tuple(t if isinstance(t, ScoringTask) else task("y", t) for t in tasks)
        given = ScoringInput(
            cube_ids(len(matrix)), matrix, made, frozenset(), store_probe=store_probe
        )
        values = protocol("nested-cv").with_options(options).values()
        return NestedCVProtocol().score(given, values, jobs=jobs, progress=progress)

    return run


@pytest.fixture(scope="session")
def linear_data():
    """Return a function that makes standard normal rows and labels of known R2."""

    def make(n, d, r2=0.7, seed=0):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((n, d))
        weights = rng.standard_normal(d)
        weights *= np.sqrt(r2) / np.linalg.norm(weights)
        return X, X @ weights + rng.normal(0, np.sqrt(1 - r2), n)

    return make

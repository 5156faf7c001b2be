"""The digits of ``robust@1``, the default protocol before its release as ``nested-cv@1``.

Everything but average precision and AUC is equal to the last digits that rounding leaves. Those two
were the plain metrics of the held-out probabilities, which are also unchanged.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

N = 90
IDS = tuple(f"cube-{row:03d}" for row in range(N))
GRID = np.arange(N)[:, None] * np.arange(1, 7) % 29
X = np.sin(GRID).astype(np.float32)
SIGNAL = X[:, 0] + 0.5 * X[:, 1] + np.cos(7.0 * np.arange(N))
GROUPS = np.array([f"g{row % 15}" for row in range(N)])


def tasks():
    """Return tasks of every kind, two of them with groups."""
    values = {
        "regression": SIGNAL,
        "binary": (SIGNAL > 0.3).astype(np.int64),
        "multiclass": np.digitize(SIGNAL, [-0.6, 0.6]),
        "multilabel": np.column_stack([SIGNAL > 0.3, X[:, 2] > 0.1]).astype(float),
    }
    metrics = {"regression": "r2", "multiclass": "macro-f1"}
    return [
        ScoringTask(
            f"{problem}{' grouped' if grouped else ''}",
            problem,
            problem,
            IDS,
            y,
            metrics.get(problem, "average-precision"),
            outputs=("a", "b") if problem == "multilabel" else (),
            groups=GROUPS if grouped else None,
        )
        for problem, y in values.items()
        for grouped in (False, True)
    ]


RECORDED = {
    "regression": {
        "score": 0.5027050767141255,
        "rmse": 0.7679514998334293,
        "mae": 0.6922538984306156,
    },
    "regression grouped": {
        "score": 0.5039081154855329,
        "rmse": 0.7591103883313449,
        "mae": 0.6887081102119836,
    },
    "binary": {
        "score": 0.7108953502395069,
        "balanced-accuracy": 0.7633928571428572,
        "f1": 0.7407407407407407,
        "roc-auc": 0.7896825396825397,
        "accuracy": 0.7666666666666667,
    },
    "binary grouped": {
        "score": 0.671112891200832,
        "balanced-accuracy": 0.7291666666666666,
        "f1": 0.7,
        "roc-auc": 0.7638888888888888,
        "accuracy": 0.7333333333333333,
    },
    "multiclass": {
        "score": 0.5404151404151404,
        "balanced-accuracy": 0.5434911777622775,
        "accuracy": 0.5444444444444444,
        "log-loss": 0.8989093138081753,
    },
    "multiclass grouped": {
        "score": 0.5297619047619048,
        "balanced-accuracy": 0.538376088248211,
        "accuracy": 0.5333333333333333,
        "log-loss": 0.9362153111040661,
    },
    "multilabel": {
        "score": 0.8538413863142436,
        "macro-f1": 0.8536585365853658,
        "roc-auc": 0.8870287698412698,
    },
    "multilabel grouped": {
        "score": 0.835556445600416,
        "macro-f1": 0.85,
        "roc-auc": 0.8819444444444444,
    },
}
RANKED = {"average-precision": average_precision_score, "roc-auc": roc_auc_score}


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.key)
def test_the_digits_of_robust_1_are_kept(task):
    inputs = ScoringInput(IDS, X, (task,), frozenset())
    (outcome,) = NestedCVProtocol().score(inputs, protocol("nested-cv").values())
    found = {"score": outcome.score, **outcome.extra}
    for name, recorded in RECORDED[task.key].items():
        ranked = RANKED.get(task.metric if name == "score" else name)
        if ranked is None:
            # Probabilities carry what the solver leaves, 1e-9; all others are exact.
            assert found[name] == pytest.approx(recorded, abs=1e-6 if name == "log-loss" else 1e-12)
        else:
            held_out = outcome.predictions
            plain = ranked(held_out["y_true"], held_out["y_pred"])
            assert plain == pytest.approx(recorded, abs=1e-12)

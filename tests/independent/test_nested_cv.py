"""The scores of the default protocol, computed by two programs that share no code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

FILE = Path(__file__).parent / "nested_cv.py"
TOLERANCE = 1e-9
PREDICTION_TOLERANCE = 1e-5
"""For classes the package stops its solver earlier; for values predictions agree to 1e-9."""


def independent():
    spec = importlib.util.spec_from_file_location("nested_cv", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def embedding(rng, n, d, decay=0.5):
    rows = rng.normal(size=(n, d)) * np.arange(1, d + 1) ** -decay
    return (rows @ np.linalg.qr(rng.normal(size=(d, d)))[0] + rng.normal(size=d)).astype(np.float32)


def skewed(rng):
    X = embedding(rng, 110, 7)
    X[:, 3] = 2.5  # a constant column
    return X, np.exp(0.7 * X[:, :3].sum(1) + rng.normal(size=110) / 2), "regression", None


def wide(rng):
    X = embedding(rng, 90, 160, 1.0)
    return X, X[:, :20] @ rng.normal(size=20) + rng.normal(size=90), "regression", None


def long(rng):
    X = embedding(rng, 4700, 16)
    return X, X @ rng.normal(size=16) / 9 + rng.standard_t(3, 4700), "regression", None


def binary(rng):
    X = embedding(rng, 180, 6)
    signal = X[:, :4].sum(1) + 0.7 * rng.normal(size=180)
    return X, (signal > np.quantile(signal, 0.85)).astype(int), "binary", None


def multiclass(rng):
    X = embedding(rng, 160, 5)
    signal = X[:, 0] + X[:, 1] / 2 + 0.6 * rng.normal(size=160)
    classes = np.digitize(signal, np.quantile(signal, [0.1, 0.5, 0.8]))
    return X, classes, "multiclass", None


def multilabel(rng):
    X = embedding(rng, 140, 5)
    labels = 2 * X[:, :3] + rng.normal(size=(140, 3)) > [0, 0.8, 1.5]
    return X, labels.astype(float), "multilabel", None


def partly_missing(rng):
    X = embedding(rng, 150, 9)
    Y = X[:, :2] @ rng.normal(size=(2, 2)) + rng.normal(size=(150, 2))
    Y[rng.random(150) < 0.2, 1] = np.nan
    return X, Y, "regression", None


def grouped_values(rng):
    groups = rng.integers(0, 37, 200) ** 2 // 40
    X = (embedding(rng, 200, 8) + 0.8 * rng.normal(size=(40, 8))[groups]).astype(np.float32)
    y = X[:, :5].sum(1) + 1.5 * rng.normal(size=40)[groups] + rng.normal(size=200)
    return X, y, "regression", groups


def grouped_classes(rng):
    X, y, _, groups = grouped_values(rng)
    return X, (y > np.median(y)).astype(int), "binary", groups


METRICS = {
    "regression": "r2",
    "binary": "average-precision",
    "multiclass": "macro-f1",
    "multilabel": "average-precision",
}
KINDS = [
    skewed,
    wide,
    long,
    binary,
    multiclass,
    multilabel,
    partly_missing,
    grouped_values,
    grouped_classes,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_two_programs_agree_on_the_score(kind):
    X, y, problem, groups = kind(np.random.default_rng(5))
    n = len(X)
    ids = tuple(sorted(f"cube-{i * 7919 % 100003:06d}" for i in range(n)))
    names = None if groups is None else np.array([f"g{group}" for group in groups])
    outputs = () if y.ndim == 1 else tuple(f"o{k}" for k in range(y.shape[1]))
    task = ScoringTask("t", "t", problem, ids, y, METRICS[problem], outputs=outputs, groups=names)
    inputs = ScoringInput(ids, X, (task,), frozenset())
    [outcome] = NestedCVProtocol().score(inputs, protocol("nested-cv").values())

    score, predictions, folds = independent().score(
        ids, X, y, problem, None if names is None else names.tolist()
    )

    np.testing.assert_array_equal(outcome.predictions["split"], folds)
    tolerance = TOLERANCE if problem == "regression" else PREDICTION_TOLERANCE
    predicted = outcome.predictions["y_pred"].reshape(predictions.shape)
    np.testing.assert_allclose(predicted, predictions, rtol=0, atol=tolerance)
    assert outcome.score == pytest.approx(score, abs=TOLERANCE)


def test_the_second_program_is_short_and_shares_no_code():
    text = FILE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert "import neucocore" not in text
    assert "from neucocore" not in text

"""R2 and F1 against numbers recorded from torchmetrics 1.9, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score, r2_score

from neucocore.evaluation.neucobench.metrics import best_epoch, f1, r2


def floats(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


@pytest.mark.parametrize(
    ("predicted", "target", "torchmetrics"),
    [
        ([1.0, 2.0, 2.5, 4.0], [1.0, 2.0, 3.0, 4.0], 0.95),
        ([0.1, 0.2, 0.3], [0.1, 0.2, 0.3], 1.0),
        ([0.1, 0.2, 0.9], [0.2, 0.2, 0.2], 0.0),
        ([0.1, 0.2, 0.9], [0.2, 0.2, 0.205], 0.0),
        ([0.201, 0.2, 0.204], [0.2, 0.2, 0.205], 1.0),
    ],
    ids=["ordinary", "perfect", "constant", "nearly constant", "nearly no residual"],
)
def test_r2_equals_that_of_torchmetrics(
    predicted: list[float], target: list[float], torchmetrics: float
) -> None:
    assert r2(floats(predicted), floats(target)).tolist() == pytest.approx([torchmetrics])


@pytest.mark.parametrize(
    ("predicted", "target", "torchmetrics"),
    [
        ([0.1, 0.6, 0.9, 0.4], [0, 1, 1, 1], 0.8),
        ([0.1, 0.6, 0.9, 1.4], [0, 1, 1, 1], 0.857142865),
        ([0.1, 0.2, 0.3, 0.4], [1, 1, 0, 0], 0.0),
        ([0.1, 0.2, -0.3, 0.4], [1, 1, 0, 0], 0.8),
        ([-0.1, -0.2, -0.3, -0.4], [0, 0, 0, 0], 0.0),
        ([float("nan")] * 4, [1, 1, 0, 0], 0.0),
    ],
    ids=[
        "probabilities",
        "logits",
        "logits treated as probabilities",
        "one negative",
        "none",
        "nan",
    ],
)
def test_f1_equals_that_of_torchmetrics(
    predicted: list[float], target: list[float], torchmetrics: float
) -> None:
    assert f1(floats(predicted), floats(target)).tolist() == pytest.approx([torchmetrics])


def test_ordinary_folds_have_the_scores_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    target = rng.normal(size=(4, 200)).astype(np.float32)
    predicted = (target + rng.normal(size=(4, 200))).astype(np.float32)
    expected = [r2_score(y, y_pred) for y, y_pred in zip(target, predicted, strict=True)]
    assert r2(predicted, target) == pytest.approx(expected, abs=1e-5)
    labels = (target > 0).astype(np.float32)
    expected = [f1_score(y, y_pred > 0) for y, y_pred in zip(labels, predicted, strict=True)]
    assert f1(predicted, labels) == pytest.approx(expected, abs=1e-6)


def test_the_best_epoch_is_the_first_one_with_the_highest_score_ignoring_nan() -> None:
    assert best_epoch(floats([0.1, np.nan, 0.4, 0.4])[0]) == 2


def test_there_is_no_best_epoch_if_no_score_is_above_minus_infinity() -> None:
    assert best_epoch(floats([np.nan, -np.inf])[0]) is None

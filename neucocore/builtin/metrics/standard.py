"""The standard metrics in numpy; NaN where a metric is not defined.

Labels are (n,) values or class codes, or (n, k) for several outputs or labels, none missing. What a
method without information gets is in `chance`, the influence of each row in
`neucocore.statistics.metric_influence`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_PROBABILITY = 1e-15

Values = NDArray[Any]


def r2(y_true: Values, y_pred: Values, training_mean: Values | None = None) -> float:
    """Return 1 - SSE / SSE0, with SSE0 the squared error of `training_mean`; arrays (n,).

    Predicting the mean label of the training part therefore scores 0, not slightly less (the
    out-of-sample R2 of Campbell and Thompson, Review of Financial Studies 21, 2008). Without
    `training_mean`, SSE0 is taken around the mean of `y_true`.

    NaN for constant labels, and if `training_mean` has no error.
    """
    if not len(y_true) or np.ptp(y_true) == 0:
        return float("nan")
    baseline = np.mean(y_true) if training_mean is None else training_mean
    total = float(np.sum((y_true - baseline) ** 2))
    return 1 - float(np.sum((y_true - y_pred) ** 2)) / total if total > 0 else float("nan")


def mse(y_true: Values, y_pred: Values) -> float:
    """Return the mean squared error."""
    return float(np.mean((y_true - y_pred) ** 2)) if len(y_true) else float("nan")


def rmse(y_true: Values, y_pred: Values) -> float:
    """Return the root mean squared error."""
    return float(np.sqrt(mse(y_true, y_pred)))


def mae(y_true: Values, y_pred: Values) -> float:
    """Return the mean absolute error."""
    return float(np.mean(np.abs(y_true - y_pred))) if len(y_true) else float("nan")


def mean_distance(y_true: Values, y_pred: Values) -> float:
    """Return the mean Euclidean distance between (n, k) points."""
    if not len(y_true):
        return float("nan")
    difference = np.asarray(y_true, dtype=np.float64) - y_pred
    return float(np.mean(np.sqrt(np.sum(difference.reshape(len(difference), -1) ** 2, axis=1))))


def accuracy(y_true: Values, y_pred: Values) -> float:
    """Return the share of equal class codes."""
    return float(np.mean(y_true == y_pred)) if len(y_true) else float("nan")


def balanced_accuracy(y_true: Values, y_pred: Values) -> float:
    """Return the mean recall over the classes in ``y_true``."""
    classes = np.unique(y_true)
    if not len(classes):
        return float("nan")
    return float(np.mean([np.mean(y_pred[y_true == code] == code) for code in classes]))


def precision(y_true: Values, y_pred: Values) -> float:
    """Return true positives / predicted positives; 0/1 decisions, (n,) or (n, k)."""
    return _per_label(_precision, y_true, y_pred)


def recall(y_true: Values, y_pred: Values) -> float:
    """Return true positives / positives; 0/1 decisions, (n,) or (n, k)."""
    return _per_label(_recall, y_true, y_pred)


def f1(y_true: Values, y_pred: Values) -> float:
    """Return 2 true positives / (positives + predicted positives) of the class coded 1."""
    return _f1(y_true == 1, y_pred == 1)


def macro_f1(y_true: Values, y_pred: Values) -> float:
    """Return the mean F1 over classes, (n,) codes, or over labels, (n, k) of 0 and 1."""
    if y_true.ndim == 2:
        return _per_label(f1, y_true, y_pred)
    classes = np.union1d(y_true, y_pred)
    return _mean([_f1(y_true == code, y_pred == code) for code in classes])


def average_precision(y_true: Values, y_score: Values) -> float:
    """Return the sum over thresholds of precision * gain in recall; ties form one threshold."""
    return _per_label(_average_precision, y_true, y_score)


def roc_auc(y_true: Values, y_score: Values) -> float:
    """Return the area under the ROC curve, from mid-ranks (Mann and Whitney 1947)."""
    return _per_label(_roc_auc, y_true, y_score)


def log_loss(y_true: Values, y_score: Values) -> float:
    """Return the mean of -log p(true class).

    ``y_score`` is p(1) for (n,) codes 0 and 1, or (n, classes) for more classes, or p(1) for (n, k)
    labels.
    """
    if not len(y_true) or np.any((y_score < 0) | (y_score > 1)):
        return float("nan")
    if y_true.ndim == 1 and y_score.ndim == 2:
        p_true = np.take_along_axis(y_score, y_true.astype(np.int64)[:, None], axis=1)[:, 0]
        return float(np.mean(-np.log(np.clip(p_true, MIN_PROBABILITY, 1))))
    return _per_label(_binary_log_loss, y_true, y_score)


def _per_label(metric: Callable[[Values, Values], float], y_true: Values, y_pred: Values) -> float:
    """Apply a metric to each column and average the values that are defined."""
    if y_true.ndim == 1:
        return metric(y_true, y_pred)
    return _mean([metric(*column) for column in zip(y_true.T, y_pred.T, strict=True)])


def _mean(values: list[float]) -> float:
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _precision(y_true: Values, y_pred: Values) -> float:
    predicted = y_pred == 1
    return float(np.mean(y_true[predicted] == 1)) if predicted.any() else float("nan")


def _recall(y_true: Values, y_pred: Values) -> float:
    positive = y_true == 1
    return float(np.mean(y_pred[positive] == 1)) if positive.any() else float("nan")


def _f1(positive: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    total = int(positive.sum()) + int(predicted.sum())
    return 2 * int(np.sum(positive & predicted)) / total if total else float("nan")


def _average_precision(y_true: Values, y_score: Values) -> float:
    positive = y_true == 1
    if positive.all() or not positive.any():
        return float("nan")
    order = np.argsort(-y_score, kind="stable")
    true_positives = np.cumsum(positive[order])
    last_of_tie = np.append(np.flatnonzero(np.diff(y_score[order])), len(order) - 1)
    true_positives = true_positives[last_of_tie]
    gain = np.diff(true_positives, prepend=0)
    return float(np.sum(true_positives / (last_of_tie + 1) * gain) / true_positives[-1])


def _roc_auc(y_true: Values, y_score: Values) -> float:
    positive = y_true == 1
    n_positive, n_negative = int(positive.sum()), int(np.sum(~positive))
    if not n_positive or not n_negative:
        return float("nan")
    _, position, count = np.unique(y_score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[position]  # mid-rank, from 1
    above = float(rank[positive].sum()) - n_positive * (n_positive + 1) / 2
    return above / (n_positive * n_negative)


def _binary_log_loss(y_true: Values, y_score: Values) -> float:
    if not len(y_true):
        return float("nan")
    p_true = np.where(y_true == 1, y_score, 1 - y_score)
    return float(np.mean(-np.log(np.clip(p_true, MIN_PROBABILITY, 1))))

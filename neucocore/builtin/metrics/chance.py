"""Chance: the standard metrics of a method that knows the labels' distribution, but no row.

Such a method predicts the mean label, the shares of the classes, or the most frequent class (of
classes that are equally frequent the first one), for all rows. Labels are (n,) values or class
codes, or (n, k) for several outputs or labels, none missing. NaN where the metric is not defined.

Precision and recall have no chance: without a row that is predicted positive, precision is not
defined, and a method that predicts all rows positive has the best possible recall.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]


def mse(y: Values) -> float:
    """Return the variance of the labels, the squared error of the mean label."""
    return _mean_over_columns(lambda column: float(np.var(column)), y)


def rmse(y: Values) -> float:
    """Return the standard deviation of the labels, the error of the mean label."""
    return _mean_over_columns(lambda column: float(np.std(column)), y)


def mae(y: Values) -> float:
    """Return the mean absolute deviation from the mean label.

    The median has a smaller absolute error, but probes are trained on squared errors: without
    information they predict the mean.
    """
    return _mean_over_columns(lambda c: float(np.mean(np.abs(c - np.mean(c)))), y)


def mean_distance(y: Values) -> float:
    """Return the mean distance of the points (n, k) from the mean point."""
    if not len(y):
        return float("nan")
    difference = (y - np.mean(y, axis=0)).reshape(len(y), -1)
    return float(np.mean(np.sqrt(np.sum(difference**2, axis=1))))


def accuracy(y: Values) -> float:
    """Return the share of the most frequent class."""
    return float(_shares(y).max()) if len(y) else float("nan")


def balanced_accuracy(y: Values) -> float:
    """Return 1 / number of classes: one class has the recall 1, the others have 0."""
    return 1 / len(_shares(y)) if len(y) else float("nan")


def f1(y: Values) -> float:
    """Return 2 pi / (1 + pi) if the positive class is the more frequent one, of share pi; else 0.

    NaN without a positive row. Where both classes are equally frequent, rows are predicted
    negative.
    """
    positive = float(np.mean(y == 1)) if len(y) else 0.0
    if positive == 0:
        return float("nan")
    return 2 * positive / (1 + positive) if positive > 0.5 else 0.0


def macro_f1(y: Values) -> float:
    """Return 2 pi / (1 + pi) / C for C classes, the most frequent one with share pi.

    With labels (n, k), the mean of `f1` over those that have a positive row.
    """
    if y.ndim == 2:
        return _mean_over_columns(f1, y)
    if not len(y):
        return float("nan")
    shares = _shares(y)
    return float(2 * shares.max() / (1 + shares.max()) / len(shares))


def average_precision(y: Values) -> float:
    """Return the share of positives, in the mean over labels with both values."""
    return _mean_over_columns(_share_of_positives, y)


def log_loss(y: Values) -> float:
    """Return the entropy of the classes in nats, with labels (n, k) its mean over the labels."""
    return _mean_over_columns(_entropy, y)


def _mean_over_columns(function: Callable[[Values], float], y: Values) -> float:
    """Average a function of (n,) labels over the columns of `y` for which it is defined."""
    if not len(y):
        return float("nan")
    values = [function(column) for column in y.reshape(len(y), -1).T]
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _shares(y: Values) -> NDArray[np.float64]:
    """Return the shares of the classes that occur, (C,)."""
    _, counts = np.unique(y, return_counts=True)
    shares: NDArray[np.float64] = counts / len(y)
    return shares


def _share_of_positives(y: Values) -> float:
    share = float(np.mean(y == 1))
    return share if 0 < share < 1 else float("nan")


def _entropy(y: Values) -> float:
    shares = _shares(y)
    return float(-np.sum(shares * np.log(shares)))

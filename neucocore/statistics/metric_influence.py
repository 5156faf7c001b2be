"""Influence values of the usual kinds of scores, in closed form.

Every function takes labels and held-out predictions of all rows, and returns an `Influence`, or
`Undefined` with the reason. The values equal numerical derivatives with respect to row weights,
also where predictions are tied (tests/statistics/test_metric_influence.py). No function takes more
than O(n log n) operations per class.

Derivations: all scores are ratios or means of ratios of sums over rows, to which the quotient rule
applies; the area under the ROC curve as in DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988),
average precision as a sum over the positive rows of the precision at their score, which itself is a
ratio of sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Array, Influence, Kind, Undefined, mean_of_columns

MIN_PROBABILITY = 1e-15
"""Probabilities are bounded below by this value in the log-loss."""

NO_ROWS = "there are no rows"
NOT_FINITE = "labels or predictions are not finite numbers"
ONE_CLASS = "all rows are of one class"


def r2(
    y: NDArray[Any], prediction: NDArray[Any], baseline: NDArray[Any] | None = None
) -> Influence | Undefined:
    """Return the influence of 1 - SSE / SSE0, both sums over all held-out rows.

    psi_i = ((1 - R2) (y_i - b_i)^2 - (y_i - p_i)^2) / mean((y - b)^2)

    Parameters
    ----------
    y, prediction
        (n,) labels and held-out predictions p, in the unit of the label.
    baseline
        (n,) b: the mean label of the training part of each row; by default the mean of `y`.
    """
    if not len(y):
        return Undefined(NO_ROWS)
    baseline = np.full(len(y), np.mean(y)) if baseline is None else baseline
    if reason := _numbers_problem(y, prediction, baseline):
        return Undefined(reason)
    errors, baseline_errors = (y - prediction) ** 2, (y - baseline) ** 2
    total = float(np.mean(baseline_errors))
    if np.ptp(y) == 0 or total == 0:
        return Undefined("the labels are constant")
    ratio = float(np.mean(errors)) / total
    return Influence(
        (ratio * baseline_errors - errors) / total,
        1 - ratio,
        bounds=(-np.inf, 1.0),
        error_scale=ratio,
    )


def mean(
    losses: NDArray[Any],
    *,
    kind: Kind = "errors",
    greater_is_better: bool = False,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    error_scale: float | None = None,
) -> Influence | Undefined:
    """Return the influence of the mean of one number per row: psi_i = loss_i - mean.

    Parameters
    ----------
    losses
        (n,) numbers.
    kind, greater_is_better, bounds, error_scale
        As in `Influence`.
    """
    if reason := _numbers_problem(losses):
        return Undefined(reason)
    losses = np.asarray(losses, dtype=np.float64)
    value = float(np.mean(losses))
    return Influence(
        losses - value,
        value,
        kind=kind,
        greater_is_better=greater_is_better,
        bounds=bounds,
        error_scale=error_scale,
    )


def mse(y: NDArray[Any], prediction: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean squared error, in squared label units; arrays (n,)."""
    if reason := _numbers_problem(y, prediction):
        return Undefined(reason)
    errors = (np.asarray(y, dtype=np.float64) - prediction) ** 2
    return mean(errors, bounds=(0.0, np.inf), error_scale=float(np.mean(errors)))


def rmse(y: NDArray[Any], prediction: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the root mean squared error: psi_i = (e_i^2 - MSE) / (2 RMSE).

    Parameters
    ----------
    y, prediction
        (n,), in the unit of the label.
    """
    squared = mse(y, prediction)
    if isinstance(squared, Undefined):
        return squared
    if squared.estimate == 0:
        return Undefined("all predictions are exact")
    value = float(np.sqrt(squared.estimate))
    return Influence(
        squared.values / (2 * value),
        value,
        greater_is_better=False,
        bounds=(0.0, np.inf),
        error_scale=value / 2,
    )


def mae(y: NDArray[Any], prediction: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean absolute error; arrays (n,) in the unit of the label."""
    if reason := _numbers_problem(y, prediction):
        return Undefined(reason)
    errors = np.abs(np.asarray(y, dtype=np.float64) - prediction)
    return mean(errors, bounds=(0.0, np.inf), error_scale=float(np.mean(errors)) / 2)


def bias(y: NDArray[Any], prediction: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean of prediction minus label, (n,), in the unit of the label.

    The training noise of a model with an intercept averages out over the folds, so it is not added.
    The direction of a bias has no meaning; compare biases by their distance from 0.
    """
    if reason := _numbers_problem(y, prediction):
        return Undefined(reason)
    return mean(np.asarray(prediction, dtype=np.float64) - y, error_scale=0.0)


def mean_distance(y: NDArray[Any], prediction: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean Euclidean distance of points (n, k), in label units."""
    if reason := _numbers_problem(y, prediction):
        return Undefined(reason)
    difference = np.asarray(y, dtype=np.float64) - prediction
    distances = np.sqrt(np.sum(difference.reshape(len(difference), -1) ** 2, axis=1))
    return mean(distances, bounds=(0.0, np.inf), error_scale=float(np.mean(distances)) / 2)


def accuracy(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the share of correct decisions; class codes (n,)."""
    return mean(y == decision, kind="decisions", greater_is_better=True, bounds=(0.0, 1.0))


def balanced_accuracy(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean recall of the classes in `y`; class codes (n,).

    psi_i = mean over classes c of 1{y_i = c} (1{q_i = c} - recall_c) / share of class c
    """
    if not len(y):
        return Undefined(NO_ROWS)
    classes = np.unique(y)
    recalls, values = [], np.zeros(len(y))
    for code in classes:
        positive = y == code
        recalls.append(float(np.mean(decision[positive] == code)))
        values += positive * ((decision == code) - recalls[-1]) / np.mean(positive)
    return _decisions(values / len(classes), float(np.mean(recalls)))


def precision(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the share of positive decisions that are correct.

    0 and 1, (n,), or (n, k) for several labels.
    """
    if y.ndim == 2:
        return _mean_of_labels(precision, y, decision)
    return _share(decision == 1, y == 1, "no row is predicted positive")


def recall(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the share of positive rows that are found.

    0 and 1, (n,), or (n, k) for several labels.
    """
    if y.ndim == 2:
        return _mean_of_labels(recall, y, decision)
    return _share(y == 1, decision == 1, "no row is positive")


def f1(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the F1 score of the class coded 1; 0 and 1, (n,).

    psi_i = (2 * 1{y_i = q_i = 1} - F1 (1{y_i = 1} + 1{q_i = 1})) / (mean of y + mean of q)
    """
    if not len(y):
        return Undefined(NO_ROWS)
    positive, predicted = y == 1, decision == 1
    if not (positive.any() or predicted.any()):
        return Undefined("no row is positive or predicted positive")
    return _decisions(*_f1(positive, predicted))


def macro_f1(y: NDArray[Any], decision: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean F1 over the classes in `y` or `decision`; codes (n,).

    With 0 and 1 for several labels, (n, k), it is the mean of `f1` over the labels.
    """
    if y.ndim == 2:
        return _mean_of_labels(f1, y, decision)
    if not len(y):
        return Undefined(NO_ROWS)
    of_classes = [_f1(y == code, decision == code) for code in np.union1d(y, decision)]
    values = np.mean([psi for psi, _ in of_classes], axis=0)
    return _decisions(values, float(np.mean([score for _, score in of_classes])))


def log_loss(y: NDArray[Any], probability: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the mean of -log(probability of the true class).

    Parameters
    ----------
    y
        (n,) class codes from 0, or (n, k) 0 and 1 for several labels.
    probability
        (n,) probabilities of class 1, (n, classes), or (n, k) for several labels.
    """
    if y.ndim == 2:
        return _mean_of_labels(log_loss, y, probability)
    if reason := _numbers_problem(y, probability):
        return Undefined(reason)
    if np.any((probability < 0) | (probability > 1)):
        return Undefined("predictions are not probabilities")
    if probability.ndim == 1:
        p_true = np.where(y == 1, probability, 1 - probability)
    else:
        p_true = np.take_along_axis(probability, y.astype(np.int64)[:, None], axis=1)[:, 0]
    losses = -np.log(np.maximum(p_true, MIN_PROBABILITY))
    return mean(losses, kind="decisions", bounds=(0.0, np.inf))


def average_precision(y: NDArray[Any], score: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of average precision, rows with equal scores counted together.

    With F_j the share of rows that score at least s_j, prec_j the share of positives among these
    rows, and pi the share of positives:

        psi_i = (y_i (prec_i - AP) + 1/n sum_{j: y_j = 1, s_j <= s_i} (y_i - prec_j) / F_j) / pi

    Parameters
    ----------
    y
        (n,) 0 and 1, or (n, k) for several labels.
    score
        Numbers, as `y`; the order counts, not the values.
    """
    if y.ndim == 2:
        return _mean_of_labels(average_precision, y, score)
    if reason := _ranking_problem(y, score):
        return Undefined(reason)
    n = len(y)
    order = np.argsort(-np.asarray(score, dtype=np.float64), kind="stable")
    positive = (np.asarray(y)[order] == 1).astype(np.float64)
    first, last, block = _blocks(np.asarray(score)[order])
    at_least = (last + 1)[block].astype(np.float64)  # n F, of each row
    found = np.cumsum(positive)[last][block]
    precision_at = found / at_least
    total = float(positive.sum())
    value = float(np.sum(positive * precision_at)) / total
    # Sums over the positive rows that score at most as much as each row
    weight = positive / at_least
    of_positives = _sums_from(weight, first)[block]
    of_all = _sums_from(weight * precision_at, first)[block]
    share = total / n
    values = np.empty(n)
    values[order] = (positive * (precision_at - value) + positive * of_positives - of_all) / share
    return Influence(
        values,
        value,
        kind="ranking",
        scale="logit",
        bounds=(0.0, 1.0),
        events=int(total),
    )


def roc_auc(y: NDArray[Any], score: NDArray[Any]) -> Influence | Undefined:
    """Return the influence of the area under the ROC curve, ties counting one half.

    psi_i = (v_i - AUC) / share of the class of row i, where v_i is the share of the rows of the
    other class that row i is on the right side of.

    Parameters
    ----------
    y
        (n,) 0 and 1, or (n, k) for several labels.
    score
        Numbers, as `y`; the order counts, not the values.
    """
    if y.ndim == 2:
        return _mean_of_labels(roc_auc, y, score)
    if reason := _ranking_problem(y, score):
        return Undefined(reason)
    positive = np.asarray(y) == 1
    score = np.asarray(score, dtype=np.float64)
    beaten = _share_below(score, np.sort(score[~positive]))
    right_side = np.where(positive, beaten, 1 - _share_below(score, np.sort(score[positive])))
    value = float(np.mean(right_side[positive]))
    share = float(np.mean(positive))
    values = (right_side - value) / np.where(positive, share, 1 - share)
    rarer = int(min(positive.sum(), np.sum(~positive)))
    return Influence(values, value, kind="ranking", scale="logit", bounds=(0.0, 1.0), events=rarer)


def _mean_of_labels(
    function: Callable[[NDArray[Any], NDArray[Any]], Influence | Undefined],
    y: NDArray[Any],
    prediction: NDArray[Any],
) -> Influence | Undefined:
    """Return the influence of the mean over labels, (n, k), of those that have a score."""
    columns = [function(*column) for column in zip(y.T, prediction.T, strict=True)]
    return mean_of_columns(columns, [np.arange(len(y))] * len(columns), len(y))


def _blocks(ordered: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the first and last position of each run of equal values, and the run of each row."""
    ends = np.append(ordered[1:] != ordered[:-1], True)
    last = np.flatnonzero(ends)
    first = np.append(0, last[:-1] + 1)
    block = np.cumsum(ends) - ends
    return first, last, block


def _sums_from(values: Array, first: NDArray[Any]) -> Array:
    """Return the sums of values (n,) from each of the positions `first` to the end."""
    sums: Array = np.cumsum(values[::-1])[::-1][first]
    return sums


def _share_below(values: Array, ordered: Array) -> Array:
    """Return for each value the share of `ordered` that is smaller, ties counting one half."""
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    share: Array = below / (2 * len(ordered))
    return share


def _f1(positive: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> tuple[Array, float]:
    both, either = positive & predicted, positive.astype(np.float64) + predicted
    share = float(np.mean(either))
    value = 2 * float(np.mean(both)) / share
    return (2 * both - value * either) / share, value


def _share(rows: NDArray[np.bool_], hits: NDArray[np.bool_], reason: str) -> Influence | Undefined:
    """Return the influence of the share of `hits` among `rows`."""
    if not rows.any():
        return Undefined(reason)
    value = float(np.mean(hits[rows]))
    return _decisions(rows * (hits - value) / np.mean(rows), value)


def _decisions(values: Array, value: float) -> Influence:
    return Influence(values, value, kind="decisions", bounds=(0.0, 1.0))


def _numbers_problem(*arrays: NDArray[Any]) -> str:
    if not len(arrays[0]):
        return NO_ROWS
    finite = all(np.isfinite(np.asarray(array, dtype=np.float64)).all() for array in arrays)
    return "" if finite else NOT_FINITE


def _ranking_problem(y: NDArray[Any], score: NDArray[Any]) -> str:
    if reason := _numbers_problem(y, score):
        return reason
    positives = int(np.sum(np.asarray(y) == 1))
    return ONE_CLASS if positives in (0, len(y)) else ""

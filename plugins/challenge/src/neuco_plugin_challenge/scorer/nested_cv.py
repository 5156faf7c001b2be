"""``nested-cv``: ridge and logistic regression tuned inside each training part.

The solvers are copies of neucocore's. What is written here a second time is how they are put
together (`neucocore.evaluation.heldout.predict` and ``metrics``), which in neucocore is bound to
threads, plugins and intervals; the tests compare both on every kind of problem.
"""

from __future__ import annotations

import functools

import numpy as np

from .core import standard
from .core.logistic import fit_logistic, probabilities
from .core.matrix import column_mean
from .core.ridge import fit_ridge
from .core.sufficient_statistics import SufficientStatistics
from .core.training_part import TrainingPart

METRICS = {
    "r2": standard.r2,
    "mse": standard.mse,
    "rmse": standard.rmse,
    "mae": standard.mae,
    "accuracy": standard.accuracy,
    "balanced-accuracy": standard.balanced_accuracy,
    "precision": standard.precision,
    "recall": standard.recall,
    "f1": standard.f1,
    "macro-f1": standard.macro_f1,
    "average-precision": standard.average_precision,
    "roc-auc": standard.roc_auc,
    "log-loss": standard.log_loss,
}
"""The metrics that can be hosted: those of the core that take one output at a time."""
ORDER_DECIMALS, MIN_PROBABILITY = 4, 1e-15


def score_nested_cv(reference, matrix):
    """Return the score of each task, NaN where it is undefined, and the number of those."""
    predictions = [np.full(_shape(task), np.nan) for task in reference.tasks]
    for rows, folds, grouped, parts in _shared(reference.tasks):
        _fit_splits(matrix[rows].astype(np.float64), folds, grouped, parts, predictions)
    values = [
        task.sign * _pooled(task, predicted)
        for task, predicted in zip(reference.tasks, predictions)
    ]
    return values, sum(1 for value in values if not np.isfinite(value))


def _shape(task):
    columns = task.classes if task.problem == "multiclass" else task.y.shape[1]
    return (len(task.folds), len(task.rows), columns)


def _shared(tasks):
    """Group label columns by rows and folds, so that each decomposition is computed once.

    Returns
    -------
    list of (rows, folds, grouped, parts)
        ``parts`` are (task number, task, repeat, columns, positions of the rows in the task).
    """
    groups = {}
    for number, task in enumerate(tasks):
        known = ~np.isnan(task.y)
        patterns = {}
        for column in range(known.shape[1]):
            patterns.setdefault(known[:, column].tobytes(), []).append(column)
        for repeat, folds in enumerate(task.folds):
            for columns in patterns.values():
                here = np.flatnonzero(known[:, columns[0]])
                if len(np.unique(folds[here])) < 2:
                    continue
                positions = here[np.argsort(folds[here], kind="stable")]
                rows, of_rows = task.rows[positions], folds[positions]
                key = (repeat, task.grouped, rows.tobytes(), of_rows.tobytes())
                group = groups.setdefault(key, (rows, of_rows, task.grouped, []))
                group[3].append((number, task, repeat, columns, positions))
    return list(groups.values())


def _fit_splits(X, folds, grouped, parts, predictions):
    numbers = np.unique(folds)
    slices = [slice(*np.searchsorted(folds, [fold, fold + 1])) for fold in numbers]
    shift, total = column_mean((X,)), None
    if len(X) > X.shape[1]:
        sums = [SufficientStatistics.of(X[rows], shift) for rows in slices]
        total = functools.reduce(SufficientStatistics.__add__, sums)
    for fold, held_out in zip(numbers, slices):
        if fold < 0:  # only trained on
            continue
        known = total and (total - SufficientStatistics.of(X[held_out], shift))
        others = [rows for rows in slices if rows != held_out]
        part = TrainingPart(tuple(X[rows] for rows in others), grouped, known)
        train = np.concatenate([np.arange(rows.start, rows.stop) for rows in others])
        targets = [
            (number, repeat, positions[held_out], columns, task.problem, y)
            for number, task, repeat, all_columns, positions in parts
            for columns, y in _targets(task, all_columns, positions[train])
        ]
        ridges = fit_ridge(part, [target[-1] for target in targets])
        for (number, repeat, positions, columns, problem, y), ridge in zip(targets, ridges):
            fit = ridge if problem == "regression" else fit_logistic(part, y, ridge)
            weights = fit.weights()
            scores = X[held_out] @ weights + (fit.intercept - fit.basis.centre @ weights)
            predicted = scores if problem == "regression" else probabilities(scores)
            predictions[number][repeat][np.ix_(positions, columns)] = predicted


def _targets(task, columns, rows):
    """Return (columns of the prediction, labels (n, k)) of each separately fitted part."""
    if task.problem == "multiclass":
        codes = task.y[rows, 0].astype(np.int64)
        return [(list(range(task.classes)), np.eye(task.classes)[codes])]
    return [([column], task.y[rows][:, [column]]) for column in columns]


def _pooled(task, predictions):
    """Return the metric over all held-out rows, averaged over repeats; NaN if it is undefined."""
    return float(
        np.mean(
            [_metric_value(task, scores, folds) for scores, folds in zip(predictions, task.folds)]
        )
    )


def _metric_value(task, scores, folds):
    metric, held_out = METRICS[task.metric], folds >= 0
    means = _means_without_own_fold(task.y, folds)
    if task.problem == "multiclass":
        predicted = scores.argmax(axis=1) if task.needs == "value" else scores
        return metric(task.y[held_out, 0].astype(np.int64), predicted[held_out])
    values = []
    for column in task.averaged:
        predicted, y, mean = scores[:, column], task.y[:, column], means[:, column]
        here = held_out & ~(np.isnan(y) | np.isnan(predicted))
        predicted, y, mean = predicted[here], y[here], mean[here]
        if task.problem != "regression":
            y = y.astype(np.int64)
            if task.needs == "value":
                predicted = (predicted > 0.5).astype(np.int64)
            elif task.needs == "order":
                predicted = _order_scores(predicted, mean)
        arrays = [y, predicted] + ([mean] if task.uses_training_mean else [])
        if task.problem == "multilabel":  # as (n,) its 0 and 1 would be taken for two classes
            arrays = [array.reshape(-1, 1) for array in arrays]
        values.append(float(metric(*arrays)))
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _order_scores(probability, prior):
    """Return log-odds minus those of the training part's share of positives, 4 decimals."""
    return np.round(_log_odds(probability) - _log_odds(prior), ORDER_DECIMALS)


def _log_odds(probability):
    p = np.clip(probability, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    return np.log(p) - np.log1p(-p)


def _means_without_own_fold(y, folds):
    """Return for each row and column the mean label of the rows in other folds, (n, k)."""
    known, means = ~np.isnan(y), np.empty_like(y)
    for fold in np.unique(folds):
        held_out = folds == fold
        train = known & ~held_out[:, None]
        count = np.maximum(train.sum(axis=0), 1)
        means[held_out] = np.where(train, y, 0.0).sum(axis=0) / count
    return means

"""Metrics of held-out predictions: pooled over all rows, and for each split.

R2 is 1 - SSE / SSE0, where SSE0 is the squared error of predicting the mean label of the training
part. A model that knows nothing but the training labels therefore scores 0 instead of slightly less
than 0 (the out-of-sample R2 of Campbell and Thompson, Review of Financial Studies 21, 2008). All
other metrics are the functions that plugins offer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.lookup import find_for_spec
from neucocore.components.sources import CORE
from neucocore.components.specs import MetricSpec, Problem
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.outputs import required_rows
from neucocore.evaluation.linear.matrix import Matrix

SECONDARY_METRICS: Mapping[Problem, tuple[str, ...]] = {
    "regression": ("r2", "rmse", "mae"),
    "binary": ("average-precision", "balanced-accuracy", "f1", "roc-auc", "accuracy"),
    "multiclass": ("macro-f1", "balanced-accuracy", "accuracy", "log-loss"),
    "multilabel": ("average-precision", "macro-f1", "roc-auc"),
}
"""Metrics that are always computed in addition to the primary one."""
BASELINE_METRIC = "r2"
"""The metric that compares predictions with the training part's mean label."""


@dataclass(frozen=True)
class NamedMetric:
    """A metric's description and its function ``(y_true, y_pred) -> float``."""

    spec: MetricSpec
    function: Callable[[NDArray[Any], NDArray[Any]], float]

    @property
    def name(self) -> str:
        """The name in tables."""
        return self.spec.name


def metrics_for(tasks: Sequence[JoinedTask], primary: str | None) -> list[list[NamedMetric]]:
    """Return the metrics of each task, the primary one first.

    Parameters
    ----------
    primary
        A metric that replaces the primary metric of every task.

    Raises
    ------
    ConfigError
        A primary metric that does not apply to the problem of its task.
    """
    loaded: dict[tuple[str, str], NamedMetric] = {}
    problems = []
    metrics_of_tasks = []
    for joined in tasks:
        task = joined.task
        standard = list(SECONDARY_METRICS[task.problem])
        if task.problem == "regression" and joined.label_matrix.shape[1] > 1:
            standard.append("mean-distance")
        names = [(task.plugin, name) for name in (primary or task.metric, *task.secondary_metrics)]
        names += [(CORE, name) for name in standard]
        metrics: dict[str, NamedMetric] = {}
        for key in names:
            metric = loaded[key] if key in loaded else loaded.setdefault(key, _load(*key))
            metrics.setdefault(metric.name, metric)
        metrics_of_tasks.append(list(metrics.values()))
        spec = metrics_of_tasks[-1][0].spec
        if task.problem not in spec.problems:
            allowed = " and ".join(spec.problems)
            problems.append(f"task {task.key} is {task.problem}; {spec.name} is for {allowed}")
    if problems:
        raise ConfigError(
            "a metric does not apply to its task", problems=problems, hint="neuco list metrics"
        )
    return metrics_of_tasks


def _load(plugin: str, name: str) -> NamedMetric:
    component = find_for_spec("metric", name, plugin=plugin)
    function = functools.partial(_call_metric, component, create(component))
    return NamedMetric(cast(MetricSpec, component.spec), function)


def _call_metric(
    component: Component,
    function: Callable[[NDArray[Any], NDArray[Any]], float],
    y: NDArray[Any],
    predicted: NDArray[Any],
) -> float:
    """Call a plugin's metric; a result that is not a number is an error that names the metric."""
    with plugin_errors(component):
        result = function(y, predicted)
    if not isinstance(result, int | float | np.number):
        raise ComponentOutputError(
            f"the metric {component.full_name} returned {type(result).__name__}, not a number",
            hint=f"neuco plugins check {component.plugin}",
        )
    return float(result)


def pooled_score(
    metric: NamedMetric, joined: JoinedTask, scores: Matrix, columns: Sequence[int] | None = None
) -> float | None:
    """Return a metric over all held-out rows, averaged over repeats; None if it is undefined.

    Parameters
    ----------
    scores
        (repeats, n, k), as in `OutOfFold`.
    columns
        Indices of the outputs to use; by default those that are averaged into the score.
    """
    values = []
    for repeat, folds in enumerate(joined.folds):
        means = training_means(joined, folds)
        values.append(metric_value(metric, joined, scores[repeat], means, columns))
    mean = float(np.mean(values))
    return None if np.isnan(mean) else mean


def split_scores(
    metric: NamedMetric, joined: JoinedTask, scores: Matrix
) -> list[tuple[int, float | None]]:
    """Return, for each split, its number and the metric over its held-out rows.

    Parameters
    ----------
    scores
        (repeats, n, k), as in `OutOfFold`.
    """
    result: list[tuple[int, float | None]] = []
    for repeat, folds in enumerate(joined.folds):
        means = training_means(joined, folds)
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            value = metric_value(metric, joined, scores[repeat], means, rows=rows)
            result.append((len(result), None if np.isnan(value) else value))
    return result


def training_means(joined: JoinedTask, folds: NDArray[np.int64]) -> Matrix:
    """Return for each row and column the mean label of its training part, (n, k)."""
    y = joined.label_matrix.astype(np.float64)
    known = ~np.isnan(y)
    means = np.empty_like(y)
    for fold in np.unique(folds):
        held_out = folds == fold
        train = known & ~held_out[:, None]
        count = np.maximum(train.sum(axis=0), 1)
        means[held_out] = np.where(train, y, 0.0).sum(axis=0) / count
    return means


def metric_value(
    metric: NamedMetric,
    joined: JoinedTask,
    scores: Matrix,
    means: Matrix,
    columns: Sequence[int] | None = None,
    rows: NDArray[np.int64] | None = None,
) -> float:
    """Return a metric over some rows; NaN if it is undefined.

    Metrics of decisions get the most probable class; for binary problems and for each label of a
    multi-label problem that is 1 above a probability of 0.5.

    Parameters
    ----------
    scores
        (n, k) predictions of one repeat.
    means
        (n, k), from `training_means`.
    columns
        Indices of the outputs to use; by default those that are averaged into the score.
    rows
        Indices of the rows to use; all by default.
    """
    rows = np.arange(len(joined.ids)) if rows is None else rows
    problem = joined.task.problem
    if problem in ("regression", "multilabel"):
        outputs = joined.averaged if columns is None else np.array(columns)
        if metric.spec.multioutput and too_few_complete_rows(joined):
            return float("nan")
        cells = np.ix_(rows, outputs)
        y, predicted = joined.label_matrix[cells], scores[cells]
        if problem == "multilabel" and metric.spec.needs == "value":
            predicted = np.where(np.isnan(predicted), np.nan, predicted > 0.5)
        return _over_columns(metric, y, predicted, means[cells], multilabel=problem == "multilabel")
    y = joined.y.reshape(-1)[rows].astype(np.int64)
    predicted = scores[rows]
    if problem == "binary":
        predicted = predicted[:, 0]
    if metric.spec.needs == "value":
        decided = predicted > 0.5 if problem == "binary" else predicted.argmax(axis=1)
        predicted = decided.astype(np.int64)
    return float(metric.function(y, predicted))


def complete_rows(joined: JoinedTask) -> int:
    """Return the number of rows in which all outputs are known."""
    return int(np.sum(~np.isnan(joined.label_matrix.astype(np.float64)).any(axis=1)))


def too_few_complete_rows(joined: JoinedTask) -> bool:
    """Return whether a metric of all outputs at once has too few rows."""
    return complete_rows(joined) < required_rows(joined.task)


def _over_columns(
    metric: NamedMetric, y: Matrix, predicted: Matrix, means: Matrix, *, multilabel: bool
) -> float:
    """Apply a metric to all outputs together, or average it over the known rows of each output."""
    known = ~(np.isnan(y) | np.isnan(predicted))
    if metric.spec.multioutput:
        complete = known.all(axis=1)
        return float(metric.function(y[complete], predicted[complete]))
    if multilabel and known.all():
        return float(metric.function(y, predicted))
    values = []
    for column in range(y.shape[1]):
        rows = known[:, column]
        y_column, predicted_column = y[rows, column], predicted[rows, column]
        if metric.name == BASELINE_METRIC:
            values.append(r2_against(y_column, predicted_column, means[rows, column]))
        else:
            # A label keeps the shape (n, 1): as (n,) its 0 and 1 would be taken for two classes.
            shape = (-1, 1) if multilabel else (-1,)
            value = metric.function(y_column.reshape(shape), predicted_column.reshape(shape))
            values.append(float(value))
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def r2_against(y: Matrix, predicted: Matrix, baseline: Matrix) -> float:
    """Return 1 - SSE / SSE of `baseline`, for arrays (n,).

    NaN for constant labels, and if `baseline` has no error.
    """
    if not len(y) or np.ptp(y) == 0:
        return float("nan")
    total = float(np.sum((y - baseline) ** 2))
    return 1 - float(np.sum((y - predicted) ** 2)) / total if total > 0 else float("nan")

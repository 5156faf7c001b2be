"""Metrics over held-out predictions: pooled over all rows, and split by split.

R2 is 1 - SSE / SSE0, SSE0 being the squared error of the mean of the training part in place of a
prediction: what knows nothing but the training labels scores 0, not below. Every other metric is
its plugin's function.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.lookup import find_standard
from neucocore.components.specs import MetricSpec, Problem
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.heldout.batches import JoinedTask
from neucocore.evaluation.linear.moments import Matrix

SECONDARY_METRICS: dict[Problem, tuple[str, ...]] = {
    "regression": ("r2", "rmse", "mae"),
    "binary": ("average-precision", "balanced-accuracy", "f1", "roc-auc", "accuracy"),
    "multiclass": ("macro-f1", "balanced-accuracy", "accuracy", "log-loss"),
    "multilabel": ("average-precision", "macro-f1", "roc-auc"),
}
"""What is always computed, secondary the primary metric."""
BASELINE_METRIC = "r2"


@dataclass(frozen=True)
class NamedMetric:
    """A metric ready for use."""

    spec: MetricSpec
    function: Callable[[NDArray[Any], NDArray[Any]], float]

    @property
    def name(self) -> str:
        """The name in tables."""
        return self.spec.name


def metrics_for(tasks: Sequence[JoinedTask], primary: str | None) -> list[list[NamedMetric]]:
    """Return each task's metrics, the primary one first.

    Parameters
    ----------
    primary
        A metric for all tasks instead of their own.

    Raises
    ------
    ConfigError
        A metric that is not meant for a task's problem.
    """
    found: dict[str, NamedMetric] = {}
    problems = []
    lists = []
    for joined in tasks:
        task = joined.task
        secondary = [*task.secondary_metrics, *SECONDARY_METRICS[task.problem]]
        if task.problem == "regression" and joined.columns.shape[1] > 1:
            secondary.append("mean-distance")
        names = dict.fromkeys([primary or task.metric, *secondary, *task.secondary_metrics])
        chosen = {m.name: m for m in (found.setdefault(n, _named(n)) for n in names)}
        lists.append(list(chosen.values()))
        first = lists[-1][0].spec
        if task.problem not in first.problems:
            meant = " and ".join(first.problems)
            problems.append(f"task {task.key} is {task.problem}; {first.name} is for {meant}")
    if problems:
        raise ConfigError(
            "a metric does not fit its task", problems=problems, hint="neuco list metrics"
        )
    return lists


def _named(name: str) -> NamedMetric:
    component = find_standard("metric", name)
    function = functools.partial(_value, component, create(component))
    return NamedMetric(cast(MetricSpec, component.spec), function)


def _value(
    component: Component,
    function: Callable[[NDArray[Any], NDArray[Any]], float],
    y: NDArray[Any],
    predicted: NDArray[Any],
) -> float:
    """Call a plugin's metric; whatever is no number is an error that names it."""
    with plugin_errors(component):
        found = function(y, predicted)
    if not isinstance(found, int | float | np.number):
        raise ComponentOutputError(
            f"the metric {component.full_name} returned {type(found).__name__}, not a number",
            hint=f"neuco plugins check {component.plugin}",
        )
    return float(found)


def pooled_score(
    metric: NamedMetric, joined: JoinedTask, scores: Matrix, columns: Sequence[int] | None = None
) -> float | None:
    """Return a metric over all held-out rows, averaged over repeats; None where undefined.

    Parameters
    ----------
    scores
        (repeats, n, k), as in `OutOfFold`.
    columns
        Only these outputs.
    """
    values = []
    for repeat, folds in enumerate(joined.folds):
        values.append(value(metric, joined, scores[repeat], baseline(joined, folds), columns))
    mean = float(np.mean(values))
    return None if np.isnan(mean) else mean


def split_scores(
    metric: NamedMetric, joined: JoinedTask, scores: Matrix
) -> list[tuple[int, float | None]]:
    """Return the number of each split and the metric over its held-out rows."""
    result: list[tuple[int, float | None]] = []
    for repeat, folds in enumerate(joined.folds):
        means = baseline(joined, folds)
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            number = value(metric, joined, scores[repeat], means, rows=rows)
            result.append((len(result), None if np.isnan(number) else number))
    return result


def baseline(joined: JoinedTask, folds: NDArray[np.int64]) -> Matrix:
    """Return the mean of the training part's labels for each row and column, (n, k)."""
    y = joined.columns.astype(np.float64)
    known = ~np.isnan(y)
    means = np.empty_like(y)
    for fold in np.unique(folds):
        held = folds == fold
        train = known & ~held[:, None]
        count = np.maximum(train.sum(axis=0), 1)
        means[held] = np.where(train, y, 0.0).sum(axis=0) / count
    return means


def value(
    metric: NamedMetric,
    joined: JoinedTask,
    scores: Matrix,
    means: Matrix,
    columns: Sequence[int] | None = None,
    rows: NDArray[np.int64] | None = None,
) -> float:
    """Return a metric over some rows (default: all); NaN where undefined.

    Decisions are the most probable class: above 0.5 for binary and for each label.
    """
    chosen = np.arange(len(joined.ids)) if rows is None else rows
    problem = joined.task.problem
    if problem in ("regression", "multilabel"):
        kept = np.arange(joined.columns.shape[1]) if columns is None else np.array(columns)
        y = joined.columns[np.ix_(chosen, kept)]
        predicted, base = scores[np.ix_(chosen, kept)], means[np.ix_(chosen, kept)]
        if problem == "multilabel" and metric.spec.needs == "value":
            predicted = np.where(np.isnan(predicted), np.nan, predicted > 0.5)
        return _over_columns(metric, y, predicted, base, whole=problem == "multilabel")
    y = joined.y.reshape(-1)[chosen].astype(np.int64)
    predicted = scores[chosen]
    if problem == "binary":
        predicted = predicted[:, 0]
    if metric.spec.needs == "value":
        decided = predicted > 0.5 if problem == "binary" else predicted.argmax(axis=1)
        predicted = decided.astype(np.int64)
    return float(metric.function(y, predicted))


def _over_columns(
    metric: NamedMetric, y: Matrix, predicted: Matrix, base: Matrix, *, whole: bool
) -> float:
    """Apply a metric to all outputs together, or to each one's known rows, and average."""
    known = ~(np.isnan(y) | np.isnan(predicted))
    if metric.spec.multioutput:
        complete = known.all(axis=1)
        return float(metric.function(y[complete], predicted[complete]))
    if whole and known.all():
        return float(metric.function(y, predicted))
    values = []
    for column in range(y.shape[1]):
        rows = known[:, column]
        truth, said = y[rows, column], predicted[rows, column]
        if metric.name == BASELINE_METRIC:
            values.append(r2_over(truth, said, base[rows, column]))
        else:
            # A label stays a column, (n, 1): as (n,) its 0 and 1 would be two classes.
            shape = (-1, 1) if whole else (-1,)
            values.append(float(metric.function(truth.reshape(shape), said.reshape(shape))))
    defined = [number for number in values if not np.isnan(number)]
    return float(np.mean(defined)) if defined else float("nan")


def r2_over(y: Matrix, predicted: Matrix, base: Matrix) -> float:
    """Return 1 - SSE / SSE of ``base``, all (n,); NaN when ``base`` makes no error."""
    if not len(y) or np.ptp(y) == 0:
        return float("nan")
    total = float(np.sum((y - base) ** 2))
    return 1 - float(np.sum((y - predicted) ** 2)) / total if total > 0 else float("nan")

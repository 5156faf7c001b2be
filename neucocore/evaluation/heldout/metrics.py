"""Metrics of held-out predictions: pooled over all rows, and for each split.

Pooled predictions come from several models, each with the mean label of its own training part. A
metric must not profit or suffer from that. R2 compares with the training mean of each row, so that
a model that knows nothing but the training labels scores 0. Metrics of the order of rows, such as
average precision, get `order_scores`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors, resolve
from neucocore.components.lookup import find_for_spec
from neucocore.components.sources import CORE
from neucocore.components.specs import MetricSpec, Problem
from neucocore.errors import ComponentOutputError, ConfigError
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.outputs import required_rows
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.linear.matrix import Matrix

SECONDARY_METRICS: Mapping[Problem, tuple[str, ...]] = {
    "regression": ("r2", "rmse", "mae"),
    "binary": ("average-precision", "balanced-accuracy", "f1", "roc-auc", "accuracy"),
    "multiclass": ("macro-f1", "balanced-accuracy", "accuracy", "log-loss"),
    "multilabel": ("average-precision", "macro-f1", "roc-auc"),
}
"""Metrics that are always computed in addition to the primary one."""
ORDER_DECIMALS = 4
"""Decimals to which log-odds are rounded, so that what a solver leaves cannot order rows."""
MIN_PROBABILITY = 1e-15
"""Probabilities are kept away from 0 and 1 by this value in log-odds."""


@dataclass(frozen=True)
class NamedMetric:
    """A metric's description and its functions.

    Attributes
    ----------
    function
        ``(y_true, y_pred) -> float``, or with a third argument, the training means.
    influence
        The metric's function of influence values, with the arguments of `function`; None if it
        declares none.
    chance
        ``(y_true) -> float``; None if the metric does not declare it.
    """

    spec: MetricSpec
    function: Callable[..., float]
    influence: Callable[..., Any] | None = None
    chance: Callable[[NDArray[Any]], float] | None = None

    @property
    def name(self) -> str:
        """The name in tables."""
        return self.spec.name

    @property
    def undefined(self) -> str:
        """Why the metric has no value, after it has returned none."""
        if getattr(self.function, "returned_infinity", False):
            return f"{self.name} is undefined: it returned infinity"
        return f"{self.name} is undefined: {self.spec.undefined or 'it returned NaN'}"

    @property
    def best(self) -> float | None:
        """The best possible value, None if the metric is unbounded."""
        return self.spec.high if self.spec.greater_is_better else self.spec.low


@dataclass(frozen=True, eq=False)
class MetricCall:
    """The arguments with which a metric is called once.

    Attributes
    ----------
    column
        Index of the label column; None if the metric sees all of them.
    rows
        Indices of the rows that have a label and a prediction.
    arguments
        Labels, predictions and, if the metric uses them, training means.
    """

    column: int | None
    rows: NDArray[np.int64]
    arguments: tuple[NDArray[Any], ...]


def metrics_for(tasks: Sequence[JoinedTask], primary: str | None) -> list[list[NamedMetric]]:
    """Return the metrics of each task, the primary one first.

    Parameters
    ----------
    primary
        A metric that replaces the primary metric of every task to whose problem it applies.

    Raises
    ------
    ConfigError
        The primary metric of a task does not apply to its problem.
    """
    problems = []
    metrics_of_tasks = []
    for joined in tasks:
        task = joined.task
        standard = list(SECONDARY_METRICS[task.problem])
        if task.problem == "regression" and joined.label_matrix.shape[1] > 1:
            standard.append("mean-distance")
        first = primary_metric(task, primary)
        names = [(task.plugin, name) for name in (first, *task.secondary_metrics)]
        names += [(CORE, name) for name in standard]
        metrics: dict[str, NamedMetric] = {}
        for key in names:
            metric = _load(*key)  # of this task only: it remembers what it returned
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


def primary_metric(task: ScoringTask, asked: str | None) -> str:
    """Return the metric that is asked for if it applies to the task, else the task's own."""
    applies = asked is not None and task.problem in problems_of_metric(task, asked)
    return asked if asked is not None and applies else task.metric


def problems_of_metric(task: ScoringTask, name: str) -> tuple[Problem, ...]:
    """Return the problems that a metric applies to, as the task's plugin resolves its name."""
    return cast(MetricSpec, find_for_spec("metric", name, plugin=task.plugin).spec).problems


def require_metric_applies(tasks: Sequence[ScoringTask], asked: str) -> None:
    """Check that a metric that is asked for applies to at least one task.

    Raises
    ------
    ConfigError
        It applies to none; the problem of each task is reported.
    """
    problems = []
    for task in tasks:
        allowed = problems_of_metric(task, asked)
        if task.problem in allowed:
            return
        problems.append(
            f"task {task.key} is {task.problem}; {asked} is for {' and '.join(allowed)}"
        )
    raise ConfigError(
        f"the metric {asked} does not apply to any task",
        problems=problems,
        hint="neuco list metrics",
    )


def _load(plugin: str, name: str) -> NamedMetric:
    component = find_for_spec("metric", name, plugin=plugin)
    spec = cast(MetricSpec, component.spec)
    function = _MetricFunction(component, create(component))
    influence = chance = None
    if spec.influence is not None:
        params = {param.name: param.default for param in spec.params}  # as `create` binds them
        values = functools.partial(resolve(component, spec.influence), **params)
        influence = functools.partial(_call, component, values)
    if isinstance(spec.chance, int | float):
        number = float(spec.chance)
        chance = lambda _: number  # noqa: E731
    elif spec.chance is not None:
        chance = _MetricFunction(component, resolve(component, spec.chance))
    return NamedMetric(spec, function, influence, chance)


def _call(component: Component, function: Callable[..., Any], *arguments: NDArray[Any]) -> Any:
    with plugin_errors(component):
        return function(*arguments)


@dataclass
class _MetricFunction:
    """A plugin's metric, or its chance, whose result is a number or NaN.

    Attributes
    ----------
    returned_infinity
        Whether a result was infinite; NaN is returned in its place.
    """

    component: Component
    function: Callable[..., Any]
    returned_infinity: bool = False

    def __call__(self, *arguments: NDArray[Any]) -> float:
        """Call the function; a result that is no real number is an error that names the metric."""
        result = _call(self.component, self.function, *arguments)
        if isinstance(result, bool | np.bool_ | complex | np.complexfloating) or not isinstance(
            result, int | float | np.number
        ):
            raise ComponentOutputError(
                f"the metric {self.component.full_name} returned {type(result).__name__}, "
                "not a number",
                hint=f"neuco plugins check {self.component.plugin}",
            )
        value = float(result)
        if np.isinf(value):
            self.returned_infinity = True
            return float("nan")
        return value


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
    values = [
        metric_value(metric, joined, scores[repeat], means, columns)
        for repeat, means in enumerate(joined.training_means)
    ]
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
        means = joined.training_means[repeat]
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            value = metric_value(metric, joined, scores[repeat], means, rows=rows)
            result.append((len(result), None if np.isnan(value) else value))
    return result


def order_scores(probability: Matrix, prior: Matrix) -> Matrix:
    """Return log-odds minus the prior log-odds of the training part, rounded to four decimals.

    Each held-out part is predicted by a model of its own, whose predictions contain the share of
    positives in its training part; that share is high exactly where the held-out share is low.
    Without the subtraction a constant embedding would rank below chance (stratification bias:
    Parker, Guenter and Bedo, BMC Bioinformatics 8, 2007; Forman and Scholz, SIGKDD Explorations
    12, 2010).

    Parameters
    ----------
    probability
        Probability of the positive class.
    prior
        Share of positives in the training part of each row; same shape.
    """
    order: Matrix = np.round(_log_odds(probability) - _log_odds(prior), ORDER_DECIMALS)
    return order


def _log_odds(probability: Matrix) -> Matrix:
    p = np.clip(probability, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    odds: Matrix = np.log(p) - np.log1p(-p)
    return odds


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
        (n, k), one repeat of `JoinedTask.training_means`.
    columns
        Indices of the outputs to use; by default those that are averaged into the score.
    rows
        Indices of the rows to use; all by default.
    """
    values = [
        float(metric.function(*call.arguments))
        for call in metric_calls(metric, joined, scores, means, columns, rows)
    ]
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def metric_calls(
    metric: NamedMetric,
    joined: JoinedTask,
    scores: Matrix,
    means: Matrix,
    columns: Sequence[int] | None = None,
    rows: NDArray[np.int64] | None = None,
) -> Iterator[MetricCall]:
    """Yield the arguments of a metric, one call per averaged output or label.

    A metric is called once if it takes all outputs at once, for classes, and for labels of which
    none is missing. Parameters as in `metric_value`.
    """
    rows = np.arange(len(joined.ids)) if rows is None else rows
    problem, needs = joined.task.problem, metric.spec.needs
    if not joined.separate_columns:
        y = joined.y.reshape(-1)[rows].astype(np.int64)
        predicted = scores[rows] if problem == "multiclass" else scores[rows, 0]
        if needs == "value":
            decided = predicted.argmax(axis=1) if problem == "multiclass" else predicted > 0.5
            predicted = decided.astype(np.int64)
        elif needs == "order":
            predicted = order_scores(predicted, means[rows, 0])
        extra = (means[rows, 0],) if metric.spec.uses_training_mean else ()
        yield MetricCall(None, rows, (y, predicted, *extra))
        return
    outputs = joined.averaged if columns is None else np.array(columns)
    cells = np.ix_(rows, outputs)
    y, predicted = joined.label_matrix[cells], scores[cells]
    if problem == "multilabel" and needs == "value":
        predicted = np.where(np.isnan(predicted), np.nan, predicted > 0.5)
    elif needs == "order":
        predicted = order_scores(predicted, means[cells])
    known = ~(np.isnan(y) | np.isnan(predicted))
    # A label keeps the shape (n, 1): as (n,) its 0 and 1 would be taken for two classes.
    shape = (-1, 1) if problem == "multilabel" else (-1,)
    if metric.spec.multioutput:
        if not too_few_complete_rows(joined):
            complete = known.all(axis=1)
            extra = (means[cells][complete],) if metric.spec.uses_training_mean else ()
            arguments = (y[complete], predicted[complete], *extra)
            yield MetricCall(None, rows[complete], arguments)
        return
    if problem == "multilabel" and known.all():
        extra = (means[cells],) if metric.spec.uses_training_mean else ()
        yield MetricCall(None, rows, (y, predicted, *extra))
        return
    for index, column in enumerate(outputs):
        here = known[:, index]
        arrays = [y[here, index], predicted[here, index]]
        if metric.spec.uses_training_mean:
            arrays.append(means[cells][here, index])
        arguments = tuple(array.reshape(shape) for array in arrays)
        yield MetricCall(int(column), rows[here], arguments)


def complete_rows(joined: JoinedTask) -> int:
    """Return the number of rows in which all outputs are known."""
    return int(np.sum(~np.isnan(joined.label_matrix.astype(np.float64)).any(axis=1)))


def too_few_complete_rows(joined: JoinedTask) -> bool:
    """Return whether a metric of all outputs at once has too few rows."""
    return complete_rows(joined) < required_rows(joined.task)

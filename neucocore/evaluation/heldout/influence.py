"""Influence values of the scores of a task, from its out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.jackknife import jackknife_values
from neucocore.evaluation.heldout.joined_task import JoinedTask, means_without_own_fold
from neucocore.evaluation.heldout.metrics import (
    MetricCall,
    NamedMetric,
    metric_calls,
    metric_value,
)
from neucocore.evaluation.heldout.predict import OutOfFold
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.statistics.fold_scores import jackknife_ratio
from neucocore.statistics.influence import (
    Influence,
    Kind,
    Undefined,
    checked,
    given_values,
    mean_of_columns,
    mean_of_repeats,
)
from neucocore.statistics.intervals import too_little_data
from neucocore.statistics.training_noise import class_inflation

Method = Literal["influence", "jackknife"]
"""How the noise of training enters an interval.

``influence``
    From the ridge fits of the linear probe; not at all for other probes.
``jackknife``
    From fits that leave out each pair of folds, for any probe.
"""


class TaskInfluence:
    """Computes the influence values of the metrics of one task.

    Parameters
    ----------
    method
        See `Method`. For ``jackknife``, `OutOfFold.without_folds` must have been requested.
    """

    def __init__(self, joined: JoinedTask, result: OutOfFold, method: Method = "influence") -> None:
        self.joined, self.result, self.method = joined, result, method

    def of(
        self, metric: NamedMetric, columns: Sequence[int] | None = None
    ) -> Influence | Undefined:
        """Return the influence of a metric.

        Parameters
        ----------
        columns
            Indices of the outputs to use; by default those that are averaged into the score.
        """
        influence = self._of_repeats(metric, columns)
        if isinstance(influence, Undefined):
            return influence
        if self.method == "jackknife":
            return self._by_jackknife(metric, influence, columns)
        return replace(influence, groups=self.joined.groups)

    def of_part(self, metric: NamedMetric, rows: NDArray[np.int64]) -> Influence | Undefined:
        """Return the influence of a metric over some rows, of the models that score all rows.

        For ``jackknife``, training increases the variance by the ratio that it has for all rows.
        """
        part = TaskInfluence(self.joined.of_rows(rows), self.result.of_rows(rows), self.method)
        if self.joined.task.problem == "multiclass":
            labels, baselines = self._class_labels
            vars(part)["_class_labels"] = labels[rows], baselines[:, rows]  # the cached property
        influence = part._of_repeats(metric, None)
        if isinstance(influence, Undefined):
            return influence
        influence = replace(influence, groups=part.joined.groups)
        if self.method == "jackknife":
            of_all = self.of(metric)
            if isinstance(of_all, Undefined):
                return of_all
            influence = replace(influence, inflation=of_all.inflation)
        return influence

    def with_training(
        self,
        repeats: Sequence[Influence | Undefined],
        column: int | None,
        rows: NDArray[np.int64],
    ) -> Influence | Undefined:
        """Add groups and the noise of training, as the ridge fits tell it, to influence values.

        Parameters
        ----------
        repeats
            The influence of one figure over `rows`, for each partition into folds.
        column
            Index of the label column; None for classes.
        rows
            (m,) row of each influence value.
        """
        influence = mean_of_repeats(
            [
                self._with_noise(influence, column, repeat)
                for repeat, influence in enumerate(repeats)
            ]
        )
        groups = self.joined.groups
        if isinstance(influence, Undefined) or groups is None:
            return influence
        return replace(influence, groups=groups[rows])

    def training_noise(self, column: int) -> float | None:
        """Return lambda of a label column, or of the classes (column 0); None if unknown."""
        noise = float(np.mean(self.result.noise[:, column]))
        return None if np.isnan(noise) else noise

    def _of_repeats(
        self, metric: NamedMetric, columns: Sequence[int] | None
    ) -> Influence | Undefined:
        """Return the mean over the partitions into folds, without groups."""
        return mean_of_repeats(
            [self._of_repeat(metric, repeat, columns) for repeat in range(len(self.joined.folds))]
        )

    def _of_repeat(
        self, metric: NamedMetric, repeat: int, columns: Sequence[int] | None
    ) -> Influence | Undefined:
        joined = self.joined
        calls = list(
            metric_calls(
                metric,
                joined,
                self.result.scores[repeat],
                joined.training_means[repeat],
                columns,
            )
        )
        if not calls:
            return Undefined("no row has all outputs")
        influences = []
        for call in calls:
            influence = _influence(metric, call)
            if self.method == "influence":
                influence = self._with_noise(influence, call.column, repeat)
            if isinstance(influence, Influence):
                if reason := too_little_data(influence):
                    return Undefined(reason)
            elif not np.isnan(metric.function(*call.arguments)):
                return influence  # the column counts in the score, so its influence is needed
            influences.append(influence)
        return mean_of_columns(influences, [call.rows for call in calls], len(joined.ids))

    def _with_noise(
        self, influence: Influence | Undefined, column: int | None, repeat: int
    ) -> Influence | Undefined:
        """Add what the ridge fits tell about training."""
        if isinstance(influence, Undefined):
            return influence
        if self.joined.task.problem == "regression":
            columns = self.joined.averaged if column is None else column
            noise = float(np.mean(self.result.noise[repeat, columns]))
            return replace(influence, training_noise=None if np.isnan(noise) else noise)
        return replace(influence, inflation=self._inflation(repeat, column))

    def _inflation(self, repeat: int, column: int | None) -> float | None:
        labels, baselines = self._class_labels
        if self.joined.task.problem != "multilabel":
            columns = np.arange(labels.shape[1])
            noise = self.result.noise[repeat, [0]]
        else:
            columns = self.joined.averaged if column is None else np.array([column])
            noise = self.result.noise[repeat, columns]
        if np.isnan(noise).any():
            return None
        predicted = self.result.least_squares[repeat]
        return class_inflation(
            labels[:, columns], predicted[:, columns], baselines[repeat][:, columns], noise
        )

    @cached_property
    def _class_labels(self) -> tuple[Matrix, Matrix]:
        """0/1 labels or one-hot classes, (n, k), and their training means, (repeats, n, k)."""
        joined = self.joined
        if joined.task.problem != "multiclass":
            return joined.label_matrix.astype(np.float64), joined.training_means
        classes = np.arange(self.result.scores.shape[2])
        labels = (joined.y.reshape(-1, 1) == classes).astype(np.float64)
        return labels, np.stack([means_without_own_fold(labels, folds) for folds in joined.folds])

    def _by_jackknife(
        self, metric: NamedMetric, influence: Influence, columns: Sequence[int] | None
    ) -> Influence | Undefined:
        """Add how much the score varies when models are fitted without one fold more."""
        joined, result = self.joined, self.result
        refitted, kept = [], []
        for repeat, folds in enumerate(joined.folds):
            if len(np.unique(folds)) < 3:
                return Undefined("the jackknife over folds needs at least 3 folds")
            for fold in np.unique(folds):
                rows = np.flatnonzero(folds != fold)
                means = means_without_own_fold(joined.label_matrix, folds, without=int(fold))
                without = result.without_folds[repeat, fold]
                if np.any(np.isnan(without[rows]) & ~np.isnan(result.scores[repeat][rows])):
                    return Undefined("a class has no row outside of two folds")
                refitted.append(metric_value(metric, joined, without, means, columns, rows))
                means = joined.training_means[repeat]
                scores = result.scores[repeat]
                kept.append(metric_value(metric, joined, scores, means, columns, rows))
        shape = len(joined.folds), -1
        ratio = jackknife_ratio(np.array(refitted).reshape(shape), np.array(kept).reshape(shape))
        if ratio is None:
            return Undefined(
                "the jackknife over folds has no value: a score without a fold is "
                "undefined, or the scores do not vary"
            )
        return replace(influence, groups=joined.groups, inflation=ratio - 1)


def _influence(metric: NamedMetric, call: MetricCall) -> Influence | Undefined:
    """Return the influence values that a metric declares, or those of leaving out rows."""
    spec = metric.spec
    bounds = (
        -np.inf if spec.low is None else spec.low,
        np.inf if spec.high is None else spec.high,
    )
    fields: dict[str, Any] = {
        "kind": _kind(metric),
        "greater_is_better": spec.greater_is_better,
        "bounds": bounds,
    }
    if metric.influence is None:
        return jackknife_values(metric.function, *call.arguments, **fields)
    values = metric.influence(*call.arguments)
    if isinstance(values, Undefined):
        return values
    if isinstance(values, Influence):
        return checked(values, len(call.rows))
    estimate = float(metric.function(*call.arguments))
    return given_values(values, estimate, len(call.rows), **fields)


def _kind(metric: NamedMetric) -> Kind:
    if metric.spec.problems == ("regression",):
        return "errors"
    return "ranking" if metric.spec.needs == "order" else "decisions"


def chance_of(metric: NamedMetric, joined: JoinedTask) -> float | None:
    """Return the score of a method that knows nothing but the labels; None if it is not known."""
    if metric.chance is None:
        return None
    scores = np.zeros((len(joined.ids), 2 if joined.task.problem == "multiclass" else 1))
    if joined.separate_columns:
        scores = np.zeros(joined.label_matrix.shape)
    calls = metric_calls(metric, joined, scores, joined.training_means[0])
    values: NDArray[np.float64] = np.array([metric.chance(call.arguments[0]) for call in calls])
    defined = values[np.isfinite(values)]
    return float(np.mean(defined)) if len(defined) else None

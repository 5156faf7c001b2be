"""The result of scoring one task: what every protocol returns and every writer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ResultsError, ShapeError
from neucocore.evaluation.inputs import ScoringTask

if TYPE_CHECKING:
    from neucocore.statistics.influence import Influence, Undefined
    from neucocore.statistics.intervals import Interval

ScoreStatus = Literal["ok", "undefined", "failed"]


@dataclass(frozen=True, slots=True)
class SplitScore:
    """One metric on one split; ``value`` is None exactly when ``status`` is not ``ok``."""

    split: int
    metric: str
    value: float | None
    status: ScoreStatus = "ok"
    reason: str = ""


@dataclass(frozen=True, eq=False)
class MetricScore:
    """One metric of a task over all held-out rows, and how sure it is.

    Attributes
    ----------
    score
        None if it is undefined.
    interval
        The 95 % interval, or the reason why there is none.
    influence
        The influence of each row, rows sorted by id.
    chance
        Score of a method that knows nothing but the labels; None if it is not known.
    best
        Best possible score; None if the metric is unbounded.
    """

    metric: str
    score: float | None
    interval: Interval
    influence: Influence | Undefined
    chance: float | None = None
    best: float | None = None
    greater_is_better: bool = True


@dataclass(frozen=True, slots=True)
class OutputScore:
    """The score of one output of a task, or of one label of a multi-label task.

    Attributes
    ----------
    n
        Number of rows in which the output is known.
    score
        The metric over these rows; None if it is undefined.
    averaged
        Whether the output counts in the score of the task.
    reason
        Why it does not count.
    low, high
        The 95 % interval of the score; None if there is none, for the `interval_reason`.
    training_noise
        Lambda of `neucocore.statistics.training_noise`; None if the probe does not provide it.
    """

    name: str
    metric: str
    n: int
    score: float | None
    averaged: bool = True
    reason: str = ""
    low: float | None = None
    high: float | None = None
    interval_reason: str = ""
    training_noise: float | None = None


@dataclass(frozen=True, eq=False)
class TaskOutcome:
    """The result of one protocol on one task.

    Attributes
    ----------
    q
        What leaderboards rank by, higher is better: the Q statistic under ``neucobench-*``, the
        pooled score else, negated where the metric falls as predictions improve.
    score
        The primary metric's summary: mean over folds, or pooled over out-of-fold predictions.
    std
        Standard deviation over splits (ddof 0). It is not the uncertainty of the score.
    metrics
        Every metric with its interval, the primary one first; empty if the protocol computes no
        influence values.
    training_noise
        Mean lambda over the averaged outputs; None if the probe does not provide it.
    attainable
        The R2 that a perfect prediction would get, where the labels have standard deviations.
    splits
        Per split and metric values, primary metric first.
    outputs
        Each output with its own score and number of rows; empty for tasks with a single output.
    extra
        Other metrics, pooled, by name; None where undefined.
    hyperparameters
        What the probe was trained with, or what was chosen inside the splits.
    predictions
        Arrays to keep (``ids``, ``split``, ``y_true``, ``y_pred``), or empty.
    curves
        Arrays for plots (``train_loss``, ``val_loss``: splits x epochs), or empty.
    probe
        Arrays of the stored probe with a ``meta`` of plain JSON values, or None.
    warnings
        What limits the meaning of the score, in words.
    places
        Plain JSON values: what `neucocore.evaluation.places.analysis` found; None without places.
    counts
        Plain JSON values: how many rows and columns were left out or contribute nothing. Filled in
        after scoring; a protocol may add its own.
    details
        Plain JSON values: errors per fifth of the labels, accuracies per class, area-weighted
        figures and scores per part; see `neucocore.evaluation.heldout.details`.
    failed_plugin
        The plugin because of which the task has no score; empty for others.
    """

    task: ScoringTask
    n: int
    d: int
    status: ScoreStatus
    q: float | None
    score: float | None
    std: float | None
    reason: str = ""
    splits: tuple[SplitScore, ...] = ()
    extra: Mapping[str, float | None] = field(default_factory=dict)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    predictions: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    curves: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    probe: StoredProbe | None = None
    warnings: tuple[str, ...] = ()
    outputs: tuple[OutputScore, ...] = ()
    counts: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[MetricScore, ...] = ()
    training_noise: float | None = None
    attainable: float | None = None
    places: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    failed_plugin: str = ""


@dataclass(frozen=True, eq=False)
class StoredProbe:
    """A fitted probe as arrays and plain JSON values, ready to be written without pickle."""

    arrays: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any]

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return what the probe predicts for embeddings.

        Parameters
        ----------
        X
            (m, d) embeddings of the kind that the probe was trained on.

        Returns
        -------
        (m, k) array
            Label values; for binary and multi-label tasks the probability of each label, for
            classes that of each class, in the order of ``meta["classes"]``.

        Raises
        ------
        ResultsError
            The probe is not a linear one; ``meta["predict"]`` describes what to compute from its
            arrays.
        ShapeError
            X has another number of columns.
        """
        from neucocore.evaluation.linear.logistic import probabilities

        problem, columns = self.meta.get("problem"), list(self.meta.get("columns", ()))
        several = len(columns) > 1
        parts: list[tuple[list[int], NDArray[np.float64]]] = []
        for number, of_model in enumerate(columns):
            prefix = f"{number}." if several else ""
            names = prefix + "weights", prefix + "intercept"
            if not set(names) <= self.arrays.keys():
                raise ResultsError(
                    f"the probe {self.meta.get('probe')} is not a linear one",
                    hint=f"compute it from the arrays: {self.meta.get('predict')}",
                )
            weights, intercept = (self.arrays[name] for name in names)
            rows = np.asarray(X, dtype=np.float64)
            if rows.ndim != 2 or rows.shape[1] != len(weights):
                raise ShapeError(
                    f"the embeddings have the shape {rows.shape}; the probe was trained on "
                    f"{len(weights)} dimensions"
                )
            scores = rows @ weights + intercept
            if problem == "multiclass":
                scores = probabilities(scores)
            elif problem != "regression":
                scores = np.hstack([probabilities(column[:, None]) for column in scores.T])
            parts.append((list(of_model), scores))
        if problem == "multiclass":
            return parts[0][1]
        predicted = np.empty((len(X), 1 + max(max(of_model) for of_model, _ in parts)))
        for of_model, scores in parts:
            predicted[:, of_model] = scores
        return predicted

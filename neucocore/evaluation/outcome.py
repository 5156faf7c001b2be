"""What scoring one task gives: the value every protocol returns and every writer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem

Status = Literal["ok", "undefined", "failed"]


@dataclass(frozen=True, eq=False)
class ScoringTask:
    """One task as a protocol sees it: labels joined with nothing yet.

    Attributes
    ----------
    key
        The name in tables: ``name@version`` of an installed task, else the label file's stem.
    stem
        The label file's name without ``__<type>.csv``; ``neucobench-*`` orders by it.
    problem
        ``regression``, ``binary``, ``multiclass`` or ``multilabel``.
    ids
        Sample ids in label-file order, each once.
    y
        (n,) float64 values or int64 class codes, or (n, k); NaN marks a missing output.
    classes
        Names of the class codes for binary and multiclass, else empty.
    outputs
        Names of the k columns of `y`, else empty.
    secondary_metrics
        Names of further metrics its plugin wants reported.
    groups
        Group of each row for grouped splits, or None.
    metric
        Name of the primary metric.
    digest
        sha256 of ids and labels.
    """

    key: str
    stem: str
    problem: Problem
    ids: tuple[str, ...]
    y: NDArray[Any]
    metric: str
    digest: str
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    secondary_metrics: tuple[str, ...] = ()
    groups: NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class SplitScore:
    """One metric on one split; ``value`` is None exactly when ``status`` is not ``ok``."""

    split: int
    metric: str
    value: float | None
    status: Status = "ok"
    reason: str = ""


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
        Standard deviation over splits (ddof 0).
    splits
        Per split and metric values, primary metric first.
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
    """

    task: ScoringTask
    n: int
    d: int
    status: Status
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


@dataclass(frozen=True, eq=False)
class StoredProbe:
    """A fitted probe as arrays and plain JSON values, ready to be written without pickle."""

    arrays: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ScoringInput:
    """What a protocol is given.

    Attributes
    ----------
    ids
        Ids of the embedding rows, each once.
    matrix
        (n, d) float32, finite, rows as `ids`.
    tasks
        The tasks to score, after every filter, already restricted to ids that have embeddings.
    labelled_ids
        Ids with a label in any label file of the folder, before the task filter:
        ``neucobench-*`` takes its embedding statistics over these rows.
    store_probe, keep_curves
        Whether to return a `StoredProbe` and loss curves.
    """

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    tasks: tuple[ScoringTask, ...]
    labelled_ids: frozenset[str]
    store_probe: bool = False
    keep_curves: bool = False

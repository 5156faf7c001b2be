"""What a protocol scores: embeddings, and tasks with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.components.sources import CORE
from neucocore.components.specs import Problem
from neucocore.evaluation.reduction import Reduction


@dataclass(frozen=True, eq=False)
class RowColumn:
    """A column of a table with one value per row of a task.

    Attributes
    ----------
    name
        Name of the column.
    values
        (n,) values, in the order of the task's ids.
    """

    name: str
    values: NDArray[Any]

    def of_rows(self, rows: NDArray[np.intp]) -> RowColumn:
        """Return the values of some rows."""
        return RowColumn(self.name, self.values[rows])


@dataclass(frozen=True, eq=False)
class ScoringTask:
    """One task as a protocol sees it: labels only, not yet matched to embeddings.

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
    folds
        (n,) int64 fold in which each row is held out, if they are given and not determined by
        hashes: from 0, and -1 for rows that are only trained on; else None.
    metric
        Name of the primary metric.
    plugin
        The plugin of the task. The metrics that it names are looked up there first.
    digest
        sha256 of ids, labels and groups, as far as the protocol uses them.
    source
        Source of the labels, by which tasks count in a mean over tasks; empty if it is not known.
    unit
        Unit of the labels, or empty.
    label_sd
        Standard deviation of the error of each label, as `y`, in label units; NaN where it is not
        known, None if no label has one.
    weights
        Area that each row represents, positive float64, for area-weighted figures; or None. Neither
        training nor the score depends on it.
    parts
        Text of each row by which scores are also reported per value, None for rows without one; or
        None.
    """

    key: str
    stem: str
    problem: Problem
    ids: tuple[str, ...]
    y: NDArray[Any]
    metric: str
    digest: str = ""
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    secondary_metrics: tuple[str, ...] = ()
    groups: NDArray[Any] | None = None
    plugin: str = CORE
    source: str = ""
    unit: str = ""
    label_sd: NDArray[np.float64] | None = None
    folds: NDArray[np.int64] | None = None
    weights: RowColumn | None = None
    parts: RowColumn | None = None


@dataclass(frozen=True, eq=False)
class ScoringInput:
    """What a protocol scores: the embeddings and the tasks.

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
    interval
        How the noise of training enters intervals: from the linear probe's ridge fits
        (``influence``), or from fits that leave out one fold more (``jackknife``).
    reduction
        Makes the embeddings smaller inside each split; None leaves them as they are.
    training_rows
        Number of training rows that each split uses; None for all.
    """

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    tasks: tuple[ScoringTask, ...]
    labelled_ids: frozenset[str]
    store_probe: bool = False
    keep_curves: bool = False
    interval: Literal["influence", "jackknife"] = "influence"
    reduction: Reduction | None = None
    training_rows: int | None = None

"""A task matched to the rows of an embedding matrix, with a fold for each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.outputs import averaged_outputs
from neucocore.evaluation.heldout.splits import assign_folds, strata_of
from neucocore.evaluation.inputs import ScoringInput, ScoringTask


@dataclass(frozen=True, eq=False)
class JoinedTask:
    """A task with its rows sorted by id, so that no digit depends on the row order of a file.

    Attributes
    ----------
    task
        The task, with its rows in label-file order.
    ids
        (n,) ids, sorted.
    y
        Labels in the order of `ids`, (n,) or (n, k).
    rows
        (n,) rows of the embedding matrix.
    folds
        For each repeat, the fold in which each row is held out, (n,); -1 for rows of a fixed split
        that are only trained on.
    """

    task: ScoringTask
    ids: tuple[str, ...]
    y: NDArray[Any]
    rows: NDArray[np.int64]
    folds: tuple[NDArray[np.int64], ...]

    @property
    def label_matrix(self) -> NDArray[Any]:
        """Labels as (n, k), with k = 1 for a single output."""
        return self.y.reshape(len(self.y), -1)

    @property
    def separate_columns(self) -> bool:
        """Whether each column is fitted separately: outputs, or labels of a multi-label task."""
        return self.task.problem in ("regression", "multilabel")

    @property
    def several_outputs(self) -> bool:
        """Whether there are several such columns."""
        return self.separate_columns and self.label_matrix.shape[1] > 1

    @cached_property
    def averaged(self) -> NDArray[np.intp]:
        """Indices of the label columns that are averaged into the score."""
        return averaged_outputs(self.task)

    @cached_property
    def training_means(self) -> NDArray[np.float64]:
        """Mean label of the training part of each row, (repeats, n, k)."""
        return np.stack([means_without_own_fold(self.label_matrix, folds) for folds in self.folds])

    @cached_property
    def weights(self) -> NDArray[np.float64] | None:
        """(n,) area of each row relative to the largest; None without ``--weights``."""
        if self.task.weights is None:
            return None
        areas = np.asarray(self.task.weights.values, dtype=np.float64)[self.order]
        return np.asarray(areas / areas.max(), dtype=np.float64)

    @cached_property
    def weighted_training_means(self) -> NDArray[np.float64]:
        """Mean label of the training part of each row by area, as `training_means`."""
        if self.weights is None:
            return self.training_means
        y = self.label_matrix.astype(np.float64)
        weights = np.where(np.isnan(y), np.nan, self.weights[:, None])
        return np.stack(
            [
                means_without_own_fold(weights * y, folds) / means_without_own_fold(weights, folds)
                for folds in self.folds
            ]
        )

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """(n,) row of the task of each row of `ids`."""
        return np.array(sorted(range(len(self.ids)), key=self.task.ids.__getitem__), dtype=np.intp)

    @cached_property
    def groups(self) -> NDArray[np.int64] | None:
        """Number of the group of each row from 0, (n,); None without groups."""
        if self.task.groups is None:
            return None
        names = np.asarray(self.task.groups).astype(str)[self.order]
        numbers: NDArray[np.int64] = np.unique(names, return_inverse=True)[1].astype(np.int64)
        return numbers

    def of_rows(self, rows: NDArray[np.int64]) -> JoinedTask:
        """Return some rows of the task, with the training means that all rows have."""
        ids = tuple(self.ids[row] for row in rows)
        groups = None if self.groups is None else self.groups[rows]
        weights, parts = self.task.weights, self.task.parts
        part = JoinedTask(
            replace(
                self.task,
                ids=ids,
                y=self.y[rows],
                groups=groups,
                label_sd=None,
                weights=None if weights is None else weights.of_rows(self.order[rows]),
                parts=None if parts is None else parts.of_rows(self.order[rows]),
            ),
            ids,
            self.y[rows],
            self.rows[rows],
            tuple(folds[rows] for folds in self.folds),
        )
        vars(part)["training_means"] = self.training_means[:, rows]  # the cached property
        if weights is not None:
            vars(part)["weighted_training_means"] = self.weighted_training_means[:, rows]
        return part

    @property
    def folds_are_given(self) -> bool:
        """Whether the folds are those of a column."""
        return self.task.folds is not None

    @property
    def held_out_rows(self) -> NDArray[np.intp]:
        """Indices of the rows that are held out in some split: all, but for a fixed split."""
        return np.flatnonzero(self.folds[0] >= 0)

    @property
    def all_averaged(self) -> bool:
        """Whether no output is left out of the score."""
        return bool(len(self.averaged) == self.label_matrix.shape[1])


def means_without_own_fold(
    labels: NDArray[Any], folds: NDArray[np.int64], without: int | None = None
) -> NDArray[np.float64]:
    """Return for each row and column the mean label of the rows in other folds, (n, k).

    Parameters
    ----------
    labels
        (n, k), NaN where a label is missing.
    folds
        (n,) fold of each row.
    without
        A fold whose rows are left out of all means.
    """
    y = labels.astype(np.float64)
    known = ~np.isnan(y)
    if without is not None:
        known &= (folds != without)[:, None]
    means = np.empty_like(y)
    for fold in np.unique(folds):
        held_out = folds == fold
        train = known & ~held_out[:, None]
        count = np.maximum(train.sum(axis=0), 1)
        means[held_out] = np.where(train, y, 0.0).sum(axis=0) / count
    return means


def join(
    inputs: ScoringInput, task: ScoringTask, *, folds: int, repeats: int, protocol: str
) -> JoinedTask:
    """Sort a task's rows by id, find their embeddings, and assign folds.

    Parameters
    ----------
    folds, repeats
        Number of folds, and of independent partitions into folds.
    protocol
        ``name@version`` of the protocol, which determines the folds.
    """
    row_of_id = {sample: row for row, sample in enumerate(inputs.ids)}
    order = np.array(sorted(range(len(task.ids)), key=task.ids.__getitem__), dtype=np.int64)
    ids = tuple(task.ids[row] for row in order)
    groups = None if task.groups is None else np.asarray(task.groups).astype(str)[order].tolist()
    rows = np.array([row_of_id[sample] for sample in ids], dtype=np.int64)
    if task.folds is not None:
        given = np.asarray(task.folds, dtype=np.int64)[order]
        if groups is not None:  # so that hyperparameters are selected on other groups
            trained_on = np.flatnonzero(given < 0)
            names = [groups[row] for row in trained_on]
            inner = assign_folds(names, folds=folds, protocol=protocol, groups=names)
            given[trained_on] = -1 - inner
        return JoinedTask(task, ids, np.asarray(task.y)[order], rows, (given,))
    strata = strata_of(task)
    folds_of_repeats = tuple(
        assign_folds(
            ids,
            folds=folds,
            repeat=repeat,
            protocol=protocol,
            strata=None if strata is None else strata[order],
            groups=groups,
        )
        for repeat in range(repeats)
    )
    return JoinedTask(task, ids, np.asarray(task.y)[order], rows, folds_of_repeats)

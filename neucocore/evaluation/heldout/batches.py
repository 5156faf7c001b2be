"""Tasks joined with embeddings and sorted into batches that share rows and folds.

What is costly in a linear probe, the decomposition of the training rows, depends on rows and folds
alone; so the tasks on the same cubes are fitted together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.splits import assign_folds, strata_of
from neucocore.evaluation.inputs import ScoringInput, ScoringTask


@dataclass(frozen=True, eq=False)
class JoinedTask:
    """A task whose rows are sorted by id, so that no file's order shows in a digit.

    Attributes
    ----------
    task
        As given.
    ids
        (n,) ids, sorted.
    y
        Labels in that order, (n,) or (n, k).
    rows
        (n,) rows of the embedding matrix.
    folds
        Per repeat, the fold in which each row is held out, (n,).
    """

    task: ScoringTask
    ids: tuple[str, ...]
    y: NDArray[Any]
    rows: NDArray[np.int64]
    folds: tuple[NDArray[np.int64], ...]

    @property
    def columns(self) -> NDArray[Any]:
        """Labels as (n, k), k = 1 for a single output."""
        return self.y.reshape(len(self.y), -1)

    @property
    def per_column(self) -> bool:
        """Whether each column is a problem of its own: outputs, or labels of a multi-label task."""
        return self.task.problem in ("regression", "multilabel")

    @property
    def several(self) -> bool:
        """Whether there are several such columns."""
        return self.per_column and self.columns.shape[1] > 1


def join(
    given: ScoringInput, task: ScoringTask, *, folds: int, repeats: int, protocol: str
) -> JoinedTask:
    """Sort a task's rows by id, find their embeddings, and assign folds."""
    row_of = {sample: row for row, sample in enumerate(given.ids)}
    order = np.array(sorted(range(len(task.ids)), key=task.ids.__getitem__), dtype=np.int64)
    ids = tuple(task.ids[row] for row in order)
    groups = None if task.groups is None else np.asarray(task.groups).astype(str)[order].tolist()
    strata = strata_of(task)
    assigned = tuple(
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
    rows = np.array([row_of[sample] for sample in ids], dtype=np.int64)
    return JoinedTask(task, ids, np.asarray(task.y)[order], rows, assigned)


@dataclass(frozen=True, eq=False)
class Portion:
    """The columns of one task that are known for the same rows.

    Attributes
    ----------
    task
        Index of the task.
    columns
        Columns of its labels.
    places
        (m,) rows of the joined task, ordered by fold, then id.
    """

    task: int
    columns: tuple[int, ...]
    places: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Batch:
    """Rows, ordered by fold, and the portions of tasks to be fitted on them.

    Attributes
    ----------
    repeat
        Number of the repeat.
    rows
        (m,) rows of the embedding matrix.
    folds
        (m,) fold of each, rising.
    grouped
        Whether the folds hold whole groups.
    portions
        What is fitted.
    """

    repeat: int
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]
    grouped: bool
    portions: list[Portion] = field(default_factory=list)

    def held_out(self) -> Iterator[tuple[int, slice]]:
        """Yield each fold with the place of its rows."""
        for fold in np.unique(self.folds):
            first, end = np.searchsorted(self.folds, [fold, fold + 1])
            yield int(fold), slice(int(first), int(end))


def batches_of(tasks: Sequence[JoinedTask]) -> list[Batch]:
    """Sort all portions of all tasks and repeats into batches."""
    batches: dict[tuple[Any, ...], Batch] = {}
    for index, joined in enumerate(tasks):
        for repeat, folds in enumerate(joined.folds):
            for columns, known in _known_rows(joined):
                if len(np.unique(folds[known])) < 2:
                    continue  # nothing to train on once they are held out
                places = known[np.argsort(folds[known], kind="stable")]
                rows, ordered = joined.rows[places], folds[places]
                grouped = joined.task.groups is not None
                key = (repeat, grouped, rows.tobytes(), ordered.tobytes())
                batch = batches.setdefault(key, Batch(repeat, rows, ordered, grouped))
                batch.portions.append(Portion(index, columns, places))
    return list(batches.values())


def _known_rows(joined: JoinedTask) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Yield groups of columns with the rows for which exactly these labels are known."""
    known = ~np.isnan(joined.columns.astype(np.float64))
    patterns: dict[bytes, list[int]] = {}
    for column in range(known.shape[1]):
        patterns.setdefault(known[:, column].tobytes(), []).append(column)
    for columns in patterns.values():
        yield tuple(columns), np.flatnonzero(known[:, columns[0]])

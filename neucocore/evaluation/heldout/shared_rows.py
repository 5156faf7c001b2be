"""Labels of several tasks that are known for the same rows and split into the same folds.

The expensive step of a linear probe, the decomposition of the training rows, depends only on rows
and folds. Tasks that share them are therefore fitted together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.joined_task import JoinedTask


@dataclass(frozen=True, eq=False)
class TaskColumns:
    """The label columns of one task that are known for the same rows.

    Attributes
    ----------
    task
        Index of the task.
    columns
        Indices of its label columns.
    positions
        (m,) rows of the joined task, ordered by fold, then by id.
    """

    task: int
    columns: tuple[int, ...]
    positions: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SharedRows:
    """Rows, ordered by fold, and the label columns that are fitted on them.

    Attributes
    ----------
    repeat
        Number of the repeat.
    rows
        (m,) rows of the embedding matrix.
    folds
        (m,) fold of each row, in ascending order; -1 for rows that are only trained on.
    grouped
        Whether the folds consist of complete groups.
    task_columns
        The labels to fit.
    """

    repeat: int
    rows: NDArray[np.int64]
    folds: NDArray[np.int64]
    grouped: bool
    task_columns: list[TaskColumns] = field(default_factory=list)

    def held_out(self) -> Iterator[tuple[int, slice]]:
        """Yield each fold that is held out, and the slice of its rows."""
        return (part for part in self.parts() if part[0] >= 0)

    def parts(self) -> Iterator[tuple[int, slice]]:
        """Yield each fold and the slice of its rows; -1 are the rows that are only trained on."""
        for fold in np.unique(self.folds):
            first, end = np.searchsorted(self.folds, [fold, fold + 1])
            yield int(fold), slice(int(first), int(end))


def group_by_rows(tasks: Sequence[JoinedTask]) -> list[SharedRows]:
    """Group the label columns of all tasks and repeats by the rows and folds they share."""
    groups: dict[tuple[Any, ...], SharedRows] = {}
    for index, joined in enumerate(tasks):
        for repeat, folds in enumerate(joined.folds):
            for columns, known in _known_rows(joined):
                if len(np.unique(folds[known])) < 2:
                    continue  # no training row would be left
                positions = known[np.argsort(folds[known], kind="stable")]
                rows, folds_of_rows = joined.rows[positions], folds[positions]
                grouped = joined.task.groups is not None or joined.task.folds is not None
                key = (repeat, grouped, rows.tobytes(), folds_of_rows.tobytes())
                shared = groups.setdefault(key, SharedRows(repeat, rows, folds_of_rows, grouped))
                shared.task_columns.append(TaskColumns(index, columns, positions))
    return list(groups.values())


def _known_rows(joined: JoinedTask) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Yield columns that are known for the same rows, and these rows."""
    known = ~np.isnan(joined.label_matrix.astype(np.float64))
    columns_of_pattern: dict[bytes, list[int]] = {}
    for column in range(known.shape[1]):
        columns_of_pattern.setdefault(known[:, column].tobytes(), []).append(column)
    for columns in columns_of_pattern.values():
        yield tuple(columns), np.flatnonzero(known[:, columns[0]])

"""Which outputs of a task have enough rows to be averaged into its score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.inputs import ScoringTask

MIN_OUTPUT_ROWS = 20
"""An output with fewer labelled rows is not averaged into the score of its task.

That is two rows per fold with ten folds. Where even the output with the most rows has fewer than
twice as many, an output needs half the rows of that one, so that small tasks can be scored.
"""


def output_names(task: ScoringTask) -> tuple[str, ...]:
    """Return the names of the outputs; their numbers if they have no names."""
    return task.outputs or tuple(map(str, range(_label_matrix(task).shape[1])))


def rows_per_output(task: ScoringTask) -> NDArray[np.int64]:
    """Return the number of rows in which each output is known, (k,)."""
    return np.asarray(np.sum(~np.isnan(_label_matrix(task)), axis=0), dtype=np.int64)


def required_rows(task: ScoringTask) -> int:
    """Return the number of rows that an output needs to be averaged into the score."""
    most = int(rows_per_output(task).max(initial=0))
    return min(MIN_OUTPUT_ROWS, (most + 1) // 2)


def averaged_outputs(task: ScoringTask) -> NDArray[np.intp]:
    """Return the indices of the outputs that are averaged into the score."""
    return np.flatnonzero(rows_per_output(task) >= required_rows(task))


def reason_left_out(task: ScoringTask, output: int) -> str:
    """Return why an output is not averaged into the score; empty if it is."""
    rows, required = int(rows_per_output(task)[output]), required_rows(task)
    return "" if rows >= required else f"only {rows} labelled rows; at least {required} are needed"


def varying_outputs(task: ScoringTask) -> NDArray[np.bool_]:
    """Return which outputs have more than one label value, (k,)."""
    columns = _label_matrix(task)
    known = [column[~np.isnan(column)] for column in columns.T]
    return np.array([len(column) > 1 and np.ptp(column) > 0 for column in known])


def _label_matrix(task: ScoringTask) -> NDArray[np.float64]:
    return np.asarray(task.y, dtype=np.float64).reshape(len(task.ids), -1)

"""Rows that are far from all others: values without data outside the usual codes, or damage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import EXAMPLES_SHOWN, Finding

MIN_ROWS = 16
SAMPLED_ROWS = 256
FAR_VALUE = 1e3
"""Distance from the median of a dimension, in interquartile ranges."""
FAR_CONSTANT = 20
"""The same for a row that holds one value, in all dimensions."""
FAR_NORM = 1e6
"""Absolute value, in norms of a usual row; decides where the interquartile range is 0."""
LARGEST_SHARE = 0.05
"""A dimension in which more rows are far has a long tail."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Where the values of each dimension are: (d,) quartiles of a sample, and the usual norm."""

    median: NDArray[np.float64]
    iqr: NDArray[np.float64]
    norm: float

    def is_far(self, value: float) -> bool:
        """Whether one value, repeated in a complete row, is far from the others everywhere."""
        varies = self.iqr > 0
        far = np.abs(value - self.median) > FAR_CONSTANT * self.iqr
        return bool(varies.any() and far[varies].all() and (self.median != value).all())


def spread_of(matrix: NDArray[np.float32]) -> Spread | None:
    """Return the spread of a matrix of shape (n, d); None if there are too few rows."""
    n, d = matrix.shape
    if n < MIN_ROWS or not d:
        return None
    sample = matrix[:: max(1, n // SAMPLED_ROWS)]
    norm = float(np.median(np.sqrt(np.square(sample, dtype=np.float64).sum(axis=1))))
    columns = np.ascontiguousarray(sample.T)
    at = (len(sample) // 4, len(sample) // 2, len(sample) * 3 // 4)
    low, median, high = np.partition(columns, at, axis=1)[:, at].T.astype(np.float64)
    return Spread(median, high - low, norm)


def far_rows(matrix: NDArray[np.float32], spread: Spread) -> NDArray[np.intp]:
    """Return the rows with a value far from those of the other rows.

    Parameters
    ----------
    matrix
        (n, d) finite values.
    spread
        Where its values are.
    """
    limit = np.where(spread.iqr > 0, FAR_VALUE * spread.iqr, np.inf)
    largest = FAR_NORM * spread.norm if spread.norm > 0 else np.inf
    high = np.minimum(spread.median + limit, largest)
    low = np.maximum(spread.median - limit, -largest)
    beyond = np.zeros(matrix.shape[1], dtype=bool)
    for start in range(0, len(matrix), SAMPLED_ROWS):  # blocks that fit into the cache
        block = matrix[start : start + SAMPLED_ROWS]
        beyond |= (block.max(axis=0) > high) | (block.min(axis=0) < low)
    columns = np.nonzero(beyond)[0]
    far = np.zeros(len(matrix), dtype=bool)
    for column in columns.tolist():
        of_column = (matrix[:, column] > high[column]) | (matrix[:, column] < low[column])
        if of_column.sum() <= max(1, LARGEST_SHARE * len(matrix)):
            far |= of_column
    return np.nonzero(far)[0]


def far_row_findings(
    matrix: NDArray[np.float32], names: Sequence[str], without_data: Collection[int]
) -> list[Finding]:
    """Return a warning about rows far from all others; rows without data are not counted."""
    spread = spread_of(matrix)
    if spread is None:
        return []
    rows = [row for row in far_rows(matrix, spread).tolist() if row not in without_data]
    if not rows:
        return []
    message = "row has values far from those of all other rows, perhaps damaged or without data"
    examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN])
    hint = "check these rows; write the fill value in all dimensions of rows without data"
    return [Finding("far-rows", "warning", message, len(rows), examples, hint)]

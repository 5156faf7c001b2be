"""Columns of embeddings that hold little or no information: constant, or hardly varying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 4
"""A column is nearly constant if its standard deviation is below this number of float32 steps.

A step is the distance between two neighbouring float32 numbers at the column's largest value. From
about four steps upwards, rounding to float32 changes scores by less than one percent.
"""
FLOAT32_STEP = 2.0**-23
ROWS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """How many columns hold little information.

    Attributes
    ----------
    constant
        Columns with one value.
    nearly_constant
        Columns that vary, but only in the last digits of float32.
    total
        All columns.
    """

    constant: int
    nearly_constant: int
    total: int

    def warnings(self) -> list[str]:
        """Describe the columns that hold little information."""
        warnings = []
        if self.constant == self.total > 0:
            warnings.append("all rows have the same embedding, so it holds no information")
        elif self.constant:
            warnings.append(
                f"{self.constant} of {self.total} dimensions have the same value in all rows"
            )
        if self.nearly_constant:
            warnings.append(
                f"{self.nearly_constant} of {self.total} dimensions vary only in the last digits "
                "of float32, because they are far from zero; subtract a constant from them before "
                "storing them, or their information is lost"
            )
        return warnings


def count_columns(matrix: NDArray[np.float32]) -> ColumnCounts:
    """Count the columns of a matrix (n, d) that are constant or nearly constant."""
    n, d = matrix.shape
    if n < 2:
        return ColumnCounts(0, 0, d)
    highest, lowest = matrix.max(axis=0).astype(np.float64), matrix.min(axis=0).astype(np.float64)
    step = FLOAT32_STEP * np.maximum(highest, -lowest)
    spread = highest - lowest
    # A standard deviation is at least the range divided by sqrt(2 n).
    candidates = np.flatnonzero((spread > 0) & (spread < STEPS * step * np.sqrt(2 * n)))
    nearly = 0
    if len(candidates):
        centre = (highest + lowest)[candidates] / 2
        total, squares = np.zeros(len(candidates)), np.zeros(len(candidates))
        for start in range(0, n, ROWS_AT_ONCE):
            block = matrix[start : start + ROWS_AT_ONCE, candidates] - centre
            total += block.sum(axis=0)
            squares += np.square(block).sum(axis=0)
        deviation = np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0.0))
        nearly = int(np.sum(deviation < STEPS * step[candidates]))
    return ColumnCounts(int(np.sum(spread == 0)), nearly, d)

"""The matrix type of the linear probe, and sums over matrices that are worked on in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

BLOCK_ROWS = 512
"""Rows processed at a time, so that intermediate results stay in the processor's cache."""


def blocks_of(X: Matrix) -> Iterator[Matrix]:
    """Yield views of `BLOCK_ROWS` consecutive rows; the last one may be shorter."""
    for start in range(0, len(X), BLOCK_ROWS):
        yield X[start : start + BLOCK_ROWS]


def column_mean(slices: tuple[Matrix, ...]) -> Matrix:
    """Return the mean of each column, (d,), over the rows of all slices, each (n_i, d)."""
    total: Matrix = np.sum([rows.sum(axis=0) for rows in slices], axis=0)
    return total / sum(len(rows) for rows in slices)

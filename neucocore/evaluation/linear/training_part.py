"""The rows on which a linear probe is trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.matrix import BLOCK_ROWS, Matrix, column_mean
from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics

FLOAT32_STEP = 2.0**-24
"""Smallest distance between two float32 numbers, relative to the larger one."""


@dataclass(frozen=True, eq=False)
class TrainingPart:
    """Training rows as slices of a matrix that is ordered by fold.

    Attributes
    ----------
    slices
        Arrays (n_i, d) float64 that together contain the n training rows in order.
    grouped
        Whether each slice consists of complete groups. If so, model selection leaves out complete
        slices instead of single rows.
    known_statistics
        Statistics of the rows if they have already been computed, else None.
    """

    slices: tuple[Matrix, ...]
    grouped: bool = False
    known_statistics: SufficientStatistics | None = None

    @cached_property
    def n(self) -> int:
        """Number of rows."""
        return sum(len(rows) for rows in self.slices)

    @property
    def d(self) -> int:
        """Number of dimensions."""
        return int(self.slices[0].shape[1])

    @property
    def wide(self) -> bool:
        """Whether there are fewer rows than dimensions."""
        return self.n < self.d

    @cached_property
    def varies(self) -> NDArray[np.bool_]:
        """Whether each column has more than one value in float32, (d,)."""
        highest = np.max([rows.max(axis=0) for rows in self.slices], axis=0)
        lowest = np.min([rows.min(axis=0) for rows in self.slices], axis=0)
        step = FLOAT32_STEP * np.maximum(highest, -lowest)  # of max |x|, without a copy of abs(x)
        return np.asarray((highest > lowest) & (highest - lowest >= step))

    @cached_property
    def statistics(self) -> SufficientStatistics:
        """Sufficient statistics of the rows."""
        known = self.known_statistics
        if known is not None and (known.accurate | ~self.varies).all():
            return known
        shift = column_mean(self.slices)
        first, *others = (SufficientStatistics.of(rows, shift) for rows in self.slices)
        return sum(others, start=first)

    @cached_property
    def mean(self) -> Matrix:
        """Mean of each column, (d,)."""
        if self.wide:
            return column_mean(self.slices)
        return self.statistics.shift + self.statistics.total / self.n

    @cached_property
    def variance(self) -> Matrix:
        """Variance of each column (ddof 0), (d,); 0 for columns that are constant in float32.

        Columns that vary in the last digits only, because they are far from zero, keep their
        variance: what is left of the information after storing it as float32 may be all there is.
        """
        if self.wide:
            squares = [np.sum((rows - self.mean) ** 2, axis=0) for rows in self.slices]
            variance = np.sum(squares, axis=0) / self.n
        else:
            variance = self.statistics.variance
        return np.where(self.varies, np.maximum(variance, 0.0), 0.0)

    def centred(self) -> Matrix:
        """Return a copy of the rows minus their mean, (n, d)."""
        stacked = np.concatenate(self.slices)
        stacked -= self.mean
        return stacked

    @cached_property
    def scatter(self) -> Matrix:
        """Sum of the outer products of the centred rows, (d, d)."""
        statistics = self.statistics
        return statistics.gram - np.outer(statistics.total, statistics.total / self.n)

    def sample_blocks(self, max_rows: int) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
        """Yield evenly spaced rows, at most ``max_rows`` of them, in blocks.

        Yields
        ------
        indices, rows
            Positions among the n training rows, (m,), and the rows themselves, (m, d).
        """
        sampled = np.linspace(0, self.n - 1, min(max_rows, self.n)).round().astype(np.int64)
        start = 0
        for rows in self.slices:
            end = start + len(rows)
            in_slice = sampled[(sampled >= start) & (sampled < end)]
            for first in range(0, len(in_slice), BLOCK_ROWS):
                indices = in_slice[first : first + BLOCK_ROWS]
                yield indices, rows[indices - start]
            start = end

    def times(self, vectors: Matrix) -> Matrix:
        """Return X @ vectors, (n,) or (n, k), for vectors (d,) or (d, k)."""
        return np.concatenate([rows @ vectors for rows in self.slices])

    def transposed_times(self, vectors: Matrix) -> Matrix:
        """Return X' @ vectors, (d,) or (d, k), for vectors (n,) or (n, k)."""
        result = np.zeros((self.d, *vectors.shape[1:]))
        start = 0
        for rows in self.slices:
            result += rows.T @ vectors[start : start + len(rows)]
            start += len(rows)
        return result

"""The rows a linear probe is trained on, and the sums that splits of the same rows share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

BLOCK_ROWS = 512
"""Rows worked on at a time: what they give stays in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, sum and sum of outer products of rows, taken around ``shift`` for the digits' sake.

    Moments of disjoint rows with one shift add up, so the training part of a split is the whole
    minus the held-out rows.
    """

    shift: Matrix
    n: int
    total: Matrix
    gram: Matrix

    @classmethod
    def of(cls, X: Matrix, shift: Matrix) -> Moments:
        """Sum over the rows of ``X`` (n, d)."""
        d = X.shape[1]
        total, gram = np.zeros(d), np.zeros((d, d))
        for block in blocks_of(X):
            shifted = block - shift
            total += shifted.sum(axis=0)
            gram += shifted.T @ shifted
        return cls(shift, len(X), total, gram)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.shift, self.n + other.n, self.total + other.total, self.gram + other.gram
        )

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.shift, self.n - other.n, self.total - other.total, self.gram - other.gram
        )


@dataclass(frozen=True, eq=False)
class TrainingPart:
    """Training rows as slices of a matrix ordered by fold.

    Attributes
    ----------
    slices
        Arrays (n_i, d) float64, together the n training rows in order.
    grouped
        Whether each slice holds whole groups, which inner selection then leaves out together.
    known_moments
        The rows' moments where they follow from those of the whole, else None.
    """

    slices: tuple[Matrix, ...]
    grouped: bool = False
    known_moments: Moments | None = None

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
    def moments(self) -> Moments:
        """Sums over the rows."""
        if self.known_moments is not None:
            return self.known_moments
        shift = column_mean(self.slices)
        first, *others = (Moments.of(rows, shift) for rows in self.slices)
        return sum(others, start=first)

    @cached_property
    def mean(self) -> Matrix:
        """Mean of each column, (d,)."""
        if self.wide:
            return column_mean(self.slices)
        return self.moments.shift + self.moments.total / self.n

    @cached_property
    def variance(self) -> Matrix:
        """Variance of each column (ddof 0), (d,); 0 where float32 could not tell it from 0."""
        if self.wide:
            squares = [np.sum((rows - self.mean) ** 2, axis=0) for rows in self.slices]
            variance = np.sum(squares, axis=0) / self.n
        else:
            moments = self.moments
            variance = np.diag(moments.gram) / self.n - (moments.total / self.n) ** 2
        # Of both ends, which takes no copy of the rows as their absolute values would.
        ends = [np.maximum(rows.max(axis=0), -rows.min(axis=0)) for rows in self.slices]
        largest = np.max(ends, axis=0)
        resolution = np.finfo(np.float32).eps * largest
        return np.where(variance > resolution**2, variance, 0.0)

    def centred(self) -> Matrix:
        """Return the rows minus their mean, (n, d); a copy."""
        stacked = np.concatenate(self.slices)
        stacked -= self.mean
        return stacked

    @cached_property
    def scatter(self) -> Matrix:
        """Sum of outer products around the mean, (d, d)."""
        moments = self.moments
        return moments.gram - np.outer(moments.total, moments.total / self.n)

    def spread_blocks(self, most: int) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
        """Yield at most ``most`` of the rows, evenly spread, in blocks with their places."""
        chosen = np.linspace(0, self.n - 1, min(most, self.n)).round().astype(np.int64)
        start = 0
        for rows in self.slices:
            end = start + len(rows)
            within = chosen[(chosen >= start) & (chosen < end)]
            for first in range(0, len(within), BLOCK_ROWS):
                places = within[first : first + BLOCK_ROWS]
                yield places, rows[places - start]
            start = end

    def times(self, vectors: Matrix) -> Matrix:
        """Return X @ vectors, (n,) or (n, k)."""
        return np.concatenate([rows @ vectors for rows in self.slices])

    def transposed_times(self, vectors: Matrix) -> Matrix:
        """Return X' @ vectors for vectors (n,) or (n, k)."""
        result = np.zeros((self.d, *vectors.shape[1:]))
        start = 0
        for rows in self.slices:
            result += rows.T @ vectors[start : start + len(rows)]
            start += len(rows)
        return result


def column_mean(slices: tuple[Matrix, ...]) -> Matrix:
    """Return the mean of each column over all slices."""
    total: Matrix = np.sum([rows.sum(axis=0) for rows in slices], axis=0)
    return total / sum(len(rows) for rows in slices)


def blocks_of(X: Matrix) -> Iterator[Matrix]:
    """Yield views of `BLOCK_ROWS` successive rows, the last one shorter."""
    for start in range(0, len(X), BLOCK_ROWS):
        yield X[start : start + BLOCK_ROWS]

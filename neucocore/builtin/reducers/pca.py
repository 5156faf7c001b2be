"""Principal component analysis of a matrix that may be larger than memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from neucocore.builtin.reducers.blocks import (
    check_columns,
    check_fit,
    checked_dimension,
    column_means,
    fitted,
    one_blas_thread,
    project,
    row_blocks,
)


class PCA:
    """Projection onto the directions of largest variance.

    With n rows and d columns the result has min(dimension, d, n) columns, in order of decreasing
    variance. The sign of each direction is such that its largest loading is positive. Directions
    without variance (at least one exists if n <= d) give columns of zeros, not of rounding errors.

    Parameters
    ----------
    dimension
        Maximum number of columns; None keeps all.
    """

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = checked_dimension(dimension)
        self._mean: NDArray[np.float64] | None = None
        self._axes = np.empty((0, 0))
        self._variance = np.empty(0)
        self._total = 0.0

    def fit(self, matrix: NDArray[np.float32]) -> PCA:
        """Compute the directions; memory holds a min(n, d) x min(n, d) matrix and a few blocks.

        Parameters
        ----------
        matrix
            Shape (n, d), float32; may be memory-mapped.
        """
        check_fit("pca", matrix)
        rows, columns = matrix.shape
        count = min(self.dimension or columns, columns, rows)
        self._mean = column_means(matrix)
        with one_blas_thread():
            decompose = _from_covariance if columns <= rows else _from_gram
            self._variance, self._axes, self._total = decompose(matrix, self._mean, count)
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the coordinates of the rows along the directions, (n, k) float32."""
        mean = fitted("pca", self._mean)
        check_columns("pca", matrix, len(mean))
        return project(matrix, mean, self._axes)

    def bytes_per_row(self) -> float:
        """Return 4 bytes per column."""
        fitted("pca", self._mean)
        return 4.0 * len(self._axes)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``mean`` (d,), ``axes`` (k, d), ``variance`` (k,) and ``total_variance``."""
        return {
            "mean": fitted("pca", self._mean),
            "axes": self._axes,
            "variance": self._variance,
            "total_variance": np.array(self._total),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        self._mean, self._axes = state["mean"], state["axes"]
        self._variance, self._total = state["variance"], float(state["total_variance"])


_Decomposition = tuple[NDArray[np.float64], NDArray[np.float64], float]


def _from_covariance(
    matrix: NDArray[np.float32], mean: NDArray[np.float64], count: int
) -> _Decomposition:
    columns = matrix.shape[1]
    scatter = np.zeros((columns, columns))
    for block in row_blocks(matrix):
        block -= mean
        scatter += block.T @ block
    variance, vectors = _largest(scatter, count)
    return _finish(matrix.shape, variance, vectors.T, float(np.trace(scatter)))


def _from_gram(
    matrix: NDArray[np.float32], mean: NDArray[np.float64], count: int
) -> _Decomposition:
    """Decompose the scalar products of the rows: the smaller matrix if n < d."""
    centred = matrix - mean
    gram = centred @ centred.T
    variance, vectors = _largest(gram, count)
    axes = vectors.T @ centred
    axes /= np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return _finish(matrix.shape, variance, axes, float(np.trace(gram)))


def _largest(
    symmetric: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = len(symmetric)
    values, vectors = eigh(
        symmetric, subset_by_index=(size - count, size - 1), check_finite=False, driver="evr"
    )
    return values[::-1], vectors[:, ::-1]


def _finish(
    shape: tuple[int, ...],
    squares: NDArray[np.float64],
    axes: NDArray[np.float64],
    total: float,
) -> _Decomposition:
    """Return variances and signed axes; axes and variance of directions without any become 0."""
    noise = max(shape) * np.finfo(np.float64).eps * max(squares[0], 0.0)
    no_variance = squares <= noise
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes = np.where(no_variance[:, None], 0.0, axes * np.where(largest < 0, -1.0, 1.0))
    degrees = max(shape[0] - 1, 1)
    variance = np.where(no_variance, 0.0, squares) / degrees
    return variance, np.ascontiguousarray(axes), total / degrees

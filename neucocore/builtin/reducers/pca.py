"""Principal components of a matrix that need not fit into memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from neucocore.builtin.reducers.blocks import (
    check_columns,
    check_fit,
    column_means,
    fitted,
    one_blas_thread,
    project,
    row_blocks,
    wanted,
)


class PCA:
    """Projection onto the directions of largest variance.

    With n rows and d columns the result has min(dimension, d, n) columns, in order of falling
    variance. The sign of a direction makes its largest loading positive. Directions without
    variance (there is at least one when n <= d) become columns of zeros, not of rounding errors.

    Parameters
    ----------
    dimension
        The most columns wanted; None for as many as there are.
    """

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = wanted(dimension)
        self._mean: NDArray[np.float64] | None = None
        self._axes = np.empty((0, 0))
        self._variance = np.empty(0)
        self._total = 0.0

    def fit(self, matrix: NDArray[np.float32]) -> PCA:
        """Find the directions; memory holds one square matrix of the smaller side and 2 of blocks.

        Parameters
        ----------
        matrix
            Shape (n, d), float32, may be memory-mapped.
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
        """Return the rows' coordinates along the directions, (n, k) float32."""
        mean = fitted("pca", self._mean)
        check_columns("pca", matrix, len(mean))
        return project(matrix, mean, self._axes)

    def bytes_per_row(self) -> float:
        """Return 4 bytes a column."""
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
        """Take over the state of a fitted one."""
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
    """With fewer rows than columns the rows' scalar products are the smaller matrix."""
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
    """Turn sums of squares into variances, fix the signs, silence directions without variance."""
    noise = max(shape) * np.finfo(np.float64).eps * max(squares[0], 0.0)
    silent = squares <= noise
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    axes = np.where(silent[:, None], 0.0, axes * np.where(largest < 0, -1.0, 1.0))
    degrees = max(shape[0] - 1, 1)
    variance = np.where(silent, 0.0, squares) / degrees
    return variance, np.ascontiguousarray(axes), total / degrees

"""Random projection: fewer columns, independent of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.encoders.noise import standard_normals
from neucocore.builtin.reducers.blocks import (
    check_columns,
    check_fit,
    checked_dimension,
    fitted,
    project,
)


class RandomProjection:
    """Product with a matrix of normal numbers of variance 1 / k, which keeps squared distances.

    Squared distances are kept in expectation (Johnson and Lindenstrauss 1984). The matrix depends
    only on its seed and shape; k is min(dimension, columns).

    Parameters
    ----------
    dimension
        Maximum number of columns; None keeps all.
    seed
        Random seed of the matrix.
    """

    def __init__(self, dimension: int | None = None, seed: int = 42) -> None:
        self.dimension = checked_dimension(dimension)
        self.seed = seed
        self._axes: NDArray[np.float64] | None = None

    def fit(self, matrix: NDArray[np.float32]) -> RandomProjection:
        """Draw the projection for the number of columns of ``matrix``, (n, d) float32."""
        check_fit("projection", matrix)
        columns = matrix.shape[1]
        count = min(self.dimension or columns, columns)
        normals = standard_normals(f"projection/{self.seed}/{count}x{columns}", count * columns)
        self._axes = normals.reshape(count, columns) / np.sqrt(count)
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the projected rows, (n, k) float32."""
        axes = fitted("projection", self._axes)
        check_columns("projection", matrix, axes.shape[1])
        return project(matrix, np.zeros(axes.shape[1]), axes)

    def bytes_per_row(self) -> float:
        """Return 4 bytes per column."""
        return 4.0 * len(fitted("projection", self._axes))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``axes`` (k, d)."""
        return {"axes": fitted("projection", self._axes)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        self._axes = state["axes"]

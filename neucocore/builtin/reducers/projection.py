"""Random projection: fewer columns without looking at the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.encoders.noise import standard_normals
from neucocore.builtin.reducers.blocks import check_columns, check_fit, fitted, project, wanted


class RandomProjection:
    """Product with a normal matrix of variance 1 / k, which keeps distances on average.

    The matrix depends on seed and shape only; k is min(dimension, columns).

    Parameters
    ----------
    dimension
        The most columns wanted; None for as many as there are.
    seed
        Another seed gives another matrix.
    """

    def __init__(self, dimension: int | None = None, seed: int = 42) -> None:
        self.dimension = wanted(dimension)
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
        """Return 4 bytes a column."""
        return 4.0 * len(fitted("projection", self._axes))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``axes`` (k, d)."""
        return {"axes": fitted("projection", self._axes)}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the state of a fitted one."""
        self._axes = state["axes"]

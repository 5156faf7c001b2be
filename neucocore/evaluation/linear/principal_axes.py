"""Principal axes of the training rows, on which a ridge penalty is diagonal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.linear.training_part import TrainingPart

NEGLIGIBLE = 1e-12
"""Eigenvalues below this fraction of the largest one are rounding errors and are dropped."""


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The principal axes of scaled training rows.

    ``(X - centre) @ axes`` are the coordinates of rows. Over the training rows the coordinates are
    uncorrelated, and the sum of squares of each one is its eigenvalue.

    Attributes
    ----------
    scaling
        A key of `SCALINGS`.
    centre
        (d,) mean of the training rows.
    axes
        (d, r) weights that include the scaling.
    eigenvalues
        (r,) positive, in ascending order.
    """

    scaling: str
    centre: Matrix
    axes: Matrix
    eigenvalues: Matrix

    def coordinates(self, X: Matrix) -> Matrix:
        """Return the coordinates (m, r) of rows (m, d)."""
        coordinates = X @ self.axes
        coordinates -= self.centre @ self.axes
        return coordinates

    def float32_coordinates(self, X: Matrix) -> Matrix:
        """Return the coordinates computed in float32, which takes half the time."""
        return ((X - self.centre).astype(np.float32) @ self._float32_axes).astype(np.float64)

    def mean_squares(self, X: Matrix) -> Matrix:
        """Return the mean square of each coordinate over rows (m, d), (r,)."""
        coordinates = self.coordinates(X)
        squares: Matrix = np.einsum("ij,ij->j", coordinates, coordinates) / len(X)
        return squares

    @cached_property
    def _float32_axes(self) -> NDArray[np.float32]:
        return self.axes.astype(np.float32)


def principal_axes(part: TrainingPart, scaling: str) -> PrincipalAxes:
    """Decompose the scaled training rows.

    The decomposed matrix is d x d, or n x n if there are fewer rows than dimensions.

    Parameters
    ----------
    scaling
        A key of `SCALINGS`.
    """
    scale = SCALINGS[scaling](part.variance)
    if part.wide:
        rows = part.centred()
        rows *= scale
        eigenvalues, left_vectors = np.linalg.eigh(rows @ rows.T)
        kept = eigenvalues > NEGLIGIBLE * max(eigenvalues[-1], 0.0)
        axes = rows.T @ (left_vectors[:, kept] / np.sqrt(eigenvalues[kept]))
    else:
        scatter = part.scatter * scale
        scatter *= scale[:, None]
        eigenvalues, axes = np.linalg.eigh(scatter)
        kept = eigenvalues > NEGLIGIBLE * max(eigenvalues[-1], 0.0)
        axes = axes if kept.all() else axes[:, kept]
    axes *= scale[:, None]
    return PrincipalAxes(scaling, part.mean, axes, eigenvalues[kept])

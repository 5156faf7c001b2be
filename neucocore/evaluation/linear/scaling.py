"""How columns are weighed before a penalised fit, and the axes that make the penalty diagonal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.moments import Matrix, TrainingPart

NEGLIGIBLE = 1e-12
"""Eigenvalues below this share of the largest are rounding."""


def one_scalar(variance: Matrix) -> Matrix:
    """Weigh all columns alike, so that they have variance 1 on average; (d,) to (d,)."""
    mean = float(np.mean(variance))
    return np.full(len(variance), 1 / np.sqrt(mean) if mean > 0 else 0.0)


def per_dimension(variance: Matrix) -> Matrix:
    """Weigh each column so that it has variance 1, constant ones so that they vanish."""
    varies = variance > 0
    return np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


SCALINGS: Mapping[str, Callable[[Matrix], Matrix]] = {
    "scalar": one_scalar,
    "per-dimension": per_dimension,
}


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The principal axes of scaled training rows.

    ``(X - centre) @ axes`` are the coordinates of rows; their sums of squares over the training
    rows are ``spectrum``, and they are uncorrelated there.

    Attributes
    ----------
    scaling
        A key of `SCALINGS`.
    centre
        (d,) mean of the training rows.
    axes
        (d, r) weights, scaling included.
    spectrum
        (r,) positive, in rising order.
    """

    scaling: str
    centre: Matrix
    axes: Matrix
    spectrum: Matrix

    def coordinates(self, X: Matrix) -> Matrix:
        """Return the coordinates (m, r) of rows (m, d)."""
        coordinates = X @ self.axes
        coordinates -= self.centre @ self.axes
        return coordinates

    def rough_coordinates(self, X: Matrix) -> Matrix:
        """Return the coordinates to the precision of float32, in half the time."""
        return ((X - self.centre).astype(np.float32) @ self._rough_axes).astype(np.float64)

    @cached_property
    def _rough_axes(self) -> NDArray[np.float32]:
        return self.axes.astype(np.float32)


def eigenbasis(part: TrainingPart, scaling: str) -> PrincipalAxes:
    """Decompose the scaled training rows: d x d, or n x n where rows are fewer."""
    scale = SCALINGS[scaling](part.variance)
    if part.wide:
        rows = part.centred()
        rows *= scale
        spectrum, vectors = np.linalg.eigh(rows @ rows.T)
        kept = spectrum > NEGLIGIBLE * max(spectrum[-1], 0.0)
        turned = rows.T @ (vectors[:, kept] / np.sqrt(spectrum[kept]))
    else:
        scaled = part.scatter * scale
        scaled *= scale[:, None]
        spectrum, turned = np.linalg.eigh(scaled)
        kept = spectrum > NEGLIGIBLE * max(spectrum[-1], 0.0)
        turned = turned if kept.all() else turned[:, kept]
    turned *= scale[:, None]
    return PrincipalAxes(scaling, part.mean, turned, spectrum[kept])

"""Ridge regression whose scaling and penalty are chosen by exact leave-one-out.

In the basis where X'X is diagonal, s, the fit for penalty a has the leverages
h_i(a) = 1/n + sum_j z_ij^2 / (s_j + a), the 1/n being the intercept's, and the residual of row i
when it is left out is (y_i - fit_i) / (1 - h_i): Allen's PRESS (Technometrics 16, 1974; Golub,
Heath and Wahba, Technometrics 21, 1979). So one decomposition gives all penalties at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.moments import Matrix, TrainingPart
from neucocore.evaluation.linear.scaling import SCALINGS, PrincipalAxes, eigenbasis

# Penalty over n, most cautious first, so that ties go to it. At 1e3 a fit is the mean, but for a
# thousandth: what an embedding that knows nothing needs. Columns have variance 1, about.
PENALTIES_PER_ROW: NDArray[np.float64] = 10.0 ** np.arange(3, -6.25, -0.5)
SMALLEST_REST = 1e-10
"""The least 1 - h counted with: below it, residual and leverage are both rounding."""
JUDGING_ROWS = 4096
"""So many training rows, evenly spread, are left out in turn at most: enough to tell penalties
apart to a hundredth of the error, and as dear as the decomposition."""
TINY = 1e-14
"""Added to what is inverted, so that it can be: far below what is left of a slice that small
penalties all but reproduce, 1e-6 over the share of its axis."""


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """The chosen fit of one target, shape (n, k).

    Attributes
    ----------
    basis
        Where the penalty is diagonal.
    penalty
        The chosen penalty, not divided by n.
    n
        Number of training rows.
    error
        Mean squared leave-one-out error, summed over the k columns.
    path
        (r, k) coefficients in the basis.
    intercept
        (k,) mean of the target.
    """

    basis: PrincipalAxes
    penalty: float
    n: int
    error: float
    path: Matrix
    intercept: Matrix

    def predict(self, X: Matrix) -> Matrix:
        """Return predictions (m, k) for rows (m, d)."""
        coefficients = self.coefficients()
        return (X - self.basis.centre) @ coefficients + self.intercept

    def coefficients(self) -> Matrix:
        """Return weights (d, k) of the rows' own columns."""
        return self.basis.axes @ self.path


def fit_ridge(part: TrainingPart, targets: Sequence[Matrix]) -> list[RidgeFit]:
    """Fit each target with the scaling and the penalty of the least leave-one-out error.

    Parameters
    ----------
    part
        The training rows; with ``part.grouped`` a slice is left out at a time instead of a row.
    targets
        Arrays (n, k) float64. Columns of one target share scaling and penalty.

    Returns
    -------
    list of RidgeFit
        As `targets`. A target's numbers do not depend on the others.
    """
    centred = [y - y.mean(axis=0) for y in targets]
    projected = [_projections(part, y) for y in centred]
    best: dict[int, RidgeFit] = {}
    penalties = PENALTIES_PER_ROW * part.n
    for scaling in SCALINGS:
        basis = eigenbasis(part, scaling)
        shrink = 1 / (basis.spectrum[:, None] + penalties)
        paths = [(basis.axes.T @ p).T[:, :, None] * shrink for p in projected]
        errors = left_out_errors(part, basis, shrink, centred, paths)
        for index, (error, path) in enumerate(zip(errors, paths, strict=True)):
            chosen = int(np.argmin(error))
            if index not in best or error[chosen] < best[index].error:
                best[index] = RidgeFit(
                    basis,
                    float(penalties[chosen]),
                    part.n,
                    float(error[chosen]),
                    path[:, :, chosen].T,
                    targets[index].mean(axis=0),
                )
    return [best[index] for index in range(len(targets))]


def _projections(part: TrainingPart, y: Matrix) -> Matrix:
    """Return X'y, (d, k), of centred columns, each computed alone."""
    return np.stack([part.transposed_times(column) for column in y.T], axis=1)


def left_out_errors(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrink: Matrix,
    targets: Sequence[Matrix],
    paths: Sequence[Matrix],
) -> list[Matrix]:
    """Return per target and penalty the mean squared error on left-out training rows.

    Parameters
    ----------
    shrink
        (r, penalties): 1 / (spectrum + penalty).
    targets
        Centred targets (n, k).
    paths
        Coefficients (k, r, penalties) of each target.

    Returns
    -------
    list of (penalties,) arrays
        Errors summed over the k columns.
    """
    whole_slices = part.grouped and len(part.slices) > 1
    walk = _slice_residuals if whole_slices else _row_residuals
    errors = [np.zeros(shrink.shape[1]) for _ in targets]
    for index, residuals in walk(part, basis, shrink, targets, paths):
        errors[index] += np.einsum("ij,ij->j", residuals, residuals)
    judging = part.n if whole_slices else min(part.n, JUDGING_ROWS)
    return [error / judging for error in errors]


def _row_residuals(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrink: Matrix,
    targets: Sequence[Matrix],
    paths: Sequence[Matrix],
) -> Iterator[tuple[int, Matrix]]:
    """Yield per block and column the residuals (m, penalties) of rows left out one by one.

    With more rows than dimensions 1 - h is about 1/n at least and no coefficient is above
    |y| / (2 sqrt(penalty)), so that float32's rounding moves residuals by thousandths at most: too
    little to tell penalties apart. With fewer rows 1 - h can be as small as that rounding.
    """
    place_on_axes = basis.coordinates if part.wide else basis.rough_coordinates
    for places, block in part.spread_blocks(JUDGING_ROWS):
        coordinates = place_on_axes(block)
        rest = 1 - 1 / part.n - (coordinates * coordinates) @ shrink
        np.maximum(rest, SMALLEST_REST, out=rest)
        for index, (y, path) in enumerate(zip(targets, paths, strict=True)):
            for column in range(y.shape[1]):
                # One column at a time: a product's last digits can depend on its width.
                residuals = y[places, column, None] - coordinates @ path[column]
                residuals /= rest
                yield index, residuals


def _slice_residuals(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrink: Matrix,
    targets: Sequence[Matrix],
    paths: Sequence[Matrix],
) -> Iterator[tuple[int, Matrix]]:
    """Yield per slice and column the residuals (m, penalties) when the whole slice is left out.

    They are (I - H)^-1 times the fit's residuals, H being the slice's block of the hat matrix.
    """
    start = 0
    for rows in part.slices:
        place = slice(start, start + len(rows))
        start += len(rows)
        ones = np.full((len(rows), 1), np.sqrt(1 / part.n))
        coordinates = np.hstack([ones, basis.coordinates(rows)])
        fitted = [
            (index, y[place, column, None] - coordinates[:, 1:] @ path[column])
            for index, (y, path) in enumerate(zip(targets, paths, strict=True))
            for column in range(y.shape[1])
        ]
        for penalty, weights in enumerate(shrink.T):
            rest = _Rest(coordinates, np.append(1.0, weights))
            for _, residuals in fitted:
                residuals[:, penalty] = rest.solve(residuals[:, penalty])
        yield from fitted


class _Rest:
    """Solves with I - Z W Z' through the smaller of its two sizes (Woodbury's identity)."""

    def __init__(self, coordinates: Matrix, weights: Matrix) -> None:
        self.coordinates = coordinates
        m, r = coordinates.shape
        if m <= r:
            rest = np.eye(m) - (coordinates * weights) @ coordinates.T
        else:
            rest = np.diag(1 / weights) - coordinates.T @ coordinates
        self.direct = m <= r
        rest[np.diag_indices_from(rest)] += TINY
        self.inverse = np.linalg.inv(rest)

    def solve(self, residuals: Matrix) -> Matrix:
        if self.direct:
            return self.inverse @ residuals
        inner = self.inverse @ (self.coordinates.T @ residuals)
        return residuals + self.coordinates @ inner

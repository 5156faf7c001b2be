"""Ridge regression whose scaling and penalty are selected by exact leave-one-out.

On the principal axes the matrix X'X is diagonal, with the eigenvalues s_j. The fit with penalty a
has the leverages h_i(a) = 1/n + sum_j z_ij^2 / (s_j + a), where z_ij are the coordinates of row i
and 1/n is the contribution of the intercept. The residual of row i when it is left out is
(y_i - fit_i) / (1 - h_i): Allen's PRESS (Technometrics 16, 1974, 125-127; Golub, Heath and Wahba,
Technometrics 21, 1979, 215-223). One decomposition therefore serves all penalties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.principal_axes import PrincipalAxes, principal_axes
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.linear.training_part import TrainingPart

PENALTIES_PER_ROW: NDArray[np.float64] = 10.0 ** np.arange(3, -6.25, -0.5)
"""Penalties divided by n, in descending order, so that of equal errors the strongest one is taken.

Scaled columns have a variance of about 1, so the largest value, 1e3, reduces coefficients to about
a thousandth: predictions are almost the mean of the labels, which is right for an embedding that
contains no information about them.
"""
MIN_ONE_MINUS_LEVERAGE = 1e-10
"""Smallest value of 1 - h that is used; below it, residual and leverage are rounding errors."""
MAX_LEFT_OUT_ROWS = 4096
"""With more training rows the leave-one-out error is estimated on this many evenly spaced rows.

That distinguishes penalties to about one hundredth of the error, and costs as much as the
decomposition.
"""
JITTER = 1e-14
"""Added to a diagonal so that the matrix can be inverted.

It is far below the smallest eigenvalue that occurs, about 1e-6 (the smallest penalty per row)
divided by the variance along an axis.
"""


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """The selected fit of one target of shape (n, k).

    Attributes
    ----------
    basis
        The principal axes, with the selected scaling.
    penalty
        The selected penalty, not divided by n.
    n
        Number of training rows.
    error
        Mean squared leave-one-out error, summed over the k columns.
    coef
        (r, k) coefficients on the principal axes.
    intercept
        (k,) mean of the target.
    """

    basis: PrincipalAxes
    penalty: float
    n: int
    error: float
    coef: Matrix
    intercept: Matrix

    def predict(self, X: Matrix) -> Matrix:
        """Return predictions (m, k) for rows (m, d)."""
        return (X - self.basis.centre) @ self.weights() + self.intercept

    def weights(self) -> Matrix:
        """Return the weights (d, k) of the original embedding columns."""
        return self.basis.axes @ self.coef


def fit_ridge(part: TrainingPart, targets: Sequence[Matrix]) -> list[RidgeFit]:
    """Fit each target with the scaling and penalty that have the smallest leave-one-out error.

    Parameters
    ----------
    part
        The training rows. With ``part.grouped`` one slice is left out at a time instead of one row.
    targets
        Arrays (n, k) float64. The columns of one target share scaling and penalty.

    Returns
    -------
    list of RidgeFit
        One per target. The numbers of a target do not depend on the other targets.
    """
    centred_targets = [y - y.mean(axis=0) for y in targets]
    projections = [_projections(part, y) for y in centred_targets]
    best: dict[int, RidgeFit] = {}
    penalties = PENALTIES_PER_ROW * part.n
    for scaling in SCALINGS:
        basis = principal_axes(part, scaling)
        shrinkage = 1 / (basis.eigenvalues[:, None] + penalties)
        coef_paths = [(basis.axes.T @ p).T[:, :, None] * shrinkage for p in projections]
        errors_of_targets = left_out_errors(part, basis, shrinkage, centred_targets, coef_paths)
        pairs = zip(errors_of_targets, coef_paths, strict=True)
        for index, (errors, coef_path) in enumerate(pairs):
            smallest = int(np.argmin(errors))
            if index not in best or errors[smallest] < best[index].error:
                best[index] = RidgeFit(
                    basis,
                    float(penalties[smallest]),
                    part.n,
                    float(errors[smallest]),
                    coef_path[:, :, smallest].T,
                    targets[index].mean(axis=0),
                )
    return [best[index] for index in range(len(targets))]


def _projections(part: TrainingPart, y: Matrix) -> Matrix:
    """Return X'y, (d, k), of centred columns; each column is computed separately."""
    return np.stack([part.transposed_times(column) for column in y.T], axis=1)


def left_out_errors(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrinkage: Matrix,
    targets: Sequence[Matrix],
    coef_paths: Sequence[Matrix],
) -> list[Matrix]:
    """Return for each target and penalty the mean squared error on left-out training rows.

    Parameters
    ----------
    shrinkage
        (r, penalties): 1 / (eigenvalue + penalty).
    targets
        Centred targets (n, k).
    coef_paths
        Coefficients (k, r, penalties) of each target.

    Returns
    -------
    list of (penalties,) arrays
        Errors summed over the k columns.
    """
    leave_out_slices = part.grouped and len(part.slices) > 1
    residual_blocks = _slice_residuals if leave_out_slices else _row_residuals
    errors = [np.zeros(shrinkage.shape[1]) for _ in targets]
    for index, residuals in residual_blocks(part, basis, shrinkage, targets, coef_paths):
        errors[index] += np.einsum("ij,ij->j", residuals, residuals)
    n_left_out = part.n if leave_out_slices else min(part.n, MAX_LEFT_OUT_ROWS)
    return [error / n_left_out for error in errors]


def _row_residuals(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrinkage: Matrix,
    targets: Sequence[Matrix],
    coef_paths: Sequence[Matrix],
) -> Iterator[tuple[int, Matrix]]:
    """Yield, per block of rows and target column, the residuals (m, penalties) of left-out rows.

    Each row is left out on its own. The first value of a pair is the index of the target.

    Notes
    -----
    With more rows than dimensions, coordinates in float32 are precise enough: 1 - h is at least
    about 1/n and no coefficient exceeds |y| / (2 sqrt(penalty)), so rounding changes a residual by
    at most a few thousandths. With fewer rows, 1 - h can be as small as that rounding.
    """
    coordinates_of = basis.coordinates if part.wide else basis.float32_coordinates
    for indices, block in part.sample_blocks(MAX_LEFT_OUT_ROWS):
        coordinates = coordinates_of(block)
        one_minus_leverage = 1 - 1 / part.n - (coordinates * coordinates) @ shrinkage
        np.maximum(one_minus_leverage, MIN_ONE_MINUS_LEVERAGE, out=one_minus_leverage)
        for index, (y, coef_path) in enumerate(zip(targets, coef_paths, strict=True)):
            for column in range(y.shape[1]):
                # One column at a time: the last digits of a product can depend on its width.
                residuals = y[indices, column, None] - coordinates @ coef_path[column]
                residuals /= one_minus_leverage
                yield index, residuals


def _slice_residuals(
    part: TrainingPart,
    basis: PrincipalAxes,
    shrinkage: Matrix,
    targets: Sequence[Matrix],
    coef_paths: Sequence[Matrix],
) -> Iterator[tuple[int, Matrix]]:
    """Yield, per slice and target column, the residuals (m, penalties) if the slice is left out.

    They are (I - H)^-1 times the residuals of the fit, where H is the slice's block of the hat
    matrix (Cook and Weisberg, Residuals and Influence in Regression, 1982).
    """
    start = 0
    for rows in part.slices:
        in_slice = slice(start, start + len(rows))
        start += len(rows)
        intercept_column = np.full((len(rows), 1), np.sqrt(1 / part.n))
        coordinates = np.hstack([intercept_column, basis.coordinates(rows)])
        residuals_of_columns = [
            (index, y[in_slice, column, None] - coordinates[:, 1:] @ coef_path[column])
            for index, (y, coef_path) in enumerate(zip(targets, coef_paths, strict=True))
            for column in range(y.shape[1])
        ]
        for penalty, weights in enumerate(shrinkage.T):
            one_minus_hat = _OneMinusHat(coordinates, np.append(1.0, weights))
            for _, residuals in residuals_of_columns:
                residuals[:, penalty] = one_minus_hat.solve(residuals[:, penalty])
        yield from residuals_of_columns


class _OneMinusHat:
    """The matrix I - H of one slice, with H = Z W Z'; solves linear systems.

    Parameters
    ----------
    coordinates
        Z, (m, r).
    weights
        Diagonal of W, (r,).

    Notes
    -----
    If m > r, the system is solved with an r x r matrix (Woodbury's identity).
    """

    def __init__(self, coordinates: Matrix, weights: Matrix) -> None:
        self.coordinates = coordinates
        m, r = coordinates.shape
        self.direct = m <= r
        if self.direct:
            matrix = np.eye(m) - (coordinates * weights) @ coordinates.T
        else:
            matrix = np.diag(1 / weights) - coordinates.T @ coordinates
        matrix[np.diag_indices_from(matrix)] += JITTER
        self.inverse = np.linalg.inv(matrix)

    def solve(self, residuals: Matrix) -> Matrix:
        """Return (I - H)^-1 times residuals (m,)."""
        if self.direct:
            return self.inverse @ residuals
        inner = self.inverse @ (self.coordinates.T @ residuals)
        return residuals + self.coordinates @ inner

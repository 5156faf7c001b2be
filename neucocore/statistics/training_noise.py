"""How much a score would change if other rows had trained the models.

Influence values take the fitted models as given, so intervals from them alone are too short where
models are uncertain (Bates, Hastie and Tibshirani, JASA 119, 2024): with d near n they cover 70 to
85 % instead of 95 %. For a linear smoother the part that is left out is of the size

    lambda = mean over held-out rows of 1/n_train + sum_r z_r^2 s_r / (s_r + a)^2

the variance that unit noise in the training labels causes in a held-out prediction, with z the
coordinates of the row on the principal axes of the scaled training rows, s the eigenvalues and a
the penalty. For least squares without penalty lambda is about d / (n - d). The factors with which
lambda enters an interval (8) and a comparison (4) were chosen by simulation.

Lambda cannot be computed from predictions: `evaluation.linear.probe.held_out_fits` computes it for
each split and each separately fitted part of the labels. For classes, `class_inflation` also needs
the held-out predictions of the same ridge fit to the 0/1 labels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Array, Influence, sampling_variance
from neucocore.statistics.metric_influence import r2

CLASS_FACTOR = 4.0
"""Factor of lambda in kappa."""
MAX_INFLATION = 1.0
"""Largest kappa: training at most doubles the variance."""


def held_out_noise(
    coordinates: Array, eigenvalues: Array, penalty: float, n_training: int
) -> Array:
    """Return the variance that unit noise in the training labels causes in each prediction, (m,).

    Parameters
    ----------
    coordinates
        (m, r) held-out rows on the principal axes of the scaled, centred training rows.
    eigenvalues
        (r,) sums of squares of the training rows on these axes.
    penalty
        The ridge penalty, in the unit of the eigenvalues (not divided by n).
    n_training
        Number of training rows; the intercept contributes 1 / n_training.
    """
    noise: Array = 1 / n_training + coordinates**2 @ (eigenvalues / (eigenvalues + penalty) ** 2)
    return noise


def mean_held_out_noise(
    mean_squares: Array, eigenvalues: Array, penalty: float, n_training: int
) -> float:
    """Return the mean of `held_out_noise` over rows, from the mean squares of their coordinates.

    Parameters
    ----------
    mean_squares
        (r,) mean square of each coordinate over the held-out rows.
    eigenvalues, penalty, n_training
        As in `held_out_noise`.
    """
    return 1 / n_training + float(mean_squares @ (eigenvalues / (eigenvalues + penalty) ** 2))


def mean_noise(noise_of_rows: Array) -> float | None:
    """Return lambda, the mean over rows (n,) or repeats and rows (R, n) that have a prediction.

    NaN marks rows without one; None if no row has one.
    """
    known = noise_of_rows[~np.isnan(noise_of_rows)]
    return float(np.mean(known)) if len(known) else None


def class_inflation(
    labels: Array, prediction: Array, baseline: Array, noise: NDArray[np.float64] | float
) -> float | None:
    """Return kappa, by which training noise increases the variance of a score of classes.

        kappa = min(1, 4 sum_c lambda_c (1 - R2_c)^2 / n / sum_c V_c)

    with R2_c, and V_c = sum psi^2 / n^2, of least squares fitted to the 0/1 labels of class c. It
    stands in for the training noise of the logistic fit, which has no closed form.

    Parameters
    ----------
    labels
        (n,) 0 and 1, or (n, k) one-hot classes or labels; NaN marks missing labels.
    prediction
        Held-out predictions of ridge regression on these labels, as `labels`.
    baseline
        Mean label of the training part of each row, as `labels`.
    noise
        Lambda, or one per column (k,).

    Returns
    -------
    float or None
        Between 0 and 1; None if no column varies.
    """
    n = len(labels)
    y, p, b = (array.reshape(n, -1) for array in (labels, prediction, baseline))
    training = variance = 0.0
    varies = False
    for column, lam in enumerate(np.broadcast_to(noise, y.shape[1])):
        known = ~(np.isnan(y[:, column]) | np.isnan(p[:, column]))
        least_squares = r2(y[known, column], p[known, column], b[known, column])
        if not isinstance(least_squares, Influence):
            continue
        varies = True
        training += CLASS_FACTOR * float(lam) * (1 - least_squares.estimate) ** 2 / known.sum()
        variance += sampling_variance(least_squares.values)
    if variance == 0:
        return MAX_INFLATION if varies else None
    return min(MAX_INFLATION, training / variance)

"""How embedding columns are scaled before a penalised fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neucocore.evaluation.linear.matrix import Matrix


def one_scalar(variance: Matrix) -> Matrix:
    """Return the same factor for all columns, so that their mean variance is 1.

    Parameters
    ----------
    variance
        Variance of each column, (d,).

    Returns
    -------
    (d,) array
        0 if all columns are constant.
    """
    mean = float(np.mean(variance))
    return np.full(len(variance), 1 / np.sqrt(mean) if mean > 0 else 0.0)


def per_dimension(variance: Matrix) -> Matrix:
    """Return a factor for each column, so that its variance is 1; 0 for constant columns.

    Parameters
    ----------
    variance
        Variance of each column, (d,).

    Returns
    -------
    (d,) array
    """
    varies = variance > 0
    return np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


SCALINGS: Mapping[str, Callable[[Matrix], Matrix]] = {
    "scalar": one_scalar,
    "per-dimension": per_dimension,
}
"""The scalings that compete during model selection; each maps variances (d,) to factors (d,)."""

"""Shares and their Monte Carlo errors."""

from __future__ import annotations

import numpy as np


def share(values, sets):
    """Return the mean of 0 and 1 with its Monte Carlo error.

    Parameters
    ----------
    values
        (N,) booleans, one per data set.
    sets
        (N,) which set of rows each data set has. Data sets with common rows are not independent.

    Returns
    -------
    dict
        ``share``; ``error``, the larger of the error of independent data sets and of that of the
        mean over sets of rows; ``N``.
    """
    values = np.asarray(values, dtype=np.float64)
    names, member = np.unique(sets, return_inverse=True)
    mean = float(values.mean())
    independent = np.sqrt(max(mean * (1 - mean), 1 / len(values) / 4) / len(values))
    clustered = 0.0
    if 1 < len(names) < len(values):
        sums = np.bincount(member, values - mean)
        G = len(names)
        clustered = np.sqrt(np.sum(sums**2) * G / (G - 1)) / len(values)
    return {"share": mean, "error": float(max(independent, clustered)), "N": len(values)}

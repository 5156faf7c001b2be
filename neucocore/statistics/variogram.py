"""The range over which residuals are correlated in space, from their variogram.

    gamma(h) = nugget + sill (1 - exp(-h / a))

is fitted by least squares, weighted by the number of pairs, to the mean of half the squared
differences of pairs at a distance h, up to half the largest distance (Cressie, Statistics for
Spatial Data, 1993). At the practical range 3 a, 95 % of the correlation has gone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.sphere import chord_to_km

MAX_POINTS = 1500
MIN_POINTS = 30
MIN_PAIRS = 30
"""Pairs in a class of distance, below which it is not used."""
MIN_SILL_SHARE = 0.05
"""Share of the spatial part of the variance, below which there is no range."""
EDGES = np.array([0, 0.01, 0.02, 0.035, 0.05, 0.07, 0.1, *np.linspace(0.15, 1, 12)])
"""Classes of distance, relative to the largest distance that is used."""
CANDIDATES = 60


def practical_range(vectors: NDArray[np.float64], residuals: NDArray[np.float64]) -> float | None:
    """Return the distance in kilometres beyond which residuals are practically uncorrelated.

    Parameters
    ----------
    vectors
        (n, 3) points on the unit sphere. Of many points, evenly spaced ones are used.
    residuals
        (n, m) residuals of m outputs, NaN where unknown; they are pooled at equal variance.

    Returns
    -------
    float or None
        0 if the residuals show no correlation in space; None with too few points.
    """
    usable = np.flatnonzero(np.isfinite(residuals).any(axis=1))
    if len(usable) < MIN_POINTS:
        return None
    rows = usable[np.linspace(0, len(usable) - 1, min(len(usable), MAX_POINTS)).astype(np.intp)]
    points, values = vectors[rows], residuals[rows]
    first, second = np.triu_indices(len(rows), 1)
    chord = np.linalg.norm(points[first] - points[second], axis=1)
    distance = chord_to_km(chord)
    longest = float(distance.max()) / 2
    if longest == 0:
        return None
    near = distance < longest
    first, second, distance = first[near], second[near], distance[near]
    variance = np.nanvar(values, axis=0)
    values = values[:, variance > 0] / np.sqrt(variance[variance > 0])
    if not values.shape[1]:
        return None
    halves = np.square(values[first] - values[second]) / 2
    known = np.isfinite(halves)
    gamma = np.where(known, halves, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    kept = known.any(axis=1)
    return _fitted_range(distance[kept], gamma[kept], longest)


def _fitted_range(
    distance: NDArray[np.float64], gamma: NDArray[np.float64], longest: float
) -> float | None:
    edges = EDGES * longest
    number = np.digitize(distance, edges) - 1
    pairs = np.bincount(number, minlength=len(edges)).astype(np.float64)
    used = pairs >= MIN_PAIRS
    if used.sum() < 3:
        return None
    h = np.bincount(number, distance, len(edges))[used] / pairs[used]
    mean = np.bincount(number, gamma, len(edges))[used] / pairs[used]
    weight = np.sqrt(pairs[used])
    best, best_range, best_share = np.inf, 0.0, 0.0
    for a in np.geomspace(longest / 100, 1.2 * longest, CANDIDATES):
        design = np.column_stack([np.ones(len(h)), 1 - np.exp(-h / a)])
        parts = np.linalg.lstsq(design * weight[:, None], mean * weight, rcond=None)[0].clip(0)
        error = float(np.square((design @ parts - mean) * weight).sum())
        if error < best:
            best, best_range = error, 3 * float(a)
            best_share = float(parts[1] / parts.sum()) if parts.sum() else 0.0
    return best_range if best_share >= MIN_SILL_SHARE else 0.0

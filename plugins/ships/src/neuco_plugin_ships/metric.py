"""Distance between positions, in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import Influence, Undefined

METRES_PER_PIXEL = 10.0


def distance_metres(y_true: NDArray[np.float64], y_pred: NDArray[np.float64]) -> float:
    """Return the mean Euclidean distance in metres of positions (n, 2) in pixels of 10 m."""
    if len(y_true) == 0:
        return float("nan")
    return float(_pixels(y_true, y_pred).mean()) * METRES_PER_PIXEL


def chance(y: NDArray[np.float64]) -> float:
    """Return the mean distance in metres of the positions (n, 2) from the mean position."""
    if len(y) == 0:
        return float("nan")
    return distance_metres(y, np.broadcast_to(np.mean(y, axis=0), y.shape))


def influence(y_true: NDArray[np.float64], y_pred: NDArray[np.float64]) -> Influence | Undefined:
    """Return how much each row moves the mean distance, in metres."""
    if len(y_true) == 0:
        return Undefined("there are no rows")
    distances = _pixels(y_true, y_pred) * METRES_PER_PIXEL
    mean = distance_metres(y_true, y_pred)
    # A distance is the root of a squared error: its derivative by the logarithm of it is one half.
    return Influence(
        distances - np.mean(distances),
        mean,
        greater_is_better=False,
        bounds=(0.0, np.inf),
        error_scale=mean / 2,
    )


def _pixels(y_true: NDArray[np.float64], y_pred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of each row in pixels, (n,)."""
    difference = np.asarray(y_true, np.float64) - np.asarray(y_pred, np.float64)
    distances: NDArray[np.float64] = np.linalg.norm(difference, axis=1)
    return distances

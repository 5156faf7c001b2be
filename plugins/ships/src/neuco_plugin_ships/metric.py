"""Distance between positions, in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

METRES_PER_PIXEL = 10.0


def distance_metres(y_true: NDArray[np.float64], y_pred: NDArray[np.float64]) -> float:
    """Return the mean Euclidean distance in metres of positions (n, 2) in pixels of 10 m."""
    if len(y_true) == 0:
        return float("nan")
    difference = np.asarray(y_true, np.float64) - np.asarray(y_pred, np.float64)
    return float(np.linalg.norm(difference, axis=1).mean()) * METRES_PER_PIXEL

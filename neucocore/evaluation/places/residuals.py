"""The side of blocks, from the range over which held-out residuals are correlated in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.places.blocks import LADDER
from neucocore.statistics.variogram import practical_range


def suggested_side(
    outcome: TaskOutcome, points: NDArray[np.float64], ladder: Sequence[Mapping[str, Any]]
) -> dict[str, float | None]:
    """Return the range of the residuals of a task and the side of blocks that covers it.

    Parameters
    ----------
    outcome
        The task under random folds, with predictions.
    points
        (n, 3) places of its rows, sorted by id, on the unit sphere.
    ladder
        The blocks that were scored; the side is one of them.

    Returns
    -------
    dict
        ``range_km``, the practical range, and ``side_km``, the smallest side of the ladder that is
        not below it, else the largest; None where unknown.
    """
    km = residual_range(outcome, points)
    sides = [float(rung["km"]) for rung in ladder]
    side = None
    if km is not None and sides:
        side = next((candidate for candidate in sides if candidate >= km), sides[-1])
    return {"range_km": km, "side_km": side}


def residual_range(outcome: TaskOutcome, points: NDArray[np.float64]) -> float | None:
    """Return the practical range of the held-out residuals in kilometres; None if unknown."""
    if not outcome.predictions:
        return None
    n = len(points)
    true = np.asarray(outcome.predictions["y_true"])[:n]
    predicted = np.asarray(outcome.predictions["y_pred"], dtype=np.float64)[:n]
    if outcome.task.problem == "multiclass":
        true = (true.reshape(-1, 1) == np.arange(predicted.shape[1])).astype(np.float64)
    residuals = true.reshape(n, -1).astype(np.float64) - predicted.reshape(n, -1)
    return practical_range(points, residuals)


def side_for(km: float) -> float:
    """Return the smallest side of the ladder that is not below a range, else the largest."""
    return next((side for side in LADDER if side >= km), LADDER[-1])

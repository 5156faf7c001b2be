"""R2 and F1 of a fold the way NeuCo-Bench's metric library computes them, quirks included.

These belong to ``neucobench-*`` alone; the metrics of the plugin ``core`` follow the textbook.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEARLY_ZERO = 1e-4
"""Sums of squares up to this count as zero."""


def r2(predictions: Floats, target: Floats) -> Floats:
    """Return R2 after each epoch, in float32.

    R2 is 1 where the residual sum of squares is nearly zero, else 0 where the total one is. The
    total is the sum of squares minus the squared sum over n, which loses digits for labels far
    from zero.

    Parameters
    ----------
    predictions
        (epochs, n) float32.
    target
        (n,) float32.

    Returns
    -------
    (epochs,) float32, NaN or -inf where predictions overflow.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        # Summed in double and rounded once: the order of rows cannot change a digit.
        total_of = np.float32(np.sum(target, dtype=np.float64))
        squares = np.float32(np.sum(target * target, dtype=np.float64))
        total = squares - total_of * (total_of / np.float32(len(target)))
        error = target - predictions
        residual = np.sum(error * error, axis=1, dtype=np.float64).astype(np.float32)
        scores = np.subtract(np.float32(1), residual / total)
    if np.abs(total) <= NEARLY_ZERO:
        scores[:] = 0
    scores[np.abs(residual) <= NEARLY_ZERO] = 1
    return scores


def f1(predictions: Floats, target: Floats) -> Floats:
    """Return the binary F1 after each epoch, in float32; 0 where it is undefined.

    Predictions are logits, yet an epoch of which all lie within [0, 1] is taken for probabilities.

    Parameters
    ----------
    predictions
        (epochs, n) float32.
    target
        (n,) float32 of 0 and 1.
    """
    logits = ~np.all((predictions >= 0) & (predictions <= 1), axis=1)
    chance = np.where(logits[:, None], sigmoid(predictions), predictions)
    said, true = chance > 0.5, target > 0.5
    hits = np.sum(said & true, axis=1, dtype=np.float32)
    misses = np.sum(said != true, axis=1, dtype=np.float32)
    whole = 2 * hits + misses
    scores: Floats = np.divide(2 * hits, whole, out=np.zeros_like(whole), where=whole > 0)
    return scores


def sigmoid(x: Floats) -> Floats:
    """Logistic function in float32."""
    with np.errstate(over="ignore"):
        value: Floats = np.float32(1) / (np.float32(1) + np.exp(-x))
    return value


def best_epoch(scores: Floats) -> int | None:
    """Return the first epoch with the highest score; None when no score is above -inf."""
    valid = np.where(np.isnan(scores), -np.inf, scores)
    best = int(np.argmax(valid))
    return best if valid[best] > -np.inf else None


FOLD_METRICS = {"r2": r2, "f1": f1}

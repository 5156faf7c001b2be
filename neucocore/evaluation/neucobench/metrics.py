"""R2 and F1 of a fold the way NeuCo-Bench's metric library computes them, quirks included.

These belong to ``neucobench-*`` alone; the metrics of the plugin ``core`` follow the textbook.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.cascade_sum import cascade_sum

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
    predictions, target
        (epochs, n) float32, in the order in which each epoch's pass met the rows: sums are
        rounded as they are in that order.

    Returns
    -------
    (epochs,) float32, NaN or -inf where predictions overflow.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sums = cascade_sum(target)
        mean = sums / np.float32(target.shape[1])
        total = cascade_sum(np.square(target)) - sums * mean
        residual = cascade_sum(np.square(target - predictions))
        scores: Floats = np.float32(1) - residual / total
    scores[np.abs(total) <= NEARLY_ZERO] = 0
    scores[np.abs(residual) <= NEARLY_ZERO] = 1
    return scores


def f1(predictions: Floats, target: Floats) -> Floats:
    """Return the binary F1 after each epoch, in float32; 0 where it is undefined.

    Predictions are logits, yet an epoch of which all lie within [0, 1] is taken for probabilities.

    Parameters
    ----------
    predictions, target
        (epochs, n) float32, the target of 0 and 1.
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

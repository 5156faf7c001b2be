"""R2 and F1 of a fold as NeuCo-Bench computes them, with the deviations of its metric library.

The library is torchmetrics. These functions are used by ``neucobench-*`` only; the metrics of the
plugin ``core`` follow the textbook definitions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.cascade_sum import cascade_sum

Floats = NDArray[np.float32]

NEARLY_ZERO = 1e-4
"""Sums of squares up to this value are treated as zero."""


def r2(predictions: Floats, target: Floats) -> Floats:
    """Return R2 after each epoch, in float32.

    R2 is 1 if the residual sum of squares is nearly zero, otherwise 0 if the total sum of squares
    is nearly zero. The total is computed as sum of squares minus squared sum over n, which loses
    digits for labels far from zero.

    Parameters
    ----------
    predictions, target
        (epochs, n) float32, in the order of the validation pass of each epoch, because the
        rounding of the sums depends on this order.

    Returns
    -------
    (epochs,) float32
        NaN or -inf where predictions overflow.
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

    Predictions are logits, but if all predictions of an epoch lie within [0, 1] they are treated
    as probabilities.

    Parameters
    ----------
    predictions, target
        (epochs, n) float32; the target consists of 0 and 1.

    Returns
    -------
    (epochs,) float32
    """
    are_logits = ~np.all((predictions >= 0) & (predictions <= 1), axis=1)
    probability = np.where(are_logits[:, None], sigmoid(predictions), predictions)
    predicted, actual = probability > 0.5, target > 0.5
    true_positives = np.sum(predicted & actual, axis=1, dtype=np.float32)
    errors = np.sum(predicted != actual, axis=1, dtype=np.float32)
    denominator = 2 * true_positives + errors
    scores: Floats = np.divide(
        2 * true_positives, denominator, out=np.zeros_like(denominator), where=denominator > 0
    )
    return scores


def sigmoid(x: Floats) -> Floats:
    """Return the logistic function in float32."""
    with np.errstate(over="ignore"):
        value: Floats = np.float32(1) / (np.float32(1) + np.exp(-x))
    return value


def best_epoch(scores: Floats) -> int | None:
    """Return the first epoch with the highest score; None if no score is above -inf."""
    valid = np.where(np.isnan(scores), -np.inf, scores)
    best = int(np.argmax(valid))
    return best if valid[best] > -np.inf else None


FOLD_METRICS = {"r2": r2, "f1": f1}

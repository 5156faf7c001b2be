"""The compiled form of `linear_oracle`: the same folds, many times faster, off the GIL.

Four rows at a time are multiplied with the weights and, while they are still in the nearest cache,
added to the gradient: each row comes from memory once per epoch. Sums run in another order than the
oracle's, always the same one, so results differ from it by rounding only and never from run to run.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.random_stream import LOADER_SEED, initial_parameters
from neucocore.evaluation.neucobench.reference import (
    BETA1,
    BETA2,
    EPSILON,
    WEIGHT_DECAY,
    Floats,
    Fold,
    Training,
)
from neucocore.runtime.compiled import compiled

# Sums may be reordered and fused, which vectors need; NaN and infinity keep their meaning.
_fast = compiled(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})

ROWS_AT_ONCE = 4
ZERO, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)


def fit_fold(
    matrix: Floats,
    target: Floats,
    train: NDArray[np.intp],
    held_out: NDArray[np.intp],
    outputs: NDArray[np.uint32],
    training: Training,
) -> Fold:
    """Train on one split and predict its held-out rows; see `linear_oracle.fit_fold`."""
    predictions = np.empty((training.epochs, len(held_out)), dtype=np.float32)
    orders = np.empty(predictions.shape, dtype=np.intp)
    losses = np.empty((2, training.epochs))
    size = matrix.shape[1] + 1
    _fit(
        matrix, target, train.copy(), held_out, outputs[size:], initial_parameters(outputs[:size]),
        training.classify, training.batch_size, training.learning_rate, predictions, orders, losses,
    )  # fmt: skip
    return Fold(predictions, orders, losses[0], losses[1])


def refit(
    matrix: Floats,
    target: Floats,
    rows: NDArray[np.intp],
    outputs: NDArray[np.uint32],
    training: Training,
) -> Floats:
    """Train on `rows` in their own order; see `linear_oracle.refit`."""
    parameters = initial_parameters(outputs[: matrix.shape[1] + 1])
    _refit(
        matrix, target, rows, parameters,
        training.classify, training.epochs, training.batch_size, training.learning_rate,
    )  # fmt: skip
    return parameters


@_fast
def _fit(
    matrix: Any, target: Any, train: Any, held_out: Any, outputs: Any, parameters: Any,
    classify: Any, batch_size: Any, learning_rate: Any, predictions: Any, orders: Any, losses: Any,
) -> None:  # fmt: skip
    """Fill `predictions`, `orders` (epochs, held out) and `losses`; `train` is scratch."""
    moments = np.zeros((3, len(parameters)), dtype=np.float32)
    in_order = train.copy()
    at = LOADER_SEED
    for epoch in range(len(predictions)):
        train[:] = in_order
        _shuffle(train, outputs[at:])
        at += len(train) - 1 + LOADER_SEED
        losses[0, epoch] = _train_pass(
            matrix, target, train, parameters, moments, epoch, classify, batch_size, learning_rate
        )
        places = orders[epoch]
        for place in range(len(places)):
            places[place] = place
        _shuffle(places, outputs[at:])
        at += len(places) - 1 + LOADER_SEED
        _predict(matrix, held_out, parameters, predictions[epoch])
        losses[1, epoch] = _mean_loss(
            predictions[epoch], target, held_out, places, classify, batch_size
        )


@_fast
def _refit(
    matrix: Any, target: Any, rows: Any, parameters: Any,
    classify: Any, epochs: Any, batch_size: Any, learning_rate: Any,
) -> None:  # fmt: skip
    """Train `parameters` on rows that are not shuffled."""
    moments = np.zeros((3, len(parameters)), dtype=np.float32)
    for epoch in range(epochs):
        _train_pass(
            matrix, target, rows, parameters, moments, epoch, classify, batch_size, learning_rate
        )


@_fast
def _shuffle(values: Any, outputs: Any) -> None:
    """Swap forward, as `stream.permutation` does."""
    n = len(values)
    for i in range(n - 1):
        j = i + np.int64(outputs[i] % np.uint32(n - i))
        values[i], values[j] = values[j], values[i]


@_fast
def _train_pass(
    matrix: Any, target: Any, rows: Any, parameters: Any, moments: Any,
    epoch: Any, classify: Any, batch_size: Any, learning_rate: Any,
) -> Any:  # fmt: skip
    """Take one step per batch; return the mean of the batches' mean losses."""
    n = len(rows)
    batches = (n + batch_size - 1) // batch_size
    loss = 0.0
    for batch in range(batches):
        start, end = batch * batch_size, min(n, (batch + 1) * batch_size)
        loss += _gradient(matrix, target, rows, start, end, parameters, moments[2], classify)
        _descend(parameters, moments, epoch * batches + batch + 1, learning_rate)
    return loss / batches


@_fast
def _gradient(
    matrix: Any, target: Any, rows: Any, start: Any, end: Any,
    parameters: Any, gradient: Any, classify: Any,
) -> Any:  # fmt: skip
    """Add the gradient of a batch's mean loss to `gradient`; return that loss."""
    d = len(parameters) - 1
    bias, share = parameters[d], ONE / np.float32(end - start)
    loss = 0.0
    row = start
    while row + ROWS_AT_ONCE <= end:
        r0, r1, r2, r3 = rows[row], rows[row + 1], rows[row + 2], rows[row + 3]
        x0, x1, x2, x3 = matrix[r0], matrix[r1], matrix[r2], matrix[r3]
        p0, p1, p2, p3 = bias, bias, bias, bias
        for j in range(d):
            weight = parameters[j]
            p0 += x0[j] * weight
            p1 += x1[j] * weight
            p2 += x2[j] * weight
            p3 += x3[j] * weight
        y0, y1, y2, y3 = target[r0], target[r1], target[r2], target[r3]
        loss += _loss(p0, y0, classify) + _loss(p1, y1, classify)
        loss += _loss(p2, y2, classify) + _loss(p3, y3, classify)
        p0 = share * _slope(p0, y0, classify)
        p1 = share * _slope(p1, y1, classify)
        p2 = share * _slope(p2, y2, classify)
        p3 = share * _slope(p3, y3, classify)
        for j in range(d):
            gradient[j] += x0[j] * p0 + x1[j] * p1 + x2[j] * p2 + x3[j] * p3
        gradient[d] += p0 + p1 + p2 + p3
        row += ROWS_AT_ONCE
    while row < end:
        r0 = rows[row]
        x0, y0 = matrix[r0], target[r0]
        p0 = _dot(x0, parameters)
        loss += _loss(p0, y0, classify)
        p0 = share * _slope(p0, y0, classify)
        for j in range(d):
            gradient[j] += x0[j] * p0
        gradient[d] += p0
        row += 1
    return loss / (end - start)


@_fast
def _descend(parameters: Any, moments: Any, step: Any, learning_rate: Any) -> None:
    """Take one step of AdamW and clear the gradient.

    The rows of `moments` are the first moment, the second moment and the gradient.
    """
    first, second, gradient = moments[0], moments[1], moments[2]
    decay = np.float32(1 - learning_rate * WEIGHT_DECAY)
    rate = np.float32(learning_rate / (1 - BETA1**step))
    correction = np.float32(math.sqrt(1 - BETA2**step))
    fresh1, kept2, fresh2 = np.float32(1 - BETA1), np.float32(BETA2), np.float32(1 - BETA2)
    for j in range(len(parameters)):
        slope = gradient[j]
        first[j] += fresh1 * (slope - first[j])
        second[j] = kept2 * second[j] + fresh2 * slope * slope
        root = np.sqrt(second[j]) / correction + np.float32(EPSILON)
        parameters[j] = decay * parameters[j] - rate * first[j] / root
        gradient[j] = ZERO


@_fast
def _predict(matrix: Any, rows: Any, parameters: Any, out: Any) -> None:
    for place in range(len(rows)):
        out[place] = _dot(matrix[rows[place]], parameters)


@_fast
def _dot(x: Any, parameters: Any) -> Any:
    total = parameters[len(x)]
    for j in range(len(x)):
        total += x[j] * parameters[j]
    return total


@_fast
def _mean_loss(
    predicted: Any, target: Any, rows: Any, places: Any, classify: Any, batch_size: Any
) -> Any:
    """Mean over batches, in the order of `places`, of the batches' mean losses."""
    n = len(places)
    batches = (n + batch_size - 1) // batch_size
    total = 0.0
    for batch in range(batches):
        start, end = batch * batch_size, min(n, (batch + 1) * batch_size)
        loss = 0.0
        for place in places[start:end]:
            loss += _loss(predicted[place], target[rows[place]], classify)
        total += loss / (end - start)
    return total / batches


@_fast
def _loss(predicted: Any, y: Any, classify: Any) -> Any:
    if classify:
        return max(predicted, ZERO) - predicted * y + np.log1p(np.exp(-abs(predicted)))
    return (predicted - y) * (predicted - y)


@_fast
def _slope(predicted: Any, y: Any, classify: Any) -> Any:
    if classify:
        return ONE / (ONE + np.exp(-predicted)) - y
    return TWO * (predicted - y)

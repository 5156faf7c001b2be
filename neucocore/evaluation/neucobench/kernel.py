"""The compiled form of `reference`: the same folds, many times faster, without the Python GIL.

Four rows at a time are multiplied with the weights and then added to the gradient while they are
still in the first-level cache. Each row is thus read from memory once per epoch. Sums are computed
in another order than in `reference`, but always in the same one: results differ from those of
`reference` by rounding only, and never differ between runs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.random_stream import LOADER_SEED_DRAWS, initial_parameters
from neucocore.evaluation.neucobench.reference import (
    BETA1,
    BETA2,
    EPSILON,
    WEIGHT_DECAY,
    Floats,
    FoldResult,
    Training,
)
from neucocore.runtime.compiled import compiled

# Vectorisation needs permission to reorder and fuse additions; NaN and infinity work as usual.
_fast = compiled(error_model="numpy", fastmath={"reassoc", "contract", "nsz"})

ROWS_AT_ONCE = 4
ZERO, ONE, TWO = np.float32(0), np.float32(1), np.float32(2)


def fit_fold(
    matrix: Floats,
    target: Floats,
    train: NDArray[np.intp],
    held_out: NDArray[np.intp],
    draws: NDArray[np.uint32],
    training: Training,
) -> FoldResult:
    """Train on one split and predict its held-out rows; see `reference.fit_fold`."""
    predictions = np.empty((training.epochs, len(held_out)), dtype=np.float32)
    orders = np.empty(predictions.shape, dtype=np.intp)
    losses = np.empty((2, training.epochs))
    size = matrix.shape[1] + 1
    _fit(
        matrix, target, train.copy(), held_out, draws[size:], initial_parameters(draws[:size]),
        training.classify, training.batch_size, training.learning_rate, predictions, orders, losses,
    )  # fmt: skip
    return FoldResult(predictions, orders, losses[0], losses[1])


def refit(
    matrix: Floats,
    target: Floats,
    rows: NDArray[np.intp],
    draws: NDArray[np.uint32],
    training: Training,
) -> Floats:
    """Train on `rows` without shuffling; see `reference.refit`."""
    parameters = initial_parameters(draws[: matrix.shape[1] + 1])
    _refit(
        matrix, target, rows, parameters,
        training.classify, training.epochs, training.batch_size, training.learning_rate,
    )  # fmt: skip
    return parameters


@_fast
def _fit(
    matrix: Any, target: Any, train: Any, held_out: Any, draws: Any, parameters: Any,
    classify: Any, batch_size: Any, learning_rate: Any, predictions: Any, orders: Any, losses: Any,
) -> None:  # fmt: skip
    """Fill `predictions`, `orders` (epochs, held-out rows) and `losses`; overwrites `train`."""
    moments = np.zeros((3, len(parameters)), dtype=np.float32)
    unshuffled = train.copy()
    position = LOADER_SEED_DRAWS
    for epoch in range(len(predictions)):
        train[:] = unshuffled
        _shuffle(train, draws[position:])
        position += len(train) - 1 + LOADER_SEED_DRAWS
        losses[0, epoch] = _train_pass(
            matrix, target, train, parameters, moments, epoch, classify, batch_size, learning_rate
        )
        order = orders[epoch]
        for index in range(len(order)):
            order[index] = index
        _shuffle(order, draws[position:])
        position += len(order) - 1 + LOADER_SEED_DRAWS
        _predict(matrix, held_out, parameters, predictions[epoch])
        losses[1, epoch] = _mean_loss(
            predictions[epoch], target, held_out, order, classify, batch_size
        )


@_fast
def _refit(
    matrix: Any, target: Any, rows: Any, parameters: Any,
    classify: Any, epochs: Any, batch_size: Any, learning_rate: Any,
) -> None:  # fmt: skip
    """Train `parameters` in place on rows that are not shuffled."""
    moments = np.zeros((3, len(parameters)), dtype=np.float32)
    for epoch in range(epochs):
        _train_pass(
            matrix, target, rows, parameters, moments, epoch, classify, batch_size, learning_rate
        )


@_fast
def _shuffle(values: Any, draws: Any) -> None:
    """Permute in place by forward swaps, as `random_stream.permutation` does."""
    n = len(values)
    for i in range(n - 1):
        j = i + np.int64(draws[i] % np.uint32(n - i))
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
    bias, row_weight = parameters[d], ONE / np.float32(end - start)
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
        p0 = row_weight * _slope(p0, y0, classify)
        p1 = row_weight * _slope(p1, y1, classify)
        p2 = row_weight * _slope(p2, y2, classify)
        p3 = row_weight * _slope(p3, y3, classify)
        for j in range(d):
            gradient[j] += x0[j] * p0 + x1[j] * p1 + x2[j] * p2 + x3[j] * p3
        gradient[d] += p0 + p1 + p2 + p3
        row += ROWS_AT_ONCE
    while row < end:
        r0 = rows[row]
        x0, y0 = matrix[r0], target[r0]
        p0 = _dot(x0, parameters)
        loss += _loss(p0, y0, classify)
        p0 = row_weight * _slope(p0, y0, classify)
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
    new1, kept2, new2 = np.float32(1 - BETA1), np.float32(BETA2), np.float32(1 - BETA2)
    for j in range(len(parameters)):
        slope = gradient[j]
        first[j] += new1 * (slope - first[j])
        second[j] = kept2 * second[j] + new2 * slope * slope
        root = np.sqrt(second[j]) / correction + np.float32(EPSILON)
        parameters[j] = decay * parameters[j] - rate * first[j] / root
        gradient[j] = ZERO


@_fast
def _predict(matrix: Any, rows: Any, parameters: Any, out: Any) -> None:
    """Fill `out` with the predictions for `rows`."""
    for index in range(len(rows)):
        out[index] = _dot(matrix[rows[index]], parameters)


@_fast
def _dot(x: Any, parameters: Any) -> Any:
    """Return weights times `x` plus bias."""
    total = parameters[len(x)]
    for j in range(len(x)):
        total += x[j] * parameters[j]
    return total


@_fast
def _mean_loss(
    predicted: Any, target: Any, rows: Any, positions: Any, classify: Any, batch_size: Any
) -> Any:
    """Return the mean of the mean losses of the batches, in the order of `positions`."""
    n = len(positions)
    batches = (n + batch_size - 1) // batch_size
    total = 0.0
    for batch in range(batches):
        start, end = batch * batch_size, min(n, (batch + 1) * batch_size)
        loss = 0.0
        for position in positions[start:end]:
            loss += _loss(predicted[position], target[rows[position]], classify)
        total += loss / (end - start)
    return total / batches


@_fast
def _loss(predicted: Any, y: Any, classify: Any) -> Any:
    if classify:
        return max(predicted, ZERO) - predicted * y + np.log1p(np.exp(-abs(predicted)))
    return (predicted - y) * (predicted - y)


@_fast
def _slope(predicted: Any, y: Any, classify: Any) -> Any:
    """Return the derivative of the loss with respect to the prediction."""
    if classify:
        return ONE / (ONE + np.exp(-predicted)) - y
    return TWO * (predicted - y)

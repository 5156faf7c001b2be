"""NeuCo-Bench's linear probe in a few lines of numpy: what the fast kernel is tested against.

One linear layer with bias, trained with AdamW on minibatches in a fresh random order each epoch;
mean squared error for regression, binary cross-entropy on the logit for classification. Everything
is float32, in the order of operations of the reference.

Weights and bias are one array of d + 1 numbers, the bias last: AdamW treats them alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.metrics import sigmoid
from neucocore.evaluation.neucobench.random_stream import (
    LOADER_SEED,
    initial_parameters,
    permutation,
)

BETA1, BETA2, EPSILON, WEIGHT_DECAY = 0.9, 0.999, 1e-8, 0.01

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Training:
    """How the probe is trained."""

    classify: bool
    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, eq=False)
class Fold:
    """What one fold gives.

    Attributes
    ----------
    predictions
        (epochs, held-out rows) float32: values or logits after each epoch, columns in the order of
        the held-out rows.
    order
        (epochs, held-out rows): the columns in the order in which each validation pass met them.
    train_loss, val_loss
        (epochs,) float64: mean over the batches of each pass.
    """

    predictions: Floats
    order: NDArray[np.intp]
    train_loss: NDArray[np.float64]
    val_loss: NDArray[np.float64]


@dataclass(eq=False)
class _Probe:
    parameters: Floats
    first: Floats = field(init=False)
    second: Floats = field(init=False)
    step: int = 0

    def __post_init__(self) -> None:
        self.first = np.zeros_like(self.parameters)
        self.second = np.zeros_like(self.parameters)

    def predict(self, X: Floats) -> Floats:
        values: Floats = X @ self.parameters[:-1] + self.parameters[-1]
        return values

    def descend(self, gradient: Floats, learning_rate: float) -> None:
        """Take one step of AdamW with decoupled weight decay."""
        self.step += 1
        self.parameters *= np.float32(1 - learning_rate * WEIGHT_DECAY)
        self.first += np.float32(1 - BETA1) * (gradient - self.first)
        self.second *= np.float32(BETA2)
        self.second += np.float32(1 - BETA2) * gradient * gradient
        rate = np.float32(learning_rate / (1 - BETA1**self.step))
        correction = np.float32(math.sqrt(1 - BETA2**self.step))
        self.parameters -= (
            rate * self.first / (np.sqrt(self.second) / correction + np.float32(EPSILON))
        )


@np.errstate(over="ignore", invalid="ignore")
def fit_fold(
    matrix: Floats,
    target: Floats,
    train: NDArray[np.intp],
    held_out: NDArray[np.intp],
    outputs: NDArray[np.uint32],
    training: Training,
) -> Fold:
    """Train on one split and predict its held-out rows after each epoch.

    Parameters
    ----------
    matrix, target
        (rows, d) embeddings and (rows,) labels, float32; rows of no split may hold anything.
    train, held_out
        Row numbers of the split, in the split's order.
    outputs
        The fold's part of the stream, `stream.draws_per_fold` long.
    training
        Loss, epochs, batch size and learning rate.
    """
    at = matrix.shape[1] + 1
    probe = _Probe(initial_parameters(outputs[:at]))
    predictions = np.empty((training.epochs, len(held_out)), dtype=np.float32)
    orders = np.empty(predictions.shape, dtype=np.intp)
    losses = np.empty((2, training.epochs))
    for epoch in range(training.epochs):
        order, at = _shuffled(len(train), outputs, at)
        losses[0, epoch] = _train_pass(probe, matrix, target, train[order], training)
        orders[epoch], at = _shuffled(len(held_out), outputs, at)
        predictions[epoch] = probe.predict(matrix[held_out])
        each = _loss(predictions[epoch], target[held_out], training.classify)[orders[epoch]]
        losses[1, epoch] = np.mean([b.mean() for b in _batches(each, training.batch_size)])
    return Fold(predictions, orders, losses[0], losses[1])


@np.errstate(over="ignore", invalid="ignore")
def refit(
    matrix: Floats,
    target: Floats,
    rows: NDArray[np.intp],
    outputs: NDArray[np.uint32],
    training: Training,
) -> Floats:
    """Train on `rows` in their own order and return the d + 1 parameters, the bias last.

    `outputs` is `stream.draws_per_refit` long; only the initial parameters are used.
    """
    probe = _Probe(initial_parameters(outputs[: matrix.shape[1] + 1]))
    for _ in range(training.epochs):
        _train_pass(probe, matrix, target, rows, training)
    return probe.parameters


def _shuffled(n: int, outputs: NDArray[np.uint32], at: int) -> tuple[NDArray[np.intp], int]:
    start = at + LOADER_SEED
    end = start + n - 1
    return permutation(outputs[start:end]), end


def _train_pass(
    probe: _Probe, matrix: Floats, target: Floats, rows: NDArray[np.intp], training: Training
) -> float:
    losses = []
    for batch in _batches(rows, training.batch_size):
        X, y = matrix[batch], target[batch]
        predicted = probe.predict(X)
        losses.append(_loss(predicted, y, training.classify).mean())
        pull = _slope(predicted, y, training.classify) / np.float32(len(batch))
        probe.descend(np.append(pull @ X, pull.sum()), training.learning_rate)
    return float(np.mean(losses))


def _batches(rows: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _loss(predicted: Floats, y: Floats, classify: bool) -> Floats:
    if classify:
        soft = np.log1p(np.exp(-np.abs(predicted)))
        loss: Floats = np.maximum(predicted, 0) - predicted * y + soft
        return loss
    squared: Floats = np.square(predicted - y)
    return squared


def _slope(predicted: Floats, y: Floats, classify: bool) -> Floats:
    """Return the derivative of each row's loss with respect to its prediction."""
    if classify:
        return sigmoid(predicted) - y
    return np.float32(2) * (predicted - y)

"""The plain numpy form of the compiled kernel, which tests compare the kernel with.

It is NeuCo-Bench's linear probe: one linear layer with bias, trained with AdamW (Loshchilov and
Hutter, ICLR 2019) on minibatches in a new random order in each epoch. The loss is the mean squared
error for regression and the binary cross-entropy of the logit for classification. Everything is
computed in float32, in the same order of operations as in NeuCo-Bench.

Weights and bias are one array of d + 1 numbers, with the bias last: AdamW updates them alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.neucobench.metrics import sigmoid
from neucocore.evaluation.neucobench.random_stream import (
    LOADER_SEED_DRAWS,
    initial_parameters,
    permutation,
)

BETA1, BETA2, EPSILON, WEIGHT_DECAY = 0.9, 0.999, 1e-8, 0.01
"""The defaults of ``torch.optim.AdamW``."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Training:
    """How the probe is trained.

    Attributes
    ----------
    classify
        Whether labels are 0 and 1 and predictions are logits; otherwise both are values.
    """

    classify: bool
    epochs: int
    batch_size: int
    learning_rate: float


@dataclass(frozen=True, eq=False)
class FoldResult:
    """Predictions and losses of one fold.

    Attributes
    ----------
    predictions
        (epochs, held-out rows) float32: values or logits after each epoch, columns in the order of
        the held-out rows.
    order
        (epochs, held-out rows): the order in which the validation pass of each epoch visits these
        columns.
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
    first_moment: Floats = field(init=False)
    second_moment: Floats = field(init=False)
    step: int = 0

    def __post_init__(self) -> None:
        self.first_moment = np.zeros_like(self.parameters)
        self.second_moment = np.zeros_like(self.parameters)

    def predict(self, X: Floats) -> Floats:
        values: Floats = X @ self.parameters[:-1] + self.parameters[-1]
        return values

    def descend(self, gradient: Floats, learning_rate: float) -> None:
        """Take one step of AdamW with decoupled weight decay."""
        self.step += 1
        self.parameters *= np.float32(1 - learning_rate * WEIGHT_DECAY)
        self.first_moment += np.float32(1 - BETA1) * (gradient - self.first_moment)
        self.second_moment *= np.float32(BETA2)
        self.second_moment += np.float32(1 - BETA2) * gradient * gradient
        rate = np.float32(learning_rate / (1 - BETA1**self.step))
        correction = np.float32(math.sqrt(1 - BETA2**self.step))
        self.parameters -= (
            rate
            * self.first_moment
            / (np.sqrt(self.second_moment) / correction + np.float32(EPSILON))
        )


@np.errstate(over="ignore", invalid="ignore")
def fit_fold(
    matrix: Floats,
    target: Floats,
    train: NDArray[np.intp],
    held_out: NDArray[np.intp],
    draws: NDArray[np.uint32],
    training: Training,
) -> FoldResult:
    """Train on one split and predict its held-out rows after each epoch.

    Parameters
    ----------
    matrix, target
        (rows, d) embeddings and (rows,) labels, float32. Rows that are in neither part of the split
        are not used.
    train, held_out
        Row numbers, in the order of the split.
    draws
        The fold's draws from the random stream; `random_stream.draws_per_fold` of them.
    training
        Loss, epochs, batch size and learning rate.
    """
    position = matrix.shape[1] + 1
    probe = _Probe(initial_parameters(draws[:position]))
    predictions = np.empty((training.epochs, len(held_out)), dtype=np.float32)
    orders = np.empty(predictions.shape, dtype=np.intp)
    losses = np.empty((2, training.epochs))
    for epoch in range(training.epochs):
        order, position = _shuffled(len(train), draws, position)
        losses[0, epoch] = _train_pass(probe, matrix, target, train[order], training)
        orders[epoch], position = _shuffled(len(held_out), draws, position)
        predictions[epoch] = probe.predict(matrix[held_out])
        row_losses = _loss(predictions[epoch], target[held_out], training.classify)[orders[epoch]]
        batches = _batches(row_losses, training.batch_size)
        losses[1, epoch] = np.mean([batch.mean() for batch in batches])
    return FoldResult(predictions, orders, losses[0], losses[1])


@np.errstate(over="ignore", invalid="ignore")
def refit(
    matrix: Floats,
    target: Floats,
    rows: NDArray[np.intp],
    draws: NDArray[np.uint32],
    training: Training,
) -> Floats:
    """Train on `rows` without shuffling and return the d + 1 parameters, with the bias last.

    Parameters
    ----------
    draws
        `random_stream.draws_per_refit` draws, of which only the first d + 1 are used.
    """
    probe = _Probe(initial_parameters(draws[: matrix.shape[1] + 1]))
    for _ in range(training.epochs):
        _train_pass(probe, matrix, target, rows, training)
    return probe.parameters


def _shuffled(n: int, draws: NDArray[np.uint32], position: int) -> tuple[NDArray[np.intp], int]:
    """Return a permutation of 0..n-1 and the position of the next draw."""
    start = position + LOADER_SEED_DRAWS
    end = start + n - 1
    return permutation(draws[start:end]), end


def _train_pass(
    probe: _Probe, matrix: Floats, target: Floats, rows: NDArray[np.intp], training: Training
) -> float:
    """Take one step per batch; return the mean of the batches' mean losses."""
    losses = []
    for batch in _batches(rows, training.batch_size):
        X, y = matrix[batch], target[batch]
        predicted = probe.predict(X)
        losses.append(_loss(predicted, y, training.classify).mean())
        slope = _slope(predicted, y, training.classify) / np.float32(len(batch))
        probe.descend(np.append(slope @ X, slope.sum()), training.learning_rate)
    return float(np.mean(losses))


def _batches(rows: NDArray[Any], size: int) -> list[NDArray[Any]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _loss(predicted: Floats, y: Floats, classify: bool) -> Floats:
    if classify:
        # Binary cross-entropy of a logit, in the form that does not overflow.
        loss: Floats = (
            np.maximum(predicted, 0) - predicted * y + np.log1p(np.exp(-np.abs(predicted)))
        )
        return loss
    squared: Floats = np.square(predicted - y)
    return squared


def _slope(predicted: Floats, y: Floats, classify: bool) -> Floats:
    """Return the derivative of each row's loss with respect to its prediction, (rows,)."""
    if classify:
        return sigmoid(predicted) - y
    return np.float32(2) * (predicted - y)

"""The multi-layer perceptron probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.probes.targets import target_of
from neucocore.components.specs import Problem
from neucocore.evaluation.linear.logistic import probabilities
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.scaling import per_dimension

BATCH_ROWS = 64
LEARNING_RATE = 1e-3
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class MLPProbe:
    """One hidden layer of rectified linear units, trained with Adam on standardised columns.

    Parameters
    ----------
    problem
        Kind of task; the loss is the squared error for values and the log-loss for classes.
    hidden
        Number of hidden units.
    penalty
        Weight decay: this times half the sum of the squared weights is added to the mean loss.
    epochs
        Passes over the training rows, each in minibatches of 64 in a new random order.

    Notes
    -----
    Adam: Kingma and Ba (2015), with their default constants. Initial weights: He et al. (2015).
    """

    def __init__(
        self,
        problem: Problem = "regression",
        hidden: int = 64,
        penalty: float = 1e-3,
        epochs: int = 100,
    ) -> None:
        self.problem, self.hidden, self.penalty, self.epochs = problem, hidden, penalty, epochs

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> MLPProbe:
        """Train on rows, shape (n, d)."""
        labels = np.hstack(target_of(self.problem, y).parts())
        self.centre = X.mean(axis=0)
        self.scale = per_dimension(X.var(axis=0))
        self.label_centre, self.label_scale = np.zeros(labels.shape[1]), np.ones(labels.shape[1])
        if self.problem == "regression":
            spread = labels.std(axis=0)
            self.label_centre = labels.mean(axis=0)
            self.label_scale = np.where(spread > 0, spread, 1.0)
        d, k = X.shape[1], labels.shape[1]
        self.weights = [
            rng.standard_normal((d, self.hidden)) * np.sqrt(2 / d),
            np.zeros(self.hidden),
            rng.standard_normal((self.hidden, k)) * np.sqrt(1 / self.hidden),
            np.zeros(k),
        ]
        self._train(self._scaled(X), (labels - self.label_centre) / self.label_scale, rng)
        return self

    def predict(self, X: Matrix) -> Matrix:
        """Return values or probabilities, shape (m, k)."""
        _, outputs = self._forward(self._scaled(X))
        if self.problem == "regression":
            return outputs * self.label_scale + self.label_centre
        return self._probabilities(outputs)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the two layers and the scaling of columns and labels."""
        names = ("hidden_weights", "hidden_bias", "output_weights", "output_bias")
        layers = dict(zip(names, self.weights, strict=True))
        return layers | {
            "centre": self.centre,
            "scale": self.scale,
            "label_centre": self.label_centre,
            "label_scale": self.label_scale,
        }

    def _scaled(self, X: Matrix) -> Matrix:
        return np.asarray((X - self.centre) * self.scale, dtype=np.float64)

    def _probabilities(self, outputs: Matrix) -> Matrix:
        if self.problem == "multiclass":
            return probabilities(outputs)
        return np.hstack([probabilities(column[:, None]) for column in outputs.T])

    def _forward(self, rows: Matrix) -> tuple[Matrix, Matrix]:
        hidden_weights, hidden_bias, output_weights, output_bias = self.weights
        hidden = np.maximum(rows @ hidden_weights + hidden_bias, 0)
        return hidden, hidden @ output_weights + output_bias

    def _train(self, rows: Matrix, labels: Matrix, rng: np.random.Generator) -> None:
        first = [np.zeros_like(w) for w in self.weights]
        second = [np.zeros_like(w) for w in self.weights]
        step = 0
        for _ in range(self.epochs):
            order = rng.permutation(len(rows))
            for start in range(0, len(rows), BATCH_ROWS):
                batch = order[start : start + BATCH_ROWS]
                step += 1
                rate = LEARNING_RATE * np.sqrt(1 - BETA2**step) / (1 - BETA1**step)
                gradients = self._gradients(rows[batch], labels[batch])
                for w, g, m, v in zip(self.weights, gradients, first, second, strict=True):
                    m += (1 - BETA1) * (g - m)
                    v += (1 - BETA2) * (g * g - v)
                    w -= rate * m / (np.sqrt(v) + EPSILON)

    def _gradients(self, rows: Matrix, labels: Matrix) -> list[Matrix]:
        hidden, outputs = self._forward(rows)
        predicted = outputs if self.problem == "regression" else self._probabilities(outputs)
        # The derivative by the outputs is the same for half the squared error and the log-losses.
        by_output = (predicted - labels) / len(rows)
        by_hidden = (by_output @ self.weights[2].T) * (hidden > 0)
        return [
            rows.T @ by_hidden + self.penalty * self.weights[0],
            by_hidden.sum(axis=0),
            hidden.T @ by_output + self.penalty * self.weights[2],
            by_output.sum(axis=0),
        ]

"""NeuCo-Bench's linear layer as a probe that never uses the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.probes.targets import target_of
from neucocore.components.specs import Problem
from neucocore.evaluation.linear.logistic import probabilities
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.neucobench.random_stream import draws_per_refit
from neucocore.evaluation.neucobench.reference import Training, refit


class LinearProbe:
    """One linear layer trained with AdamW for a fixed number of epochs.

    Embeddings are standardised by one mean and one standard deviation and regression labels are
    scaled to [0, 1]; both scalings are computed on the training rows. The rows are shuffled once,
    and the weights after the last epoch are used.

    Parameters
    ----------
    problem
        ``regression`` (one layer per output) or ``binary``.
    epochs, batch_size, learning_rate
        As in NeuCo-Bench's configuration file.
    """

    def __init__(
        self,
        problem: Problem = "regression",
        epochs: int = 10,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
    ) -> None:
        self.problem = problem
        self.training = Training(problem != "regression", epochs, batch_size, learning_rate)

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> LinearProbe:
        """Train on rows, shape (n, d)."""
        columns = target_of(self.problem, y).y
        self.centre, spread = float(np.mean(X)), float(np.std(X))
        self.scale = 1 / spread if spread > 0 else 0.0
        self.low, self.range = np.zeros(columns.shape[1]), np.ones(columns.shape[1])
        if self.problem == "regression":
            self.low = columns.min(axis=0)
            self.range = np.where(np.ptp(columns, axis=0) > 0, np.ptp(columns, axis=0), 1.0)
        rows = self._scaled(X)
        order = rng.permutation(len(rows)).astype(np.intp)
        count = draws_per_refit(rows.shape[1], self.training.epochs)
        layers = []
        for column in ((columns - self.low) / self.range).T.astype(np.float32):
            draws = rng.integers(2**32, size=count, dtype=np.uint32)
            layers.append(refit(rows, column, order, draws, self.training))
        self.layers = np.stack(layers, axis=1).astype(np.float64)
        return self

    def predict(self, X: Matrix) -> Matrix:
        """Return values (m, k), or the probability of the positive class (m, 1)."""
        values: Matrix = self._scaled(X) @ self.layers[:-1] + self.layers[-1]
        if self.problem == "regression":
            return values * self.range + self.low
        return probabilities(values)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``layers`` (d + 1, k), with the bias in the last row, and both scalings."""
        return {
            "layers": self.layers,
            "centre": np.array(self.centre),
            "scale": np.array(self.scale),
            "label_low": self.low,
            "label_range": self.range,
        }

    def _scaled(self, X: Matrix) -> NDArray[np.float32]:
        return ((X - self.centre) * self.scale).astype(np.float32)

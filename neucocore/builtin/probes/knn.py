"""The k-nearest-neighbours probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.probes.targets import target_of
from neucocore.components.specs import Problem
from neucocore.evaluation.linear.matrix import Matrix, blocks_of


class KNearestProbe:
    """Mean label of the nearest training rows.

    Parameters
    ----------
    problem
        Kind of task; the probability of a class is its share among the neighbours.
    neighbours
        Number of training rows averaged; all of them if there are fewer.
    metric
        Distance: ``euclidean`` or ``cosine``.
    """

    def __init__(
        self, problem: Problem = "regression", neighbours: int = 10, metric: str = "euclidean"
    ) -> None:
        self.problem, self.neighbours, self.metric = problem, neighbours, metric

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> KNearestProbe:
        """Store the training rows; nothing is random, ``rng`` is not used."""
        del rng
        self.centre = X.mean(axis=0) if self.metric == "euclidean" else np.zeros(X.shape[1])
        self.rows = self._prepared(X)
        self.squares = np.einsum("ij,ij->i", self.rows, self.rows)
        self.labels = np.hstack(target_of(self.problem, y).parts())
        return self

    def predict(self, X: Matrix) -> Matrix:
        """Return mean labels or class shares, shape (m, k)."""
        return np.concatenate([self._predict(block) for block in blocks_of(self._prepared(X))])

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``rows`` (n, d) after subtracting ``centre`` (d,), and ``labels`` (n, k)."""
        return {"rows": self.rows, "centre": self.centre, "labels": self.labels}

    def _prepared(self, X: Matrix) -> Matrix:
        """Centre the rows, so that distances are computed accurately; normalise them for cosine."""
        rows = np.asarray(X, dtype=np.float64) - self.centre
        if self.metric == "cosine":
            length = np.linalg.norm(rows, axis=1, keepdims=True)
            rows /= np.where(length > 0, length, 1.0)
        return rows

    def _predict(self, block: Matrix) -> Matrix:
        # Squared distance without the squared norms of the block's rows, which do not affect order.
        distance = self.squares - 2 * (block @ self.rows.T)
        nearest = np.argsort(distance, axis=1, kind="stable")[:, : self.neighbours]
        means: Matrix = self.labels[nearest].mean(axis=1)
        return means

"""The probes that wrap the linear solver of the core: ridge and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.probe import LinearModel, Target, fit_linear
from neucocore.evaluation.linear.training_part import TrainingPart


def target_of(problem: Problem, y: NDArray[Any]) -> Target:
    """Return labels as float64 of shape (n, k), with the number of classes.

    Parameters
    ----------
    problem
        Kind of task, as for `neucocore.interfaces.Probe`.
    y
        Class codes (n,), or values or 0/1 labels (n, k); values of shape (n,) are one output.
    """
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    classes = int(columns.max()) + 1 if problem == "multiclass" else 0
    return Target(problem, columns, classes)


class _LinearProbe:
    """What the linear probes share: one `LinearModel`, fitted on all training rows."""

    def __init__(self, problem: Problem = "regression") -> None:
        self.problem = problem

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> _LinearProbe:
        """Fit on the rows of X, (n, d). The fit is deterministic: ``rng`` is not used."""
        del rng
        part = TrainingPart((np.ascontiguousarray(X, dtype=np.float64),))
        self.model = self._fit(part, target_of(self.problem, y))
        return self

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        raise NotImplementedError

    @property
    def selected(self) -> tuple[Mapping[str, Any], ...]:
        """Penalty and scaling selected inside the training rows, one mapping per fit."""
        return self.model.selected

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``weights`` (d, k) and ``intercept`` (k,)."""
        return self.model.arrays()


class RidgeProbe(_LinearProbe):
    """Ridge regression; classes are fitted as 0/1 values, predictions clipped to [0, 1]."""

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        values = np.hstack(target.parts())
        return fit_linear(part, [Target("regression", values)])[0]

    def predict(self, X: Matrix) -> Matrix:
        """Return values, or class shares between 0 and 1, shape (m, k)."""
        values = self.model.predict(np.asarray(X, dtype=np.float64))
        if self.problem == "regression":
            return values
        shares = np.clip(values, 0, 1)
        if self.problem == "multiclass":
            # If all columns are clipped to 0, the classes are equally likely.
            shares = np.maximum(shares, 1e-12)
            shares /= shares.sum(axis=1, keepdims=True)
        return shares


class LogisticProbe(_LinearProbe):
    """Penalised logistic regression: softmax for several classes, else one fit per label."""

    def __init__(self, problem: Problem = "binary") -> None:
        super().__init__(problem)

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        return fit_linear(part, [target])[0]

    def predict(self, X: Matrix) -> Matrix:
        """Return probabilities, shape (m, k)."""
        return self.model.predict(np.asarray(X, dtype=np.float64))

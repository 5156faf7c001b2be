"""The linear probes with a well-kept solution: ridge and logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.evaluation.linear.moments import Matrix, TrainingPart
from neucocore.evaluation.linear.probe import LinearModel, Target, fit_linear


def target_of(problem: Problem, y: NDArray[Any]) -> Target:
    """Return labels as (n, k) float64 with the number of classes.

    Parameters
    ----------
    problem
        As in `neucocore.interfaces.Probe`.
    y
        (n,) class codes, or (n, k) values or 0/1 labels; (n,) values are one output.
    """
    columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    classes = int(columns.max()) + 1 if problem == "multiclass" else 0
    return Target(problem, columns, classes)


class _LinearProbe:
    """Shared by the linear probes: one `LinearModel`, fitted on all rows given."""

    def __init__(self, problem: Problem = "regression") -> None:
        self.problem = problem

    def fit(self, X: Matrix, y: NDArray[Any], rng: np.random.Generator) -> _LinearProbe:
        """Fit on rows (n, d); nothing is random, ``rng`` is not used."""
        del rng
        part = TrainingPart((np.ascontiguousarray(X, dtype=np.float64),))
        self.model = self._fit(part, target_of(self.problem, y))
        return self

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        raise NotImplementedError

    @property
    def chosen(self) -> tuple[Mapping[str, Any], ...]:
        """What was selected inside the training rows."""
        return self.model.chosen

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``weights`` (d, k) and ``intercept`` (k,)."""
        return self.model.arrays()


class RidgeProbe(_LinearProbe):
    """Least squares with a penalty; classes are fitted as 0/1 values and clipped to [0, 1]."""

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        values = np.hstack(target.columns())
        return fit_linear(part, [Target("regression", values)])[0]

    def predict(self, X: Matrix) -> Matrix:
        """Return values, or shares between 0 and 1, (m, k)."""
        values = self.model.predict(np.asarray(X, dtype=np.float64))
        if self.problem == "regression":
            return values
        shares = np.clip(values, 0, 1)
        if self.problem == "multiclass":
            # All columns can be clipped to 0; then the classes are equally likely.
            shares = np.maximum(shares, 1e-12)
            shares /= shares.sum(axis=1, keepdims=True)
        return shares


class LogisticProbe(_LinearProbe):
    """Penalised logistic regression; softmax for several classes, one fit a label otherwise."""

    def __init__(self, problem: Problem = "binary") -> None:
        super().__init__(problem)

    def _fit(self, part: TrainingPart, target: Target) -> LinearModel:
        return fit_linear(part, [target])[0]

    def predict(self, X: Matrix) -> Matrix:
        """Return probabilities (m, k)."""
        return self.model.predict(np.asarray(X, dtype=np.float64))

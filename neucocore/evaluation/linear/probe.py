"""The linear probe of ``robust``: ridge for values, logistic regression for classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.evaluation.linear.logistic import LogisticFit, fit_logistic, probabilities
from neucocore.evaluation.linear.moments import Matrix, TrainingPart
from neucocore.evaluation.linear.ridge import RidgeFit, fit_ridge


@dataclass(frozen=True, eq=False)
class Target:
    """What to predict, for the rows of one training part.

    Attributes
    ----------
    problem
        As in `ScoringTask`.
    y
        (n, k) float64: values, or 0/1 for binary (k = 1) and multilabel; (n, 1) class codes for
        multiclass. Complete.
    classes
        Number of classes of a multiclass problem, else 0.
    """

    problem: Problem
    y: Matrix
    classes: int = 0

    def columns(self) -> list[Matrix]:
        """Return the parts to be fitted with a penalty of their own, each (n, k')."""
        if self.problem == "multiclass":
            return [np.eye(self.classes)[self.y[:, 0].astype(np.int64)]]
        return [self.y[:, [column]] for column in range(self.y.shape[1])]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A fitted linear probe of one target.

    Attributes
    ----------
    weights
        (d, k), for the embedding's own columns.
    intercept
        (k,).
    link
        ``identity``, ``logistic`` (each column) or ``softmax``.
    chosen
        What was selected inside the training part, per fitted part: ``scaling``,
        ``penalty_per_row``, and the mean squared leave-one-out ``error`` of least squares.
    """

    weights: Matrix
    intercept: Matrix
    link: str
    chosen: tuple[Mapping[str, Any], ...]

    @property
    def how(self) -> str:
        """How the arrays turn an embedding into a prediction, in words."""
        after = {
            "identity": "that is the label",
            "logistic": "then the logistic function: the probability of each label being 1",
            "softmax": "then the softmax: the probability of each class",
        }
        return f"embedding times weights plus intercept, {after[self.link]}"

    def predict(self, X: Matrix) -> Matrix:
        """Return values, or probabilities of the positive class, or one a class; (m, k)."""
        scores = X @ self.weights + self.intercept
        if self.link == "identity":
            return scores
        if self.link == "softmax":
            return probabilities(scores)
        return np.hstack([probabilities(column[:, None]) for column in scores.T])

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the state as plain arrays."""
        return {"weights": self.weights, "intercept": self.intercept}


def fit_linear(part: TrainingPart, targets: Sequence[Target]) -> list[LinearModel]:
    """Fit every target on the same rows; one decomposition a scaling serves all."""
    columns = [target.columns() for target in targets]
    ridges = iter(fit_ridge(part, [y for group in columns for y in group]))
    models = []
    for target, group in zip(targets, columns, strict=True):
        fits = [_fit_column(part, target.problem, y, next(ridges)) for y in group]
        models.append(_model(target, fits))
    return models


def _fit_column(
    part: TrainingPart, problem: Problem, y: Matrix, ridge: RidgeFit
) -> tuple[RidgeFit, RidgeFit | LogisticFit]:
    return ridge, ridge if problem == "regression" else fit_logistic(part, y, ridge)


def _model(target: Target, fits: Sequence[tuple[RidgeFit, RidgeFit | LogisticFit]]) -> LinearModel:
    link = {"regression": "identity", "multiclass": "softmax"}.get(target.problem, "logistic")
    weights = [fit.coefficients() for _, fit in fits]
    intercepts = [
        fit.intercept - fit.basis.centre @ w for (_, fit), w in zip(fits, weights, strict=True)
    ]
    chosen = tuple(_chosen(ridge, fit) for ridge, fit in fits)
    return LinearModel(np.hstack(weights), np.concatenate(intercepts), link, chosen)


def _chosen(ridge: RidgeFit, fit: RidgeFit | LogisticFit) -> dict[str, Any]:
    penalty = fit.penalty / ridge.n
    return {"scaling": ridge.basis.scaling, "penalty_per_row": penalty, "error": ridge.error}

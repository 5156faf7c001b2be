"""The linear probe: ridge regression for values, logistic regression for classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.evaluation.linear.logistic import LogisticFit, fit_logistic, probabilities
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.ridge import RidgeFit, fit_ridge
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.statistics.training_noise import mean_held_out_noise

Link = Literal["identity", "logistic", "softmax"]
LINKS: Mapping[Problem, Link] = {
    "regression": "identity",
    "binary": "logistic",
    "multiclass": "softmax",
    "multilabel": "logistic",
}


@dataclass(frozen=True, eq=False)
class Target:
    """The labels to predict, for the rows of one training part.

    Attributes
    ----------
    problem
        As in `ScoringTask`.
    y
        (n, k) float64 without missing values: label values, or 0/1 for binary (k = 1) and
        multilabel problems; (n, 1) class codes for multiclass problems.
    classes
        Number of classes of a multiclass problem, else 0.
    """

    problem: Problem
    y: Matrix
    classes: int = 0

    def parts(self) -> list[Matrix]:
        """Return the arrays (n, k') that are fitted separately, each with a penalty of its own."""
        if self.problem == "multiclass":
            return [np.eye(self.classes)[self.y[:, 0].astype(np.int64)]]
        return [self.y[:, [column]] for column in range(self.y.shape[1])]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A fitted linear probe of one target.

    Attributes
    ----------
    weights
        (d, k) weights of the original embedding columns.
    intercept
        (k,).
    link
        What turns linear scores into predictions: ``identity``, ``logistic`` (for each column) or
        ``softmax``.
    selected
        The hyperparameters selected inside the training part, for each separately fitted part:
        ``scaling``, ``penalty_per_row``, and ``error``, the mean squared leave-one-out error of
        ridge regression.
    ridge_fits
        The ridge fit of each part; that of classes is to the 0/1 labels.
    """

    weights: Matrix
    intercept: Matrix
    link: Link
    selected: tuple[Mapping[str, Any], ...]
    ridge_fits: tuple[RidgeFit, ...]

    @property
    def description(self) -> str:
        """How to compute a prediction from the arrays, in words."""
        then = {
            "identity": "the result is the label",
            "logistic": "the logistic function of it is the probability that each label is 1",
            "softmax": "the softmax of it is the probability of each class",
        }
        return f"embedding times weights plus intercept; {then[self.link]}"

    def predict(self, X: Matrix) -> Matrix:
        """Return label values, or probabilities of the positive class or of each class, (m, k)."""
        scores = X @ self.weights + self.intercept
        if self.link == "identity":
            return scores
        if self.link == "softmax":
            return probabilities(scores)
        return np.hstack([probabilities(column[:, None]) for column in scores.T])

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""
        return {"weights": self.weights, "intercept": self.intercept}


@dataclass(frozen=True, eq=False)
class HeldOutFit:
    """What the ridge fits of one model tell about some held-out rows.

    Attributes
    ----------
    noise
        (parts,) mean over the rows of `neucocore.statistics.training_noise.held_out_noise`.
    least_squares
        (m, k) predictions of ridge regression, also for classes.
    """

    noise: Matrix
    least_squares: Matrix


def held_out_fits(models: Sequence[LinearModel], X: Matrix) -> list[HeldOutFit]:
    """Return the training noise and the ridge predictions of held-out rows (m, d), per model.

    Models that were fitted together share their principal axes, whose coordinates are computed
    once.
    """
    squares: dict[int, Matrix] = {}
    result = []
    for model in models:
        noise = []
        for fit in model.ridge_fits:
            key = id(fit.basis)
            if key not in squares:
                squares[key] = fit.basis.mean_squares(X)
            noise.append(
                mean_held_out_noise(squares[key], fit.basis.eigenvalues, fit.penalty, fit.n)
            )
        predicted = [fit.predict(X) for fit in model.ridge_fits]
        result.append(HeldOutFit(np.array(noise), np.hstack(predicted)))
    return result


def fit_linear(training: TrainingPart, targets: Sequence[Target]) -> list[LinearModel]:
    """Fit all targets on the same rows; one decomposition per scaling serves all of them."""
    parts_of_targets = [target.parts() for target in targets]
    ridges = iter(fit_ridge(training, [y for parts in parts_of_targets for y in parts]))
    models = []
    for target, parts in zip(targets, parts_of_targets, strict=True):
        ridge_fits = [next(ridges) for _ in parts]
        models.append(_fit_target(training, target, parts, ridge_fits))
    return models


def _fit_target(
    training: TrainingPart, target: Target, parts: Sequence[Matrix], ridge_fits: Sequence[RidgeFit]
) -> LinearModel:
    fits: Sequence[RidgeFit | LogisticFit] = ridge_fits
    if target.problem != "regression":
        fits = [
            fit_logistic(training, y, ridge) for y, ridge in zip(parts, ridge_fits, strict=True)
        ]
    weights = [fit.weights() for fit in fits]
    intercepts = [
        fit.intercept - fit.basis.centre @ w for fit, w in zip(fits, weights, strict=True)
    ]
    selected = tuple(
        {
            "scaling": ridge.basis.scaling,
            "penalty_per_row": fit.penalty / ridge.n,
            "error": ridge.error,
        }
        for ridge, fit in zip(ridge_fits, fits, strict=True)
    )
    return LinearModel(
        np.hstack(weights),
        np.concatenate(intercepts),
        LINKS[target.problem],
        selected,
        tuple(ridge_fits),
    )

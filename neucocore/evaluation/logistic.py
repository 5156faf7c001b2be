"""Penalised logistic regression in the basis a ridge fit has chosen.

The penalty comes from the exact leave-one-out choice for the same classes coded as 0 and 1: near
the prior, one Newton step of logistic regression with penalty w a equals ridge with penalty a, w
being the mean of p (1 - p); so w a is used. The same step scales the solver's variables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.lbfgs import minimise
from neucocore.evaluation.ridge import RidgeFit
from neucocore.evaluation.scaling import Eigenbasis
from neucocore.evaluation.training import Matrix, TrainingPart

GRADIENT_TOLERANCE = 1e-6
"""Largest gradient entry at the solution, per root of (n w) in the scaled variables."""


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes
    ----------
    basis
        Where the penalty is diagonal.
    penalty
        Penalty on half the sum of squared coefficients, beside the summed log-loss.
    path
        (r, k) coefficients in the basis; k = 1 for two classes.
    intercept
        (k,), not penalised.
    """

    basis: Eigenbasis
    penalty: float
    path: Matrix
    intercept: Matrix

    def predict(self, X: Matrix) -> Matrix:
        """Return probabilities (m, k): of the positive class (k = 1), else one a class."""
        return probabilities((X - self.basis.centre) @ self.coefficients() + self.intercept)

    def coefficients(self) -> Matrix:
        """Return weights (d, k) of the rows' own columns."""
        return self.basis.axes @ self.path


def fit_logistic(part: TrainingPart, y: Matrix, ridge: RidgeFit) -> LogisticFit:
    """Fit two classes, (n, 1) of 0 and 1, or several, (n, k) one-hot, with ridge's choices."""
    share = y.mean(axis=0)
    spread = float(np.mean(share * (1 - share)))  # w of the module's text
    penalty = spread * ridge.penalty
    objective = _Objective(part, y, ridge.basis, penalty, spread)
    start = np.zeros((len(ridge.basis.spectrum) + 1, y.shape[1]))
    start[-1] = log_odds(share) * objective.scale[-1]
    tolerance = GRADIENT_TOLERANCE * np.sqrt(part.n * spread)
    solution = minimise(objective, start.ravel(), tolerance=tolerance).reshape(start.shape)
    solution /= objective.scale[:, None]
    return LogisticFit(ridge.basis, penalty, solution[:-1], solution[-1])


def log_odds(share: Matrix) -> Matrix:
    """Return the intercepts (k,) that predict the class shares (k,)."""
    odds: Matrix = np.log(share)
    return odds - np.log1p(-share) if len(share) == 1 else odds


def probabilities(scores: Matrix) -> Matrix:
    """Return the logistic function of (m, 1) scores, or the softmax of (m, k) ones."""
    if scores.shape[1] == 1:
        return (1 + np.tanh(scores / 2)) / 2
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


class _Objective:
    """Penalised log-loss and gradient in variables whose Hessian is near the identity.

    Parameters are (r + 1, k): coefficients and, last, the intercept, each times ``scale``.
    """

    def __init__(
        self, part: TrainingPart, y: Matrix, basis: Eigenbasis, penalty: float, spread: float
    ) -> None:
        self.part, self.y, self.basis, self.penalty = part, y, basis, penalty
        curvature = np.append(spread * basis.spectrum + penalty, spread * part.n)
        self.scale = np.sqrt(curvature)
        self.offset = basis.centre @ basis.axes

    def __call__(self, variables: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        parameters = variables.reshape(len(self.scale), -1) / self.scale[:, None]
        path, intercept = parameters[:-1], parameters[-1]
        scores = self.part.times(self.basis.axes @ path) + (intercept - self.offset @ path)
        loss = _log_loss(scores, self.y) + self.penalty / 2 * float(np.sum(path * path))
        excess = probabilities(scores) - self.y
        total = excess.sum(axis=0)
        gradient = np.empty_like(parameters)
        gradient[:-1] = self.basis.axes.T @ self.part.transposed_times(excess)
        gradient[:-1] += self.penalty * path - np.outer(self.offset, total)
        gradient[-1] = total
        gradient /= self.scale[:, None]
        return loss, gradient.ravel()


def _log_loss(scores: Matrix, y: Matrix) -> float:
    """Return the summed negative log-likelihood."""
    if scores.shape[1] == 1:
        return float(np.sum(np.logaddexp(0, scores) - y * scores))
    largest = scores.max(axis=1, keepdims=True)
    normaliser = largest[:, 0] + np.log(np.sum(np.exp(scores - largest), axis=1))
    return float(np.sum(normaliser) - np.sum(y * scores))

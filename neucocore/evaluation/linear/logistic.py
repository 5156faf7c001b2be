"""Penalised logistic regression on the principal axes that a ridge fit selected.

Let w be the mean of p (1 - p) over the classes. Close to the class frequencies, one Newton step of
logistic regression with penalty w a equals ridge regression with penalty a on 0/1 labels. The
search therefore starts from the penalty that exact leave-one-out selected for these labels. Where
classes are well separated a weaker penalty is better, so a few smaller ones are compared by their
log-loss on inner folds; all of them are fitted together. The same Newton step determines how the
solver's variables are scaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.lbfgs import minimise
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.evaluation.linear.principal_axes import PrincipalAxes
from neucocore.evaluation.linear.ridge import RidgeFit
from neucocore.evaluation.linear.training_part import TrainingPart

RELATIVE_PENALTIES: NDArray[np.float64] = 10.0 ** np.arange(0, -3.25, -0.5)
"""Candidate penalties divided by w a, in descending order, so that ties go to the strongest one."""
INNER_FOLDS = 5
COARSE_TOL, COARSE_MAX_ITER = 1e-3, 40
"""Solver settings for candidates, which are only compared with each other.

Tolerances are the largest gradient entry at a solution, per sqrt(n w) in the scaled variables.
"""
FINAL_TOL, FINAL_MAX_ITER = 1e-6, 500
"""Solver settings for the final fit."""
MAX_ROWS_PER_DIMENSION_IN_MEMORY = 2
"""Up to this ratio of rows to dimensions the coordinates of all rows are kept in memory.

With more rows they are computed again in every step.
"""


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes
    ----------
    basis
        The principal axes.
    penalty
        Factor of half the sum of squared coefficients, which is added to the summed log-loss.
    coef
        (r, k) coefficients on the principal axes; k = 1 for two classes.
    intercept
        (k,), not penalised.
    """

    basis: PrincipalAxes
    penalty: float
    coef: Matrix
    intercept: Matrix

    def predict(self, X: Matrix) -> Matrix:
        """Return probabilities (m, k): of the positive class (k = 1), else of each class."""
        return probabilities((X - self.basis.centre) @ self.weights() + self.intercept)

    def weights(self) -> Matrix:
        """Return the weights (d, k) of the original embedding columns."""
        return self.basis.axes @ self.coef


def fit_logistic(part: TrainingPart, y: Matrix, ridge: RidgeFit) -> LogisticFit:
    """Fit two classes, y (n, 1) of 0 and 1, or k classes, y (n, k) one-hot, on ridge's axes."""
    frequency = y.mean(axis=0)
    label_variance = float(np.mean(frequency * (1 - frequency)))  # w in the module's docstring
    penalty = select_penalty(part, y, ridge.basis, label_variance * ridge.penalty)
    coef, intercept = solve(part, y, ridge.basis, penalty)
    return LogisticFit(ridge.basis, penalty, coef, intercept)


def solve(
    part: TrainingPart, y: Matrix, basis: PrincipalAxes, penalty: float
) -> tuple[Matrix, Matrix]:
    """Return coefficients (r, k) and intercepts (k,) for one penalty."""
    all_rows = np.ones((part.n, 1))
    objective = _Objective(part, y, basis, np.array([penalty]), all_rows)
    coef, intercept = objective.minimum(FINAL_TOL, FINAL_MAX_ITER)
    return coef[:, :, 0], intercept[:, 0]


def select_penalty(part: TrainingPart, y: Matrix, basis: PrincipalAxes, largest: float) -> float:
    """Return the penalty with the smallest log-loss on rows held out in inner folds.

    Parameters
    ----------
    largest
        The largest candidate; the others are `RELATIVE_PENALTIES` times it.
    """
    inner = inner_folds(part, y)
    n_folds = int(inner.max()) + 1
    penalties = largest * RELATIVE_PENALTIES
    # One problem per fold and candidate: all candidates of the first fold, then of the second, ...
    in_training = np.repeat(inner[:, None] != np.arange(n_folds), len(penalties), axis=1)
    objective = _Objective(
        part, y, basis, np.tile(penalties, n_folds), in_training.astype(np.float64)
    )
    scores = objective.scores(*objective.minimum(COARSE_TOL, COARSE_MAX_ITER))
    held_out_losses = np.where(in_training, 0.0, log_losses(scores, y))
    loss = held_out_losses.sum(axis=0).reshape(n_folds, -1).sum(axis=0)
    return float(penalties[np.argmin(loss)])


def inner_folds(part: TrainingPart, y: Matrix) -> NDArray[np.int64]:
    """Return the inner fold of each training row, (n,).

    The slices of a training part are folds already, stratified or grouped as the task requires. A
    part that consists of one slice is divided into folds with equal shares of each class.
    """
    sizes = [len(rows) for rows in part.slices]
    if len(sizes) > 1:
        return np.repeat(np.arange(len(sizes)) % INNER_FOLDS, sizes)
    folds = np.empty(part.n, dtype=np.int64)
    by_class = np.lexsort(y.T)
    folds[by_class] = np.arange(part.n) % INNER_FOLDS
    return folds


def probabilities(scores: Matrix) -> Matrix:
    """Return the logistic function of scores (m, 1, ...), or the softmax of scores (m, k, ...)."""
    if scores.shape[1] == 1:
        return (1 + np.tanh(scores / 2)) / 2
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Matrix = exponentials / exponentials.sum(axis=1, keepdims=True)
    return shares


def log_losses(scores: Matrix, y: Matrix) -> Matrix:
    """Return the negative log-likelihood of each row in each problem, (n, problems).

    Parameters
    ----------
    scores
        (n, k, problems) linear scores.
    y
        (n, k): 0 and 1 (k = 1), or one-hot.
    """
    if y.shape[1] == 1:
        signed: Matrix = np.where(y[:, :, None] > 0.5, -scores, scores)[:, 0]
        return np.maximum(signed, 0) + np.log1p(np.exp(-np.abs(signed)))
    largest = scores.max(axis=1)
    normaliser = largest + np.log(np.sum(np.exp(scores - largest[:, None]), axis=1))
    losses: Matrix = normaliser - np.einsum("nkp,nk->np", scores, y)
    return losses


class _Objective:
    """Penalised log-losses and gradients of several problems on the same rows.

    Parameters are (r + 1, k, problems): coefficients and, last, intercepts. The solver's variables
    are parameters times ``scale``, chosen so that the Hessians are close to the identity.

    Parameters
    ----------
    penalties
        One per problem.
    weights
        (n, problems): 1 for rows on which a problem is trained, else 0.
    """

    def __init__(
        self,
        part: TrainingPart,
        y: Matrix,
        basis: PrincipalAxes,
        penalties: NDArray[np.float64],
        weights: Matrix,
    ) -> None:
        self.rows, self.y = _RowsOnAxes(part, basis), y
        self.penalties, self.weights = penalties, weights
        n = weights.sum(axis=0)
        frequency = (y.T @ weights + 0.5) / (n + 1)  # (k, problems); never 0 or 1
        self.label_variance = np.mean(frequency * (1 - frequency), axis=0)
        curvature = self.label_variance * (n / len(y)) * basis.eigenvalues[:, None] + penalties
        self.scale = np.sqrt(np.vstack([curvature, self.label_variance * n]))[:, None, :]
        two_classes = len(frequency) == 1
        self.initial_intercept = np.log(frequency) - (np.log1p(-frequency) if two_classes else 0.0)

    def minimum(self, accuracy: float, max_iter: int) -> tuple[Matrix, Matrix]:
        """Return coefficients (r, k, problems) and intercepts (k, problems) at the minima."""
        shape = (len(self.scale), *self.initial_intercept.shape)
        start = np.zeros(shape)
        start[-1] = self.initial_intercept * self.scale[-1]
        tolerance = accuracy * float(np.sqrt(len(self.y) * self.label_variance.mean()))
        flat = start.reshape(-1, shape[-1])
        solution = minimise(self, flat, tolerance=tolerance, max_iter=max_iter)
        parameters = solution.reshape(shape) / self.scale
        return parameters[:-1], parameters[-1]

    def scores(self, coef: Matrix, intercept: Matrix) -> Matrix:
        """Return the linear scores of all rows, (n, k, problems)."""
        r, k, problems = coef.shape
        flat = coef.reshape(r, k * problems)
        return (self.rows.times(flat) + intercept.reshape(-1)).reshape(-1, k, problems)

    def __call__(self, variables: Matrix) -> tuple[Matrix, Matrix]:
        """Return values (problems,) and gradients with respect to the solver's variables."""
        parameters = variables.reshape(len(self.scale), *self.initial_intercept.shape) / self.scale
        coef, intercept = parameters[:-1], parameters[-1]
        scores = self.scores(coef, intercept)
        values = np.einsum("np,np->p", self.weights, log_losses(scores, self.y))
        values += self.penalties / 2 * np.einsum("rkp,rkp->p", coef, coef)
        errors = (probabilities(scores) - self.y[:, :, None]) * self.weights[:, None, :]
        flat = self.rows.transposed_times(errors.reshape(len(errors), -1))
        gradient = np.empty_like(parameters)
        gradient[:-1] = flat.reshape(coef.shape) + self.penalties * coef
        gradient[-1] = errors.sum(axis=0)
        gradient /= self.scale
        return values, gradient.reshape(variables.shape)


class _RowsOnAxes:
    """Products with the coordinates (n, r) of the training rows on the principal axes.

    Keeping the coordinates in memory halves the work of a step. This is done only if they take
    little memory compared with the rows.
    """

    def __init__(self, part: TrainingPart, basis: PrincipalAxes) -> None:
        self.part, self.basis = part, basis
        self.coordinates: Matrix | None = None
        if part.n <= MAX_ROWS_PER_DIMENSION_IN_MEMORY * part.d:
            self.coordinates = np.concatenate([basis.coordinates(rows) for rows in part.slices])
        self.offset = basis.centre @ basis.axes

    def times(self, vectors: Matrix) -> Matrix:
        """Return coordinates @ vectors for vectors (r, k)."""
        if self.coordinates is not None:
            product: Matrix = self.coordinates @ vectors
            return product
        return self.part.times(self.basis.axes @ vectors) - self.offset @ vectors

    def transposed_times(self, vectors: Matrix) -> Matrix:
        """Return coordinates' @ vectors for vectors (n, k)."""
        if self.coordinates is not None:
            product: Matrix = self.coordinates.T @ vectors
            return product
        product = self.basis.axes.T @ self.part.transposed_times(vectors)
        return product - np.outer(self.offset, vectors.sum(axis=0))

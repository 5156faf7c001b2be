"""Penalised logistic regression in the basis a ridge fit has chosen.

Near the prior, one Newton step of logistic regression with penalty w a equals ridge with penalty
a on 0/1 labels, w being the mean of p (1 - p); so the penalty that exact leave-one-out chose for
those labels is where the search starts. Where classes separate well, less is better: a few smaller
ones compete by log-loss on inner folds, all fitted in one go. The same Newton step scales the
solver's variables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.lbfgs import minimise
from neucocore.evaluation.linear.moments import Matrix, TrainingPart
from neucocore.evaluation.linear.ridge import RidgeFit
from neucocore.evaluation.linear.scaling import PrincipalAxes

RELATIVE_PENALTIES: NDArray[np.float64] = 10.0 ** np.arange(0, -3.25, -0.5)
"""Candidates over w a, most cautious first, so that ties go to it."""
INNER_FOLDS = 5
# Largest gradient entry at a solution, per root of (n w) in the scaled variables, and the most
# steps: for candidates, which are only compared, and for the final fit.
ROUGH, ROUGH_STEPS = 1e-3, 40
FINE, FINE_STEPS = 1e-6, 500
KEPT_ROWS = 2
"""Coordinates are kept for up to so many rows a dimension, else computed anew in every step."""


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

    basis: PrincipalAxes
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
    """Fit two classes, (n, 1) of 0 and 1, or several, (n, k) one-hot, in ridge's basis."""
    share = y.mean(axis=0)
    spread = float(np.mean(share * (1 - share)))  # w of the module's text
    penalty = choose_penalty(part, y, ridge.basis, spread * ridge.penalty)
    path, intercept = solve(part, y, ridge.basis, penalty)
    return LogisticFit(ridge.basis, penalty, path, intercept)


def solve(
    part: TrainingPart, y: Matrix, basis: PrincipalAxes, penalty: float
) -> tuple[Matrix, Matrix]:
    """Return coefficients (r, k) and intercepts (k,) for one penalty."""
    everything = np.ones((part.n, 1))
    objective = _Objective(part, y, basis, np.array([penalty]), everything)
    path, intercept = objective.solved(FINE, FINE_STEPS)
    return path[:, :, 0], intercept[:, 0]


def choose_penalty(part: TrainingPart, y: Matrix, basis: PrincipalAxes, largest: float) -> float:
    """Return the penalty of the least log-loss on inner held-out rows."""
    inner = inner_folds(part, y)
    count = int(inner.max()) + 1
    penalties = largest * RELATIVE_PENALTIES
    # Problems are (fold, candidate) pairs: all candidates of the first fold, then the next.
    trained = np.repeat(inner[:, None] != np.arange(count), len(penalties), axis=1)
    objective = _Objective(part, y, basis, np.tile(penalties, count), trained.astype(np.float64))
    scores = objective.scores(*objective.solved(ROUGH, ROUGH_STEPS))
    held_out = np.where(trained, 0.0, log_losses(scores, y))
    loss = held_out.sum(axis=0).reshape(count, -1).sum(axis=0)
    return float(penalties[np.argmin(loss)])


def inner_folds(part: TrainingPart, y: Matrix) -> NDArray[np.int64]:
    """Return an inner fold for each training row, (n,).

    The slices of a training part are folds already, with classes or groups as they should be;
    rows in one piece are dealt by class.
    """
    sizes = [len(rows) for rows in part.slices]
    if len(sizes) > 1:
        return np.repeat(np.arange(len(sizes)) % INNER_FOLDS, sizes)
    folds = np.empty(part.n, dtype=np.int64)
    by_class = np.lexsort(y.T)
    folds[by_class] = np.arange(part.n) % INNER_FOLDS
    return folds


def probabilities(scores: Matrix) -> Matrix:
    """Return the logistic function of (m, 1, ...) scores, or the softmax of (m, k, ...) ones."""
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
        (n, k, problems).
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

    Parameters are (r + 1, k, problems): coefficients and, last, the intercepts. The solver's
    variables are parameters times ``scale``, in which the Hessians are near the identity.

    Parameters
    ----------
    penalties
        One per problem.
    weights
        (n, problems): 1 for rows a problem is trained on, else 0.
    """

    def __init__(
        self,
        part: TrainingPart,
        y: Matrix,
        basis: PrincipalAxes,
        penalties: NDArray[np.float64],
        weights: Matrix,
    ) -> None:
        self.rows, self.y = _RowsInBasis(part, basis), y
        self.penalties, self.weights = penalties, weights
        n = weights.sum(axis=0)
        share = (y.T @ weights + 0.5) / (n + 1)  # (k, problems); never 0 or 1
        self.spread = np.mean(share * (1 - share), axis=0)
        curvature = self.spread * (n / len(y)) * basis.spectrum[:, None] + penalties
        self.scale = np.sqrt(np.vstack([curvature, self.spread * n]))[:, None, :]
        self.prior = np.log(share) - (np.log1p(-share) if len(share) == 1 else 0.0)

    def solved(self, accuracy: float, max_iter: int) -> tuple[Matrix, Matrix]:
        """Return coefficients (r, k, problems) and intercepts (k, problems) at the minima."""
        shape = (len(self.scale), *self.prior.shape)
        start = np.zeros(shape)
        start[-1] = self.prior * self.scale[-1]
        tolerance = accuracy * float(np.sqrt(len(self.y) * self.spread.mean()))
        flat = start.reshape(-1, shape[-1])
        solution = minimise(self, flat, tolerance=tolerance, max_iter=max_iter)
        parameters = solution.reshape(shape) / self.scale
        return parameters[:-1], parameters[-1]

    def scores(self, path: Matrix, intercept: Matrix) -> Matrix:
        """Return (n, k, problems) linear scores of all rows."""
        r, k, problems = path.shape
        flat = path.reshape(r, k * problems)
        return (self.rows.times(flat) + intercept.reshape(-1)).reshape(-1, k, problems)

    def __call__(self, variables: Matrix) -> tuple[Matrix, Matrix]:
        """Return values (problems,) and gradients in the solver's variables."""
        parameters = variables.reshape(len(self.scale), *self.prior.shape) / self.scale
        path, intercept = parameters[:-1], parameters[-1]
        scores = self.scores(path, intercept)
        values = np.einsum("np,np->p", self.weights, log_losses(scores, self.y))
        values += self.penalties / 2 * np.einsum("rkp,rkp->p", path, path)
        excess = (probabilities(scores) - self.y[:, :, None]) * self.weights[:, None, :]
        flat = self.rows.transposed_times(excess.reshape(len(excess), -1))
        gradient = np.empty_like(parameters)
        gradient[:-1] = flat.reshape(path.shape) + self.penalties * path
        gradient[-1] = excess.sum(axis=0)
        gradient /= self.scale
        return values, gradient.reshape(variables.shape)


class _RowsInBasis:
    """Products with the coordinates (n, r) of the training rows.

    They are kept where they take little memory beside the rows, which halves the work of a step.
    """

    def __init__(self, part: TrainingPart, basis: PrincipalAxes) -> None:
        self.part, self.basis = part, basis
        self.kept: Matrix | None = None
        if part.n <= KEPT_ROWS * part.d:
            self.kept = np.concatenate([basis.coordinates(rows) for rows in part.slices])
        self.offset = basis.centre @ basis.axes

    def times(self, vectors: Matrix) -> Matrix:
        """Return coordinates @ vectors for vectors (r, k)."""
        if self.kept is not None:
            product: Matrix = self.kept @ vectors
            return product
        return self.part.times(self.basis.axes @ vectors) - self.offset @ vectors

    def transposed_times(self, vectors: Matrix) -> Matrix:
        """Return coordinates' @ vectors for vectors (n, k)."""
        if self.kept is not None:
            product: Matrix = self.kept.T @ vectors
            return product
        product = self.basis.axes.T @ self.part.transposed_times(vectors)
        return product - np.outer(self.offset, vectors.sum(axis=0))

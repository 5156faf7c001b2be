"""Limited-memory BFGS for many independent smooth convex problems at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CurvaturePair = tuple[Array, Array, Array]

MEMORY = 8
"""Number of curvature pairs kept."""
SUFFICIENT_DECREASE = 1e-4
"""Constant of Armijo's condition."""
MAX_HALVINGS = 30


def minimise(
    objective: Callable[[Array], tuple[Array, Array]],
    start: Array,
    *,
    tolerance: float,
    max_iter: int,
) -> Array:
    """Return the minimisers of several convex functions that are evaluated together.

    Parameters
    ----------
    objective
        Maps variables (p, problems) to values (problems,) and gradients (p, problems). Scale the
        variables so that the Hessians are close to the identity: the first step is the negative
        gradient.
    start
        Initial variables, (p, problems).
    tolerance
        A problem is solved when no entry of its gradient exceeds ``tolerance`` times the ratio of
        its value to its initial value. The ratio matters where a value falls by orders of
        magnitude: the curvature falls with it, and a fixed bound would stop far from the minimum.
        Values must be positive.
    max_iter
        Maximum number of steps.

    Returns
    -------
    (p, problems) array

    Notes
    -----
    L-BFGS: Nocedal, Mathematics of Computation 35 (1980), 773-782. Steps are halved until Armijo's
    condition holds. Pairs without positive curvature are not used.
    """
    point = start
    values, gradient = objective(point)
    initial_values = values
    pairs: deque[CurvaturePair] = deque(maxlen=MEMORY)
    for _ in range(max_iter):
        largest = np.max(np.abs(gradient), axis=0, initial=0.0)
        unsolved = largest * initial_values > tolerance * values
        direction = np.where(unsolved, -_times_inverse_hessian(gradient, pairs), 0.0)
        slope = _column_dots(direction, gradient)
        steps = np.where(unsolved, 1.0, 0.0)
        for _ in range(MAX_HALVINGS):
            if not steps.any():
                return point
            new_point = point + steps * direction
            new_values, new_gradient = objective(new_point)
            failed = new_values > values + SUFFICIENT_DECREASE * steps * slope
            if not failed.any():
                break
            steps = np.where(failed, steps / 2, steps)
        else:
            # No further decrease of the failed problems can be represented in float64.
            steps = np.where(failed, 0.0, steps)
            if not (unsolved & ~failed).any():
                return point
            new_point = np.where(failed, point, new_point)
            new_values, new_gradient = objective(new_point)
        pairs.append(_curvature_pair(new_point - point, new_gradient - gradient))
        point, values, gradient = new_point, new_values, new_gradient
    return point


def _column_dots(a: Array, b: Array) -> Array:
    """Return the inner product of each column of `a` with the same column of `b`, (problems,)."""
    product: Array = np.einsum("ij,ij->j", a, b)
    return product


def _curvature_pair(step: Array, gradient_change: Array) -> CurvaturePair:
    """Return step, gradient change and 1 / their inner product (0 if the pair is not usable)."""
    curvature = _column_dots(step, gradient_change)
    usable = curvature > np.finfo(np.float64).eps * _column_dots(gradient_change, gradient_change)
    return step, gradient_change, np.where(usable, 1 / np.where(usable, curvature, 1.0), 0.0)


def _times_inverse_hessian(gradient: Array, pairs: deque[CurvaturePair]) -> Array:
    """Multiply each problem's gradient by its approximate inverse Hessian (two-loop recursion)."""
    result = gradient.copy()
    weights = []
    for step, gradient_change, rho in reversed(pairs):
        weights.append(rho * _column_dots(step, result))
        result -= weights[-1] * gradient_change
    if pairs:
        _, gradient_change, rho = pairs[-1]
        curvature = rho * _column_dots(gradient_change, gradient_change)
        result /= np.where(curvature > 0, curvature, 1.0)
    for (step, gradient_change, rho), weight in zip(pairs, reversed(weights), strict=True):
        result += (weight - rho * _column_dots(gradient_change, result)) * step
    return result

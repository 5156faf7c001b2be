"""Limited-memory BFGS for many independent smooth convex problems at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[Array, Array, Array]

MEMORY = 8
SUFFICIENT_DECREASE = 1e-4
MOST_HALVINGS = 30


def minimise(
    objective: Callable[[Array], tuple[Array, Array]],
    start: Array,
    *,
    tolerance: float,
    max_iter: int,
) -> Array:
    """Return the minimisers of several convex functions, evaluated together.

    Parameters
    ----------
    objective
        Variables (p, problems) to values (problems,) and gradients (p, problems). The variables
        should be scaled so that Hessians are near the identity: the first step is the negative
        gradient.
    start
        Where to start, (p, problems).
    tolerance
        A problem is solved when no entry of its gradient is larger than this times its value over
        the value it started from: where a value falls far, its curvature fades with it, and a
        fixed bound would stop long before the minimum. Values must be positive.
    max_iter
        Stops after so many steps in any case.

    Notes
    -----
    Nocedal, Mathematics of Computation 35 (1980), with backtracking until Armijo's condition
    holds. Pairs without positive curvature are left out.
    """
    point = start
    values, gradient = objective(point)
    first = values
    pairs: deque[Pair] = deque(maxlen=MEMORY)
    for _ in range(max_iter):
        largest = np.max(np.abs(gradient), axis=0, initial=0.0)
        open_ = largest * first > tolerance * values
        direction = np.where(open_, -_times_inverse_hessian(gradient, pairs), 0.0)
        slope = _dot(direction, gradient)
        steps = np.where(open_, 1.0, 0.0)
        for _ in range(MOST_HALVINGS):
            if not steps.any():
                return point
            new_point = point + steps * direction
            new_values, new_gradient = objective(new_point)
            failed = new_values > values + SUFFICIENT_DECREASE * steps * slope
            if not failed.any():
                break
            steps = np.where(failed, steps / 2, steps)
        else:
            steps = np.where(failed, 0.0, steps)  # no further decrease can be represented
            tolerance_met = ~failed
            if not (open_ & tolerance_met).any():
                return point
            new_point = np.where(failed, point, new_point)
            new_values, new_gradient = objective(new_point)
        pairs.append(_pair(new_point - point, new_gradient - gradient))
        point, values, gradient = new_point, new_values, new_gradient
    return point


def _dot(a: Array, b: Array) -> Array:
    """Return the inner product of each problem's columns."""
    product: Array = np.einsum("ij,ij->j", a, b)
    return product


def _pair(moved: Array, turned: Array) -> Pair:
    """Return a step, the gradient's change, and 1 over their product (0: not to be used)."""
    curvature = _dot(moved, turned)
    usable = curvature > np.finfo(np.float64).eps * _dot(turned, turned)
    return moved, turned, np.where(usable, 1 / np.where(usable, curvature, 1.0), 0.0)


def _times_inverse_hessian(gradient: Array, pairs: deque[Pair]) -> Array:
    """Apply the two-loop recursion to each problem."""
    result = gradient.copy()
    weights = []
    for moved, turned, rho in reversed(pairs):
        weights.append(rho * _dot(moved, result))
        result -= weights[-1] * turned
    if pairs:
        _, turned, rho = pairs[-1]
        curvature = rho * _dot(turned, turned)
        result /= np.where(curvature > 0, curvature, 1.0)
    for (moved, turned, rho), weight in zip(pairs, reversed(weights), strict=True):
        result += (weight - rho * _dot(turned, result)) * moved
    return result

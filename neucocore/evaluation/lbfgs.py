"""Limited-memory BFGS for smooth convex functions of well-scaled variables."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

MEMORY = 10
SUFFICIENT_DECREASE = 1e-4
MOST_HALVINGS = 30


def minimise(
    objective: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    *,
    tolerance: float,
    most_steps: int = 300,
) -> Vector:
    """Return the minimiser of a convex function.

    Parameters
    ----------
    objective
        Vector to value and gradient. Its variables should be scaled so that the Hessian is near
        the identity: the first step is the negative gradient.
    tolerance
        Stops when no entry of the gradient is larger.
    most_steps
        Stops after so many steps in any case.

    Notes
    -----
    Nocedal, Mathematics of Computation 35 (1980), with backtracking until Armijo's condition
    holds. Pairs without positive curvature are left out.
    """
    point = start
    value, gradient = objective(point)
    pairs: deque[tuple[Vector, Vector, float]] = deque(maxlen=MEMORY)
    for _ in range(most_steps):
        if np.max(np.abs(gradient), initial=0.0) <= tolerance:
            break
        direction = -_times_inverse_hessian(gradient, pairs)
        slope = float(direction @ gradient)
        step = 1.0
        for _ in range(MOST_HALVINGS):
            new_point = point + step * direction
            new_value, new_gradient = objective(new_point)
            if new_value <= value + SUFFICIENT_DECREASE * step * slope:
                break
            step /= 2
        else:
            break  # no further decrease can be represented
        moved, turned = new_point - point, new_gradient - gradient
        curvature = float(moved @ turned)
        if curvature > np.finfo(np.float64).eps * float(turned @ turned):
            pairs.append((moved, turned, 1 / curvature))
        point, value, gradient = new_point, new_value, new_gradient
    return point


def _times_inverse_hessian(gradient: Vector, pairs: deque[tuple[Vector, Vector, float]]) -> Vector:
    """Apply the two-loop recursion."""
    result = gradient.copy()
    weights = []
    for moved, turned, rho in reversed(pairs):
        weights.append(rho * float(moved @ result))
        result -= weights[-1] * turned
    if pairs:
        moved, turned, rho = pairs[-1]
        result /= rho * float(turned @ turned)
    for (moved, turned, rho), weight in zip(pairs, reversed(weights), strict=True):
        result += (weight - rho * float(turned @ result)) * moved
    return result

"""The solver on problems with a known minimum."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.linear.lbfgs import minimise

MINIMA = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 4.0]])
CURVATURES = np.array([[1.0, 2.0], [5.0, 0.5], [0.2, 1.0]])


def quadratics(point):
    """Two separable quadratic functions with the minimum value 1."""
    difference = point - MINIMA
    values = 1 + 0.5 * np.sum(CURVATURES * difference**2, axis=0)
    return values, CURVATURES * difference


def test_several_problems_are_solved_together():
    solution = minimise(quadratics, np.zeros((3, 2)), tolerance=1e-10, max_iter=100)
    assert solution == pytest.approx(MINIMA, abs=1e-9)


def test_a_problem_that_is_solved_at_the_start_does_not_move():
    start = np.column_stack([MINIMA[:, 0], np.zeros(3)])
    solution = minimise(quadratics, start, tolerance=1e-10, max_iter=100)
    assert np.array_equal(solution[:, 0], MINIMA[:, 0])
    assert solution[:, 1] == pytest.approx(MINIMA[:, 1], abs=1e-9)


def test_the_first_step_is_the_negative_gradient():
    def unit_curvature(point):
        return 1 + 0.5 * np.sum((point - MINIMA) ** 2, axis=0), point - MINIMA

    solution = minimise(unit_curvature, np.zeros((3, 2)), tolerance=0.0, max_iter=1)
    assert np.array_equal(solution, MINIMA)


def test_the_solver_stops_after_the_maximum_number_of_steps():
    start = np.zeros((3, 2))
    assert np.array_equal(minimise(quadratics, start, tolerance=0.0, max_iter=0), start)
    after_one_step = minimise(quadratics, start, tolerance=0.0, max_iter=1)
    assert np.abs(after_one_step - MINIMA).max() > 0.1

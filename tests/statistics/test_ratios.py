"""Ratios of weighted sums: their influence values are numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics.influence import Undefined
from neucocore.statistics.intervals import interval
from neucocore.statistics.ratios import one_minus, square_root, weighted_ratio

RNG = np.random.default_rng(0)
N = 80
A, B, W = RNG.normal(2, 1, N), RNG.uniform(1, 2, N), RNG.uniform(0.1, 5, N)


def test_influence_values_are_derivatives_with_respect_to_how_often_a_row_counts():
    step = 1e-6
    for function, value in (
        (lambda a, b, w: weighted_ratio(a, b, w), lambda a, b, w: np.sum(w * a) / np.sum(w * b)),
        (
            lambda a, b, w: square_root(weighted_ratio(a**2, b, w)),
            lambda a, b, w: np.sqrt(np.sum(w * a**2) / np.sum(w * b)),
        ),
        (
            lambda a, b, w: one_minus(weighted_ratio(a**2, b**2, w)),
            lambda a, b, w: 1 - np.sum(w * a**2) / np.sum(w * b**2),
        ),
    ):
        influence = function(A, B, W)
        assert influence.estimate == pytest.approx(value(A, B, W))
        for row in (0, 17, N - 1):
            more, less = np.ones(N), np.ones(N)
            more[row] += step
            less[row] -= step
            slope = (value(A, B, W * more) - value(A, B, W * less)) / (2 * step)
            assert influence.values[row] == pytest.approx(N * slope, rel=1e-5)


def test_only_the_relations_of_weights_count():
    once, twice = weighted_ratio(A, B, W), weighted_ratio(A, B, 1e9 * W)
    assert once.estimate == pytest.approx(twice.estimate)
    assert once.values == pytest.approx(twice.values)
    ones = weighted_ratio(A, B, np.ones(N))
    assert ones.estimate == weighted_ratio(A, B).estimate == np.mean(A) / np.mean(B)


def test_the_interval_of_a_weighted_mean_covers_the_mean_of_the_population():
    """Rows are drawn with probability proportional to 1 / weight from a skewed population."""
    rng = np.random.default_rng(5)
    population = rng.gamma(2, 1, 20_000)
    probability = population / population.sum()  # large values are preferred
    covered = 0
    for _ in range(300):
        rows = rng.choice(len(population), 200, p=probability)
        sure = interval(weighted_ratio(population[rows], None, 1 / probability[rows]))
        covered += sure.low <= population.mean() <= sure.high
    assert 0.90 <= covered / 300 <= 0.99


def test_without_a_denominator_there_is_no_ratio():
    assert isinstance(weighted_ratio(np.zeros(3), np.zeros(3)), Undefined)
    assert isinstance(weighted_ratio(np.zeros(0)), Undefined)
    assert isinstance(square_root(weighted_ratio(np.zeros(3))), Undefined)
    assert isinstance(one_minus(Undefined("x")), Undefined)

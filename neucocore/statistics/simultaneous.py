"""Decisions between several methods: which are worse, and which are close enough to the best.

Differences of all pairs on several targets (label columns, or their mean) are tested together by
max-t step-down over multiplier draws, as ranks are (`neucocore.statistics.ranks`).

A method i is close enough to the best if, for every other method j, the upper confidence bound

    s_j - s_i + c se_ji

is at most the margin. With j the best method the bounds of all i hold at once with probability
1 - alpha, because c is the largest quantile over j of the maximum over i of the standardised
differences: multiple comparisons with the best (Hsu, Annals of Statistics 12, 1984; Edwards and
Hsu, JASA 78, 1983). So the probability that any method is called close enough although it is worse
by more than the margin is at most alpha, whichever method is the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from neucocore.statistics.comparison import POWER
from neucocore.statistics.influence import Array
from neucocore.statistics.multiple_testing import DRAWS, max_t_step_down, multiplier_draws
from neucocore.statistics.ranks import (
    PairTests,
    TaskInfluences,
    contributions,
    difference_variances,
    pair_tests,
)

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Target:
    """M methods on one target: a task, or the weighted mean over several.

    Attributes
    ----------
    merits
        (M,) scores, higher is better.
    tasks
        The influence values, with units numbered over all targets.
    """

    merits: Array
    tasks: Sequence[TaskInfluences]

    @property
    def tests(self) -> PairTests:
        """All pairs."""
        return pair_tests(self.merits, self.tasks)


@dataclass(frozen=True, eq=False)
class Simultaneous:
    """All pairs of M methods on T targets.

    Attributes
    ----------
    differences, low, high
        (T, M, M) row minus column, with simultaneous intervals; equal to the difference where two
        methods have the same influence values.
    p_values
        (T, M, M) adjusted for all pairs and targets.
    critical
        Half-width of the intervals in standard errors.
    """

    differences: Array
    low: Array
    high: Array
    p_values: Array
    critical: float


@dataclass(frozen=True, eq=False)
class CloseToBest:
    """Which of M methods are close enough to the best.

    Attributes
    ----------
    losses
        (M,) for each method the largest upper bound of what another method gains over it; at least
        0 for a single method.
    rivals
        (M,) that other method.
    close
        (M,) whether the loss is at most the margin.
    critical
        Half-width of the one-sided bounds in standard errors.
    """

    losses: Array
    rivals: NDArray[np.intp]
    close: NDArray[np.bool_]
    critical: float


def simultaneous_pairs(
    targets: Sequence[Target],
    generator: np.random.Generator,
    *,
    draws: int = DRAWS,
    alpha: float = ALPHA,
) -> Simultaneous:
    """Test all pairs of methods on all targets together.

    Parameters
    ----------
    targets
        One or more, of the same two or more methods.
    generator
        Source of random numbers.
    draws
        Number of multiplier draws.
    alpha
        Bound of the probability of any wrong difference; the intervals hold together with
        probability 1 - alpha.
    """
    M = len(targets[0].merits)
    first, second = np.triu_indices(M, 1)
    tests = [target.tests for target in targets]
    sums = [contributions(target.tasks)[0] for target in targets]
    joined = np.zeros((max(len(one) for one in sums), len(targets) * M))
    for number, one in enumerate(sums):
        joined[: len(one), number * M : (number + 1) * M] = one
    drawn = multiplier_draws(joined.T @ joined, generator, draws).reshape(draws, len(targets), M)
    differences = drawn[:, :, first] - drawn[:, :, second]
    spread = np.stack([np.sqrt(difference_variances(one.T @ one))[first, second] for one in sums])
    standard = np.divide(
        differences, spread, out=np.zeros_like(differences), where=spread > 0
    ).reshape(draws, -1)
    found = np.stack([test.z[first, second] for test in tests]).reshape(-1)
    n_units = min(test.n_units for test in tests)
    step_down = max_t_step_down(_as_normal(found, n_units), standard, alpha)
    critical = _as_student(float(np.quantile(np.abs(standard).max(axis=1), 1 - alpha)), n_units)
    p_values = np.ones((len(targets), M, M))
    of_pairs = step_down.p_values.reshape(len(targets), -1)
    p_values[:, first, second] = p_values[:, second, first] = of_pairs
    pairs = np.stack([test.differences for test in tests])
    reach = critical * np.stack([test.standard_errors for test in tests])
    return Simultaneous(pairs, pairs - reach, pairs + reach, p_values, critical)


def close_to_best(
    target: Target,
    margin: float,
    generator: np.random.Generator,
    *,
    draws: int = DRAWS,
    alpha: float = ALPHA,
) -> CloseToBest:
    """Return which methods are at most `margin` worse than the best, whichever that is.

    Parameters
    ----------
    target
        What is decided by.
    margin
        Largest loss that does not matter, not negative.
    generator, draws
        As in `simultaneous_pairs`.
    alpha
        Bound of the probability that any method is called close enough wrongly.
    """
    M, tests = len(target.merits), target.tests
    if M == 1:
        return CloseToBest(np.zeros(1), np.zeros(1, np.intp), np.ones(1, dtype=bool), 0.0)
    drawn = multiplier_draws(tests.covariance, generator, draws)
    spread = np.sqrt(difference_variances(tests.covariance))
    quantiles = []
    for best in range(M):
        others = [other for other in range(M) if other != best and spread[best, other] > 0]
        if others:
            statistics = (drawn[:, [best]] - drawn[:, others]) / spread[best, others]
            quantiles.append(np.quantile(statistics.max(axis=1), 1 - alpha))
    critical = _as_student(float(max(quantiles, default=0.0)), tests.n_units)
    upper = tests.differences + critical * tests.standard_errors  # j over i
    np.fill_diagonal(upper, -np.inf)
    losses = upper.max(axis=0)
    return CloseToBest(losses, upper.argmax(axis=0), losses <= margin, critical)


def rows_needed(n: int, standard_error: float, critical: float, margin: float) -> float:
    """Return about how many rows show, with 80 % power, that two equal methods are close enough.

    The standard error falls with the square root of the number of rows.

    Parameters
    ----------
    n
        Number of rows now.
    standard_error
        Of the difference of the two methods now.
    critical
        Half-width of the bound in standard errors.
    margin
        Largest loss that does not matter, above 0.
    """
    return n * ((critical + float(ndtri(POWER))) * standard_error / margin) ** 2


def _as_student(quantile: float, n_units: int) -> float:
    """Return the quantile of the t distribution with the probability of a normal quantile."""
    return float(stdtrit(max(n_units - 1, 1), ndtr(quantile)))


def _as_normal(t: Array, n_units: int) -> Array:
    """Return absolute t statistics as normal ones with the same probability."""
    tail = stdtr(max(n_units - 1, 1), -np.abs(t))
    # Beyond the smallest number the statistic is larger than any draw in any case.
    normal: Array = -ndtri(np.maximum(tail, 1e-300))
    return normal

"""Rank intervals and groups of methods that cannot be told apart.

All pairs of methods are tested together. The rank of a method lies between 1 plus the number of
methods that are significantly better and M minus the number that are significantly worse (Mogstad,
Romano, Shaikh and Wilhelm, Review of Economic Studies 91, 2024). Percentiles of bootstrapped ranks
are not used: with methods of equal worth they are wrong (Xie, Singh and Zhang, JASA 104, 2009).

Two questions have different answers: `ranks_on_these_tasks`, with other cubes, and
`ranks_on_other_tasks` like these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from neucocore.statistics.comparison import PAIR_FACTOR
from neucocore.statistics.influence import Array, unit_sums
from neucocore.statistics.multiple_testing import (
    DRAWS,
    holm,
    max_t_step_down,
    multiplier_draws,
)

MIN_SOURCES = 6
"""With fewer label sources, nothing is said about other tasks."""


@dataclass(frozen=True, eq=False)
class TaskInfluences:
    """All methods on one task.

    Attributes
    ----------
    values
        (n, M) influence values, on a scale on which the tasks can be averaged, higher is better.
    units
        (n,) index of the cube of each row, or of its group, over all tasks.
    weight
        Weight of the task in the mean; the weights of all tasks sum to 1.
    training_noise
        (M,) lambda of each method; None if one is unknown, and for rankings and decisions.
    error_scale
        (M,) as in `Influence`; None as `training_noise`.
    grouped
        Whether units are groups.
    """

    values: Array
    units: NDArray[np.int64]
    weight: float
    training_noise: Array | None = None
    error_scale: Array | None = None
    grouped: bool = False


@dataclass(frozen=True, eq=False)
class PairTests:
    """Differences of all pairs of M methods.

    Attributes
    ----------
    differences
        (M, M) row minus column.
    standard_errors
        (M, M), 0 where two methods have the same influence values.
    covariance
        (M, M) of the estimates, without training noise.
    n_units
        Number of cubes or groups.
    """

    differences: Array
    standard_errors: Array
    covariance: Array
    n_units: int

    @property
    def p_values(self) -> Array:
        """(M, M) two-sided p values of single pairs, not adjusted; 1 where nothing can be told."""
        p: Array = 2 * stdtr(max(self.n_units - 1, 1), -np.abs(self.z))
        return p

    @property
    def z(self) -> Array:
        """(M, M) differences divided by their standard errors, 0 where these are 0."""
        return _ratio(self.differences, self.standard_errors)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Ranks of M methods with their uncertainty.

    Attributes
    ----------
    low, high
        (M,) rank intervals, 1 is the best; None if there is a `reason`, as the following ones.
    better
        (M, M) whether the row is significantly better than the column.
    groups
        The largest sets of methods of which no two are significantly different, the best first.
        Two methods are in a common group exactly if they are not different, so a method can be in
        several groups.
    p_values
        (M, M) adjusted for all pairs.
    reason
        Why there are no intervals; else empty.
    """

    low: NDArray[np.int64] | None = None
    high: NDArray[np.int64] | None = None
    better: NDArray[np.bool_] | None = None
    groups: tuple[tuple[int, ...], ...] = ()
    p_values: Array | None = None
    reason: str = ""


def pair_tests(merits: Array, tasks: Sequence[TaskInfluences]) -> PairTests:
    """Compute the differences of all pairs and their standard errors, as `compare_over_tasks` does.

    Parameters
    ----------
    merits
        (M,) weighted mean over the tasks.
    tasks
        The same methods on each task. Leave out tasks that are too small for an interval
        (`intervals.too_little_data`).
    """
    M = len(merits)
    training = np.zeros((M, M))
    grouped = any(task.grouped for task in tasks)
    if not grouped:
        for task in tasks:
            training += task.weight**2 * _training_variances(task)
    sums, count = contributions(tasks)
    covariance = _products(sums) * (count / max(count - 1, 1) if grouped else 1.0)
    variances = difference_variances(covariance)
    variances = variances + (variances if grouped else np.minimum(variances, training))
    differences = merits[:, None] - merits
    return PairTests(differences, np.sqrt(variances), covariance, count)


def contributions(tasks: Sequence[TaskInfluences]) -> tuple[Array, int]:
    """Return what each unit contributes to the weighted mean of each method.

    Returns
    -------
    sums
        (U, M) sums of weight * influence / n over the rows of a unit, U the largest unit plus 1.
    count
        Number of units that occur.
    """
    n_units = 1 + max(int(task.units.max()) for task in tasks)
    sums = np.zeros((n_units, tasks[0].values.shape[1]))
    present = np.zeros(n_units, dtype=bool)
    for task in tasks:
        n = len(task.values)
        sums += unit_sums(task.values * (task.weight / n), task.units, n_units)
        present[task.units] = True
    return sums, int(present.sum())


def ranks_on_these_tasks(
    merits: Array,
    tests: PairTests,
    generator: np.random.Generator,
    *,
    draws: int = DRAWS,
    alpha: float = 0.05,
) -> Ranking:
    """Rank methods on these tasks, for other cubes like these, by max-t step-down over all pairs.

    Parameters
    ----------
    merits
        (M,) higher is better.
    tests
        Of `pair_tests`.
    generator
        Source of random numbers.
    draws
        Number of multiplier draws.
    alpha
        Bound of the probability that any rank interval is wrong.
    """
    M = len(merits)
    if M < 2:
        return _ranking(merits, np.zeros((M, M), dtype=bool), np.ones((M, M)))
    first, second = np.triu_indices(M, 1)
    drawn = multiplier_draws(tests.covariance, generator, draws)
    # The draws have the covariance of the influence values; z has training noise as well.
    spread = np.sqrt(difference_variances(tests.covariance))[first, second]
    statistics = _ratio(drawn[:, first] - drawn[:, second], spread)
    step_down = max_t_step_down(tests.z[first, second], statistics, alpha)
    return _from_pairs(merits, first, second, step_down.rejected, step_down.p_values)


def ranks_on_other_tasks(scores: Array, alpha: float = 0.05) -> Ranking:
    """Rank methods for other tasks like these: t tests over label sources, adjusted by Holm.

    Parameters
    ----------
    scores
        (M, S) score of each method for each label source, on a common scale, higher is better.
    alpha
        Bound of the probability that any rank interval is wrong.
    """
    M, S = scores.shape
    if S < MIN_SOURCES:
        return Ranking(reason=f"too few label sources: {S}, at least {MIN_SOURCES} are needed")
    merits = scores.mean(axis=1)
    if M < 2:
        return _ranking(merits, np.zeros((M, M), dtype=bool), np.ones((M, M)))
    first, second = np.triu_indices(M, 1)
    differences = scores[first] - scores[second]
    errors = differences.std(axis=1, ddof=1) / np.sqrt(S)
    p_values = holm(2 * stdtr(S - 1, -np.abs(_ratio(differences.mean(axis=1), errors))))
    return _from_pairs(merits, first, second, p_values <= alpha, p_values)


def _training_variances(task: TaskInfluences) -> Array:
    """Return what training noise adds to the variance of each difference, (M, M)."""
    n = len(task.values)
    own = difference_variances(_products(task.values) / n**2)
    if task.training_noise is None or task.error_scale is None:
        return own
    noise = task.training_noise[:, None] + task.training_noise
    scale = (task.error_scale[:, None] + task.error_scale) / 2
    return np.minimum(own, PAIR_FACTOR * noise * scale**2 / n)


def _products(values: Array) -> Array:
    """Return the sums of products of all pairs of columns, (M, M).

    Each pair on its own: the last digits of a matrix product depend on the number of columns, and
    adding a method must not change what is known about a pair of others.
    """
    columns = np.ascontiguousarray(values.T)
    products = np.empty((len(columns), len(columns)))
    for i, column in enumerate(columns):
        # Without BLAS, whose threads cost more than they gain for single columns.
        row = np.einsum("ij,j->i", columns[: i + 1], column, optimize=False)
        products[i, : i + 1] = products[: i + 1, i] = row
    return products


def difference_variances(covariance: Array) -> Array:
    """Return the variances of the differences of all pairs, (M, M); rounding errors become 0."""
    variances = np.diag(covariance)
    total = variances[:, None] + variances
    differences = total - 2 * covariance
    return np.where(differences > 1e-12 * total, differences, 0.0)


def _ratio(numerator: Array, denominator: Array) -> Array:
    zeros = np.zeros(np.broadcast(numerator, denominator).shape)
    ratio: Array = np.divide(numerator, denominator, out=zeros, where=denominator > 0)
    return ratio


def _from_pairs(
    merits: Array,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    rejected: NDArray[np.bool_],
    p_values: Array,
) -> Ranking:
    M = len(merits)
    better = np.zeros((M, M), dtype=bool)
    adjusted = np.ones((M, M))
    first_is_better = merits[first] > merits[second]
    winner = np.where(first_is_better, first, second)
    loser = np.where(first_is_better, second, first)
    better[winner[rejected], loser[rejected]] = True
    adjusted[first, second] = adjusted[second, first] = p_values
    return _ranking(merits, better, adjusted)


def _ranking(merits: Array, better: NDArray[np.bool_], p_values: Array) -> Ranking:
    low = 1 + better.sum(axis=0)
    high = len(merits) - better.sum(axis=1)
    return Ranking(low, high, better, _groups(merits, better), p_values)


def _groups(merits: Array, better: NDArray[np.bool_]) -> tuple[tuple[int, ...], ...]:
    """Return the largest sets of methods of which no two differ (Piepho, JCGS 13, 2004)."""
    different = better | better.T
    order = np.argsort(-merits, kind="stable")
    groups = [(1 << len(merits)) - 1]  # as bits, the best method first
    for first, second in zip(*np.nonzero(np.triu(different[np.ix_(order, order)])), strict=True):
        both = (1 << int(first)) | (1 << int(second))
        split = [group for group in groups if group & both == both]
        kept = [group for group in groups if group & both != both]
        for group in split:
            for part in (group & ~(1 << int(first)), group & ~(1 << int(second))):
                if not any(part & other == part for other in kept):
                    kept = [other for other in kept if other & part != other]
                    kept.append(part)
        groups = kept
    members = [tuple(i for i in range(len(merits)) if group >> i & 1) for group in groups]
    return tuple(tuple(int(order[i]) for i in group) for group in sorted(members))

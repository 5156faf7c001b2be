"""One number over several tasks: the mean skill over label sources.

The skill of a score is (score - chance) / (best - chance), with chance and best possible value
fixed by the labels of the task, never by who entered. So adding or removing a method does not
change the order of others. Tasks whose labels come from one source, such as the mean and the spread
of the same biomass map, count together as one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from neucocore.statistics.influence import Array, Influence, Undefined, rescaled, unit_sums
from neucocore.statistics.intervals import LEVEL, Interval, total_variance

NO_CHANCE = "the score of a method that knows nothing (chance) is not known for this metric"


def skill(score: float | None, chance: float | None, best: float = 1.0) -> float | Undefined:
    """Return (score - chance) / (best - chance): 0 at chance, 1 at best, negative below chance.

    Parameters
    ----------
    score
        None if it is undefined.
    chance
        Score of a method that knows nothing but the labels; None if the metric does not state it.
    best
        Best possible score, 0 for errors.
    """
    if score is None or not np.isfinite(score):
        return Undefined("there is no score")
    gap = _gap(chance, best)
    return gap if isinstance(gap, Undefined) else 1 - (best - score) / gap


def skill_influence(
    influence: Influence | Undefined, chance: float | None, best: float = 1.0
) -> Influence | Undefined:
    """Return the influence of the skill, psi / (best - chance); parameters as in `skill`.

    Chance is taken as given, since it depends on the labels only.
    """
    if isinstance(influence, Undefined):
        return influence
    gap = _gap(chance, best)
    return gap if isinstance(gap, Undefined) else rescaled(influence, best - gap, 1 / gap)


def source_weights(sources: Sequence[Hashable]) -> Array:
    """Return the weights of tasks, (T,), summing to 1: equal for sources, equal within a source.

    Parameters
    ----------
    sources
        The label source of each task.
    """
    counts: dict[Hashable, int] = {}
    for source in sources:
        counts[source] = counts.get(source, 0) + 1
    return np.array([1 / (len(counts) * counts[source]) for source in sources])


def mean_skill(
    skills: Sequence[float | Undefined], sources: Sequence[Hashable]
) -> float | Undefined:
    """Return the mean over label sources of the mean skill within each source.

    Undefined if one skill is, since a mean over other tasks could not be compared.

    Parameters
    ----------
    skills, sources
        One per task.
    """
    if not skills:
        return Undefined("there is no task")
    values = [value for value in skills if not isinstance(value, Undefined)]
    if len(values) < len(skills):
        first = next(value for value in skills if isinstance(value, Undefined))
        return Undefined(
            f"{len(skills) - len(values)} of {len(skills)} tasks have no skill: {first.reason}"
        )
    return float(np.dot(source_weights(sources), values))


def interval_of_mean(
    influences: Sequence[Influence],
    units: Sequence[NDArray[np.int64]],
    weights: Array,
    level: float = LEVEL,
) -> Interval:
    """Return the interval of a weighted mean over tasks, on these tasks and other cubes.

        V = sum over units (sum_t w_t psi_t / n_t)^2 + sum_t w_t^2 * training part of V_t

    Tasks on the same cubes are correlated, so influence values are summed cube by cube (or group by
    group, then times G / (G - 1)) before they are squared. The training part of a task is its
    `intervals.total_variance` minus the variance of its influence values.

    Parameters
    ----------
    influences
        One per task, on a scale on which the tasks can be averaged.
    units
        For each task the index (n,) of the cube or group of each row, over all tasks.
    weights
        (T,) weights of the tasks, summing to 1.
    level
        Nominal coverage.
    """
    estimate = float(sum(w * i.estimate for w, i in zip(weights, influences, strict=True)))
    grouped = any(influence.groups is not None for influence in influences)
    sums = np.zeros(1 + max(int(unit.max()) for unit in units))
    present = np.zeros(len(sums), dtype=bool)
    training = 0.0
    for influence, unit, weight in zip(influences, units, weights, strict=True):
        sums += unit_sums(influence.values * (weight / influence.n), unit, len(sums))
        present[unit] = True
        training += weight**2 * (total_variance(influence) - influence.variance)
    n_units = int(present.sum())
    if n_units < 2:
        return Interval(reason="all rows belong to one unit", n_units=n_units)
    variance = float(np.sum(sums**2)) * (n_units / (n_units - 1) if grouped else 1.0) + training
    if not variance > 0:
        return Interval(reason="no row changes the score, so its uncertainty cannot be estimated")
    error = float(np.sqrt(variance))
    reach = float(stdtrit(n_units - 1, (1 + level) / 2)) * error
    low, high = estimate - reach, estimate + reach
    return Interval(low, high, error, unit="group" if grouped else "row", n_units=n_units)


def source_means(skills: Array, sources: Sequence[Hashable]) -> Array:
    """Return the mean skill for each label source, (M, S), in the order of first occurrence.

    Parameters
    ----------
    skills
        (M, T) skill of each method in each task.
    sources
        (T,) label source of each task.
    """
    order = list(dict.fromkeys(sources))
    member = np.array([order.index(source) for source in sources])
    return np.stack([skills[:, member == s].mean(axis=1) for s in range(len(order))], axis=1)


def _gap(chance: float | None, best: float) -> float | Undefined:
    """Return best minus chance, negative for errors."""
    if chance is None or not np.isfinite(chance):
        return Undefined(NO_CHANCE)
    if not np.isfinite(best):
        return Undefined("the metric has no best possible value")
    if chance == best:
        return Undefined("chance already has the best possible score")
    return best - chance

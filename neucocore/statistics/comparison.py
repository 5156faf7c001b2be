"""Comparisons of two methods on the same rows and splits.

    D = A - B                      of one task; V_d = sum (psi_A - psi_B)^2 / n^2
    V = V_d + min(V_d, 4 (lambda_A + lambda_B) s^2 / n)    s the mean error scale of A and B
    V = 2 V_d                      with groups (psi summed by group first), for rankings and
                                   decisions, and for probes without lambda
    D +- t sqrt(V)                 n - 1 or G - 1 degrees of freedom

What row variances alone leave out, that other rows would have trained other models, is the
difference between two embeddings that are equally good: without it, equal embeddings are called
different in up to 20 % of cases at a nominal 5 %. In simulations the formulas above do so in 0 to
8 %. Several tasks are combined cube by cube (or group by group), because tasks on the same cubes
are correlated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from neucocore.statistics.influence import (
    Influence,
    Undefined,
    sampling_variance,
    unit_sums,
)
from neucocore.statistics.intervals import LEVEL, too_little_data

PAIR_FACTOR = 4.0
"""Factor of lambda in the variance of a difference."""
POWER = 0.8
"""Power of the smallest difference that is called detectable."""

SAME_PREDICTIONS = "both have the same influence values, so no difference can be tested"


@dataclass(frozen=True)
class Comparison:
    """The difference of two methods.

    Attributes
    ----------
    difference
        A minus B; None if one of them has no score.
    low, high
        95 % interval of the difference; None if there is a `reason`, as the following ones.
    standard_error
        Standard error of the difference.
    degrees_of_freedom
        Of the t distribution.
    p_value
        Two-sided, not adjusted for other comparisons.
    detectable
        Smallest true difference that such a comparison finds with 80 % power, about 2.8 standard
        errors.
    better
        ``A`` or ``B`` if the interval excludes 0, else empty.
    reason
        Why there is no interval; else empty.
    doubled_error
        Square root of 2 V_d, the larger standard error that decisions use.
    """

    difference: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    degrees_of_freedom: int | None = None
    p_value: float | None = None
    detectable: float | None = None
    better: str = ""
    reason: str = ""
    doubled_error: float | None = None

    @property
    def same_predictions(self) -> bool:
        """Whether both have the same influence values."""
        return self.reason == SAME_PREDICTIONS


@dataclass(frozen=True)
class NonInferiority:
    """Whether A is shown to be at most `margin` worse than B.

    Attributes
    ----------
    margin
        In the unit of the score, positive.
    shown
        None if the comparison has no interval.
    p_value
        One-sided p value of the hypothesis that A is worse by the margin or more.
    worst
        Largest loss of A against B that is compatible with the data at one-sided 95 %.
    """

    margin: float
    shown: bool | None = None
    p_value: float | None = None
    worst: float | None = None


@dataclass(frozen=True, eq=False)
class TaskPair:
    """Two methods on one of several tasks.

    Attributes
    ----------
    a, b
        Influences, on a scale on which the tasks can be averaged.
    units
        (n,) index of the cube of each row, or of its group, over all tasks.
    weight
        Weight of the task in the mean; the weights of all tasks sum to 1.
    """

    a: Influence
    b: Influence
    units: NDArray[np.int64]
    weight: float


def compare(a: Influence | Undefined, b: Influence | Undefined, level: float = LEVEL) -> Comparison:
    """Compare two methods on one task.

    Parameters
    ----------
    a, b
        Influences of the same score, with rows in the same order; the caller makes sure that
        labels and splits are the same.
    level
        Nominal coverage of the interval.

    Returns
    -------
    Comparison
        Never NaN: without an interval, `Comparison.reason` says why.
    """
    if isinstance(a, Undefined):
        return Comparison(reason=f"A has no score: {a.reason}")
    if isinstance(b, Undefined):
        return Comparison(reason=f"B has no score: {b.reason}")
    difference = a.estimate - b.estimate
    reason = _not_comparable(a, b) or too_little_data(a) or too_little_data(b)
    if reason:
        return Comparison(difference, reason=reason)
    rows = sampling_variance(a.values - b.values, a.groups)
    if not np.isfinite([difference, rows]).all():
        return Comparison(reason="a score or its influence values are not finite numbers")
    training = training_variance(a, b, rows)
    return _finished(difference, rows, training, a.n_units - 1, level, a.greater_is_better)


def compare_over_tasks(pairs: Sequence[TaskPair], level: float = LEVEL) -> Comparison:
    """Compare the weighted mean over tasks of two methods, on these tasks and other cubes.

        V = sum over units (sum_t w_t (psi_A,t - psi_B,t) / n_t)^2
            + min(that, sum_t w_t^2 * training variance of task t)

    With groups in any task the second term equals the first.

    Parameters
    ----------
    pairs
        One per task.
    level
        Nominal coverage of the interval.

    Returns
    -------
    Comparison
        Never NaN: without an interval, `Comparison.reason` says why.
    """
    if not pairs:
        return Comparison(reason="there is no common task")
    for pair in pairs:
        if reason := _not_comparable(pair.a, pair.b):
            return Comparison(reason=reason)
    if len({pair.a.greater_is_better for pair in pairs}) > 1:
        return Comparison(reason="in some tasks higher is better, in others lower")
    difference = sum(pair.weight * (pair.a.estimate - pair.b.estimate) for pair in pairs)
    n_units = 1 + max(int(pair.units.max()) for pair in pairs)
    sums, present = np.zeros(n_units), np.zeros(n_units, dtype=bool)
    training = 0.0
    grouped = any(pair.a.groups is not None for pair in pairs)
    for pair in pairs:
        values = pair.a.values - pair.b.values
        sums += unit_sums(values * (pair.weight / pair.a.n), pair.units, n_units)
        present[pair.units] = True
        own = sampling_variance(values)
        training += pair.weight**2 * training_variance(pair.a, pair.b, own)
    n_units = int(present.sum())
    if n_units < 2:
        return Comparison(difference, reason="all rows belong to one unit")
    reasons = [too_little_data(pair.a) or too_little_data(pair.b) for pair in pairs]
    if all(reasons):
        return Comparison(difference, reason=reasons[0])
    rows = float(np.sum(sums**2)) * (n_units / (n_units - 1) if grouped else 1.0)
    training = rows if grouped else min(rows, training)
    return _finished(difference, rows, training, n_units - 1, level, pairs[0].a.greater_is_better)


def training_variance(a: Influence, b: Influence, variance: float) -> float:
    """Return what training noise adds to the variance of a difference, at most `variance`.

    Parameters
    ----------
    variance
        V_d, from the influence values alone.
    """
    scales = a.error_scale, b.error_scale
    noises = a.training_noise, b.training_noise
    if a.groups is not None or None in scales or None in noises:
        return variance
    scale = (float(scales[0] or 0.0) + float(scales[1] or 0.0)) / 2
    noise = float(noises[0] or 0.0) + float(noises[1] or 0.0)
    return min(variance, PAIR_FACTOR * noise * scale**2 / a.n)


def non_inferiority(
    comparison: Comparison, margin: float, *, greater_is_better: bool = True, alpha: float = 0.05
) -> NonInferiority:
    """Test whether A is at most `margin` worse than B, one-sided.

    Parameters
    ----------
    comparison
        A minus B.
    margin
        Largest loss that does not matter, in the unit of the score; positive.
    greater_is_better
        Direction of the score.
    alpha
        Level of the one-sided test.

    Raises
    ------
    ValueError
        The margin is not positive.
    """
    if not margin > 0:
        raise ValueError(f"the margin must be positive, found {margin}")
    difference, error = comparison.difference, comparison.standard_error
    df = comparison.degrees_of_freedom
    if difference is None or error is None or df is None:
        return NonInferiority(margin)
    gain = difference if greater_is_better else -difference
    worst = float(stdtrit(df, 1 - alpha)) * error - gain
    p_value = float(stdtr(df, -(gain + margin) / error))
    return NonInferiority(margin, p_value < alpha, p_value, worst)


def _not_comparable(a: Influence, b: Influence) -> str:
    if a.n != b.n:
        return f"A has {a.n} rows and B {b.n}"
    if a.greater_is_better != b.greater_is_better:
        return "A and B have different scores: of one, lower is better"
    if not _same_groups(a.groups, b.groups):
        return "A and B have different groups"
    if a.repeats != b.repeats:
        return f"A has {a.repeats} repeats and B {b.repeats}"
    return ""


def _same_groups(a: NDArray[np.int64] | None, b: NDArray[np.int64] | None) -> bool:
    if a is None or b is None:
        return a is b
    return bool(np.array_equal(a, b))


def _finished(
    difference: float, rows: float, training: float, df: int, level: float, greater_is_better: bool
) -> Comparison:
    """Finish a comparison from the variances due to rows and to training."""
    if rows == 0:
        return Comparison(difference, reason=SAME_PREDICTIONS)
    error = float(np.sqrt(rows + training))
    quantile = float(stdtrit(df, (1 + level) / 2))
    better = ""
    if abs(difference) > quantile * error:
        better = "A" if (difference > 0) == greater_is_better else "B"
    return Comparison(
        difference,
        difference - quantile * error,
        difference + quantile * error,
        error,
        df,
        2 * float(stdtr(df, -abs(difference) / error)),
        (quantile + float(stdtrit(df, POWER))) * error,
        better,
        doubled_error=float(np.sqrt(2 * rows)),
    )

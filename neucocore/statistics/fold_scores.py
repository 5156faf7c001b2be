"""Uncertainty from the scores of single folds, for runs without influence values.

Scores of folds are not independent, since their training parts overlap. The corrected resampled t
interval allows for that (Nadeau and Bengio, Machine Learning 52, 2003). It is about twice as wide
as an interval from influence values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from neucocore.statistics.influence import Array
from neucocore.statistics.intervals import Interval

MAX_JACKKNIFE_RATIO = 10.0
"""Largest jackknife ratio that is used."""


@dataclass(frozen=True)
class FoldInterval:
    """An interval and a test from scores of folds, or the reason why there is none.

    Attributes
    ----------
    estimate
        Mean of the folds; None if there is a `reason`, as all others.
    low, high
        Ends of the interval.
    standard_error
        Corrected standard error of the estimate.
    p_value
        Two-sided p value of the hypothesis that the expectation is 0.
    reason
        Why there is no interval; else empty.
    """

    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    p_value: float | None = None
    reason: str = ""


def corrected_t(
    scores: NDArray[np.float64], held_out_share: float, level: float = 0.95
) -> FoldInterval:
    """Return the corrected resampled t interval of Nadeau and Bengio.

        mean +- t sqrt((1/K + held-out rows / training rows) * variance), t with K - 1 degrees

    Parameters
    ----------
    scores
        (K,) score of each split, or difference of two methods in each split.
    held_out_share
        Share of the rows that a split holds out: 1/K in K-fold cross-validation, also if it is
        repeated.
    level
        Nominal coverage.
    """
    values = np.asarray(scores, dtype=np.float64)
    K = len(values)
    if K < 2:
        return FoldInterval(reason="an interval needs the scores of at least two folds")
    if not np.isfinite(values).all():
        missing = int(np.sum(~np.isfinite(values)))
        return FoldInterval(reason=f"{missing} of {K} folds have no score")
    if not 0 < held_out_share < 1:
        return FoldInterval(reason="the share of held-out rows is not between 0 and 1")
    spread = float(np.var(values, ddof=1))
    if spread == 0:
        return FoldInterval(reason="all folds have the same score")
    estimate = float(np.mean(values))
    error = float(np.sqrt((1 / K + held_out_share / (1 - held_out_share)) * spread))
    reach = float(stdtrit(K - 1, (1 + level) / 2)) * error
    p_value = 2 * float(stdtr(K - 1, -abs(estimate) / error))
    return FoldInterval(estimate, estimate - reach, estimate + reach, error, p_value)


def interval_of_folds(scores: NDArray[np.float64], held_out_share: float) -> Interval:
    """Return the interval of a mean of fold scores; parameters as in `corrected_t`.

    Never NaN: without an interval, `Interval.reason` says why.
    """
    found = corrected_t(scores, held_out_share)
    if found.reason:
        return Interval(reason=found.reason)
    return Interval(
        found.low, found.high, found.standard_error, remarks=("from the scores of the folds",)
    )


def jackknife_ratio(refitted: Array, kept: Array) -> float | None:
    """Return by how much the variance of a score grows if models are fitted again, 1 to 10.

    The variance of influence values takes the fitted models as given. This ratio, of two jackknife
    variances over folds, needs no theory of the probe. Minus 1 it is the `inflation` of an
    `Influence`. It is never too small in simulations; for comparisons it is too large (1.4 to 3.8
    times), so these use twice the variance of the difference instead.

    Parameters
    ----------
    refitted
        (K,) or (repeats, K): score of the complete procedure, models included, on the rows outside
        each fold.
    kept
        As `refitted`: score of the predictions at hand on the rows outside each fold.

    Returns
    -------
    float or None
        None if the kept scores do not vary, or if a value is not finite.
    """
    if not (np.isfinite(refitted).all() and np.isfinite(kept).all()):
        return None
    numerator = float(np.mean(np.var(refitted, axis=-1)))
    denominator = float(np.mean(np.var(kept, axis=-1)))
    if denominator == 0:
        return None
    return float(np.clip(numerator / denominator, 1.0, MAX_JACKKNIFE_RATIO))

"""Ratios of weighted sums over rows, with their influence values.

    R = sum w a / sum w b,    psi_i = w_i (a_i - R b_i) / mean(w b)

Means, shares, accuracies and errors of samples that represent different areas are such ratios; the
weight of a row is the area that it represents (Olofsson et al., Remote Sensing of Environment 148,
2014; ratio estimator and its variance: Cochran, Sampling Techniques, 3rd ed., 1977, chapter 6).
Only the relations of the weights count: weights of 1 give the figures of the sample.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Influence, Undefined


def weighted_ratio(
    numerator: NDArray[Any],
    denominator: NDArray[Any] | None = None,
    weights: NDArray[np.float64] | None = None,
    **fields: Any,
) -> Influence | Undefined:
    """Return sum(w a) / sum(w b) with the influence of each row.

    Parameters
    ----------
    numerator
        (n,) a, finite.
    denominator
        (n,) b; by default 1, which gives a weighted mean.
    weights
        (n,) positive weights w; by default 1.
    **fields
        Other fields of `Influence`.

    Returns
    -------
    Influence or Undefined
        Undefined if the denominator is 0 in all rows, or there is no row.
    """
    a = np.asarray(numerator, dtype=np.float64)
    b = np.ones(len(a)) if denominator is None else np.asarray(denominator, dtype=np.float64)
    w = None if weights is None else weights / np.mean(weights)
    total = float(np.mean(b if w is None else w * b)) if len(a) else 0.0
    if total == 0:
        return Undefined("no row counts in the denominator")
    value = float(np.mean(a if w is None else w * a)) / total
    values = (a - value * b) / total
    return Influence(values if w is None else w * values, value, **fields)


def square_root(influence: Influence | Undefined) -> Influence | Undefined:
    """Return the square root of a mean square, psi / (2 sqrt); the root of 0 is undefined."""
    if isinstance(influence, Undefined):
        return influence
    if influence.estimate <= 0:
        return Undefined("all predictions are exact")
    root = float(np.sqrt(influence.estimate))
    scale = influence.error_scale
    return replace(
        influence,
        values=influence.values / (2 * root),
        estimate=root,
        error_scale=None if scale is None else scale / (2 * root),
    )


def one_minus(influence: Influence | Undefined) -> Influence | Undefined:
    """Return 1 minus a ratio of errors, such as R2."""
    if isinstance(influence, Undefined):
        return influence
    return replace(
        influence,
        values=-influence.values,
        estimate=1 - influence.estimate,
        greater_is_better=not influence.greater_is_better,
    )

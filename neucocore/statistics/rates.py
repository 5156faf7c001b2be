"""Two curves of score against size in one number.

The mean gain is the mean difference of the scores over the logarithm of the size, with straight
lines between points, in the range that both curves cover. It is linear in the scores, so its
interval follows from their influence values. It needs two sizes of each curve in this range.

The rate saving is the mean change of the logarithm of the size at equal scores, on the running
maximum of each curve (the best score with at most so many bytes). It needs four sizes of each.

The values of Bjontegaard (VCEG-M33, 2001; PCHIP: ITU-T HSTP-VID-WPOM, 2020) are for comparison with
the literature on codecs only: a cubic polynomial through few or noisy points often has no usable
inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

MIN_GAIN, MIN_SAVING = 2, 4
"""Fewest sizes of each curve in the common range."""
LEVEL = 0.95
MOST_WITHOUT = 0.05
"""Largest share of draws without a value with which there is an interval."""


@dataclass(frozen=True, eq=False)
class Gain:
    """The mean gain of B over A.

    Attributes
    ----------
    value
        None if there is a `reason`.
    weights_a, weights_b
        Weights of the scores, in the order of the sizes: value = weights_b @ b - weights_a @ a.
    """

    value: float | None = None
    weights_a: Array | None = None
    weights_b: Array | None = None
    reason: str = ""


@dataclass(frozen=True)
class Saving:
    """The relative change of the size of B at equal scores: -0.25 is a quarter fewer bytes.

    Attributes
    ----------
    value
        None if there is a `reason`.
    low, high
        95 % interval; None without draws, or where too many draws have no value.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


def mean_gain(sizes_a: ArrayLike, a: ArrayLike, sizes_b: ArrayLike, b: ArrayLike) -> Gain:
    """Return the mean gain of B over A.

    Parameters
    ----------
    sizes_a, sizes_b
        (J,) and (K,) bytes, above 0, in any order, each once.
    a, b
        (J,) and (K,) scores.
    """
    x_a, x_b = (np.log2(np.asarray(sizes, dtype=np.float64)) for sizes in (sizes_a, sizes_b))
    low, high = max(x_a.min(), x_b.min()), min(x_a.max(), x_b.max())
    common = min(int(np.sum((x >= low) & (x <= high))) for x in (x_a, x_b))
    if low >= high or common < MIN_GAIN:
        return Gain(reason=f"{max(common, 0)} sizes in the common range; {MIN_GAIN} are needed")
    weights_a, weights_b = _weights(x_a, low, high), _weights(x_b, low, high)
    value = float(weights_b @ np.asarray(b, dtype=np.float64))
    value -= float(weights_a @ np.asarray(a, dtype=np.float64))
    return Gain(value, weights_a, weights_b)


def _weights(x: Array, low: float, high: float) -> Array:
    """Return the weights of values at x in their mean over [low, high], straight lines between."""
    order = np.argsort(x)
    nodes = x[order]
    grid = np.unique(np.concatenate([nodes[(nodes > low) & (nodes < high)], [low, high]]))
    hats = np.stack([np.interp(grid, nodes, unit) for unit in np.eye(len(nodes))])
    means = np.empty(len(nodes))
    means[order] = np.trapezoid(hats, grid, axis=1) / (high - low)
    return means


def rate_saving(
    sizes_a: ArrayLike,
    a: ArrayLike,
    sizes_b: ArrayLike,
    b: ArrayLike,
    draws: tuple[Array, Array] | None = None,
) -> Saving:
    """Return the relative change of the size of B at equal scores.

    Parameters
    ----------
    sizes_a, sizes_b, a, b
        As in `mean_gain`.
    draws
        (B, J) and (B, K) drawn scores of both, drawn together, for the interval.
    """
    x_a, x_b = (np.log2(np.asarray(sizes, dtype=np.float64)) for sizes in (sizes_a, sizes_b))
    if min(len(x_a), len(x_b)) < MIN_SAVING:
        return Saving(reason=f"{min(len(x_a), len(x_b))} sizes; {MIN_SAVING} are needed")
    value = _saving(x_a, np.asarray(a, np.float64), x_b, np.asarray(b, np.float64))
    if value is None:
        return Saving(reason="the curves have no score in common")
    if draws is None:
        return Saving(value)
    drawn = [_saving(x_a, one, x_b, other) for one, other in zip(*draws, strict=True)]
    known = np.array([one for one in drawn if one is not None])
    if len(known) < (1 - MOST_WITHOUT) * len(drawn):
        return Saving(value)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Saving(value, float(low), float(high))


def _saving(x_a: Array, a: Array, x_b: Array, b: Array) -> float | None:
    s_a, x_a = _running_maximum(x_a, a)
    s_b, x_b = _running_maximum(x_b, b)
    low, high = max(s_a[0], s_b[0]), min(s_a[-1], s_b[-1])
    if not low < high:
        return None
    scores = np.concatenate([s_a, s_b])
    grid = np.unique(np.concatenate([scores[(scores > low) & (scores < high)], [low, high]]))
    change = np.interp(grid, s_b, x_b) - np.interp(grid, s_a, x_a)
    return float(2 ** (np.trapezoid(change, grid) / (high - low)) - 1)


def _running_maximum(x: Array, scores: Array) -> tuple[Array, Array]:
    """Return the rising scores of a curve and the smallest size at which each is reached."""
    order = np.argsort(x)
    best = np.maximum.accumulate(scores[order])
    rises = np.concatenate([[True], np.diff(best) > 0])
    return best[rises], x[order][rises]


def bjontegaard(
    sizes_a: ArrayLike,
    a: ArrayLike,
    sizes_b: ArrayLike,
    b: ArrayLike,
    method: Literal["cubic", "pchip"] = "cubic",
) -> tuple[float | None, float | None]:
    """Return Bjontegaard's rate difference (a share) and score difference of B against A.

    None where there are fewer than 4 points or, for the rate, 4 different scores, the ranges do not
    overlap, the rate is beyond the largest float, or, of PCHIP, the curve does not rise.
    """
    x_a, x_b = (np.log10(np.asarray(sizes, dtype=np.float64)) for sizes in (sizes_a, sizes_b))
    s_a, s_b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if min(len(x_a), len(x_b)) < MIN_SAVING:
        return None, None
    rate = _mean_difference(s_a, x_a, s_b, x_b, method)
    score = _mean_difference(x_a, s_a, x_b, s_b, method)
    with np.errstate(over="ignore"):
        share = None if rate is None else float(np.power(10.0, rate) - 1)
    return (share if share is not None and np.isfinite(share) else None), score


def _mean_difference(
    x_a: Array, y_a: Array, x_b: Array, y_b: Array, method: Literal["cubic", "pchip"]
) -> float | None:
    low, high = max(x_a.min(), x_b.min()), min(x_a.max(), x_b.max())
    if not low < high:
        return None
    one, two = (_integral(x, y, low, high, method) for x, y in ((x_a, y_a), (x_b, y_b)))
    if one is None or two is None:
        return None
    return float((two - one) / (high - low))


def _integral(
    x: Array, y: Array, low: float, high: float, method: Literal["cubic", "pchip"]
) -> float | None:
    if method == "cubic":
        if len(np.unique(x)) < MIN_SAVING:
            return None
        antiderivative = np.polynomial.Polynomial.fit(x, y, 3).integ()
        return float(antiderivative(high) - antiderivative(low))
    from scipy.interpolate import PchipInterpolator

    order = np.argsort(x)
    if (np.diff(x[order]) <= 0).any():
        return None
    return float(PchipInterpolator(x[order], y[order]).integrate(low, high))

"""Influence values of metrics that do not declare any: the delete-one jackknife."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Influence, Undefined

MAX_ROWS = 5_000
"""With more rows, calling a metric once per row takes too long."""


def jackknife_values(
    function: Callable[..., float], *arrays: NDArray[Any], **fields: Any
) -> Influence | Undefined:
    """Return influence values by leaving out one row at a time.

        psi_i = (n - 1) (score - score without row i), minus the mean of all psi

    For scores that are smooth functions of means they differ from the influence values by terms of
    order 1/n (Efron and Stein, Annals of Statistics 9, 1981). They are wrong for scores that depend
    on single rows, such as a median.

    Parameters
    ----------
    function
        The metric, called with `arrays` and with all rows but one of each.
    *arrays
        Labels, predictions and, for some metrics, the training means: (n, ...) each.
    **fields
        Other fields of `Influence`, such as ``kind`` and ``bounds``.

    Returns
    -------
    Influence or Undefined
        Undefined with the reason for fewer than two rows, for more than `MAX_ROWS`, and if the
        metric raises or is not a finite number for all rows or without one of them.
    """
    n = len(arrays[0])
    if n < 2:
        return Undefined(f"influence values need at least 2 rows, not {n}")
    if n > MAX_ROWS:
        return Undefined(
            f"the metric declares no influence values, and leaving out each of {n:,} rows in turn "
            f"takes too long; at most {MAX_ROWS:,} rows"
        )
    score = _value(function, arrays, "of all rows")
    if isinstance(score, Undefined):
        return score
    without = np.empty(n)
    kept = np.ones(n, dtype=np.bool_)
    for row in range(n):
        kept[row] = False
        value = _value(function, [array[kept] for array in arrays], f"without row {row + 1}")
        if isinstance(value, Undefined):
            return value
        without[row] = value
        kept[row] = True
    return Influence((n - 1) * (np.mean(without) - without), score, **fields)


def _value(
    function: Callable[..., float], arrays: tuple[NDArray[Any], ...] | list[NDArray[Any]], rows: str
) -> float | Undefined:
    try:
        with np.errstate(all="ignore"):
            value = float(function(*arrays))
    except Exception as error:  # noqa: BLE001  the metric of a plugin can raise anything
        return Undefined(f"the metric {rows} raised {type(error).__name__}: {error}")
    if not np.isfinite(value):
        return Undefined(f"the metric {rows} is {value}, not a finite number")
    return value

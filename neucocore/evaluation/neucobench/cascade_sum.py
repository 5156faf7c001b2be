"""Sums in float32, rounded as the reference's tensor library rounds them on x86 processors.

R2 of labels far from zero is a small difference of large sums, so the last bit of a sum shows in
the fourth decimal of a very negative R2. The order of additions is: eight lanes, in each four
streams, in each a cascade of four levels that are emptied into the next every 16 or more additions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LANES, STREAMS, LEVELS = 8, 4, 4
SHORTEST_RUN = 4
"""Power of two: additions into one level before it is emptied into the next."""


def cascade_sum(values: Floats) -> Floats:
    """Sum each row of `values` (m, n) float32; returns (m,) float32."""
    count, n = values.shape
    if n < LANES:
        return _streams(values[:, :, None])[:, 0]
    whole = n // LANES
    lanes = _streams(values[:, : whole * LANES].reshape(count, whole, LANES))
    total = np.zeros(count, dtype=np.float32)
    for column in (*values[:, whole * LANES :].T, *lanes.T):
        total += column
    return total


def _streams(rows: Floats) -> Floats:
    """Sum (m, n, lanes) over n in four streams that take turns, then these one by one."""
    count, n, lanes = rows.shape
    whole = n // STREAMS
    streams = _cascade(rows[:, : whole * STREAMS].reshape(count, whole, STREAMS, lanes))
    total = streams[:, 0]
    for row in range(whole * STREAMS, n):
        total = total + rows[:, row]
    for stream in range(1, STREAMS):
        total = total + streams[:, stream]
    return total


def _cascade(rows: Floats) -> Floats:
    """Sum (m, n, streams, lanes) over n, level by level."""
    n = rows.shape[1]
    power = max(SHORTEST_RUN, (n - 1).bit_length() // LEVELS)
    levels = np.zeros((LEVELS, rows.shape[0], *rows.shape[2:]), dtype=np.float32)
    for done in range(1, n + 1):
        levels[0] += rows[:, done - 1]
        for level in range(1, LEVELS):
            if done % (1 << level * power):
                break
            levels[level] += levels[level - 1]
            levels[level - 1] = 0
    total: Floats = levels[0]
    for level in levels[1:]:
        total = total + level
    return total

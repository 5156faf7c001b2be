"""Sums in float32, rounded as PyTorch rounds them on x86 processors.

R2 of labels that are far from zero is a small difference of large sums, so that the last bit of a
sum changes the fourth decimal of a strongly negative R2. Numbers are added in the order of the
PyTorch kernel (``aten/src/ATen/native/cpu/SumKernel.cpp``): eight vector lanes, in each lane four
streams, and in each stream a cascade of four levels. A level is added to the next one and reset
after 16 or more additions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LANES, STREAMS, LEVELS = 8, 4, 4
MIN_LEVEL_POWER = 4
"""Binary logarithm of the smallest number of additions to a level before it is reset."""


def cascade_sum(values: Floats) -> Floats:
    """Sum each row of `values` (m, n) float32; returns (m,) float32."""
    m, n = values.shape
    if n < LANES:
        return _sum_streams(values[:, :, None])[:, 0]
    vectors = n // LANES
    lanes = _sum_streams(values[:, : vectors * LANES].reshape(m, vectors, LANES))
    total = np.zeros(m, dtype=np.float32)
    for column in (*values[:, vectors * LANES :].T, *lanes.T):
        total += column
    return total


def _sum_streams(rows: Floats) -> Floats:
    """Sum (m, n, lanes) over n: four interleaved streams, which are then added one by one."""
    m, n, lanes = rows.shape
    rounds = n // STREAMS
    streams = _sum_cascade(rows[:, : rounds * STREAMS].reshape(m, rounds, STREAMS, lanes))
    total = streams[:, 0]
    for row in range(rounds * STREAMS, n):
        total = total + rows[:, row]
    for stream in range(1, STREAMS):
        total = total + streams[:, stream]
    return total


def _sum_cascade(rows: Floats) -> Floats:
    """Sum (m, n, streams, lanes) over n, level by level."""
    n = rows.shape[1]
    level_power = max(MIN_LEVEL_POWER, (n - 1).bit_length() // LEVELS)
    levels = np.zeros((LEVELS, rows.shape[0], *rows.shape[2:]), dtype=np.float32)
    for added in range(1, n + 1):
        levels[0] += rows[:, added - 1]
        for level in range(1, LEVELS):
            if added % (1 << level * level_power):
                break
            levels[level] += levels[level - 1]
            levels[level - 1] = 0
    total: Floats = levels[0]
    for level in levels[1:]:
        total = total + level
    return total

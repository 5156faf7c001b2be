"""Ranking methods over several tasks: numbers in, numbers out.

All functions take ``q`` of shape (methods, tasks), higher is better, without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

By = Literal["weighted", "uniform", "borda", "mean"]
WAYS: tuple[By, ...] = get_args(By)
"""The ways to rank.

``weighted``: NeuCo-Bench's, the mean of the ranks in the tasks, each weighted by the spread of the
methods' scores in it. ``uniform``: the plain mean of these ranks. ``borda``: in each task a method
gets a point for every one it beats, half a point for a tie. ``mean``: the mean score.
"""

Floats = NDArray[np.float64]


def ranks(values: Floats) -> NDArray[np.int64]:
    """Rank along the first axis: 1 for the highest, ties share the better rank."""
    better: NDArray[np.int64] = np.sum(values[None] > values[:, None], axis=1)
    return 1 + better


def weights(q: Floats) -> Floats:
    """Return NeuCo-Bench's task weights: standard deviations over methods (ddof 1), sum 1.

    They are equal when there is one method or no spread at all.
    """
    methods, tasks = q.shape
    spread: Floats = q.std(axis=0, ddof=1) if methods > 1 else np.zeros(tasks)
    total = float(spread.sum())
    return np.divide(spread, total) if total > 0 else np.full(tasks, 1 / tasks)


def weighted_scores(q: Floats) -> Floats:
    """Return the weighted mean of each method's ranks, lower is better, shape (methods,)."""
    weighted: Floats = (ranks(q) * weights(q)).sum(axis=1)
    return weighted


def merits(q: Floats, by: By) -> Floats:
    """Return what methods are ordered by, higher is better, shape (methods,)."""
    merit: Floats
    if by == "weighted":
        merit = -weighted_scores(q)
    elif by == "uniform":
        merit = -ranks(q).mean(axis=1)
    elif by == "borda":
        beaten = np.sum(q[:, None] > q[None], axis=(1, 2))
        tied = np.sum(q[:, None] == q[None], axis=(1, 2)) - q.shape[1]
        merit = beaten + tied / 2
    else:
        merit = q.mean(axis=1)
    return merit


def moved_by(q: Floats, newest: int, by: By) -> Sequence[int]:
    """Return the methods whose rank among the others changes when `newest` enters."""
    others = [row for row in range(len(q)) if row != newest]
    if len(others) < 2:
        return []
    before = ranks(merits(q[others], by))
    after = ranks(merits(q, by)[others])
    return [row for row, old, new in zip(others, before, after, strict=True) if old != new]

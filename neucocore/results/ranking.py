"""Ranks of methods over several tasks.

All functions take scores ``q`` of shape (methods, tasks) without missing values; higher is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

By = Literal["skill", "weighted", "uniform", "borda", "mean"]
RANKINGS: tuple[By, ...] = get_args(By)
"""The available rankings.

``skill``
    The mean over label sources of (score - chance) / (best - chance); see `skill`. Chance and best
    score depend on the labels only, so adding a method does not change the order of others.
``weighted``
    NeuCo-Bench's ranking (Vinge et al., arXiv:2510.17914): the mean of the ranks in the tasks, each
    weighted by the standard deviation of the methods' scores in the task.
``uniform``
    The unweighted mean of the ranks.
``borda``
    The Borda count: in each task a method gets one point for every method with a lower score and
    half a point for every method with an equal score.
``mean``
    The mean score.
"""

Floats = NDArray[np.float64]


def ranks(values: Floats) -> NDArray[np.int64]:
    """Rank along the first axis: 1 is the highest value; equal values share the smallest rank."""
    n_better: NDArray[np.int64] = np.sum(values[None] > values[:, None], axis=1)
    return 1 + n_better


def weights(q: Floats) -> Floats:
    """Return NeuCo-Bench's task weights, (tasks,): standard deviations (ddof 1), normalised to 1.

    The weights are equal if there is only one method, or if all methods have equal scores.
    """
    methods, tasks = q.shape
    spread: Floats = q.std(axis=0, ddof=1) if methods > 1 else np.zeros(tasks)
    total = float(spread.sum())
    return np.divide(spread, total) if total > 0 else np.full(tasks, 1 / tasks)


def weighted_scores(q: Floats) -> Floats:
    """Return the weighted mean of the ranks of each method, (methods,); lower is better."""
    weighted: Floats = (ranks(q) * weights(q)).sum(axis=1)
    return weighted


def merits(q: Floats, by: By) -> Floats:
    """Return the values by which methods are ordered, (methods,); higher is better.

    Not for ``skill``, which is not a function of the scores alone.
    """
    merit: Floats
    if by == "weighted":
        merit = -weighted_scores(q)
    elif by == "uniform":
        merit = -ranks(q).mean(axis=1)
    elif by == "borda":
        n_lower = np.sum(q[:, None] > q[None], axis=(1, 2))
        n_equal = np.sum(q[:, None] == q[None], axis=(1, 2)) - q.shape[1]
        merit = n_lower + n_equal / 2
    else:
        merit = q.mean(axis=1)
    return merit


def reranked_by(q: Floats, newest: int, by: By) -> Sequence[int]:
    """Return the methods whose rank among the others changes when method `newest` is added."""
    others = [row for row in range(len(q)) if row != newest]
    if len(others) < 2:
        return []
    before = ranks(merits(q[others], by))
    after = ranks(merits(q, by)[others])
    return [row for row, old, new in zip(others, before, after, strict=True) if old != new]

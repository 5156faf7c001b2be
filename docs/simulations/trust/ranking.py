"""Cells of ranks: how often rank intervals cover, and equal methods stay together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neucocore.statistics.ranks import (
    TaskInfluences,
    pair_tests,
    ranks_on_other_tasks,
    ranks_on_these_tasks,
)
from trust.designs import Design, draw_views
from trust.fits import folds_of, held_out, influences
from trust.measures import share

COMMON_OF_METHODS = 0.7
"""Correlation of the errors of two methods on a row."""
COMMON_OF_TASKS = 0.5
"""Share of the errors that two tasks on the same cubes have in common."""


@dataclass(frozen=True)
class Board:
    """Methods on several tasks.

    Attributes
    ----------
    merits
        True R2 of each method, or with `fitted` minus the noise of each embedding.
    tasks, rows
        Number of tasks, and of rows of each.
    deviation
        Standard deviation of the difference between methods from task to task.
    fitted
        Whether embeddings are fitted; else held-out errors are drawn.
    own_cubes
        Whether every task has cubes of its own; else two tasks are on the same cubes. With `fitted`
        all are on the same.
    """

    merits: tuple[float, ...]
    tasks: int
    rows: int
    deviation: float = 0.0
    fitted: bool = False
    own_cubes: bool = False


def drawn(board, rng):
    """Return estimates (M, T) and influences of held-out errors that are drawn without fitting.

    No model is trained, so the training noise is 0.
    """
    M, T, n = len(board.merits), board.tasks, board.rows
    estimates, tasks = np.empty((M, T)), []
    true = np.array(board.merits)[:, None] + board.deviation * rng.standard_normal((M, T))
    true = np.clip(true, 0.01, 0.98)
    tasks_per_cubes = 1 if board.own_cubes else 2
    for t in range(T):
        if t % tasks_per_cubes == 0:
            of_rows, of_cells = rng.standard_normal((n, 1)), rng.standard_normal((n, M))
        kept, own = np.sqrt(COMMON_OF_TASKS), np.sqrt(1 - COMMON_OF_TASKS)
        common = kept * of_rows + own * rng.standard_normal((n, 1))
        each = kept * of_cells + own * rng.standard_normal((n, M))
        mixed = np.sqrt(COMMON_OF_METHODS) * common + np.sqrt(1 - COMMON_OF_METHODS) * each
        errors = (np.sqrt(1 - true[:, t]) * mixed) ** 2
        mean = true[:, t].mean()
        label = np.sqrt(mean) * rng.standard_normal((n, 1)) + np.sqrt(1 - mean) * common
        total = np.mean(label**2)
        ratio = errors.mean(axis=0) / total
        estimates[:, t] = 1 - ratio
        values = (ratio * label**2 - errors) / total
        units = t // tasks_per_cubes * n + np.arange(n)
        tasks.append(TaskInfluences(values, units, 1 / T, np.zeros(M), ratio))
    return estimates, tasks


def fitted(board, rng, name):
    """Return the same of embeddings that are fitted, all tasks on the same rows."""
    design = Design(board.rows, 32, r2=0.6)
    noises = tuple(-merit for merit in board.merits)
    sides = draw_views(design, "views", noises, board.tasks, rng)
    folds = folds_of(name, board.rows)
    of_methods = [influences(data, held_out(data, folds)) for data in sides]
    estimates = np.array([[task.estimate for task in method] for method in of_methods])
    tasks = [
        TaskInfluences(
            np.stack([method[t].values for method in of_methods], axis=1),
            np.arange(board.rows),
            1 / board.tasks,
            np.array([method[t].training_noise for method in of_methods]),
            np.array([method[t].error_scale for method in of_methods]),
        )
        for t in range(board.tasks)
    ]
    return estimates, tasks


def ranks(board, repetitions, seed):
    """Return how often ranks are right, on these tasks and on other tasks like these."""
    merits = np.array(board.merits)
    above, equal = merits[:, None] > merits, merits[:, None] == merits
    best_rank, worst_rank = 1 + above.sum(axis=0), len(merits) - above.sum(axis=1)
    counts = {"these": [], "others": []}
    for repetition in range(repetitions):
        rng = np.random.default_rng([*seed, repetition])
        name = f"{seed}-{repetition}"
        estimates, tasks = fitted(board, rng, name) if board.fitted else drawn(board, rng)
        means = estimates.mean(axis=1)
        found = ranks_on_these_tasks(means, pair_tests(means, tasks), rng)
        others = ranks_on_other_tasks(estimates)
        for which, ranking in (("these", found), ("others", others)):
            if ranking.reason:
                continue
            counts[which].append(
                (
                    bool(np.all((ranking.low <= best_rank) & (ranking.high >= worst_rank))),
                    not np.any(ranking.better & equal),
                    not np.any(ranking.better & ~above),
                    bool(ranking.low[0] == ranking.high[0] == 1),
                    float(np.mean(ranking.high - ranking.low + 1)),
                )
            )
    names = ("covered", "equal_not_different", "no_wrong_order", "best_alone")
    result = {}
    for which, rows in counts.items():
        if not rows:
            continue
        columns = np.array(rows, dtype=np.float64).T
        numbers = np.arange(len(rows))
        result[which] = {
            name: share(c, numbers) for name, c in zip(names, columns[:4], strict=True)
        }
        result[which]["length"] = float(columns[4].mean())
    return result

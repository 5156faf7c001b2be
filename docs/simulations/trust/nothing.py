"""Cells of embeddings that know nothing, scored by the protocol itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

GROUPS = 25
GROUP_DEVIATION = 1.0
"""Standard deviation of the log-odds of the groups."""


@dataclass(frozen=True)
class Nothing:
    """Labels that have nothing to do with the embedding.

    Attributes
    ----------
    embedding
        ``constant``, or ``random`` with 16 columns.
    """

    n: int
    prevalence: float
    grouped: bool
    embedding: str


def chance(cell, sets, labels, seed):
    """Return average precision minus the share of positives, and AUC minus one half."""
    rows = []
    for n_set in range(sets):
        rng = np.random.default_rng([*seed, n_set])
        ids = tuple(f"{seed}-{n_set}-{row:05d}" for row in range(cell.n))
        X = rng.standard_normal((cell.n, 16))
        if cell.embedding == "constant":
            X = np.full((cell.n, 1), 2.5)
        member = rng.integers(0, GROUPS, cell.n)
        names = np.array([f"g{group}" for group in member]) if cell.grouped else None
        tasks = []
        while len(tasks) < labels:
            odds = np.full(cell.n, logit(cell.prevalence))
            if cell.grouped:
                odds += GROUP_DEVIATION * rng.standard_normal(GROUPS)[member]
            y = (rng.random(cell.n) < expit(odds)).astype(np.int64)
            if 5 <= y.sum() <= cell.n - 5:
                key = f"t{len(tasks)}"
                tasks.append(
                    ScoringTask(
                        key,
                        key,
                        "binary",
                        ids,
                        y,
                        "average-precision",
                        secondary_metrics=("roc-auc",),
                        groups=names,
                    )
                )
        inputs = ScoringInput(ids, X.astype(np.float32), tuple(tasks), frozenset(ids))
        outcomes = NestedCVProtocol().score(inputs, protocol("nested-cv").values())
        for task, outcome in zip(tasks, outcomes, strict=True):
            rows.append((n_set, outcome.score - task.y.mean(), outcome.extra["roc-auc"] - 0.5))
    sets_of, ap, auc = np.array(rows).T
    result = {"N": len(rows)}
    for name, values in (("average precision", ap), ("AUC", auc)):
        means = np.array([values[sets_of == s].mean() for s in np.unique(sets_of)])
        result[name] = {
            "mean": float(values.mean()),
            "error": float(means.std(ddof=1) / np.sqrt(len(means))),
            "smallest": float(values.min()),
            "largest": float(values.max()),
        }
    return result

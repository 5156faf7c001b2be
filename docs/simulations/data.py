"""Synthetic embeddings and labels with known truth, and their scores under the protocols."""

from __future__ import annotations

import numpy as np

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.neucobench.protocol import NeuCoBenchProtocol
from neucocore.evaluation.protocols import protocol

METRIC = {"regression": "r2", "binary": "average-precision"}

EQUALLY = "all columns equally"
SIGNALS = ((0.0, "all columns"), (1.0, "mainly the large columns"), (1.0, EQUALLY))
"""The exponent by which the columns' standard deviations fall, and where the signal is."""


def linear(n, d, r2=0.7, seed=0):
    """Return standard normal rows (n, d) and labels of which a linear map explains ``r2``."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    weights = rng.standard_normal(d)
    weights *= np.sqrt(r2) / np.linalg.norm(weights)
    return X, X @ weights + rng.normal(0, np.sqrt(1 - r2), n)


def ids_of(n, prefix="cube"):
    return tuple(f"{prefix}-{row:05d}" for row in range(n))


def task(y, key="task", problem="regression", ids=None):
    ids = ids_of(len(y)) if ids is None else ids
    return ScoringTask(key, key, problem, ids, np.asarray(y), METRIC[problem], "")


def inputs(X, *tasks):
    ids = ids_of(len(X))
    matrix = np.ascontiguousarray(X, dtype=np.float32)
    labelled = frozenset(cube for t in tasks for cube in t.ids)
    return ScoringInput(ids, matrix, tasks, labelled)


def by_nested_cv(X, y, problem="regression", **options):
    """Return the outcome under nested-cv@1."""
    values = protocol("nested-cv").with_options(options).values()
    return NestedCVProtocol().score(inputs(X, task(y, problem=problem)), values, jobs=2)[0]


def by_neucobench(X, y, problem="regression", **options):
    """Return the outcome under neucobench-2026@1."""
    values = protocol("neucobench-2026").with_options(options).values()
    return NeuCoBenchProtocol().score(inputs(X, task(y, problem=problem)), values, jobs=2)[0]


def show(title, header, rows):
    """Print a Markdown table."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")

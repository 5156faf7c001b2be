"""Tasks whose labels are equal, under whatever names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from neucocore.evaluation.inputs import ScoringTask


def same_labels(tasks: Sequence[ScoringTask]) -> list[tuple[str, ...]]:
    """Return the keys of each set of tasks with the same ids and label values."""
    keys_of_values: dict[str, list[str]] = {}
    for task in tasks:
        keys_of_values.setdefault(value_digest(task), []).append(task.key)
    return [tuple(keys) for keys in keys_of_values.values() if len(keys) > 1]


def value_digest(task: ScoringTask) -> str:
    """Return the sha256 of ids and label values, sorted by id; names of classes do not count."""
    order = sorted(range(len(task.ids)), key=task.ids.__getitem__)
    digest = hashlib.sha256("\x1f".join(task.ids[row] for row in order).encode())
    digest.update(np.ascontiguousarray(task.y[order], dtype="<f8").tobytes())
    return digest.hexdigest()


def count_note(names: Sequence[str]) -> str:
    """Describe the effect of tasks with the same labels."""
    times = "twice" if len(names) == 2 else f"{len(names)} times"
    return (
        f"the tasks {join_names(names)} have the same labels: one task, counted {times} in every "
        "mean and rank"
    )


def join_names(names: Sequence[str]) -> str:
    """Return names as a phrase: ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))

"""Whether every training part has every class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.batches import JoinedTask


def class_problems(joined: JoinedTask) -> list[str]:
    """Say what forbids a classification task: one class only, or one that a training part lacks.

    Returns
    -------
    list of str
        One sentence with class counts per problem; empty for regression.
    """
    task = joined.task
    if task.problem == "regression":
        return []
    if task.problem != "multilabel":
        names = dict(enumerate(task.classes)) or {int(c): str(c) for c in np.unique(joined.y)}
        return _problems(task.key, joined.y.reshape(-1).astype(np.float64), names, joined.folds)
    outputs = task.outputs or tuple(f"label {k}" for k in range(joined.columns.shape[1]))
    found = []
    for k, name in enumerate(outputs):
        y = joined.columns[:, k].astype(np.float64)
        found += _problems(f"{task.key}, {name}", y, {0: "0", 1: "1"}, joined.folds)
    return found


def _problems(
    what: str,
    y: NDArray[np.float64],
    names: Mapping[int, str],
    partitions: Sequence[NDArray[np.int64]],
) -> list[str]:
    counts = {code: int(np.sum(y == code)) for code in names}
    said = ", ".join(f"{names[code]}: {count}" for code, count in counts.items())
    if sum(count > 0 for count in counts.values()) < 2:
        return [f"{what}: one class only ({said})"]
    lacking = [names[c] for c, n in counts.items() if n and _held_out_whole(y == c, partitions)]
    if lacking:
        return [f"{what}: a training part has no row of class {', '.join(lacking[:3])} ({said})"]
    return []


def _held_out_whole(rows: NDArray[np.bool_], partitions: Sequence[NDArray[np.int64]]) -> bool:
    """Tell whether some split holds out all these rows."""
    return any(len(np.unique(folds[rows])) == 1 for folds in partitions)

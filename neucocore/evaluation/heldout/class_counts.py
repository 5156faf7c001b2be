"""Check that every training part contains every class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.joined_task import JoinedTask


def class_problems(joined: JoinedTask) -> list[str]:
    """Describe why a classification task cannot be split; empty if it can.

    A task needs two classes, and each training part needs rows of every class. Labels of a
    multi-label task that have too few rows for its score are not checked.

    Returns
    -------
    list of str
        One sentence with the class counts per problem; always empty for regression.
    """
    task = joined.task
    if task.problem == "regression":
        return []
    if task.problem != "multilabel":
        names = dict(enumerate(task.classes)) or {int(c): str(c) for c in np.unique(joined.y)}
        return _problems(task.key, joined.y.reshape(-1).astype(np.float64), names, joined.folds)
    return [problem for k in joined.averaged for problem in label_problems(joined, int(k))]


def label_problems(joined: JoinedTask, column: int) -> list[str]:
    """Describe why a probe cannot be trained for one label of a multi-label task."""
    task = joined.task
    label = task.outputs[column] if task.outputs else f"label {column}"
    y = joined.label_matrix[:, column].astype(np.float64)
    return _problems(f"{task.key}, {label}", y, {0: "0", 1: "1"}, joined.folds)


def _problems(
    labels: str,
    y: NDArray[np.float64],
    class_names: Mapping[int, str],
    partitions: Sequence[NDArray[np.int64]],
) -> list[str]:
    count_of_code = {code: int(np.sum(y == code)) for code in class_names}
    counts = ", ".join(f"{class_names[code]}: {count}" for code, count in count_of_code.items())
    if sum(count > 0 for count in count_of_code.values()) < 2:
        return [f"{labels}: only one class ({counts})"]
    missing = [
        class_names[code]
        for code, count in count_of_code.items()
        if count and _held_out_together(y == code, partitions)
    ]
    if missing:
        return [
            f"{labels}: a training part has no row of class {', '.join(missing[:3])} ({counts})"
        ]
    return []


def _held_out_together(rows: NDArray[np.bool_], partitions: Sequence[NDArray[np.int64]]) -> bool:
    """Return whether any split holds out all of these rows at once."""
    return any(len(np.unique(folds[rows])) == 1 and folds[rows][0] >= 0 for folds in partitions)

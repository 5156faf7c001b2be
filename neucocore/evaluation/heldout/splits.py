"""Which rows are held out together, determined by hashes of the data alone.

Every row is held out exactly once per repeat. Rows are assigned to folds in the order of a hash of
(protocol, repeat, id). The assignment therefore does not depend on the row order of a file, on
other tasks, on seeds or on the number of workers, and tasks on the same samples have the same
folds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.inputs import ScoringTask


def hash_keys(texts: Sequence[str], *, protocol: str, repeat: int) -> NDArray[np.uint64]:
    """Return a 64-bit key per text: the first bytes of the sha256 of protocol, repeat and text."""
    prefix = hashlib.sha256(f"{protocol}\n{repeat}\n".encode())
    keys = np.empty(len(texts), dtype=np.uint64)
    for row, text in enumerate(texts):
        digest = prefix.copy()
        digest.update(text.encode())
        keys[row] = int.from_bytes(digest.digest()[:8], "big")
    return keys


def assign_folds(
    ids: Sequence[str],
    *,
    folds: int,
    repeat: int = 0,
    protocol: str,
    strata: NDArray[np.int64] | None = None,
    groups: Sequence[str] | None = None,
) -> NDArray[np.int64]:
    """Return the fold in which each row is held out, shape (n,), values below ``folds``.

    Parameters
    ----------
    ids
        Unique row ids, in any order.
    folds
        Number of folds. With fewer rows (or groups), there is one fold per row (or group).
    repeat
        Number of the repeat; each repeat has a different partition.
    protocol
        ``name@version`` of the protocol. Options do not change the splits, so that probes can be
        compared on equal splits.
    strata
        (n,) class of each row; each class is distributed evenly over the folds. Not used with
        ``groups``.
    groups
        Group of each row; all rows of a group are in the same fold. In hash order, each group goes
        to the fold that has the fewest rows so far.

    Notes
    -----
    Without groups, the sizes of folds differ by at most one row, and a class with two or more rows
    occurs in every training part.
    """
    if groups is not None:
        return _grouped_folds(groups, folds, repeat, protocol)
    names = np.asarray(ids, dtype=str)
    keys = hash_keys(ids, protocol=protocol, repeat=repeat)
    classes = np.zeros(len(names), dtype=np.int64) if strata is None else strata
    order = np.lexsort((names, keys, classes))  # names only break ties between equal hashes
    fold_of_row = np.empty(len(names), dtype=np.int64)
    fold_of_row[order] = np.arange(len(names)) % min(folds, len(names))
    return fold_of_row


def _grouped_folds(
    groups: Sequence[str], folds: int, repeat: int, protocol: str
) -> NDArray[np.int64]:
    names, group_of_row, sizes = np.unique(
        np.asarray(groups, dtype=str), return_inverse=True, return_counts=True
    )
    keys = hash_keys(names.tolist(), protocol=protocol, repeat=repeat)
    rows_in_fold = np.zeros(min(folds, len(names)), dtype=np.int64)
    fold_of_group = np.empty(len(names), dtype=np.int64)
    for group in np.lexsort((names, keys)):
        fold_of_group[group] = int(np.argmin(rows_in_fold))
        rows_in_fold[fold_of_group[group]] += sizes[group]
    fold_of_row: NDArray[np.int64] = fold_of_group[group_of_row]
    return fold_of_row


def strata_of(task: ScoringTask) -> NDArray[np.int64] | None:
    """Return the class by which the rows of a task are stratified, (n,); None for regression.

    A row of a multi-label task belongs to the stratum of its rarest positive label, since frequent
    labels are distributed evenly anyway.
    """
    if task.problem == "regression":
        return None
    y = np.asarray(task.y)
    if task.problem != "multilabel":
        return y.astype(np.int64)
    positive = np.nan_to_num(y) > 0
    rarest_first = np.argsort(positive.sum(axis=0), kind="stable")
    positive = positive[:, rarest_first]
    rarest = np.where(positive.any(axis=1), positive.argmax(axis=1), positive.shape[1])
    return np.asarray(rarest, dtype=np.int64)

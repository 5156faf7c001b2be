"""Which rows are held out together: decided by hashes, so by nothing but the data.

Every row is held out exactly once per repeat. The order in which rows are dealt to the folds is
that of a hash of (protocol, repeat, id): the order of rows in a file, other tasks, seeds and
workers have no part in it, and tasks on the same cubes get the same folds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.inputs import ScoringTask


def hash_keys(texts: Sequence[str], *, protocol: str, repeat: int) -> NDArray[np.uint64]:
    """Return one 64-bit number per text: the first bytes of sha256 of protocol, repeat, text."""
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
        Row names, each once, in any order.
    folds
        Number of folds; with fewer rows (or groups) than that, one fold a row (or group).
    repeat
        Number of the repeat; each has a partition of its own.
    protocol
        ``name@version`` of the protocol; options have no part, so that probes compare on equal
        splits.
    strata
        (n,) class of each row: each class is dealt evenly. Ignored with ``groups``.
    groups
        Group of each row: a group is held out whole. Groups are dealt in hash order, each to the
        fold with the fewest rows so far.

    Notes
    -----
    Folds without groups differ in size by one row at most, and a class of two rows or more is
    never missing from a training part.
    """
    if groups is not None:
        return _grouped_folds(groups, folds, repeat, protocol)
    names = np.asarray(ids, dtype=str)
    keys = hash_keys(ids, protocol=protocol, repeat=repeat)
    classes = np.zeros(len(names), dtype=np.int64) if strata is None else strata
    order = np.lexsort((names, keys, classes))  # names only break ties between equal hashes
    assigned = np.empty(len(names), dtype=np.int64)
    assigned[order] = np.arange(len(names)) % min(folds, len(names))
    return assigned


def _grouped_folds(
    groups: Sequence[str], folds: int, repeat: int, protocol: str
) -> NDArray[np.int64]:
    names, member, sizes = np.unique(
        np.asarray(groups, dtype=str), return_inverse=True, return_counts=True
    )
    keys = hash_keys(names.tolist(), protocol=protocol, repeat=repeat)
    filled = np.zeros(min(folds, len(names)), dtype=np.int64)
    fold_of_group = np.empty(len(names), dtype=np.int64)
    for group in np.lexsort((names, keys)):
        fold_of_group[group] = int(np.argmin(filled))
        filled[fold_of_group[group]] += sizes[group]
    assigned: NDArray[np.int64] = fold_of_group[member]
    return assigned


def strata_of(task: ScoringTask) -> NDArray[np.int64] | None:
    """Return the class by which a task's rows are dealt, (n,), or None for regression.

    Rows of a multi-label task go by the rarest label they carry, since common labels look after
    themselves.
    """
    if task.problem == "regression":
        return None
    y = np.asarray(task.y)
    if task.problem != "multilabel":
        return y.astype(np.int64)
    carried = np.nan_to_num(y) > 0
    rarest_first = np.argsort(carried.sum(axis=0), kind="stable")
    ranked = carried[:, rarest_first]
    rarest = np.where(ranked.any(axis=1), ranked.argmax(axis=1), ranked.shape[1])
    return np.asarray(rarest, dtype=np.int64)

"""Which training rows of a split are used when only some are, for label-efficiency curves.

The rows of a training part are put in the order of a hash of (protocol, repeat, fold, id), and the
first ones are used. So smaller draws are parts of larger ones, every fold has a draw of its own,
and all embeddings are trained on the same rows. Of tasks with classes, each class is in this order,
and the classes take turns, so that a rare class is not missing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.splits import hash_keys, strata_of


def drawn(
    joined: JoinedTask, positions: NDArray[np.int64], size: int, *, protocol: str, split: str
) -> NDArray[np.bool_]:
    """Return which of the training rows of a split are used.

    Parameters
    ----------
    positions
        (m,) rows of the joined task in the training part.
    size
        Number of rows to use; all if there are not more.
    protocol
        ``name@version`` of the protocol.
    split
        Repeat and fold, such as ``0/3``.

    Returns
    -------
    (m,) bool
    """
    used = np.ones(len(positions), dtype=bool)
    if size >= len(positions):
        return used
    names = [joined.ids[row] for row in positions]
    keys = hash_keys(names, protocol=f"{protocol}\ndraw\n{split}", repeat=0)
    order = np.lexsort((np.asarray(names), keys))
    strata = strata_of(joined.task)
    if strata is not None:
        classes = strata[joined.order][positions][order]
        turn = np.empty(len(order), dtype=np.int64)  # how many rows of its class come before a row
        for value in np.unique(classes):
            of_class = np.flatnonzero(classes == value)
            turn[of_class] = np.arange(len(of_class))
        order = order[_proportional(classes, turn)]
    used[order[size:]] = False
    return used


def _proportional(classes: NDArray[np.int64], turn: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return an order in which every beginning has each class in proportion, at least twice early.

    The j-th row of a class of c rows comes at the position (j + 1/2) / c of the order; the first
    two rows of each class come before all others.
    """
    counts = {value: int(np.sum(classes == value)) for value in np.unique(classes)}
    place = (turn + 0.5) / np.array([counts[value] for value in classes])
    place[turn < 2] -= 1
    return np.lexsort((classes, place)).astype(np.intp)

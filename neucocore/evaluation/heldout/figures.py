"""Figures of held-out predictions with their 95 % intervals, as plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.statistics.influence import Influence, Undefined
from neucocore.statistics.intervals import interval

Weights = NDArray[np.float64]
Values = Influence | Undefined


def figures_of(
    influence: TaskInfluence,
    figures: Mapping[str, Sequence[Values]],
    column: int | None,
    rows: NDArray[np.int64],
) -> dict[str, Any]:
    """Return the mean of each figure over repeats, and ``intervals`` by its name.

    Parameters
    ----------
    figures
        The influence values of each figure, one item per repeat.
    column
        Index of the label column; None for classes.
    rows
        (m,) row of each influence value.

    Returns
    -------
    dict
        A figure is None if it is undefined in every repeat, an interval if there is none.
    """
    values: dict[str, Any] = {}
    intervals: dict[str, list[float] | None] = {}
    for name, repeats in figures.items():
        defined = [repeat.estimate for repeat in repeats if isinstance(repeat, Influence)]
        values[name] = float(np.mean(defined)) if defined else None
        sure = interval(influence.with_training(repeats, column, rows))
        intervals[name] = (
            None if sure.low is None or sure.high is None else [float(sure.low), float(sure.high)]
        )
    return {**values, "intervals": intervals}

"""The side of blocks where ``--split blocks`` names none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.data.coordinates import Places
from neucocore.errors import DataError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.places.blocks import LADDER, MIN_BLOCKS, block_names, require_places
from neucocore.evaluation.places.residuals import residual_range, side_for
from neucocore.messages import Note
from neucocore.statistics.sphere import unit_vectors

OPTIONS = {"folds": 10, "repeats": 1}


def choose_side(
    tasks: Sequence[ScoringTask],
    ids: tuple[str, ...],
    matrix: NDArray[np.float32],
    places: Places | None,
    *,
    jobs: int = 1,
) -> tuple[float, str]:
    """Choose the side from the held-out residuals of a random split, under nested-cv.

    It is the smallest side of the ladder that covers the range of the residuals of every task,
    among those with enough blocks.

    Parameters
    ----------
    tasks
        The tasks, restricted to rows with embeddings.
    ids, matrix
        The embeddings.

    Returns
    -------
    float
        Side in kilometres.
    str
        How it was chosen.

    Raises
    ------
    DataError
        There are no places, or too few rows for a range or for blocks of any side.
    """
    usable = require_places(places)
    located = [sample for task in tasks for sample in task.ids if sample in usable.of_id]
    sides = [
        km for km in LADDER if len(set(block_names(usable, [*set(located)], km))) >= MIN_BLOCKS
    ]
    outcomes = NestedCVProtocol().score(
        ScoringInput(ids, matrix, tuple(tasks), frozenset(located)), OPTIONS, jobs=jobs
    )
    ranges = [
        km
        for outcome in outcomes
        if all(name in usable.of_id for name in outcome.task.ids)
        and (km := residual_range(outcome, unit_vectors(*usable.of(sorted(outcome.task.ids)))))
        is not None
    ]
    if not sides or not ranges:
        raise DataError(
            "--split blocks: the side of the blocks cannot be estimated from these rows",
            hint="name it: --split blocks:10",
        )
    wanted = side_for(max(ranges))
    km = max((side for side in sides if side <= wanted), default=sides[0])
    text = (
        f"blocks of {km:g} km: held-out residuals of a random split are correlated up to about "
        f"{max(ranges):.3g} km"
    )
    if km < wanted:
        text += f"; blocks of {wanted:g} km would be fewer than {MIN_BLOCKS}"
    return km, Note(text)

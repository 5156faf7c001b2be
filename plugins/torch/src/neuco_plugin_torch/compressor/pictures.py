"""Cubes as small pictures, the input of the compressor."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from neucocore.plugin import CHALLENGE_STATISTICS, Cube, stacked

_FARTHEST = 8.0
"""Standard deviations: what glares more (snow, sun glint, broken pixels) is cut off there."""


def picture_of(cube: Cube, side: int) -> NDArray[np.float32]:
    """Return all bands of all seasons, standardised, as averages over ``side`` x ``side`` cells.

    Returns
    -------
    ndarray
        Shape (season * channel, side, side), float32.

    Raises
    ------
    DataError, ShapeError
        The cube lacks modalities or bands, or they differ in shape.
    """
    channels = torch.from_numpy(stacked(cube, CHALLENGE_STATISTICS)).clamp_(-_FARTHEST, _FARTHEST)
    cells = functional.interpolate(channels, (side, side), mode="area")
    picture: NDArray[np.float32] = cells.flatten(0, 1).numpy()
    return picture

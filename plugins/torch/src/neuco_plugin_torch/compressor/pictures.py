"""Cubes as small pictures, the input of the compressor."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import Cube, stacked


def picture_of(cube: Cube, side: int) -> NDArray[np.float32]:
    """Return all bands of all seasons, standardised, averaged over ``side`` x ``side`` cells.

    Means go through asinh, which leaves small ones and softens large ones: clouds, snow and glint
    would otherwise take most of the bits.

    Returns
    -------
    ndarray
        Shape (season * channel, side, side), float32.

    Raises
    ------
    DataError, ShapeError
        The cube lacks modalities or bands, or they differ in shape.
    """
    channels = torch.from_numpy(stacked(cube, DOWNSTREAM_STATISTICS))
    cells = functional.interpolate(channels, (side, side), mode="area")
    picture: NDArray[np.float32] = cells.asinh_().flatten(0, 1).numpy()
    return picture

"""Small images of cubes, the input of the compressor."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import Cube, stacked


def image_of(cube: Cube, side: int) -> NDArray[np.float32]:
    """Return all bands of all seasons, standardised and averaged over ``side`` x ``side`` cells.

    The means are transformed by asinh, which keeps small values and compresses large ones; without
    it, clouds, snow and glint would take most of the bits.

    Returns
    -------
    ndarray
        Shape (season * channel, side, side), float32.

    Raises
    ------
    DataError, ShapeError
        Modalities or bands are missing, or differ in shape.
    """
    channels = torch.from_numpy(stacked(cube, DOWNSTREAM_STATISTICS))
    cells = functional.interpolate(channels, (side, side), mode="area")
    image: NDArray[np.float32] = cells.asinh_().flatten(0, 1).numpy()
    return image

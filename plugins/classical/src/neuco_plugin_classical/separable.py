"""Small pictures of each band: averages over a grid of cells, or low spatial frequencies.

Both are a matrix along y and a matrix along x, so that any size of cube will do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ChannelEncoder, at_least_one


def thumbnails(side: int = 3) -> ChannelEncoder:
    """Return an encoder of each band's averages over ``side`` x ``side`` equal cells."""
    at_least_one("side", side)

    def describe(channels: NDArray[np.float32]) -> NDArray[np.float64]:
        return _project(channels, *(cells(side, length) for length in channels.shape[2:]))

    return ChannelEncoder(describe)


def cosines(side: int = 3) -> ChannelEncoder:
    """Return an encoder of each band's ``side`` x ``side`` lowest cosine frequencies."""
    at_least_one("side", side)

    def describe(channels: NDArray[np.float32]) -> NDArray[np.float64]:
        return _project(channels, *(waves(side, length) for length in channels.shape[2:]))

    return ChannelEncoder(describe)


def cells(count: int, length: int) -> NDArray[np.float64]:
    """Return the matrix that averages ``length`` pixels over ``count`` equal cells.

    A pixel on the border of two cells counts to each by its share. Shape (count, length).
    """
    edges = np.linspace(0, length, count + 1)
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return overlap.clip(0) * count / length


def waves(count: int, length: int) -> NDArray[np.float64]:
    """Return the ``count`` lowest rows of the cosine transform (DCT-II), (count, length).

    The scale is that of a mean: row 0 averages, and the others have the same norm.
    """
    places = (np.arange(length) + 0.5) / length
    rows = np.cos(np.pi * np.arange(count)[:, None] * places)
    rows[1:] *= np.sqrt(2)
    return rows / length


def _project(
    channels: NDArray[np.float32], down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.float64]:
    projected: NDArray[np.float64] = down @ channels @ across.T
    return projected

"""Low-resolution descriptions of each band: means in a grid of cells, or low spatial frequencies.

Both are products with one matrix along y and one along x, so that cubes may have any size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ClassicalEncoder, check_positive, per_band
from neuco_plugin_ssl4eo_s12.scaling import Dates


def thumbnails(
    side: int = 3, modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> ClassicalEncoder:
    """Return an encoder: the mean of each band in ``side`` x ``side`` equal cells."""
    check_positive("side", side)

    def describe(bands: NDArray[np.float32]) -> NDArray[np.float64]:
        return _project(bands, *(cells(side, length) for length in bands.shape[2:]))

    return per_band(describe, modalities, dates)


def cosines(
    side: int = 3, modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> ClassicalEncoder:
    """Return an encoder: the ``side`` x ``side`` lowest cosine frequencies of each band."""
    check_positive("side", side)

    def describe(bands: NDArray[np.float32]) -> NDArray[np.float64]:
        return _project(bands, *(waves(side, length) for length in bands.shape[2:]))

    return per_band(describe, modalities, dates)


def cells(count: int, length: int) -> NDArray[np.float64]:
    """Return the matrix that averages ``length`` pixels over ``count`` equal cells.

    A pixel on the border of two cells counts for each in proportion. Shape (count, length).
    """
    edges = np.linspace(0, length, count + 1)
    starts = np.arange(length)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return overlap.clip(0) * count / length


def waves(count: int, length: int) -> NDArray[np.float64]:
    """Return the first ``count`` rows of the discrete cosine transform (DCT-II), (count, length).

    Row 0 is the mean; the other rows have the same norm.
    """
    positions = (np.arange(length) + 0.5) / length
    rows = np.cos(np.pi * np.arange(count)[:, None] * positions)
    rows[1:] *= np.sqrt(2)
    return rows / length


def _project(
    bands: NDArray[np.float32], along_y: NDArray[np.float64], along_x: NDArray[np.float64]
) -> NDArray[np.float64]:
    projected: NDArray[np.float64] = along_y @ bands @ along_x.T
    return projected

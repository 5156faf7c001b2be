"""The convolution kernels: normal noise, or whitened patches of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_temporal_mosaiks.stream import TorchStream

_MIN_NORM = 1e-8
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class PatchPositions:
    """Positions of the patches of the empirical mode, one per kernel.

    Attributes
    ----------
    image, row, column
        Index of the image and upper left corner of the patch; shape (kernels,), int64.
    """

    image: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]


def gaussian_kernels(
    seed: int, count: int, channels: int, size: int
) -> tuple[NDArray[np.float32], TorchStream]:
    """Return normal kernels, (count, channels, size, size), and the generator that drew them."""
    stream = TorchStream(seed)
    normals = stream.normals(count * channels * size * size)
    return normals.reshape(count, channels, size, size), stream


def patch_positions(
    stream: TorchStream, count: int, images: int, height: int, width: int, size: int
) -> PatchPositions:
    """Draw the positions of patches of ``size`` pixels in images of ``height`` x ``width``.

    The gaussian kernels must have been drawn from the stream before. As in the reference, the last
    possible row and column are never drawn.
    """
    image = stream.integers(images, count)
    row = stream.integers(height - size, count)
    return PatchPositions(image, row, stream.integers(width - size, count))


def empirical_kernels(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Whiten patches, (count, channels, size, size), into kernels of the same shape.

    Each patch is centred and scaled to unit norm; all patches are then multiplied by the inverse of
    their second-moment matrix, with 0.001 added to its diagonal (Coates and Ng 2012).
    """
    flat = patches.reshape(len(patches), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.where(norm < _MIN_NORM, 1.0, norm)
    covariance = flat.T @ flat / len(flat)
    covariance[np.diag_indices_from(covariance)] += _RIDGE
    whitened = np.linalg.solve(covariance, flat.T).T
    # In C order, because BLAS rounds differently for other memory layouts.
    return whitened.astype(np.float32, order="C").reshape(patches.shape)

"""The convolution kernels: normal noise, or whitened patches of images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_temporal_mosaiks.stream import TorchStream

_SMALLEST_NORM = 1e-8
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class PatchPlaces:
    """Where the patches of the empirical mode are cut, one entry per kernel.

    Attributes
    ----------
    image, row, column
        Index of the image, and the patch's upper left corner in it; shape (kernels,), int64.
    """

    image: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]


def gaussian_kernels(
    seed: int, count: int, channels: int, size: int
) -> tuple[NDArray[np.float32], TorchStream]:
    """Return normal kernels, (count, channels, size, size), and the stream behind them."""
    stream = TorchStream(seed)
    normals = stream.normals(count * channels * size * size)
    return normals.reshape(count, channels, size, size), stream


def patch_places(
    stream: TorchStream, count: int, images: int, height: int, width: int, size: int
) -> PatchPlaces:
    """Draw where patches of ``size`` pixels are cut from images of ``height`` x ``width``.

    The stream must have given the gaussian kernels before. The last row and column an offset
    could have are never drawn, as in the reference.
    """
    image = stream.integers(images, count)
    row = stream.integers(height - size, count)
    return PatchPlaces(image, row, stream.integers(width - size, count))


def empirical_kernels(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Whiten patches, (count, channels, size, size), into kernels of the same shape.

    Each patch is centred and scaled to length one; all are then multiplied by the inverse of
    their covariance about zero, with 0.001 added to its diagonal (Coates and Ng 2012).
    """
    flat = patches.reshape(len(patches), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.where(norm < _SMALLEST_NORM, 1.0, norm)
    covariance = flat.T @ flat / len(flat)
    covariance[np.diag_indices_from(covariance)] += _RIDGE
    whitened = np.linalg.solve(covariance, flat.T).T
    # In C order: BLAS answers other memory layouts with other last digits.
    return whitened.astype(np.float32, order="C").reshape(patches.shape)

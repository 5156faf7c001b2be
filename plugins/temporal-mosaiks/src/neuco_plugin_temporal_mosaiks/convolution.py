"""Mean rectified convolutions of one image, at the speed of one matrix product.

The features of a kernel w are the means of max(z, 0) and of max(-z, 0) over all positions, with
z = conv(image, w) + bias. Since max(z, 0) - max(-z, 0) = z, the second feature follows from the
first and from the mean of z, which is linear in the mean patch: one matrix product and one
rectification instead of two. The positions are processed in blocks, so that a block of the product
is rectified and summed while it is in the cache, and the complete product is never in memory.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_POSITIONS = 1100
"""Maximum number of positions in a block: large for BLAS, but small for the last-level cache.

With 2048 kernels a block has 9 MB; measured by benchmarks/encoding.py."""


def mean_features(
    image: NDArray[np.float32], kernels: NDArray[np.float32], bias: float, stride: int = 1
) -> NDArray[np.float32]:
    """Return the 2 K features of one image.

    Parameters
    ----------
    image
        Shape (channel, y, x), float32.
    kernels
        Shape (K, channel, k, k), float32.
    bias
        Added to every convolution.
    stride
        Evaluate every n-th row and column. 1 is exact; larger values are approximations, n**2
        times faster.

    Returns
    -------
    ndarray
        Shape (2 K,), float32: mean(max(z, 0)) of all kernels, then mean(max(-z, 0)).
    """
    count, channels, size, _ = kernels.shape
    # A view of shape (channel, k, k, row, column); blocks of its rows are copied.
    windows = sliding_window_view(image, (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride].transpose(0, 3, 4, 1, 2)
    height, width = windows.shape[3:]
    weights = np.ascontiguousarray(kernels.reshape(count, -1))
    rows = max(1, _POSITIONS // width)
    patches = np.empty((channels, size, size, rows, width), np.float32)
    product = np.empty((count, rows * width), np.float32)
    total = np.zeros(count)
    patch_sum = np.zeros(weights.shape[1])
    for top in range(0, height, rows):
        block_rows = min(rows, height - top)
        if block_rows < rows:
            patches = np.empty((channels, size, size, block_rows, width), np.float32)
            product = np.empty((count, block_rows * width), np.float32)
        patches[...] = windows[..., top : top + block_rows, :]
        columns = patches.reshape(weights.shape[1], -1)
        np.matmul(weights, columns, out=product)
        _add_rectified(product, np.float32(bias), total)
        patch_sum += columns.sum(axis=1)
    positive = total / (height * width)
    mean = weights @ (patch_sum / (height * width)) + bias
    return np.concatenate([positive, positive - mean]).astype(np.float32)


# Only the order of the sum is relaxed, so that vector registers can be used; NaN is preserved.
@numba.njit(nogil=True, fastmath={"reassoc", "nsz"})
def _add_rectified(
    product: NDArray[np.float32], bias: np.float32, total: NDArray[np.float64]
) -> None:
    """Add the sum of max(product + bias, 0) over each row to ``total``."""
    for kernel in range(product.shape[0]):
        part = np.float32(0)
        for position in range(product.shape[1]):
            part += max(product[kernel, position] + bias, np.float32(0))
        total[kernel] += part

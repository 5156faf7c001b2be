"""Random numbers that depend on a text only: on no state, order or library version."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def standard_normals(key: str, count: int) -> NDArray[np.float32]:
    """Return standard normal numbers that are determined by ``key``.

    The SHAKE-256 stream of the key gives one uniform number per 32 bits; two uniform numbers give
    a pair of normal ones (Box and Muller 1958).

    Parameters
    ----------
    key
        What the numbers depend on, such as ``"random/42/<cube id>"``.
    count
        How many numbers to return.

    Returns
    -------
    ndarray
        Shape (count,), float32.
    """
    pairs = (count + 1) // 2
    digest = hashlib.shake_256(key.encode()).digest(8 * pairs)
    # Adding a half keeps every uniform number inside (0, 1), so that the logarithm is finite.
    uniform = (np.frombuffer(digest, "<u4").reshape(2, pairs) + 0.5) * 2.0**-32
    radius, angle = np.sqrt(-2 * np.log(uniform[0])), 2 * np.pi * uniform[1]
    normals = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return normals[:count].astype(np.float32)

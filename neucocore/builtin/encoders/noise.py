"""Random numbers that follow from a text alone: no state, no order, no library version."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def standard_normals(key: str, count: int) -> NDArray[np.float32]:
    """Return normal draws determined by ``key``.

    The bits are the SHAKE-256 stream of the key, 32 to a uniform, two uniforms to a pair of
    normals (Box and Muller 1958).

    Parameters
    ----------
    key
        What the draws depend on, such as ``"random/42/<cube id>"``.
    count
        How many to return.

    Returns
    -------
    ndarray
        Shape (count,), float32.
    """
    pairs = (count + 1) // 2
    digest = hashlib.shake_256(key.encode()).digest(8 * pairs)
    # The half keeps every uniform inside (0, 1), so that the logarithm is finite.
    uniform = (np.frombuffer(digest, "<u4").reshape(2, pairs) + 0.5) * 2.0**-32
    radius, angle = np.sqrt(-2 * np.log(uniform[0])), 2 * np.pi * uniform[1]
    normals = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return normals[:count].astype(np.float32)

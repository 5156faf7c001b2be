"""The random numbers of torch's CPU generator, without torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 16
MIN_NORMALS = _BLOCK
"""Fewer normal numbers cannot be drawn at once."""


class TorchStream:
    """Draws of torch's CPU generator: MT19937, one 32-bit output per draw.

    Parameters
    ----------
    seed
        From 0 to 2**32 - 1; initialises the state as ``init_genrand`` of the reference code does.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.MT19937()
        np.random.RandomState(self._bits).seed(seed)  # init_genrand, on the same bit generator

    def uniforms(self, count: int) -> NDArray[np.float32]:
        """Return uniform numbers in [0, 1), shape (count,): the low 24 bits of each output."""
        low = self._bits.random_raw(count) & 0xFFFFFF
        return low.astype(np.float32) * np.float32(2**-24)

    def normals(self, count: int) -> NDArray[np.float32]:
        """Return standard normal numbers, shape (count,), in torch's order for 16 values or more.

        Raises
        ------
        ValueError
            For fewer than 16 values, which torch draws in a different way.
        """
        if count < _BLOCK:
            raise ValueError(f"at least {_BLOCK} normal numbers must be drawn, not {count}")
        uniforms = self.uniforms(count)
        in_blocks = count // _BLOCK * _BLOCK
        normals = np.empty(count, np.float32)
        normals[:in_blocks] = _box_muller(uniforms[:in_blocks])
        if in_blocks < count:  # torch draws the last 16 values again, from new uniform numbers
            normals[-_BLOCK:] = _box_muller(self.uniforms(_BLOCK))
        return normals

    def integers(self, below: int, count: int) -> NDArray[np.int64]:
        """Return integers from 0 to ``below`` - 1, shape (count,)."""
        return (self._bits.random_raw(count) % below).astype(np.int64)


def _box_muller(uniforms: NDArray[np.float32]) -> NDArray[np.float32]:
    half = _BLOCK // 2
    blocks = uniforms.reshape(-1, _BLOCK)
    radius = np.sqrt(-2 * np.log(1 - blocks[:, :half]))
    angle = np.float32(2 * np.pi) * blocks[:, half:]
    return np.hstack([radius * np.cos(angle), radius * np.sin(angle)]).ravel()

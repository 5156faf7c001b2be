"""Probabilities of the quantised latents: the rate in training, and the tables of the coder."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from neuco_plugin_torch.compressor.rans import PRECISION

_MIN_PROBABILITY = 1e-9
"""Smallest probability in training: an outlier costs 30 bits, not infinitely many."""
_MAX_SYMBOLS = 4096
"""Maximum number of symbols of a table; wider ranges are cut at both ends."""


class LogisticPrior(nn.Module):
    """Independent logistic distributions of the latents, one per channel.

    Parameters
    ----------
    channels
        Number of channels of the latents.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.zeros(channels))

    def bits(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the bits of the interval of length 1 around each latent, (n, channel, y, x)."""
        distance = (latents - self.centre[:, None, None]).abs()
        scale = self.log_scale.exp()[:, None, None]
        # Mirrored to the left of the centre, where small probabilities are subtracted accurately.
        upper = functional.sigmoid((0.5 - distance) / scale)
        lower = functional.sigmoid((-0.5 - distance) / scale)
        return -torch.log2((upper - lower).clamp_min(_MIN_PROBABILITY))


def symbol_range(latents: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lowest and highest integer that each channel is coded with, both (channel,).

    The range is that of the rounded latents, (n, channel, y, x), extended by 1 on both sides.
    """
    low = np.rint(latents.min(axis=(0, 2, 3))).astype(np.int64) - 1
    high = np.rint(latents.max(axis=(0, 2, 3))).astype(np.int64) + 1
    surplus = np.maximum(high - low + 1 - _MAX_SYMBOLS, 0)
    return low + surplus // 2, high - (surplus - surplus // 2)


def frequency_tables(
    centre: NDArray[np.floating],
    scale: NDArray[np.floating],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> NDArray[np.uint32]:
    """Return cumulative frequencies of the integers ``low`` to ``high`` of each channel.

    Returns
    -------
    ndarray
        Shape (channel, maximum number of symbols + 1), uint32, from 0 to 2**16; every symbol has
        at least frequency 1. Numbers outside the range count as its ends.
    """
    total = 1 << PRECISION
    tables = np.full((len(low), int((high - low).max()) + 2), total, np.uint32)
    for table, middle, width, first, last in zip(tables, centre, scale, low, high, strict=True):
        edges = (np.arange(first, last) + 0.5 - float(middle)) / float(width)
        below = np.concatenate([[0.0], 0.5 + 0.5 * np.tanh(edges / 2), [1.0]])
        count = len(below) - 1
        # Every symbol has frequency 1; the rest is distributed in proportion to the probabilities.
        # Rounding the cumulative sum keeps it increasing and its end at the total.
        table[: count + 1] = np.arange(count + 1) + np.rint(below * (total - count))
    return tables

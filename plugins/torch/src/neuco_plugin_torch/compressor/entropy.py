"""How likely each quantised number is: what training weighs, and the tables of the coder."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from neuco_plugin_torch.compressor.rans import PRECISION

_SMALLEST = 1e-9
"""Of a probability in training: a number far out costs 30 bits, not infinitely many."""
_MOST_SYMBOLS = 4096
"""Of a table; wider ranges are cut at both ends."""


class LogisticPrior(nn.Module):
    """Each channel's numbers follow a logistic distribution, whatever stands beside them.

    Parameters
    ----------
    channels
        Of the latents.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.zeros(channels))
        self.log_scale = nn.Parameter(torch.zeros(channels))

    def bits(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the bits of each number's interval of length 1; latents (n, channel, y, x)."""
        distance = (latents - self.centre[:, None, None]).abs()
        scale = self.log_scale.exp()[:, None, None]
        # Mirrored to the left of the centre, where the difference of two small numbers is exact.
        upper = functional.sigmoid((0.5 - distance) / scale)
        lower = functional.sigmoid((-0.5 - distance) / scale)
        return -torch.log2((upper - lower).clamp_min(_SMALLEST))


def symbol_range(latents: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lowest and highest whole number a channel is coded with, both (channel,).

    One further on each side than the latents seen, (n, channel, y, x), rounded, have.
    """
    low = np.rint(latents.min(axis=(0, 2, 3))).astype(np.int64) - 1
    high = np.rint(latents.max(axis=(0, 2, 3))).astype(np.int64) + 1
    surplus = np.maximum(high - low + 1 - _MOST_SYMBOLS, 0)
    return low + surplus // 2, high - (surplus - surplus // 2)


def frequency_tables(
    centre: NDArray[np.floating],
    scale: NDArray[np.floating],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
) -> NDArray[np.uint32]:
    """Return cumulative frequencies of the whole numbers ``low`` to ``high`` of each channel.

    Returns
    -------
    ndarray
        Shape (channel, most symbols + 1), uint32, from 0 to 2**16; every symbol has at least 1.
        Numbers beyond the range count to its ends.
    """
    total = 1 << PRECISION
    tables = np.full((len(low), int((high - low).max()) + 2), total, np.uint32)
    for table, middle, width, first, last in zip(tables, centre, scale, low, high, strict=True):
        edges = (np.arange(first, last) + 0.5 - float(middle)) / float(width)
        below = np.concatenate([[0.0], 0.5 + 0.5 * np.tanh(edges / 2), [1.0]])
        count = len(below) - 1
        # Every symbol has 1; what is left is shared out in proportion, and rounds to whole numbers
        # by the cumulative sum, which grows and ends at the total.
        table[: count + 1] = np.arange(count + 1) + np.rint(below * (total - count))
    return tables

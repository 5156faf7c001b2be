"""How much detail a band has at each scale, whatever it shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ChannelEncoder, at_least_one
from neucocore.plugin import ShapeError

_FLOOR = 1e-6
"""Added to an energy before its logarithm: far below sensor noise in standardised bands."""


def wavelet_energies(levels: int = 3) -> ChannelEncoder:
    """Return an encoder of each band's Haar energies: three orientations at each level."""
    at_least_one("levels", levels)

    def describe(channels: NDArray[np.float32]) -> NDArray[np.float64]:
        return energies(channels, levels)

    return ChannelEncoder(describe)


def energies(channels: NDArray[np.float32], levels: int) -> NDArray[np.float64]:
    """Return log mean squares of the Haar details.

    Parameters
    ----------
    channels
        Shape (season, channel, y, x).
    levels
        Scales of 2, 4, 8, ... pixels. At each a last odd row or column is left out.

    Returns
    -------
    ndarray
        Shape (season, channel, 3 levels), float64: details along x, along y, and along both,
        finest level first.

    Raises
    ------
    ShapeError
        The picture has fewer than 2**levels pixels along a side.
    """
    if min(channels.shape[2:]) < 2**levels:
        raise ShapeError(
            f"{channels.shape[2]} x {channels.shape[3]} pixels are too few for {levels} levels of "
            f"wavelets",
            hint=f"--set levels={int(np.log2(min(channels.shape[2:])))}",
        )
    smooth = channels.astype(np.float64)
    found = []
    for _ in range(levels):
        height, width = (length // 2 * 2 for length in smooth.shape[2:])
        pairs = smooth[..., :height, :width]
        left, right = pairs[..., ::2], pairs[..., 1::2]
        mean, step = (left + right) / 2, (left - right) / 2
        along_x = (step[..., ::2, :] + step[..., 1::2, :]) / 2
        along_y = (mean[..., ::2, :] - mean[..., 1::2, :]) / 2
        along_both = (step[..., ::2, :] - step[..., 1::2, :]) / 2
        found += [(detail**2).mean(axis=(2, 3)) for detail in (along_x, along_y, along_both)]
        smooth = (mean[..., ::2, :] + mean[..., 1::2, :]) / 2
    return np.log(np.stack(found, axis=2) + _FLOOR)

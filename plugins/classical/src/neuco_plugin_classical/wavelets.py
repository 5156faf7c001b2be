"""The energy of the details of each band at several scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ClassicalEncoder, check_positive, per_band
from neuco_plugin_ssl4eo_s12.scaling import Dates
from neucocore.plugin import ShapeError

_FLOOR = 1e-6
"""Added to the energies before the logarithm: the noise of reflectance is about as large, that of
standardised bands is larger."""


def wavelet_energies(
    levels: int = 3, modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> ClassicalEncoder:
    """Return an encoder: the Haar energies of each band, in three directions at each level."""
    check_positive("levels", levels)

    def describe(bands: NDArray[np.float32]) -> NDArray[np.float64]:
        return energies(bands, levels)

    return per_band(describe, modalities, dates)


def energies(bands: NDArray[np.float32], levels: int) -> NDArray[np.float64]:
    """Return the logarithm of the mean squared Haar wavelet coefficients (Haar 1910).

    Parameters
    ----------
    bands
        Shape (date, band, y, x).
    levels
        Number of scales: 2, 4, 8, ... pixels. At each, the last row or column of an odd number is
        left out.

    Returns
    -------
    ndarray
        Shape (date, band, 3 levels), float64: details along x, along y, and along both,
        finest level first.

    Raises
    ------
    ShapeError
        The cube has fewer than 2**levels pixels along y or x.
    """
    if min(bands.shape[2:]) < 2**levels:
        raise ShapeError(
            f"{bands.shape[2]} x {bands.shape[3]} pixels are too few for {levels} levels of "
            "wavelets",
            hint=f"--set levels={int(np.log2(min(bands.shape[2:])))}",
        )
    smooth = bands.astype(np.float64)
    energy = []
    for _ in range(levels):
        height, width = (length // 2 * 2 for length in smooth.shape[2:])
        pairs = smooth[..., :height, :width]
        left, right = pairs[..., ::2], pairs[..., 1::2]
        mean, difference = (left + right) / 2, (left - right) / 2
        along_x = (difference[..., ::2, :] + difference[..., 1::2, :]) / 2
        along_y = (mean[..., ::2, :] - mean[..., 1::2, :]) / 2
        along_both = (difference[..., ::2, :] - difference[..., 1::2, :]) / 2
        energy += [(detail**2).mean(axis=(2, 3)) for detail in (along_x, along_y, along_both)]
        smooth = (mean[..., ::2, :] + mean[..., 1::2, :]) / 2
    return np.log(np.stack(energy, axis=2) + _FLOOR)

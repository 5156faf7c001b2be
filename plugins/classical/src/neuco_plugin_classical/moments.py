"""Statistics of the pixel values, independent of position: per band, and between bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ClassicalEncoder, per_band
from neuco_plugin_ssl4eo_s12.scaling import Dates, scaled_channels

QUANTILES = (0.05, 0.5, 0.95)


def band_statistics(
    modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> ClassicalEncoder:
    """Return an encoder: mean, standard deviation and three quantiles of each band and date."""
    return per_band(_statistics, modalities, dates)


def band_covariance(
    modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> ClassicalEncoder:
    """Return an encoder: means and covariances of the bands over all pixels of all dates.

    The covariance of two bands needs pixels at the same places and dates: smaller modalities are
    enlarged, and modalities with different numbers of dates need ``dates="mean"``, with which the
    pixels are averaged over the dates first.
    """
    return ClassicalEncoder(lambda cube: _covariance(scaled_channels(cube, modalities, dates)))


def _statistics(bands: NDArray[np.float32]) -> NDArray[np.float64]:
    pixels = bands.reshape(*bands.shape[:2], -1)
    mean = pixels.mean(axis=2, dtype=np.float64)
    std = pixels.std(axis=2, dtype=np.float64)
    return np.stack([mean, std, *np.quantile(pixels, QUANTILES, axis=2)], axis=2)


def _covariance(channels: NDArray[np.float32]) -> NDArray[np.float64]:
    count = channels.shape[1]
    pixels = channels.transpose(1, 0, 2, 3).reshape(count, -1).astype(np.float64)
    mean = pixels.mean(axis=1)
    pixels -= mean[:, None]
    covariance = pixels @ pixels.T / pixels.shape[1]
    return np.concatenate([mean, covariance[np.triu_indices(count)]])

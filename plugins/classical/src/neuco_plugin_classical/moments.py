"""Statistics of the pixel values, independent of position: per band, and between bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_classical.encoder import ChannelEncoder

QUANTILES = (0.05, 0.5, 0.95)


def band_statistics() -> ChannelEncoder:
    """Return an encoder: mean, standard deviation and three quantiles of each band and season."""
    return ChannelEncoder(_statistics)


def band_covariance() -> ChannelEncoder:
    """Return an encoder: means and covariances of the bands over all pixels of all seasons."""
    return ChannelEncoder(_covariance)


def _statistics(channels: NDArray[np.float32]) -> NDArray[np.float64]:
    pixels = channels.reshape(*channels.shape[:2], -1)
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

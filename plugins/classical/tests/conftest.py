"""Cubes with known standardised channels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import BANDS, Cube


@pytest.fixture
def cube_of() -> Callable[..., Cube]:
    """Return a function that makes a cube whose standardised channels are the given array."""

    def make(channels: np.ndarray, name: str = "known") -> Cube:
        arrays, start = {}, 0
        for modality, bands in BANDS.items():
            part = channels[:, start : start + len(bands)]
            mean = np.array(DOWNSTREAM_STATISTICS.mean[modality])[:, None, None]
            std = np.array(DOWNSTREAM_STATISTICS.std[modality])[:, None, None]
            arrays[modality] = part * std + mean
            start += len(bands)
        return Cube(name, arrays, BANDS)

    return make


@pytest.fixture
def noise() -> np.ndarray:
    """Return standardised channels, (2, 27, 16, 20)."""
    return np.random.default_rng(4).standard_normal((2, 27, 16, 20))

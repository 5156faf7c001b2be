"""An encoder from a function that describes the channels of one cube."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import ConfigError, Cube, ShapeError, stacked

Describe = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""A function of (season, channel, y, x) values; its result is flattened to one embedding."""


class ChannelEncoder:
    """Describe every cube by a function of its 27 standardised channels.

    The channels are the bands of s1, s2l1c and s2l2a, standardised with the statistics of
    SSL4EO-S12-downstream for offset 0. No-data zeros are not shifted before standardisation.

    Parameters
    ----------
    describe
        The function, called with one cube at a time.
    """

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, float32.

        Raises
        ------
        DataError
            A cube does not have all three modalities.
        ShapeError
            Bands are missing, a cube is too small, or cubes have different numbers of seasons.
        """
        rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            first = list(zip(cubes, rows, strict=True))[:3]
            sizes = ", ".join(f"{cube.id} gives {row.size}" for cube, row in first)
            raise ShapeError(
                "cubes with different numbers of seasons give embeddings of different dimensions: "
                f"{sizes}",
                hint="read seasons that all cubes have, such as --set dataset.seasons=0",
            )
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        channels = stacked(cube, DOWNSTREAM_STATISTICS)
        try:
            return self._describe(channels).astype(np.float32).ravel()
        except ShapeError as error:
            raise ShapeError(f"cube {cube.id}: {error.message}", hint=error.hint) from error


def check_positive(name: str, value: int) -> None:
    """Check a parameter that must be at least 1.

    Raises
    ------
    ConfigError
        It is smaller.
    """
    if value < 1:
        raise ConfigError(f"{name}={value} is less than 1", hint=f"--set {name}=3")

"""From a description of one cube's channels to an encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import ConfigError, Cube, ShapeError, stacked

Describe = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""(season, channel, y, x) to numbers of any shape, flattened into the row."""


class ChannelEncoder:
    """Describe every cube by a function of its 27 standardised channels.

    The channels are s1, s2l1c and s2l2a, standardised with the challenge's statistics on offset 0;
    no-data zeros stay 0 before standardisation.

    Parameters
    ----------
    describe
        The function; it sees one cube at a time.
    """

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, float32.

        Raises
        ------
        DataError
            A cube lacks one of the three modalities.
        ShapeError
            Bands are missing, a cube is too small, or the cubes differ in seasons.
        """
        rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            first = list(zip(cubes, rows, strict=True))[:3]
            found = ", ".join(f"{cube.id} gives {row.size}" for cube, row in first)
            raise ShapeError(f"the cubes differ in seasons, so do their rows in length: {found}")
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        channels = stacked(cube, DOWNSTREAM_STATISTICS)
        try:
            return self._describe(channels).astype(np.float32).ravel()
        except ShapeError as error:
            raise ShapeError(f"cube {cube.id}: {error.message}", hint=error.hint) from error


def at_least_one(name: str, value: int) -> int:
    """Return the value of a parameter that must be positive.

    Raises
    ------
    ConfigError
        It is not.
    """
    if value < 1:
        raise ConfigError(f"{name} is {value}, not at least 1")
    return value

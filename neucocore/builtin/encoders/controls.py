"""The control encoders: embeddings that contain no information about the cubes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.encoders.noise import standard_normals
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ConfigError


class RandomEncoder:
    """Standard normal noise that depends only on the seed and on the cube's id.

    Parameters
    ----------
    seed
        Different seeds give independent rows.
    dimension
        Length of an embedding.
    """

    def __init__(self, seed: int = 42, dimension: int = 1024) -> None:
        self.seed = seed
        self.dimension = _checked(dimension)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of noise per cube, shape (len(cubes), dimension), float32."""
        rows = np.empty((len(cubes), self.dimension), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            row[:] = standard_normals(f"random/{self.seed}/{cube.id}", self.dimension)
        return rows


class ConstantEncoder:
    """The same number in every row and column, so that a probe can only predict the mean label.

    Parameters
    ----------
    value
        The number.
    dimension
        Length of an embedding.
    """

    def __init__(self, value: float = 1.0, dimension: int = 1024) -> None:
        if not abs(value) <= float(np.finfo(np.float32).max):  # also true of NaN
            raise ConfigError(
                f"value={value} of the encoder constant is not a finite float32 number",
                hint="--set value=1.0",
            )
        self.value = value
        self.dimension = _checked(dimension)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one constant row per cube, shape (len(cubes), dimension), float32."""
        return np.full((len(cubes), self.dimension), self.value, np.float32)


def _checked(dimension: int) -> int:
    if dimension < 1:
        raise ConfigError(
            f"dimension={dimension}: an embedding needs at least 1 dimension",
            hint="--set dimension=1024",
        )
    return dimension

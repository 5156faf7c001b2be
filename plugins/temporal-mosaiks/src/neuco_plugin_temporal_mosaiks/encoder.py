"""The encoder: random convolutional features of cubes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_temporal_mosaiks.convolution import mean_features
from neuco_plugin_temporal_mosaiks.kernels import (
    PatchPositions,
    empirical_kernels,
    gaussian_kernels,
    patch_positions,
)
from neucocore.plugin import (
    ConfigError,
    Cube,
    CubeSource,
    DataError,
    ShapeError,
    stacked,
)

CHANNELS = 27
"""Number of bands of s1, s2l1c and s2l2a together."""


class TemporalMosaiks:
    """Random convolutional features of every season, averaged over the seasons.

    The 27 bands are standardised with the statistics of SSL4EO-S12-downstream, without the +1000
    offset. The embedding is reduced by the run (``reducer="pca"`` in the spec).

    Parameters
    ----------
    features
        Number of features, even: each kernel gives two.
    kernel
        Pixels along y and x of a kernel.
    bias
        Added to every convolution.
    mode
        ``empirical``: whitened patches of the cubes passed to `prepare`; ``gaussian``: noise.
    seed
        Random seed of kernels, patches and the season that a patch is cut from.
    stride
        Evaluate every n-th row and column; values above 1 are approximations.
    """

    def __init__(
        self,
        features: int = 4096,
        kernel: int = 3,
        bias: float = -1.0,
        mode: str = "empirical",
        seed: int = 10012023,
        stride: int = 1,
    ) -> None:
        problems = _problems(features, kernel, bias, seed, stride)
        if problems:
            raise ConfigError(
                "invalid parameters for temporal-mosaiks",
                problems=problems,
                hint="neuco info temporal-mosaiks",
            )
        self.count = features // 2
        self.size = kernel
        self.bias = bias
        self.mode = mode
        self.seed = seed
        self.stride = stride
        self._kernels: NDArray[np.float32] | None = None
        if mode == "gaussian":
            self._kernels, _ = gaussian_kernels(seed, self.count, CHANNELS, kernel)

    def prepare(self, source: CubeSource) -> None:
        """Cut the patches for the kernels from the cubes of ``source``; ``gaussian`` needs none.

        Every drawn cube is read once, and one season of it is used, determined by seed and id.

        Raises
        ------
        DataError
            There are no cubes.
        ShapeError
            A cube is too small for a patch, or its size differs from that of the first cube.
        """
        if self.mode == "gaussian":
            return
        if not source.ids:
            raise DataError(
                "temporal-mosaiks needs at least one cube to cut patches from",
                hint="check the ids given with --ids, or use --set mode=gaussian",
            )
        first = next(iter(source.read(source.ids[:1])))
        height, width = self._season(first).shape[1:]
        if min(height, width) <= self.size:
            raise ShapeError(
                f"cube {first.id} has {height} x {width} pixels; it must be larger than a patch of "
                f"{self.size} x {self.size}",
                hint="use smaller kernels: --set kernel=1" if min(height, width) > 1 else None,
            )
        _, stream = gaussian_kernels(self.seed, self.count, CHANNELS, self.size)
        positions = patch_positions(stream, self.count, len(source.ids), height, width, self.size)
        self._kernels = empirical_kernels(self._patches(source, positions, (height, width)))

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of features per cube, shape (len(cubes), features), float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            Modalities or bands are missing, or a cube is smaller than a kernel.
        """
        rows = np.empty((len(cubes), 2 * self.count), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            row[:] = self._row(cube)
        return rows

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the kernels, shape (features / 2, 27, kernel, kernel)."""
        return {"kernels": self._ready()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the kernels of a prepared encoder with the same parameters."""
        kernels = np.ascontiguousarray(state["kernels"], np.float32)
        expected = (self.count, CHANNELS, self.size, self.size)
        if kernels.shape != expected:
            raise ShapeError(
                f"the kernels of the state have shape {kernels.shape} instead of {expected}",
                hint="restore a state that was made with the same parameters",
            )
        self._kernels = kernels

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        kernels = self._ready()
        seasons = stacked(cube, DOWNSTREAM_STATISTICS)
        if min(seasons.shape[2:]) < self.size:
            raise ShapeError(
                f"cube {cube.id} has {seasons.shape[2]} x {seasons.shape[3]} pixels and is smaller "
                f"than a kernel of {self.size} x {self.size}",
                hint="use smaller kernels: --set kernel=1",
            )
        features = [mean_features(image, kernels, self.bias, self.stride) for image in seasons]
        row: NDArray[np.float32] = (
            np.stack(features).mean(axis=0, dtype=np.float64).astype(np.float32)
        )
        return row

    def _ready(self) -> NDArray[np.float32]:
        if self._kernels is None:
            raise ConfigError(
                "the encoder temporal-mosaiks is not prepared: its kernels are patches of cubes",
                hint="call prepare(source) before encode, or use mode=gaussian",
            )
        return self._kernels

    def _season(self, cube: Cube) -> NDArray[np.float32]:
        """Return the season of a cube that patches are cut from, (channel, y, x)."""
        seasons = stacked(cube, DOWNSTREAM_STATISTICS)
        digest = hashlib.sha256(f"{self.seed}/{cube.id}".encode()).digest()
        season: NDArray[np.float32] = seasons[int.from_bytes(digest[:8], "big") % len(seasons)]
        return season

    def _patches(
        self, source: CubeSource, positions: PatchPositions, frame: tuple[int, ...]
    ) -> NDArray[np.float32]:
        patches = np.empty((self.count, CHANNELS, self.size, self.size), np.float32)
        drawn = np.unique(positions.image)
        cubes = source.read([source.ids[index] for index in drawn])
        for index, cube in zip(drawn, cubes, strict=True):
            season = self._season(cube)
            if season.shape[1:] != frame:
                raise ShapeError(
                    f"cube {cube.id} has {season.shape[1]} x {season.shape[2]} pixels, but the "
                    f"first cube has {frame[0]} x {frame[1]}",
                    hint="fit on cubes of equal size, or use --set mode=gaussian",
                )
            for patch in np.flatnonzero(positions.image == index):
                row, column = positions.row[patch], positions.column[patch]
                patches[patch] = season[:, row : row + self.size, column : column + self.size]
        return patches


def _problems(features: int, kernel: int, bias: float, seed: int, stride: int) -> list[str]:
    problems = []
    if features < 2 or features % 2:
        problems.append(f"features={features} is not an even number of at least 2")
    if kernel < 1:
        problems.append(f"kernel={kernel} is less than 1")
    if not abs(bias) < float("inf"):
        problems.append(f"bias={bias} is not a finite number")
    if not 0 <= seed < 2**32:
        problems.append(f"seed={seed} is not between 0 and 2**32 - 1")
    if stride < 1:
        problems.append(f"stride={stride} is less than 1")
    return problems

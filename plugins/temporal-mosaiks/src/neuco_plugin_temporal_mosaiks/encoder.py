"""Cubes to random convolutional features."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_temporal_mosaiks.convolution import mean_features
from neuco_plugin_temporal_mosaiks.kernels import (
    PatchPlaces,
    empirical_kernels,
    gaussian_kernels,
    patch_places,
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
"""Bands of s1, s2l1c and s2l2a together, in this order."""


class TemporalMosaiks:
    """Random convolutional features of every season, averaged over the seasons.

    The 27 bands are standardised with the challenge's statistics, without the +1000 offset. The
    reduction to the wanted dimension is the run's (``reducer="pca"`` of the spec).

    Parameters
    ----------
    features
        Numbers per cube, even: half of them kernels, each giving two.
    kernel
        Pixels along each side of a kernel.
    bias
        Added to every convolution.
    mode
        ``empirical``: whitened patches of the cubes `prepare` is given; ``gaussian``: noise.
    seed
        Of kernels, patches and the season a patch is cut from.
    stride
        Evaluate every n-th row and column; above 1 an approximation.
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
        """Cut the kernels' patches from the cubes of ``source``; nothing to do for ``gaussian``.

        Every cube that is drawn is read once, and offers one season, fixed by seed and id.

        Raises
        ------
        DataError
            There are no cubes.
        ShapeError
            A cube is too small for a patch, or differs in size from the first.
        """
        if self.mode == "gaussian":
            return
        if not source.ids:
            raise DataError("temporal-mosaiks was given no cubes to cut its patches from")
        first = next(iter(source.read(source.ids[:1])))
        height, width = self._season(first).shape[1:]
        if min(height, width) <= self.size:
            raise ShapeError(
                f"cube {first.id} has {height} x {width} pixels; patches of "
                f"{self.size} x {self.size} are cut from larger ones"
            )
        _, stream = gaussian_kernels(self.seed, self.count, CHANNELS, self.size)
        places = patch_places(stream, self.count, len(source.ids), height, width, self.size)
        self._kernels = empirical_kernels(self._patches(source, places, (height, width)))

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of features per cube, shape (len(cubes), features), float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            A cube lacks modalities or bands, or is smaller than a kernel.
        """
        rows = np.empty((len(cubes), 2 * self.count), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            row[:] = self._row(cube)
        return rows

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the kernels, shape (features / 2, 27, kernel, kernel)."""
        return {"kernels": self._ready()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the kernels of a prepared encoder with the same parameters."""
        kernels = np.ascontiguousarray(state["kernels"], np.float32)
        expected = (self.count, CHANNELS, self.size, self.size)
        if kernels.shape != expected:
            raise ShapeError(f"kernels of shape {kernels.shape} do not fit; needed are {expected}")
        self._kernels = kernels

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        kernels = self._ready()
        seasons = stacked(cube, DOWNSTREAM_STATISTICS)
        if min(seasons.shape[2:]) < self.size:
            raise ShapeError(
                f"cube {cube.id} has {seasons.shape[2]} x {seasons.shape[3]} pixels, fewer than "
                f"a kernel of {self.size} x {self.size}"
            )
        features = [mean_features(image, kernels, self.bias, self.stride) for image in seasons]
        row: NDArray[np.float32] = (
            np.stack(features).mean(axis=0, dtype=np.float64).astype(np.float32)
        )
        return row

    def _ready(self) -> NDArray[np.float32]:
        if self._kernels is None:
            raise ConfigError(
                "temporal-mosaiks has no kernels yet: its patches come from cubes",
                hint="call prepare(source) first, or choose mode=gaussian",
            )
        return self._kernels

    def _season(self, cube: Cube) -> NDArray[np.float32]:
        """Return the one season of a cube that patches are cut from, (channel, y, x)."""
        seasons = stacked(cube, DOWNSTREAM_STATISTICS)
        digest = hashlib.sha256(f"{self.seed}/{cube.id}".encode()).digest()
        season: NDArray[np.float32] = seasons[int.from_bytes(digest[:8], "big") % len(seasons)]
        return season

    def _patches(
        self, source: CubeSource, places: PatchPlaces, frame: tuple[int, ...]
    ) -> NDArray[np.float32]:
        patches = np.empty((self.count, CHANNELS, self.size, self.size), np.float32)
        drawn = np.unique(places.image)
        cubes = source.read([source.ids[index] for index in drawn])
        for index, cube in zip(drawn, cubes, strict=True):
            season = self._season(cube)
            if season.shape[1:] != frame:
                raise ShapeError(
                    f"cube {cube.id} has {season.shape[1]} x {season.shape[2]} pixels, the first "
                    f"of the cubes to fit on {frame[0]} x {frame[1]}"
                )
            for place in np.flatnonzero(places.image == index):
                row, column = places.row[place], places.column[place]
                patches[place] = season[:, row : row + self.size, column : column + self.size]
        return patches


def _problems(features: int, kernel: int, bias: float, seed: int, stride: int) -> list[str]:
    problems = []
    if features < 2 or features % 2:
        problems.append(f"features is {features}, not an even number from 2")
    if kernel < 1:
        problems.append(f"kernel is {kernel}, not at least 1")
    if not abs(bias) < float("inf"):
        problems.append(f"bias is {bias}, not a finite number")
    if not 0 <= seed < 2**32:
        problems.append(f"seed is {seed}, not from 0 to 2**32 - 1")
    if stride < 1:
        problems.append(f"stride is {stride}, not at least 1")
    return problems

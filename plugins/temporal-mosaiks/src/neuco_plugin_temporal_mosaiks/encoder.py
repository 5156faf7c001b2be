"""The encoder: random convolutional features of cubes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.scaling import Dates, scaled_channels
from neuco_plugin_temporal_mosaiks.convolution import mean_features
from neuco_plugin_temporal_mosaiks.kernels import (
    PatchPositions,
    empirical_kernels,
    gaussian_kernels,
    patch_positions,
)
from neuco_plugin_temporal_mosaiks.stream import MIN_NORMALS, TorchStream
from neucocore.plugin import (
    ConfigError,
    Cube,
    CubeSource,
    DataError,
    ShapeError,
)


class TemporalMosaiks:
    """Random convolutional features of every date, averaged over the dates.

    The bands of all modalities are scaled by fixed numbers and joined on one grid, see
    `neuco_plugin_ssl4eo_s12.scaling.scaled_channels`. Cubes may have any size and number of dates;
    the dimension does not depend on them. The embedding is reduced by the run (``reducer="pca"`` in
    the spec).

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
        Random seed of kernels, patches and the date that a patch is cut from.
    stride
        Evaluate every n-th row and column; values above 1 are approximations.
    modalities
        The modalities to encode; None: all.
    dates
        ``each``: the features of all dates are averaged, so all modalities of a cube need the same
        dates; ``mean``: the images are averaged over the dates of each modality first.
    """

    def __init__(
        self,
        features: int = 4096,
        kernel: int = 3,
        bias: float = -1.0,
        mode: str = "empirical",
        seed: int = 10012023,
        stride: int = 1,
        modalities: Sequence[str] | None = None,
        dates: Dates = "each",
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
        self.modalities = modalities
        self.dates = dates
        self._kernels: NDArray[np.float32] | None = None

    def prepare(self, source: CubeSource) -> None:
        """Cut the patches for the kernels from the cubes of ``source``.

        Every drawn cube is read once, and one date of it is used, determined by seed and id. The
        mode ``gaussian`` reads the first cube only, for its number of bands.

        Raises
        ------
        DataError
            There are no cubes, or one lacks a modality.
        ShapeError
            A cube is too small for a patch, or has another number of bands than the first cube.
        """
        if not source.ids:
            raise DataError(
                "temporal-mosaiks needs at least one cube to cut patches from",
                hint="check the ids given with --ids",
            )
        first = next(iter(source.read(source.ids[:1])))
        image = self._one_date(first)
        self._kernels, stream = self._gaussian(image.shape[0])
        if self.mode == "empirical":
            self._require_larger(first, image)
            height, width = image.shape[1:]
            positions = patch_positions(
                stream, self.count, len(source.ids), height, width, self.size
            )
            self._kernels = empirical_kernels(self._patches(source, positions, image.shape))

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of features per cube, shape (len(cubes), features), float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            A modality is missing, a cube is smaller than a kernel, or its number of bands is not
            that of the kernels.
        """
        rows = np.empty((len(cubes), 2 * self.count), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            row[:] = self._row(cube)
        return rows

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the kernels, shape (features / 2, bands, kernel, kernel)."""
        return {"kernels": self.kernels}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the kernels of a prepared encoder with the same parameters."""
        kernels = np.ascontiguousarray(state["kernels"], np.float32)
        if kernels.ndim != 4 or (len(kernels), *kernels.shape[2:]) != (
            self.count,
            self.size,
            self.size,
        ):
            raise ShapeError(
                f"the kernels of the state have shape {kernels.shape} instead of "
                f"({self.count}, bands, {self.size}, {self.size})",
                hint="restore a state that was made with the same parameters",
            )
        self._kernels = kernels

    @property
    def kernels(self) -> NDArray[np.float32]:
        """The kernels, shape (features / 2, bands, kernel, kernel).

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        """
        if self._kernels is None:
            raise ConfigError(
                "the encoder temporal-mosaiks is not prepared: its kernels are patches of cubes",
                hint="call prepare(source) before encode, or use mode=gaussian",
            )
        return self._kernels

    def images(self, cube: Cube) -> NDArray[np.float32]:
        """Return the images that the kernels are applied to, (date, channel, y, x).

        Raises
        ------
        ConfigError, DataError, ShapeError
            As for `encode`.
        """
        images = scaled_channels(cube, self.modalities, self.dates)
        if self._kernels is None and self.mode == "gaussian":
            self._kernels, _ = self._gaussian(images.shape[1])
        self._require_bands(cube, images.shape[1], self.kernels.shape[1])
        if min(images.shape[2:]) < self.size:
            raise ShapeError(
                f"cube {cube.id} has {images.shape[2]} x {images.shape[3]} pixels and is smaller "
                f"than a kernel of {self.size} x {self.size}",
                hint="use smaller kernels: --set kernel=1",
            )
        return images

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        images = self.images(cube)
        features = [mean_features(image, self.kernels, self.bias, self.stride) for image in images]
        row: NDArray[np.float32] = (
            np.stack(features).mean(axis=0, dtype=np.float64).astype(np.float32)
        )
        return row

    def _gaussian(self, channels: int) -> tuple[NDArray[np.float32], TorchStream]:
        weights = self.count * channels * self.size**2
        if weights < MIN_NORMALS:
            raise ConfigError(
                f"features={2 * self.count} and kernel={self.size} give {weights} weights for "
                f"{channels} bands; at least {MIN_NORMALS} are needed",
                hint="--set features=64",
            )
        return gaussian_kernels(self.seed, self.count, channels, self.size)

    def _one_date(self, cube: Cube) -> NDArray[np.float32]:
        """Return the date of a cube that patches are cut from, (channel, y, x)."""
        images = scaled_channels(cube, self.modalities, self.dates)
        digest = hashlib.sha256(f"{self.seed}/{cube.id}".encode()).digest()
        image: NDArray[np.float32] = images[int.from_bytes(digest[:8], "big") % len(images)]
        return image

    def _patches(
        self, source: CubeSource, positions: PatchPositions, first: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """Cut the patches; positions are drawn for the size of the first cube, and scaled."""
        channels, height, width = first
        patches = np.empty((self.count, channels, self.size, self.size), np.float32)
        drawn = np.unique(positions.image)
        cubes = source.read([source.ids[index] for index in drawn])
        for index, cube in zip(drawn, cubes, strict=True):
            image = self._one_date(cube)
            self._require_bands(cube, len(image), channels)
            self._require_larger(cube, image)
            for patch in np.flatnonzero(positions.image == index):
                row = positions.row[patch] * (image.shape[1] - self.size) // (height - self.size)
                column = (
                    positions.column[patch] * (image.shape[2] - self.size) // (width - self.size)
                )
                patches[patch] = image[:, row : row + self.size, column : column + self.size]
        return patches

    def _require_larger(self, cube: Cube, image: NDArray[np.float32]) -> None:
        height, width = image.shape[1:]
        if min(height, width) <= self.size:
            raise ShapeError(
                f"cube {cube.id} has {height} x {width} pixels; it must be larger than a patch of "
                f"{self.size} x {self.size}",
                hint="use smaller kernels: --set kernel=1" if min(height, width) > 1 else None,
            )

    @staticmethod
    def _require_bands(cube: Cube, bands: int, expected: int) -> None:
        if bands != expected:
            raise ShapeError(
                f"cube {cube.id} has {bands} bands; the kernels are for {expected}",
                hint="select what all cubes have: --set modalities=NAME",
            )


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

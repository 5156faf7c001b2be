"""Images for a backbone: selected bands of a cube, scaled, resized and cropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS, PRETRAINING_STATISTICS
from neucocore.plugin import (
    BANDS,
    ChannelStatistics,
    ConfigError,
    Cube,
    DataError,
    ShapeError,
)

_S2 = ("s2l1c", "s2l2a")
_RADAR = {"s1": PRETRAINING_STATISTICS.mean["s1"]}, {"s1": PRETRAINING_STATISTICS.std["s1"]}
REFLECTANCE = ChannelStatistics(
    offset=0,
    mean=_RADAR[0] | {name: (0.0,) * len(BANDS[name]) for name in _S2},
    std=_RADAR[1] | {name: (10_000.0,) * len(BANDS[name]) for name in _S2},
)
"""Sentinel-2 as reflectance; radar in dB is standardised with the statistics of SSL4EO-S12."""
SCALINGS = {
    "reflectance": REFLECTANCE,
    "challenge": DOWNSTREAM_STATISTICS,
    "ssl4eo": PRETRAINING_STATISTICS,
}


@dataclass(frozen=True, slots=True)
class ImageSelection:
    """How the images of a cube are made, one per season.

    Attributes
    ----------
    channels
        (modality, band) pairs, in the order the backbone expects.
    scaling
        A name in `SCALINGS`.
    resize
        Pixels along y and x before the crop; None: unchanged.
    crop
        Pixels along y and x of the central part that is kept; None: all.
    """

    channels: tuple[tuple[str, str], ...]
    scaling: str = "reflectance"
    resize: int | None = 256
    crop: int | None = 224

    @property
    def side(self) -> int | None:
        """Pixels along y and x of the images; None if it depends on the cube."""
        return self.crop or self.resize

    def images(self, cube: Cube) -> torch.Tensor:
        """Return the images of a cube, (season, channel, y, x) float32.

        Raises
        ------
        DataError
            The cube has no such modality.
        ShapeError
            A band is missing, the modalities differ in shape, or the cube is smaller than the crop.
        """
        parts = [self._channels(cube, modality) for modality in dict(self.channels)]
        frames = {(part.shape[0], *part.shape[2:]) for part in parts}
        if len(frames) > 1:
            shapes = ", ".join(map(str, sorted(frames)))
            raise ShapeError(
                f"cube {cube.id}: the modalities have different (season, y, x): {shapes}",
                hint="select bands of one modality: --set bands=s2l2a",
            )
        stored = [pair for modality in dict(self.channels) for pair in self._of(modality)]
        order = [stored.index(pair) for pair in self.channels]
        values = np.concatenate(parts, axis=1)[:, order]
        return self._framed(torch.from_numpy(values), cube.id)

    def _of(self, modality: str) -> list[tuple[str, str]]:
        return [pair for pair in self.channels if pair[0] == modality]

    def _channels(self, cube: Cube, modality: str) -> NDArray[np.float32]:
        """Return the selected bands of a modality, scaled."""
        statistics = SCALINGS[self.scaling]
        bands = [band for _, band in self._of(modality)]
        values = _selected(cube, modality, bands).shifted(modality, statistics.offset)
        positions = [BANDS[modality].index(band) for band in bands]
        values -= np.array(statistics.mean[modality], np.float32)[positions, None, None]
        values /= np.array(statistics.std[modality], np.float32)[positions, None, None]
        return values

    def _framed(self, images: torch.Tensor, name: str) -> torch.Tensor:
        if self.resize is not None:
            size = (self.resize, self.resize)
            images = functional.interpolate(images, size, mode="bilinear", antialias=True)
        if self.crop is None:
            return images
        height, width = images.shape[2:]
        if min(height, width) < self.crop:
            raise ShapeError(
                f"cube {name} has {height} x {width} pixels and is smaller than crop={self.crop}",
                hint=f"--set resize={self.crop}",
            )
        top, left = (height - self.crop) // 2, (width - self.crop) // 2
        return images[:, :, top : top + self.crop, left : left + self.crop]


def channels_of(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (modality, band) pairs for ``s2l1c`` (all its bands) and ``s2l2a:B04`` (one band).

    Raises
    ------
    ConfigError
        Bands are missing, repeated or unknown.
    """
    pairs: list[tuple[str, str]] = []
    problems = []
    for text in texts:
        modality, _, band = text.partition(":")
        if modality not in BANDS:
            problems.append(f"{text!r}: unknown modality {modality!r}; use {', '.join(BANDS)}")
        elif band and band not in BANDS[modality]:
            problems.append(f"{text!r}: unknown band; {modality} has {', '.join(BANDS[modality])}")
        else:
            pairs += [(modality, name) for name in ([band] if band else BANDS[modality])]
    problems += [f"{':'.join(pair)} is repeated" for pair in set(pairs) if pairs.count(pair) > 1]
    if problems or not pairs:
        raise ConfigError(
            f"bands={','.join(texts)} is not a valid selection",
            problems=sorted(problems),
            hint="--set bands=s2l1c, or --set bands=s2l2a:B04,s2l2a:B03,s2l2a:B02",
        )
    return tuple(pairs)


def _selected(cube: Cube, modality: str, bands: Sequence[str]) -> Cube:
    """Return the cube with some bands of one modality, in the given order."""
    if modality not in cube.arrays:
        raise DataError(
            f"cube {cube.id} has no modality {modality!r}; it has {', '.join(cube.modalities)}",
            hint="select bands of the cubes that the checkpoint was trained on: --set bands=s2l2a",
        )
    names = cube.bands[modality]
    missing = [band for band in bands if band not in names]
    if missing:
        raise ShapeError(
            f"cube {cube.id}: {len(missing)} of the {len(bands)} selected bands of {modality} are "
            f"missing: {', '.join(missing[:3])}; it has {', '.join(names)}",
            hint="select bands of the cubes that the checkpoint was trained on: --set bands=s2l2a",
        )
    array = cube.arrays[modality][:, [names.index(band) for band in bands]]
    return replace(cube, arrays={modality: array}, bands={modality: tuple(bands)})

"""From a cube to the images a backbone expects: which bands, on what scale, how large."""

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
"""Sentinel-2 as reflectance, which radar in dB has not: that is standardised as in SSL4EO-S12."""
SCALINGS = {
    "reflectance": REFLECTANCE,
    "challenge": DOWNSTREAM_STATISTICS,
    "ssl4eo": PRETRAINING_STATISTICS,
}


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """What of a cube becomes images, one a season.

    Attributes
    ----------
    channels
        (modality, band) pairs, in the order the backbone expects.
    scaling
        A name of `SCALINGS`.
    resize
        Pixels along each side before the crop; None: as they are.
    crop
        Pixels along each side of the centre that is kept; None: all.
    """

    channels: tuple[tuple[str, str], ...]
    scaling: str = "reflectance"
    resize: int | None = 256
    crop: int | None = 224

    @property
    def side(self) -> int | None:
        """Pixels along each side of the images; None when every cube decides."""
        return self.crop or self.resize

    def images(self, cube: Cube) -> torch.Tensor:
        """Return a cube's images, (season, channel, y, x) float32.

        Raises
        ------
        DataError
            The cube lacks a modality.
        ShapeError
            It lacks a band, its modalities differ in shape, or it is smaller than the crop.
        """
        parts = [self._channels(cube, modality) for modality in dict(self.channels)]
        frames = {(part.shape[0], *part.shape[2:]) for part in parts}
        if len(frames) > 1:
            found = ", ".join(map(str, sorted(frames)))
            raise ShapeError(f"cube {cube.id}: modalities differ in (season, y, x): {found}")
        stored = [pair for modality in dict(self.channels) for pair in self._of(modality)]
        order = [stored.index(pair) for pair in self.channels]
        values = np.concatenate(parts, axis=1)[:, order]
        return self._framed(torch.from_numpy(values), cube.id)

    def _of(self, modality: str) -> list[tuple[str, str]]:
        return [pair for pair in self.channels if pair[0] == modality]

    def _channels(self, cube: Cube, modality: str) -> NDArray[np.float32]:
        """Return the wanted bands of a modality, scaled."""
        statistics = SCALINGS[self.scaling]
        bands = [band for _, band in self._of(modality)]
        values = _selected(cube, modality, bands).shifted(modality, statistics.offset)
        places = [BANDS[modality].index(band) for band in bands]
        values -= np.array(statistics.mean[modality], np.float32)[places, None, None]
        values /= np.array(statistics.std[modality], np.float32)[places, None, None]
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
                f"cube {name} has {height} x {width} pixels, fewer than crop={self.crop}",
                hint=f"--set resize={self.crop}",
            )
        top, left = (height - self.crop) // 2, (width - self.crop) // 2
        return images[:, :, top : top + self.crop, left : left + self.crop]


def channels_of(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Read ``s2l1c`` (all its bands) and ``s2l2a:B04`` (one) into (modality, band) pairs.

    Raises
    ------
    ConfigError
        Nothing is named, something twice, or something that is not known.
    """
    pairs: list[tuple[str, str]] = []
    problems = []
    for text in texts:
        modality, _, band = text.partition(":")
        if modality not in BANDS:
            problems.append(f"{text!r}: there is no modality {modality!r} ({', '.join(BANDS)})")
        elif band and band not in BANDS[modality]:
            problems.append(f"{text!r}: {modality} has {', '.join(BANDS[modality])}")
        else:
            pairs += [(modality, name) for name in ([band] if band else BANDS[modality])]
    problems += [f"{':'.join(pair)} is named twice" for pair in set(pairs) if pairs.count(pair) > 1]
    if problems or not pairs:
        raise ConfigError(
            f"bands={','.join(texts)} cannot be used",
            problems=sorted(problems),
            hint="--set bands=s2l1c, or --set bands=s2l2a:B04,s2l2a:B03,s2l2a:B02",
        )
    return tuple(pairs)


def _selected(cube: Cube, modality: str, bands: Sequence[str]) -> Cube:
    """Return the cube with some bands of one modality, in the order asked for."""
    if modality not in cube.arrays:
        raise DataError(
            f"cube {cube.id} has no modality {modality!r}; it has {', '.join(cube.modalities)}",
            hint="--set bands=..., naming what the cubes have and the checkpoint was trained on",
        )
    names = cube.bands[modality]
    missing = [band for band in bands if band not in names]
    if missing:
        raise ShapeError(
            f"cube {cube.id}: {modality} lacks {len(missing)} of the {len(bands)} bands wanted: "
            f"{', '.join(missing[:3])}; it has {', '.join(names)}"
        )
    array = cube.arrays[modality][:, [names.index(band) for band in bands]]
    return replace(cube, arrays={modality: array}, bands={modality: tuple(bands)})

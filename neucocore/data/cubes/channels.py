"""Sentinel-1 and Sentinel-2 cubes standardised per band, and stacked along one channel axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.cube import Cube
from neucocore.errors import DataError, ShapeError


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation per band, measured on the cubes of one data set.

    Attributes
    ----------
    offset
        Digital-number offset of the Sentinel-2 values they were computed from: 0 or 1000.
    mean, std
        Modality name to one number per band, in the order of `BANDS`: dB for s1, digital
        numbers (reflectance times 10,000, plus the offset) for s2l1c and s2l2a.
    """

    offset: int
    mean: Mapping[str, tuple[float, ...]]
    std: Mapping[str, tuple[float, ...]]


def standardised(
    cube: Cube, modality: str, statistics: ChannelStatistics, *, keep_nodata: bool = True
) -> NDArray[np.float32]:
    """Return a modality as (value - mean) / std per band.

    The values are shifted to the offset of the statistics first, and the bands are ordered as in
    `BANDS`.

    Parameters
    ----------
    cube
        The cube, with either offset.
    modality
        ``s1``, ``s2l1c`` or ``s2l2a``.
    statistics
        Mean and standard deviation of every band, and the offset they belong to.
    keep_nodata
        Leave no-data values unchanged by the shift, see `Cube.shifted`.

    Returns
    -------
    ndarray
        Shape (season, band, y, x), float32.

    Raises
    ------
    DataError
        The cube does not have the modality.
    ShapeError
        The modality lacks a band, or is not (season, band, y, x).
    """
    order = _band_order(cube, modality)
    values = cube.shifted(modality, statistics.offset, keep_nodata=keep_nodata)
    if order is not None:
        values = values[:, order]
    values -= np.array(statistics.mean[modality], np.float32)[:, None, None]
    values /= np.array(statistics.std[modality], np.float32)[:, None, None]
    return values


def stacked(
    cube: Cube,
    statistics: ChannelStatistics,
    modalities: tuple[str, ...] = tuple(BANDS),
    *,
    keep_nodata: bool = True,
) -> NDArray[np.float32]:
    """Return several modalities, standardised and concatenated along one channel axis.

    Parameters
    ----------
    cube, statistics, keep_nodata
        As for `standardised`.
    modalities
        Modalities in the order of the channels.

    Returns
    -------
    ndarray
        Shape (season, channel, y, x), float32; 27 channels for s1, s2l1c and s2l2a together.

    Raises
    ------
    DataError, ShapeError
        As for `standardised`; also if the modalities differ in seasons or pixels.
    """
    parts = [
        standardised(cube, modality, statistics, keep_nodata=keep_nodata) for modality in modalities
    ]
    grids = {(part.shape[0], *part.shape[2:]) for part in parts}
    if len(grids) > 1:
        shapes = ", ".join(
            f"{modality} {part.shape}" for modality, part in zip(modalities, parts, strict=True)
        )
        raise ShapeError(
            f"cube {cube.id}: modalities with different seasons or pixels cannot be stacked: "
            f"{shapes}",
            hint="select one modality, or resample the cubes to one grid",
        )
    return np.concatenate(parts, axis=1)


def _band_order(cube: Cube, modality: str) -> list[int] | None:
    """Return the positions of the standard bands; None if the bands are already in this order."""
    if modality not in cube.arrays:
        raise DataError(
            f"cube {cube.id} has no modality {modality!r}; it has {', '.join(cube.modalities)}",
            hint="choose a data set that has the modality, or an encoder that does not need it",
        )
    names, standard = cube.bands[modality], BANDS[modality]
    missing = [name for name in standard if name not in names]
    if missing:
        raise ShapeError(
            f"cube {cube.id}: {modality} lacks {len(missing)} of the {len(standard)} bands needed: "
            f"{', '.join(missing[:3])}; it has {', '.join(names)}",
            hint="read all bands: leave dataset.bands out, or name every band of the modality",
        )
    return None if tuple(names) == standard else [names.index(name) for name in standard]

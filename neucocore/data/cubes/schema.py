"""The declared form of one modality's cube files: bands, kind of values, offset, no-data value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neucocore.data.cubes.bands import BANDS, REFLECTANCE
from neucocore.data.cubes.offset import OFFSETS, Offset
from neucocore.errors import ConfigError

ValueKind = Literal["integer", "float"]

BYTE = 255.0
"""Largest value of 8 bits: the scale of images stored in bytes."""

SENTINEL2_BANDS = frozenset(BANDS["s2l1c"])


@dataclass(frozen=True)
class CubeSchema:
    """What a data set declares about its files of one modality.

    Attributes
    ----------
    bands
        Band names in stored order; empty: not checked.
    kind
        ``integer`` or ``float`` values; None: not checked.
    seasons, size
        Nominal number of seasons, and of pixels along y and x; other numbers are a warning.
    offset
        Digital-number offset of the values: 0 or 1000 for Sentinel-2, ``unknown`` where the
        files may have either; None for values that carry no such offset, such as backscatter in
        dB. It is checked once all modalities of a cube are read, because L1C helps to tell the
        offset of L2A.
    nodata
        The value that means "no data"; None: no value does.
    scale
        What values (without offset) are divided by to be of order one, see
        `neucocore.data.cubes.cube.Cube.scale`; None: as documented there.

    Raises
    ------
    ConfigError
        `offset` is another number, or `scale` is not a positive number.
    """

    bands: tuple[str, ...] = ()
    kind: ValueKind | None = None
    seasons: int | None = None
    size: int | None = None
    offset: Offset | None = None
    nodata: float | None = None
    scale: float | None = None

    def __post_init__(self) -> None:
        if self.offset not in (None, "unknown", *OFFSETS):
            raise ConfigError(
                f"offset {self.offset!r} is not a digital-number offset",
                hint="use 0, 1000 or 'unknown'; None for values without an offset",
            )
        if self.scale is not None and not 0 < self.scale < math.inf:
            raise ConfigError(
                f"scale {self.scale!r} is not a positive number",
                hint="use 10000 for reflectance times 10,000, 10 for dB, 1 for values of order one",
            )


def is_sentinel2(bands: Sequence[str], dtype: np.dtype[Any]) -> bool:
    """Whether undeclared files hold Sentinel-2 digital numbers.

    They do if the values are integers and all bands are named as in Sentinel-2: ``B01`` to
    ``B12``, ``B8A``.
    """
    return dtype.kind in "iu" and bool(bands) and SENTINEL2_BANDS.issuperset(bands)


def undeclared_schema(
    bands: tuple[str, ...],
    dtype: np.dtype[Any],
    *,
    sentinel2: bool | None = None,
    offset: int | None = None,
    nodata: float | None = None,
    scale: float | None = None,
) -> CubeSchema:
    """Return the schema of files that no data set declares, from the form of one of them.

    Parameters
    ----------
    bands, dtype
        Band names and type of the values of the file.
    sentinel2
        Whether the values are Sentinel-2 digital numbers; None: as `is_sentinel2` finds.
    offset
        Digital-number offset of Sentinel-2 files; None: unknown.
    nodata
        The value that means "no data"; None: 0 in Sentinel-2 files, no value in others.
    scale
        What values are divided by to be of order one; None: 255 for integers of 8 bits, 10,000 for
        other integers, which hold reflectance in most products, else the scale of the modality.
    """
    if sentinel2 is None:
        sentinel2 = is_sentinel2(bands, dtype)
    if nodata is None and sentinel2:
        nodata = 0
    if scale is None and dtype.kind in "iu":
        scale = BYTE if dtype.itemsize == 1 else REFLECTANCE
    return CubeSchema(
        bands=bands,
        kind="integer" if dtype.kind in "iu" else "float",
        offset=("unknown" if offset is None else offset) if sentinel2 else None,
        nodata=nodata,
        scale=scale,
    )


def parse_scale(text: str) -> tuple[str, float]:
    """Return modality and scale of a text ``MODALITY:NUMBER``, or of ``NUMBER`` for all modalities.

    Returns
    -------
    tuple
        The modality, empty for all, and the scale.

    Raises
    ------
    ConfigError
        It is not of this form, or the number is not positive.
    """
    modality, colon, number = text.rpartition(":")
    try:
        scale = float(number)
    except ValueError:
        scale = math.nan
    if (colon and not modality) or not 0 < scale < math.inf:
        raise ConfigError(
            f"scale={text} is neither a positive NUMBER nor MODALITY:NUMBER",
            hint="for example --set dataset.scale=10000, or --set dataset.scale=landsat:10000",
        )
    return modality, scale

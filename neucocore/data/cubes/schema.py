"""The declared form of one modality's cube files: bands, kind of values, offset, no-data value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.offset import OFFSETS, Offset
from neucocore.errors import ConfigError

ValueKind = Literal["integer", "float"]

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

    Raises
    ------
    ConfigError
        `offset` is another number.
    """

    bands: tuple[str, ...] = ()
    kind: ValueKind | None = None
    seasons: int | None = None
    size: int | None = None
    offset: Offset | None = None
    nodata: float | None = None

    def __post_init__(self) -> None:
        if self.offset not in (None, "unknown", *OFFSETS):
            raise ConfigError(
                f"offset {self.offset!r} is not a digital-number offset",
                hint="use 0, 1000 or 'unknown'; None for values without an offset",
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
    """
    if sentinel2 is None:
        sentinel2 = is_sentinel2(bands, dtype)
    if nodata is None and sentinel2:
        nodata = 0
    return CubeSchema(
        bands=bands,
        kind="integer" if dtype.kind in "iu" else "float",
        offset=("unknown" if offset is None else offset) if sentinel2 else None,
        nodata=nodata,
    )

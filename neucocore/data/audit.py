"""What is noticed about a cube's values: infinite ones, empty seasons, the +1000 offset.

All checks are cheap beside decoding a cube: smallest and largest values, and counts on a
subsample of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.findings import Finding

OFFSET = 1000
SUBSAMPLE_PIXELS = 64
"""Pixels along y and x that the offset is told from; larger cubes are thinned out to this."""

CIRRUS_BAND = "B10"
CIRRUS_SPLIT = 500
"""L1C's cirrus band is about 20 without the offset and 1020 with it."""

DARK_SHARE = 1e-3
DARK_SPLIT = 900
BRIGHT_FLOOR = 1300
"""The darkest thousandth of surface reflectance is near 0 without the offset and near 1000 with
it; beyond the bright floor (all cloud, snow or sand) nothing can be told."""


def non_finite(array: NDArray[Any]) -> int:
    """Count NaN and infinite values."""
    if array.dtype.kind != "f":
        return 0
    if array.dtype == np.float16:
        # numpy widens float16 one value at a time; its bits tell the same, faster.
        magnitude = np.ascontiguousarray(array).view(np.uint16) & np.uint16(0x7FFF)
        if int(magnitude.max(initial=0)) < 0x7C00:
            return 0
        return int(np.count_nonzero(magnitude >= 0x7C00))
    return int(array.size - np.count_nonzero(np.isfinite(array)))


def flat_seasons(array: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Return the seasons that are all zero, and those that are constant otherwise.

    Parameters
    ----------
    array
        (season, band, y, x), finite.
    """
    zero: list[int] = []
    constant: list[int] = []
    for season, values in enumerate(array):
        first = values[0, 0, 0]
        # One row differs in nearly every real cube, which spares looking at the rest.
        if (values[0, 0] != first).any() or (values != first).any():
            continue
        (constant if first else zero).append(season)
    return zero, constant


def nodata_share(array: NDArray[Any], nodata: float = 0) -> float:
    """Share of pixels without data: all bands equal `nodata`, averaged over the seasons.

    Parameters
    ----------
    array
        (season, band, y, x).
    """
    return float((array == nodata).all(axis=1).mean())


def told_offset(array: NDArray[Any], bands: Sequence[str]) -> int | None:
    """Tell which offset Sentinel-2 values carry, or None where that cannot be told.

    From L1C's cirrus band where there is one, else from the darkest thousandth of all values.
    No-data zeros are left out.

    Parameters
    ----------
    array
        (season, band, y, x) integers.
    bands
        Names of the bands; without any ``B..`` among them the answer is None.
    """
    if array.dtype.kind not in "iu" or not any(band.startswith("B") for band in bands):
        return None
    step = max(1, array.shape[-1] // SUBSAMPLE_PIXELS)
    if CIRRUS_BAND in bands:
        cirrus = array[:, list(bands).index(CIRRUS_BAND), ::step, ::step]
        seen = np.count_nonzero(cirrus)
        low = np.count_nonzero((cirrus < CIRRUS_SPLIT) & (cirrus != 0))
        return None if not seen else OFFSET if low < 0.05 * seen else 0
    values = array[..., ::step, ::step]
    values = values[values != 0]
    if not values.size:
        return None
    rank = int(DARK_SHARE * values.size)
    darkest = int(np.partition(values, rank)[rank])
    if darkest < DARK_SPLIT:
        return 0
    return OFFSET if darkest <= BRIGHT_FLOOR else None


def audit_values(
    array: NDArray[Any], bands: Sequence[str], *, offset: int | None = None
) -> list[Finding]:
    """Return what is noticed about the values of one modality.

    Parameters
    ----------
    array
        (season, band, y, x).
    bands
        Names of the bands.
    offset
        The offset the data set is said to carry; None skips that check.
    """
    count = non_finite(array)
    if count:
        message = "the values hold NaN or infinity"
        return [Finding("non-finite", "error", message, count)]
    findings = []
    zero, constant = flat_seasons(array)
    if zero:
        findings.append(_of_seasons("zero-season", "a season is zero everywhere", zero))
    if constant:
        findings.append(_of_seasons("constant-season", "a season has one value", constant))
    if offset is not None:
        told = told_offset(array, bands)
        if told is not None and told != offset:
            message = f"the values look as if they carry an offset of {told}, not {offset}"
            findings.append(Finding("offset", "warning", message))
    return findings


def _of_seasons(code: str, message: str, seasons: list[int]) -> Finding:
    shown = tuple(f"season {season}" for season in seasons)
    return Finding(code, "warning", message, len(seasons), shown)

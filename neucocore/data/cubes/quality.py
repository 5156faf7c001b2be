"""What is noticed about a cube's values: infinite ones, empty seasons, the +1000 offset.

All checks are cheap beside decoding a cube: smallest and largest values, and counts on a
subsample of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding

OFFSET = 1000
SUBSAMPLE_PIXELS = 64
"""Pixels along y and x that the offset is told from; larger cubes are thinned out to this."""

CIRRUS_BAND = "B10"
CIRRUS_SPLIT = 500
"""L1C's cirrus band is about 20 without the offset and 1020 with it."""

SHARED_BAND = "B11"
"""The air hardly changes this band: over 320 real cubes L2A minus L1C was -35 to 391 at the
median, far from the 1000 by which two offsets differ."""

DARK_SHARE = 1e-3
DARK_SPLIT = 900
BRIGHT_FLOOR = 1300
"""The darkest thousandth of surface reflectance is near 0 without the offset and near 1000 with
it; beyond the bright floor (all cloud, snow or sand) nothing can be told."""

Told = list[int | None]
"""An offset, or None where it cannot be told, for each season."""


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


def told_offsets(
    arrays: Mapping[str, NDArray[Any]], bands: Mapping[str, Sequence[str]]
) -> dict[str, Told]:
    """Tell which offset Sentinel-2 values carry, season by season.

    A modality with the cirrus band is told by that band. Another is told by a band it shares
    with one that has the cirrus band, or, alone, by the darkest thousandth of all its values.
    No-data zeros are left out. Medians of other bands would not do: snow and cloud shift them.

    Parameters
    ----------
    arrays
        Modality name to (season, band, y, x).
    bands
        Modality name to band names. Modalities without any ``B..`` are left out of the answer.
    """
    optical = {
        modality: _thinned(array)
        for modality, array in arrays.items()
        if array.dtype.kind in "iu" and any(band.startswith("B") for band in bands[modality])
    }
    told: dict[str, Told] = {}
    for modality, array in optical.items():
        if CIRRUS_BAND in bands[modality]:
            told[modality] = _by_cirrus(_band(array, bands[modality], CIRRUS_BAND))
    reference = next(iter(told), None)
    for modality, array in optical.items():
        if modality in told:
            continue
        shared = reference is not None and all(
            SHARED_BAND in bands[name] for name in (reference, modality)
        )
        if reference is not None and shared and _alike(optical[reference], array):
            told[modality] = _by_shared_band(
                _band(optical[reference], bands[reference], SHARED_BAND),
                _band(array, bands[modality], SHARED_BAND),
                told[reference],
            )
        else:
            told[modality] = [_by_darkness(array)] * len(array)
    return told


def audit_offsets(
    arrays: Mapping[str, NDArray[Any]],
    bands: Mapping[str, Sequence[str]],
    stated: Mapping[str, int | None],
) -> list[Finding]:
    """Return a warning for each modality whose values carry another offset than `stated`.

    Parameters
    ----------
    arrays, bands
        As for `told_offsets`.
    stated
        Modality name to the offset it is said to carry; None: not known, not checked.
    """
    findings = []
    for modality, told in told_offsets(arrays, bands).items():
        offset = stated.get(modality)
        if offset is None:
            continue
        wrong = [season for season, value in enumerate(told) if value not in (None, offset)]
        if wrong:
            other = OFFSET - offset
            message = f"{modality}: a season looks as if its offset were {other}, not {offset}"
            findings.append(_of_seasons("offset", message, wrong))
    return findings


def audit_values(array: NDArray[Any]) -> list[Finding]:
    """Return what is noticed about the values of one modality, whatever they mean.

    Parameters
    ----------
    array
        (season, band, y, x).
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
    return findings


def _by_cirrus(cirrus: NDArray[Any]) -> Told:
    told: Told = []
    for season in cirrus:
        seen = np.count_nonzero(season)
        low = np.count_nonzero((season < CIRRUS_SPLIT) & (season != 0))
        told.append(None if not seen else OFFSET if low < 0.05 * seen else 0)
    return told


def _by_shared_band(reference: NDArray[Any], band: NDArray[Any], known: Told) -> Told:
    told: Told = []
    for theirs, ours, offset in zip(reference, band, known, strict=True):
        seen = (theirs != 0) & (ours != 0)
        if offset is None or not seen.any():
            told.append(None)
            continue
        above = float(np.median(ours[seen].astype(np.int32) - theirs[seen]))
        told.append(OFFSET if above + offset > OFFSET / 2 else 0)
    return told


def _by_darkness(array: NDArray[Any]) -> int | None:
    values = array[array != 0]
    if not values.size:
        return None
    rank = int(DARK_SHARE * values.size)
    darkest = int(np.partition(values, rank)[rank])
    if darkest < DARK_SPLIT:
        return 0
    return OFFSET if darkest <= BRIGHT_FLOOR else None


def _thinned(array: NDArray[Any]) -> NDArray[Any]:
    step = max(1, min(array.shape[-2:]) // SUBSAMPLE_PIXELS)
    return array[..., ::step, ::step]


def _band(array: NDArray[Any], bands: Sequence[str], name: str) -> NDArray[Any]:
    return array[:, list(bands).index(name)]


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two modalities have the same seasons and pixels."""
    return one.shape[0] == other.shape[0] and one.shape[2:] == other.shape[2:]


def _of_seasons(code: str, message: str, seasons: list[int]) -> Finding:
    shown = tuple(f"season {season}" for season in seasons)
    return Finding(code, "warning", message, len(seasons), shown)

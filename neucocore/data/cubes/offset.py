"""The digital-number offset of Sentinel-2: changed, estimated from the values, and checked.

Since processing baseline 04.00 Sentinel-2 products add 1000 to reflectance times 10,000. Many
collections take it off again, some mix both. Which modalities hold digital numbers is declared
(`neucocore.data.cubes.schema.CubeSchema.offset`), never guessed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding

OFFSET = 1000
OFFSETS = (0, OFFSET)
SUBSAMPLE_PIXELS = 64
"""Pixels along y and x that an offset is estimated from; larger cubes are subsampled to this."""

CIRRUS_BAND = "B10"
CIRRUS_SPLIT = 500
"""L1C's cirrus band is about 20 without the offset and 1020 with it."""

SHARED_BAND = "B11"
"""The atmosphere hardly changes this band: over 320 real cubes the median of L2A minus L1C was
between -35 and 391, far from the 1000 by which two offsets differ."""

DARK_SHARE = 1e-3
DARK_SPLIT = 900
BRIGHT_FLOOR = 1300
"""The darkest thousandth of surface reflectance is near 0 without the offset and near 1000 with
it; above the bright floor (all cloud, snow or sand) the offset cannot be told."""

Offset = int | Literal["unknown"]
SeasonOffsets = list[int | None]
"""The offset of each season; None where it cannot be told."""


def add_step(array: NDArray[Any], step: int, nodata: float | None) -> None:
    """Add the difference of two offsets to an array in place.

    Parameters
    ----------
    array
        Digital numbers of any shape, of a type that holds the results.
    step
        New minus present offset.
    nodata
        Values equal to this stay as they are; None: all are shifted.
    """
    np.add(array, step, out=array, where=_has_data(array, nodata))


def shifted(array: NDArray[Any], step: int, nodata: float | None) -> NDArray[Any]:
    """Return digital numbers plus a step in their own type or, if it is too small, int32.

    Parameters are those of `add_step`; the array is returned as it is if the step is 0.
    """
    if step == 0:
        return array
    wide = array.astype(np.int32 if array.dtype.kind in "iu" else array.dtype)
    np.add(wide, step, out=wide, where=_has_data(array, nodata))
    narrow = wide.astype(array.dtype)
    return narrow if np.array_equal(narrow, wide) else wide


def _has_data(array: NDArray[Any], nodata: float | None) -> Any:
    return True if nodata is None else array != nodata


def estimate_offsets(
    arrays: Mapping[str, NDArray[Any]], bands: Mapping[str, Sequence[str]]
) -> dict[str, SeasonOffsets]:
    """Estimate the offset of Sentinel-2 values, season by season.

    A modality with the cirrus band is judged by that band. Another one is compared, in a band
    that both have, with one that has the cirrus band; alone, it is judged by the darkest
    thousandth of its values. Zeros (no data) are left out. Medians of other bands would not do:
    snow and cloud shift them.

    Parameters
    ----------
    arrays
        Modality name to digital numbers (season, band, y, x), of one cube.
    bands
        Modality name to band names.
    """
    sampled = {modality: _subsampled(array) for modality, array in arrays.items()}
    offsets: dict[str, SeasonOffsets] = {}
    for modality, array in sampled.items():
        if CIRRUS_BAND in bands[modality]:
            offsets[modality] = _by_cirrus(_band(array, bands[modality], CIRRUS_BAND))
    reference = next(iter(offsets), None)
    for modality, array in sampled.items():
        if modality in offsets:
            continue
        if (
            reference is not None
            and SHARED_BAND in bands[reference]
            and SHARED_BAND in bands[modality]
            and _same_grid(sampled[reference], array)
        ):
            offsets[modality] = _by_shared_band(
                _band(sampled[reference], bands[reference], SHARED_BAND),
                _band(array, bands[modality], SHARED_BAND),
                offsets[reference],
            )
        else:
            offsets[modality] = [_by_darkness(array)] * len(array)
    return offsets


def audit_offsets(
    arrays: Mapping[str, NDArray[Any]],
    bands: Mapping[str, Sequence[str]],
    declared: Mapping[str, Offset],
) -> list[Finding]:
    """Return a warning for each modality whose values seem to have another offset than declared.

    Parameters
    ----------
    arrays, bands
        As for `estimate_offsets`.
    declared
        Modality name to its offset, for the modalities that hold digital numbers; one whose
        offset is ``unknown`` is not checked.
    """
    digital_numbers = {modality: arrays[modality] for modality in declared}
    findings = []
    for modality, estimates in estimate_offsets(digital_numbers, bands).items():
        offset = declared[modality]
        seasons = [i for i, estimate in enumerate(estimates) if estimate not in (None, offset)]
        if seasons and isinstance(offset, int):
            examples = tuple(f"season {season}" for season in seasons)
            message = f"{modality}: {wrong_offset_message(offset)}"
            findings.append(Finding("offset", "warning", message, len(seasons), examples))
    return findings


def wrong_offset_message(declared: int) -> str:
    """Return the text about a season whose offset seems to be the other one."""
    return f"the offset of a season seems to be {OFFSET - declared}, not {declared}"


def _by_cirrus(cirrus: NDArray[Any]) -> SeasonOffsets:
    offsets: SeasonOffsets = []
    for season in cirrus:
        n_data = np.count_nonzero(season)
        n_low = np.count_nonzero((season < CIRRUS_SPLIT) & (season != 0))
        offsets.append(None if not n_data else OFFSET if n_low < 0.05 * n_data else 0)
    return offsets


def _by_shared_band(
    reference: NDArray[Any], band: NDArray[Any], reference_offsets: SeasonOffsets
) -> SeasonOffsets:
    offsets: SeasonOffsets = []
    for theirs, ours, offset in zip(reference, band, reference_offsets, strict=True):
        has_data = (theirs != 0) & (ours != 0)
        if offset is None or not has_data.any():
            offsets.append(None)
            continue
        difference = float(np.median(ours[has_data].astype(np.int32) - theirs[has_data]))
        offsets.append(OFFSET if difference + offset > OFFSET / 2 else 0)
    return offsets


def _by_darkness(array: NDArray[Any]) -> int | None:
    values = array[array != 0]
    if not values.size:
        return None
    rank = int(DARK_SHARE * values.size)
    darkest = int(np.partition(values, rank)[rank])
    if darkest < DARK_SPLIT:
        return 0
    return OFFSET if darkest <= BRIGHT_FLOOR else None


def _subsampled(array: NDArray[Any]) -> NDArray[Any]:
    step = max(1, min(array.shape[-2:]) // SUBSAMPLE_PIXELS)
    return array[..., ::step, ::step]


def _band(array: NDArray[Any], bands: Sequence[str], name: str) -> NDArray[Any]:
    return array[:, list(bands).index(name)]


def _same_grid(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two modalities have the same seasons and pixels."""
    return one.shape[0] == other.shape[0] and one.shape[2:] == other.shape[2:]

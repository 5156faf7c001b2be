"""Checks of a cube's values: NaN and infinite values, empty or constant seasons, no data.

They cost little compared with decoding the cube.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding


def non_finite(array: NDArray[Any]) -> int:
    """Count NaN and infinite values."""
    if array.dtype.kind != "f":
        return 0
    if array.dtype == np.float16:
        # Faster than isfinite, for which numpy converts float16 one value at a time.
        magnitude = np.ascontiguousarray(array).view(np.uint16) & np.uint16(0x7FFF)
        if int(magnitude.max(initial=0)) < 0x7C00:
            return 0
        return int(np.count_nonzero(magnitude >= 0x7C00))
    return int(array.size - np.count_nonzero(np.isfinite(array)))


def flat_seasons(array: NDArray[Any]) -> tuple[list[int], list[int]]:
    """Return the seasons that are zero everywhere, and those with one other value everywhere.

    Parameters
    ----------
    array
        (season, band, y, x), finite.
    """
    zero: list[int] = []
    constant: list[int] = []
    for season, values in enumerate(array):
        first = values[0, 0, 0]
        # In nearly every real cube the first row is not constant: no need to read the rest.
        if (values[0, 0] != first).any() or (values != first).any():
            continue
        (constant if first else zero).append(season)
    return zero, constant


def nodata_share(array: NDArray[Any], nodata: float = 0) -> float:
    """Return the share of pixels whose bands all equal `nodata`, averaged over the seasons.

    Parameters
    ----------
    array
        (season, band, y, x).
    """
    return float((array == nodata).all(axis=1).mean())


def audit_values(array: NDArray[Any]) -> list[Finding]:
    """Return the findings about the values of one modality.

    Parameters
    ----------
    array
        (season, band, y, x).
    """
    count = non_finite(array)
    if count:
        message = "NaN or infinite values"
        return [Finding("non-finite", "error", message, count)]
    findings = []
    zero, constant = flat_seasons(array)
    if zero:
        findings.append(_of_seasons("zero-season", "season is zero everywhere", zero))
    if constant:
        findings.append(
            _of_seasons("constant-season", "season has the same value everywhere", constant)
        )
    return findings


def _of_seasons(code: str, message: str, seasons: list[int]) -> Finding:
    shown = tuple(f"season {season}" for season in seasons)
    return Finding(code, "warning", message, len(seasons), shown)

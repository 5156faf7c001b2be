"""What is recorded about a cube next to its values: dates, place and pixel size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.coordinates import read_place_table
from neucocore.data.cubes.file import CubeFile
from neucocore.errors import DataError

LOCATIONS = "locations.csv"
PIXEL_METRES = 10.0
"""Pixel size of the grid of Sentinel-1 and Sentinel-2 cubes."""
GRIDS = ("s1", "s2l1c", "s2l2a")
UNITS = {"day": "D", "hour": "h", "minute": "m", "second": "s", "millisecond": "ms",
         "microsecond": "us", "nanosecond": "ns"}  # fmt: skip
"""Units of times as the CF conventions name them, and as numpy does."""


@dataclass(frozen=True)
class CubeFacts:
    """Dates, place and pixel size of a cube, as far as they are known.

    Attributes
    ----------
    dates
        One per season, as ``2020-04-03``.
    place
        Longitude and latitude of the centre in degrees.
    pixel
        Side of a pixel in metres.
    """

    dates: tuple[str, ...] = ()
    place: tuple[float, float] | None = None
    pixel: float | None = None


def read_facts(modality: str, file: CubeFile, sample: str, home: Path) -> CubeFacts:
    """Return what is known about a cube, from the coordinates of its file and a table of places.

    Parameters
    ----------
    home
        Folder of the data set, which may hold ``locations.csv``.
    """
    place = _centre(file)
    if place is None and (home / LOCATIONS).is_file():
        try:
            place = read_place_table(home / LOCATIONS).of_id.get(sample)
        except DataError:
            place = None  # the image of a cube does not depend on it
    return CubeFacts(_dates(file), place, _pixel(modality, file))


def _dates(file: CubeFile) -> tuple[str, ...]:
    times = _coordinate(file, "time")
    if times is None or times.size != file.shape[0]:
        return ()
    times = times.ravel()
    if times.dtype.kind in "iuf":
        unit, _, start = str(file.attributes("time").get("units", "")).partition(" since ")
        if unit.removesuffix("s") not in UNITS:
            return ()
        try:
            steps = times.astype(np.int64).astype(f"m8[{UNITS[unit.removesuffix('s')]}]")
            times = np.datetime64(start.strip().replace(" ", "T")) + steps
        except ValueError:
            return ()
    if times.dtype.kind != "M":
        return ()
    return tuple(np.datetime_as_string(times.astype("M8[D]")).tolist())


def _centre(file: CubeFile) -> tuple[float, float] | None:
    values = [_coordinate(file, f"center_{name}") for name in ("lon", "lat")]
    if any(value is None or value.size != 1 or value.dtype.kind not in "iuf" for value in values):
        return None
    lon, lat = (float(value.ravel()[0]) for value in values if value is not None)
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def _pixel(modality: str, file: CubeFile) -> float | None:
    east = _coordinate(file, "x")
    if east is not None and east.size == file.shape[-1] > 1 and east.dtype.kind in "iuf":
        step = float(np.median(np.abs(np.diff(east.ravel().astype(np.float64)))))
        if step >= 1.0:  # smaller steps are degrees, or the numbers of columns
            return step if step != 1.0 else None
    return PIXEL_METRES if modality in GRIDS else None


def _coordinate(file: CubeFile, name: str) -> NDArray[Any] | None:
    try:
        return file.coordinate(name)
    except DataError:
        return None

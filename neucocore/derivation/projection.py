"""Projecting points from one coordinate reference system to another.

rasterio is imported when it is needed; the extra ``derive`` of a task plugin installs it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neucocore.errors import ComponentLoadError, DataError

LONLAT = "EPSG:4326"


def project(
    source: Any, target: Any, x: ArrayLike, y: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project points from one coordinate reference system to another.

    Parameters
    ----------
    source, target
        Coordinate reference systems, such as ``EPSG:32633``.
    x, y
        Coordinates in `source`, of any shape.

    Returns
    -------
    x, y
        Coordinates in `target`, of the same shape; infinite for points that cannot be projected.

    Raises
    ------
    DataError
        A system is unknown, or the coordinates are out of its range.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    import_rasterio()
    from rasterio.warp import transform

    start, end = _crs(source), _crs(target)
    if start == end or x.size == 0:
        return x, y
    check_bounds("the grid of a cube", start, x.min(), y.min(), x.max(), y.max())
    projected = transform(start, end, x.ravel(), y.ravel())
    return np.reshape(projected[0], x.shape), np.reshape(projected[1], y.shape)


def in_metres(crs: str) -> bool:
    """Whether a coordinate reference system is projected and has metres as its unit.

    Raises
    ------
    DataError
        The system is unknown.
    """
    import_rasterio()
    system = _crs(crs)
    return bool(system.is_projected and system.linear_units.lower() in {"metre", "meter", "m"})


@lru_cache(maxsize=64)
def _crs(text: Any) -> Any:
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise DataError(
            f"unknown coordinate reference system {text!r}",
            hint="use its code, such as EPSG:32633",
        ) from error


def check_bounds(what: str, crs: Any, west: float, south: float, east: float, north: float) -> None:
    """Raise if bounds in degrees are out of range: the coordinate reference system is wrong.

    Raises
    ------
    DataError
        `crs` is in degrees, but the bounds are not.
    """
    if crs.is_geographic and (max(abs(south), abs(north)) > 90.01 or east - west > 360.01):
        raise DataError(
            f"{what} has the system {crs}, which is in degrees, but its bounds are "
            f"x {west:g} to {east:g} and y {south:g} to {north:g}",
            hint="the bounds seem to be in metres: name the projected system that they are in",
        )


def import_rasterio() -> Any:
    """Import rasterio, an optional dependency.

    Raises
    ------
    ComponentLoadError
        It is not installed.
    """
    try:
        import rasterio
    except ImportError as error:
        raise ComponentLoadError(
            f"reading rasters needs rasterio: {error}",
            hint="pip install rasterio, or install the task plugin with its extra [derive]",
        ) from error
    return rasterio

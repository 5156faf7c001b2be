"""Points from one coordinate reference system to another.

rasterio is imported when it is needed: it comes with the extra ``derive`` of a task plugin.
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
    """Move points from one coordinate reference system to another, shapes kept.

    Points that cannot be moved come back infinite.

    Raises
    ------
    DataError
        One of the systems is unknown.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    import_rasterio()
    from rasterio.warp import transform

    start, end = _crs(source), _crs(target)
    if start == end or x.size == 0:
        return x, y
    check_bounds("the grid of a cube", start, x.min(), y.min(), x.max(), y.max())
    moved = transform(start, end, x.ravel(), y.ravel())
    return np.reshape(moved[0], x.shape), np.reshape(moved[1], y.shape)


def in_metres(crs: str) -> bool:
    """Tell whether a coordinate reference system is a projected one with metres as its unit.

    Raises
    ------
    DataError
        It is unknown.
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
            f"unknown coordinate reference system {text!r}", hint="name it like EPSG:32633"
        ) from error


def check_bounds(what: str, crs: Any, west: float, south: float, east: float, north: float) -> None:
    """Refuse degrees that are none: the sign of a wrong coordinate reference system.

    Raises
    ------
    DataError
        `crs` is in degrees and the bounds are not.
    """
    if crs.is_geographic and (max(abs(south), abs(north)) > 90.01 or east - west > 360.01):
        raise DataError(
            f"{what} says {crs}, which is in degrees, but reaches from x {west:g} to {east:g} "
            f"and y {south:g} to {north:g}",
            hint="these look like metres: name the projected system they are in",
        )


def import_rasterio() -> Any:
    """Return the rasterio module.

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
            hint="pip install rasterio, or the task plugin with its extra [derive]",
        ) from error
    return rasterio

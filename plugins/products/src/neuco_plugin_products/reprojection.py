"""Coordinates from one reference system to another, with one error for all that GDAL raises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rasterio.warp import transform, transform_geom

from neucocore.plugin import DataError


def reproject(
    source: Any, target: Any, x: Sequence[float], y: Sequence[float], *, of: str
) -> tuple[Sequence[float], Sequence[float]]:
    """Return coordinates in another reference system.

    Parameters
    ----------
    of
        The tile whose reference system is used, for messages.

    Raises
    ------
    DataError
        There is no way from one to the other.
    """
    with _one_error(of):
        new_x, new_y = transform(source, target, x, y)
    return new_x, new_y


def reproject_geometry(source: Any, target: Any, geometry: Any, *, of: str) -> Any:
    """Return a GeoJSON geometry in another reference system; errors as in `reproject`."""
    with _one_error(of):
        return transform_geom(source, target, geometry)


@contextmanager
def _one_error(of: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # GDAL's own classes are private to rasterio
        raise DataError(
            f"{of}: its coordinate reference system cannot be converted to longitude and latitude: "
            f"{error}",
            hint="gdalwarp -t_srs EPSG:4326 writes a file with another reference system",
        ) from error

"""Reference systems that GDAL cannot convert are one error that names the tile."""

from __future__ import annotations

import pytest
from rasterio.crs import CRS

from neuco_plugin_products.reprojection import reproject, reproject_geometry
from neucocore.errors import DataError

LOCAL = 'LOCAL_CS["site",UNIT["metre",1]]'
POINT = {"type": "Point", "coordinates": (9.0, 48.0)}


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", CRS(), LOCAL])
def test_a_reference_system_that_cannot_be_converted_names_the_tile(crs: object) -> None:
    with pytest.raises(DataError, match="tile-7: its coordinate reference system cannot be"):
        reproject("EPSG:4326", crs, [9.0], [48.0], of="tile-7")
    with pytest.raises(DataError, match="tile-7: its coordinate reference system cannot be"):
        reproject_geometry("EPSG:4326", crs, POINT, of="tile-7")


def test_places_are_converted() -> None:
    x, y = reproject("EPSG:4326", "EPSG:32632", [9.0], [0.0], of="tile")
    assert (x[0], y[0]) == pytest.approx((500_000, 0), abs=0.01)

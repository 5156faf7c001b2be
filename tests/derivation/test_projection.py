"""Which coordinate reference systems measure in metres, and which bounds cannot be degrees."""

import pytest

from neucocore.derivation.projection import check_bounds, in_metres
from neucocore.errors import DataError


@pytest.mark.parametrize(
    ("crs", "metres"),
    [("EPSG:32633", True), ("EPSG:3035", True), ("EPSG:4326", False), ("EPSG:2263", False)],
    ids=["utm", "laea", "degrees", "feet"],
)
def test_only_projected_systems_with_unit_metre_are_in_metres(crs, metres):
    assert in_metres(crs) is metres


def test_an_unknown_system_is_an_error_with_a_hint():
    with pytest.raises(DataError, match="unknown coordinate reference system") as caught:
        in_metres("nowhere")
    assert "EPSG:32633" in str(caught.value.hint)


@pytest.mark.parametrize(
    "bounds",
    [(5, -5000, 6, 50), (5, 40, 6, 5000), (-200, 40, 200, 50)],
    ids=["south", "north", "width"],
)
def test_metres_declared_as_degrees_are_an_error(bounds):
    from rasterio.crs import CRS

    with pytest.raises(DataError, match="which is in degrees, but its bounds are"):
        check_bounds("a.tif", CRS.from_epsg(4326), *bounds)
    check_bounds("a.tif", CRS.from_epsg(32633), *bounds)


def test_bounds_of_the_complete_earth_are_in_degrees():
    from rasterio.crs import CRS

    check_bounds("a.tif", CRS.from_epsg(4326), -180, -90, 180, 90)

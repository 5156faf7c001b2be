import numpy as np
import pytest

from neucocore.derivation.grids import CubeGrid
from neucocore.derivation.rasters import Raster
from neucocore.errors import DataError, MissingFileError

CODES = np.array([[1, 2], [3, 4]], np.uint8)


def test_pixels_have_the_nearest_value_of_a_raster_in_the_same_system(write_raster):
    raster = Raster(write_raster("a.tif", CODES, west=1000, north=2000))
    grid = CubeGrid("a", "EPSG:3035", (50, 0, 1050, 0, -50, 1950), 2, 2)

    patch = raster.sample(grid)

    assert patch.values.tolist() == [[1, 2], [3, 4]]
    assert patch.covered.all()


def test_pixels_outside_the_raster_are_not_covered(write_raster):
    raster = Raster(write_raster("a.tif", CODES, west=1000, north=2000))
    grid = CubeGrid("a", "EPSG:3035", (100, 0, 1100, 0, -100, 2100), 2, 2)

    patch = raster.sample(grid)

    assert patch.covered.tolist() == [[False, False], [True, False]]
    assert patch.values[1, 0] == 2


def test_the_no_data_value_of_the_raster_is_not_covered(write_raster):
    raster = Raster(write_raster("a.tif", CODES, west=1000, north=2000, nodata=3))
    grid = CubeGrid("a", "EPSG:3035", (100, 0, 1000, 0, -100, 2000), 2, 2)

    assert raster.sample(grid).covered.tolist() == [[True, True], [False, True]]


def test_a_cube_in_degrees_is_sampled_from_a_raster_in_metres(write_raster):
    # The centre of EPSG:3035, x 4321000 and y 3210000, is 10 degrees east, 52 degrees north.
    raster = Raster(write_raster("a.tif", CODES, west=4320900, north=3210100))
    grid = CubeGrid("a", "EPSG:4326", (0.0004, 0, 9.9996, 0, -0.0004, 52.0004), 2, 2)

    assert raster.sample(grid).values.tolist() == [[1, 2], [3, 4]]


def test_padding_is_ignored_when_reading_and_sampling(write_raster):
    padded = Raster(write_raster("a.tif", CODES, west=1000, north=2000), padding=(0, 1, 0, 1))
    grid = CubeGrid("a", "EPSG:3035", (100, 0, 1000, 0, -100, 2000), 2, 2)

    assert padded.read().tolist() == [[1]]
    assert padded.sample(grid).covered.tolist() == [[True, False], [False, False]]


def test_a_raster_without_a_reference_system_is_an_error(write_raster):
    with pytest.raises(DataError, match="no coordinate reference system"):
        Raster(write_raster("a.tif", CODES, crs=None, west=1000, north=2000))


def test_metres_declared_as_degrees_are_an_error(write_raster):
    path = write_raster("a.tif", CODES, crs="EPSG:4326", west=4320900, north=3210100)
    with pytest.raises(DataError, match="which is in degrees, but its bounds are x 4"):
        Raster(path)


def test_a_cube_with_metres_declared_as_degrees_is_an_error(write_raster):
    raster = Raster(write_raster("a.tif", CODES, west=4320900, north=3210100))
    grid = CubeGrid("a", "EPSG:4326", (10, 0, 500000, 0, -10, 5000000), 2, 2)

    with pytest.raises(DataError, match="the grid of a cube has the system EPSG:4326"):
        raster.sample(grid)


def test_an_unknown_reference_system_is_an_error(write_raster):
    raster = Raster(write_raster("a.tif", CODES, west=4320900, north=3210100))
    with pytest.raises(DataError, match="unknown coordinate reference system 'EPSG:999999'"):
        raster.sample(CubeGrid("a", "EPSG:999999", (10, 0, 0, 0, -10, 0), 2, 2))


def test_an_invalid_and_a_missing_raster_are_different_errors(tmp_path):
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(DataError, match="cannot be read as a raster"):
        Raster(tmp_path / "text.tif")
    with pytest.raises(MissingFileError):
        Raster(tmp_path / "absent.tif")


def test_nan_is_not_covered_whatever_is_declared(write_raster):
    codes = np.where(CODES == 3, np.nan, CODES).astype(np.float32)
    for nodata in (None, float("nan"), -1):
        patch = Raster(write_raster("a.tif", codes, west=1000, north=2000, nodata=nodata)).sample(
            CubeGrid("a", "EPSG:3035", (100, 0, 1000, 0, -100, 2000), 2, 2)
        )
        assert np.array_equal(patch.covered, np.isfinite(codes))


def test_a_truncated_raster_is_an_error(write_raster):
    path = write_raster("long.tif", np.arange(40000, dtype=np.uint16).reshape(200, 200))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"long.tif cannot be read; it may be truncated"):
        Raster(path).read()

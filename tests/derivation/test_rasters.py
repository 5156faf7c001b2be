import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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

    assert padded.read().values.tolist() == [[1]]
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


GRID = CubeGrid("a", "EPSG:3035", (100, 0, 1000, 0, -100, 2000), 2, 2)


@pytest.mark.parametrize(
    "declared",
    [
        {"nodata": 3},
        {"tags": {"_FillValue": "3"}},
        {"tags": {"missing_value": "3", "units": "1"}},
        {"tags": {"NODATA": "3"}},
        {"nodata": 250, "tags": {"_FillValue": "3"}},
        {"mask": [[True, True], [False, True]]},
    ],
    ids=str,
)
def test_all_that_a_raster_declares_as_no_data_is_not_covered(write_raster, declared):
    raster = Raster(write_raster("a.tif", CODES, west=1000, north=2000, **declared))
    for patch in (raster.sample(GRID), raster.read()):
        assert patch.covered.tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32])
@pytest.mark.parametrize("code", [-9999, 0, 7, 255, 65535, 0.5])
def test_declared_codes_of_any_type_are_not_covered(write_raster, dtype, code):
    """A code that the type cannot hold is no pixel's; rasterio refuses to declare it itself."""
    held = np.dtype(dtype).kind == "f" or (
        code == int(code) and np.iinfo(dtype).min <= code <= np.iinfo(dtype).max
    )
    values = np.array([[1, 2], [3, 4]], dtype)
    if held:
        values[1, 0] = code
    tags = {"_FillValue": str(code)}
    raster = Raster(write_raster("a.tif", values, west=1000, north=2000, tags=tags))
    assert raster.sample(GRID).covered.tolist() == [[True, True], [not held, True]]


@pytest.mark.parametrize(
    "declared",
    [{"scale": (0.1, 5)}, {"tags": {"scale_factor": "0.1", "add_offset": "5"}}],
    ids=str,
)
def test_a_declared_scale_is_applied_to_values_but_not_to_no_data(write_raster, declared):
    path = write_raster("a.tif", CODES, west=1000, north=2000, nodata=3, **declared)
    for patch in (Raster(path).sample(GRID), Raster(path).read()):
        assert patch.covered.tolist() == [[True, True], [False, True]]
        np.testing.assert_allclose(patch.values[patch.covered], [5.1, 5.2, 5.4])


def test_a_scale_that_the_caller_applies_is_compared_with_the_declared_one(write_raster):
    path = write_raster("a.tif", CODES, west=1000, north=2000, scale=(0.1, 5))
    assert Raster(path, scaling=(0.1, 5)).sample(GRID).values.tolist() == CODES.tolist()
    with pytest.raises(DataError, match=r"declares the scale 0\.1 and the offset 5, but"):
        Raster(path, scaling=(0.2, 5))
    plain = write_raster("b.tif", CODES, west=1000, north=2000)
    assert Raster(plain, scaling=(0.1, 5)).read().values.tolist() == CODES.tolist()


def test_values_outside_of_the_declared_valid_range_are_not_covered(write_raster):
    tags = {"valid_min": "2", "valid_max": "3"}
    raster = Raster(write_raster("a.tif", CODES, west=1000, north=2000, tags=tags))
    assert raster.sample(GRID).covered.tolist() == [[False, True], [True, False]]


def test_metadata_that_contradict_each_other_are_an_error(write_raster):
    path = write_raster("a.tif", CODES, scale=(0.1, 0), tags={"scale_factor": "0.2"})
    with pytest.raises(DataError, match=r"contradict each other: scale_factor 0\.1"):
        Raster(path)


@settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_pixel_that_a_raster_declares_as_missing_is_a_value(write_raster, data):
    """Whatever the type, the place of the declaration, the scale, and how the raster is read."""
    dtype = data.draw(st.sampled_from([np.uint8, np.int16, np.uint16, np.float32]))
    code = data.draw(st.sampled_from([0, 7, 200, 255]))
    name = data.draw(st.sampled_from(["_FillValue", "missing_value", "NoData", "nodata_value"]))
    how = {"nodata": code} if data.draw(st.booleans()) else {"tags": {name: str(code)}}
    scale = data.draw(st.sampled_from([None, (0.5, 0), (2, -3)]))
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=4, max_size=4))).reshape(2, 2)
    values = np.where(missing, code, 100).astype(dtype)
    path = write_raster("a.tif", values, west=1000, north=2000, scale=scale, **how)
    expected = 100 if scale is None else 100 * scale[0] + scale[1]
    for patch in (Raster(path).read(), Raster(path).sample(GRID)):
        assert np.array_equal(patch.covered, ~missing)
        assert (patch.values[patch.covered] == expected).all()

"""Arrays read equal those written, by tifffile (no code in common with the reader) or GDAL."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from neuco_plugin_geotiff.dataset import GeoTiffFolder
from neucocore.plugin import ConfigError, CorruptCubeError, IdError

tifffile = pytest.importorskip("tifffile")
pytest.importorskip("imagecodecs")

DTYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
COMPRESSIONS = (None, "deflate", "lzw", "zstd", "lzma", "packbits")


def write(path, bands, *, names=(), tags=None, scales=None, offsets=None, **profile):
    bands = np.asarray(bands)
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    place = {"crs": "EPSG:32633", "transform": Affine(30, 0, 400_000, 0, -30, 5_300_000)}
    size = {"count": count, "height": height, "width": width, "dtype": bands.dtype}
    with rasterio.open(path, "w", driver="GTiff", **{**place, **size, **profile}) as file:
        file.write(bands)
        if names:
            file.descriptions = names
        if scales:
            file.scales, file.offsets = scales, offsets
        file.update_tags(**(tags or {}))


def one(folder, **params):
    data = GeoTiffFolder(folder, **params)
    (cube,) = data.read(data.ids()[:1])
    return cube


def numbers(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, size=shape, dtype=dtype, endpoint=True)


@settings(max_examples=150, deadline=None)
@given(
    dtype=st.sampled_from(DTYPES),
    compression=st.sampled_from(COMPRESSIONS),
    bands=st.integers(1, 7),
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    layout=st.sampled_from(("interleaved", "planes", "pages")),
    tile=st.sampled_from((None, (16, 16), (32, 48))),
    byteorder=st.sampled_from("<>"),
    big=st.booleans(),
    predictor=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_arrays_written_by_tifffile_are_read_unchanged(
    dtype, compression, bands, height, width, layout, tile, byteorder, big, predictor, seed
):
    array = numbers((bands, height, width), dtype, seed)
    stored = np.moveaxis(array, 0, -1) if layout == "interleaved" else array
    planar = {"interleaved": "contig", "planes": "separate", "pages": None}[layout]
    if bands == 1:
        stored, planar = array[0], None
    predictor = predictor and compression in ("deflate", "lzw", "zstd")
    with tempfile.TemporaryDirectory() as folder:
        with tifffile.TiffWriter(Path(folder) / "a.tif", bigtiff=big, byteorder=byteorder) as file:
            file.write(
                stored,
                photometric="minisblack",
                planarconfig=planar,
                tile=tile,
                compression=compression,
                predictor=predictor,
                metadata=None,
                extrasamples=["unspecified"] * (bands - 1) if planar else None,
            )
        cube = one(folder)
    np.testing.assert_array_equal(cube.arrays["image"][0], array)
    assert cube.arrays["image"].dtype == np.dtype(dtype)


@pytest.mark.parametrize("overviews", [False, True])
def test_overviews_are_ignored(tmp_path, overviews):
    array = numbers((3, 600, 600), "uint16", 1)
    write(tmp_path / "a.tif", array, tiled=True, blockxsize=256, blockysize=256)
    if overviews:
        with rasterio.open(tmp_path / "a.tif", "r+") as file:
            file.build_overviews([2, 4])
    np.testing.assert_array_equal(one(tmp_path).arrays["image"][0], array)


def test_names_dates_and_places_are_read_from_the_tags(tmp_path):
    tags = {"TIFFTAG_DATETIME": "2021:06:01 10:10:31"}
    write(tmp_path / "a.tif", np.ones((2, 4, 6), "uint16"), names=("red", "nir"), tags=tags)
    cube = one(tmp_path)
    assert cube.bands["image"] == ("red", "nir")
    assert cube.season_names == ("2021-06-01",)
    assert cube.metadata["crs"] == "EPSG:32633"
    # West of 15 degrees east, the central meridian of the zone, where the easting is 500,000.
    assert 13 < cube.metadata["lon"] < 15
    assert 47 < cube.metadata["lat"] < 48


def test_no_data_of_integers_keeps_its_value(tmp_path):
    array = np.full((1, 4, 4), 3000, "int16")
    array[0, 0] = -9999
    write(tmp_path / "a.tif", array, nodata=-9999)
    cube = one(tmp_path)
    assert cube.nodata["image"] == -9999
    np.testing.assert_array_equal(cube.arrays["image"][0], array)
    assert (cube.scaled("image")[0, 0, 0] == 0).all()
    assert cube.scaled("image")[0, 0, 1, 0] == pytest.approx(0.3)


@pytest.mark.parametrize("nodata", [float("nan"), -9999.0, float(np.finfo("float32").min)])
def test_no_data_of_decimals_becomes_zero(tmp_path, nodata):
    array = np.full((1, 4, 4), 0.5, "float32")
    array[0, 0] = nodata
    write(tmp_path / "a.tif", array, nodata=nodata)
    cube = one(tmp_path)
    assert cube.nodata["image"] == 0
    assert (cube.arrays["image"][0, 0, 0] == 0).all()
    assert (cube.arrays["image"][0, 0, 1:] == 0.5).all()


def test_a_mask_and_an_alpha_band_mark_no_data(tmp_path):
    mask = np.ones((8, 8), bool)
    mask[:2] = False
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(tmp_path / "mask/a.tif", np.full((2, 8, 8), 700, "uint16"))
        with rasterio.open(tmp_path / "mask/a.tif", "r+") as file:
            file.write_mask(mask)
    rgba = np.full((4, 8, 8), 90, "uint8")
    rgba[3] = mask * 255
    write(tmp_path / "alpha/a.tif", rgba, photometric="RGB", alpha="YES")
    for folder, bands in (("mask", 2), ("alpha", 3)):
        cube = one(tmp_path / folder)
        assert cube.arrays["image"].shape == (1, bands, 8, 8)
        assert ((cube.arrays["image"] == 0) == ~mask).all()
        assert cube.nodata["image"] == 0


def test_scale_and_offset_of_the_tags_are_applied(tmp_path):
    array = np.array([[[0, 10_000], [20_000, 40_000]]], "uint16")
    write(tmp_path / "a.tif", array, nodata=0, scales=(0.0000275,), offsets=(-0.2,))
    cube = one(tmp_path)
    expected = [[0, 0.075], [0.35, 0.9]]
    np.testing.assert_allclose(cube.arrays["image"][0, 0], expected, rtol=1e-6)
    assert cube.arrays["image"].dtype == np.float32
    assert any(finding.code == "scaled" for finding in cube.findings)


@pytest.mark.parametrize(
    ("dtype", "scale"), [("uint8", 255), ("uint16", 10_000), ("float32", None)]
)
def test_the_scale_follows_the_type_or_the_parameter(tmp_path, dtype, scale):
    write(tmp_path / "a.tif", np.ones((1, 2, 2), dtype))
    assert one(tmp_path).scale.get("image") == scale
    assert one(tmp_path, scale=["50"]).scale == {"image": 50}
    assert one(tmp_path, scale=["image:60"]).scale == {"image": 60}
    for wrong in ("image:-1", "other:5", "x", "nan", "inf"):
        with pytest.raises(ConfigError, match="positive"):
            one(tmp_path, scale=[wrong])


@pytest.mark.parametrize("order", ["dates", "bands"])
def test_stacks_are_split_by_the_dates_that_are_given(tmp_path, order):
    array = np.arange(24, dtype="uint16").reshape(6, 2, 2) + 1
    write(tmp_path / "a.tif", array)
    names = ["r", "g", "n"]
    dates = ["2021-09-05", "2021-06-01"]
    cube = one(tmp_path, dates=dates, band_names=names, stack_order=order)
    by_date = array.reshape(2, 3, 2, 2) if order == "dates" else array.reshape(3, 2, 2, 2)
    expected = by_date if order == "dates" else by_date.swapaxes(0, 1)
    # Dates are sorted, so the first stored one comes last.
    np.testing.assert_array_equal(cube.arrays["image"], expected[::-1])
    assert cube.season_names == ("2021-06-01", "2021-09-05")


def test_stacks_without_known_dates_keep_the_stored_order(tmp_path):
    array = np.arange(88, dtype="uint16").reshape(22, 2, 2) + 1
    write(tmp_path / "a.tif", array)
    cube = one(tmp_path, dates=["11"])
    np.testing.assert_array_equal(cube.arrays["image"], array.reshape(11, 2, 2, 2))


def test_stacks_are_split_by_dates_in_the_descriptions(tmp_path):
    array = np.arange(16, dtype="uint16").reshape(4, 2, 2) + 1
    names = ("B4_20210905", "B4_20210601", "B3_20210905", "B3_20210601")
    write(tmp_path / "a.tif", array, names=names)
    cube = one(tmp_path)
    assert cube.bands["image"] == ("B4", "B3")
    described = GeoTiffFolder(tmp_path).describe()["image"]
    assert described["dates"] == "2021-06-01 to 2021-09-05 (2 different)"
    assert cube.season_names == ("2021-06-01", "2021-09-05")
    np.testing.assert_array_equal(cube.arrays["image"], [array[[1, 3]], array[[0, 2]]])


def test_dates_and_bands_can_be_selected(tmp_path):
    for date in ("2021-06-01", "2021-09-05"):
        write(tmp_path / f"a_{date}.tif", np.ones((2, 2, 2), "uint8"), names=("red", "nir"))
    cube = one(tmp_path, seasons=["2021-09-05"], bands=["nir"])
    assert cube.arrays["image"].shape == (1, 1, 2, 2)
    with pytest.raises(ConfigError, match="no modality has a band 'blue'"):
        GeoTiffFolder(tmp_path, bands=["blue"])


def test_a_selection_of_unnamed_bands_names_the_right_parameter(tmp_path):
    write(tmp_path / "a.tif", np.ones((2, 2, 2), "uint8"))
    with pytest.raises(ConfigError) as caught:
        GeoTiffFolder(tmp_path, bands=["red", "nir"])
    assert "dataset.band_names" in str(caught.value.hint)
    assert one(tmp_path, band_names=["red", "nir"], bands=["nir"]).bands == {"image": ("nir",)}


def test_an_unknown_id_is_an_error(tmp_path):
    write(tmp_path / "a.tif", np.ones((1, 2, 2), "uint8"))
    with pytest.raises(IdError, match="'b'"):
        list(GeoTiffFolder(tmp_path).read(["b"]))


@pytest.mark.parametrize("interleave", ["pixel", "band"])
def test_blocks_that_are_not_stored_are_no_data_or_an_error(tmp_path, interleave):
    array = np.zeros((2, 64, 64), "uint16")
    array[:, :16] = 5
    form = {"tiled": True, "blockxsize": 16, "blockysize": 16, "interleave": interleave}
    write(tmp_path / "declared/a.tif", array, nodata=0, SPARSE_OK=True, **form)
    np.testing.assert_array_equal(one(tmp_path / "declared").arrays["image"][0], array)
    write(tmp_path / "other/a.tif", array, SPARSE_OK=True, **form)
    with pytest.raises(CorruptCubeError, match="of its blocks are not stored"):
        one(tmp_path / "other")

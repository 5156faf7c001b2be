import numpy as np
import pytest

from neucocore.derivation.labelling import NoLabel
from neucocore.derivation.layers import TruthLayer, open_layer, source_files, truth_folder
from neucocore.errors import ConfigError, DataError, MissingFileError

HEAD = "id,crs,height,width,west,south,east,north\n"
ONE = np.array([[7]], np.uint8)


def truth(folder, **arrays):
    (folder / "truth").mkdir()
    np.savez(folder / "truth" / "a.npz", **arrays)
    return folder


def cubes(folder, rows):
    table = folder / "cubes.csv"
    table.write_text(HEAD + rows)
    return table


def test_synthetic_data_is_recognised_by_its_truth_folder(tmp_path):
    earth = truth(tmp_path, corine=ONE)

    assert truth_folder([earth]) == earth / "truth"
    assert truth_folder([earth / "truth"]) == earth / "truth"
    assert open_layer([earth], "corine", None).read("a").values.tolist() == [[7]]


def test_a_missing_truth_layer_is_an_error_that_lists_the_layers(tmp_path):
    layer = TruthLayer(truth(tmp_path, corine=ONE, cdl=ONE) / "truth", "agbd")
    with pytest.raises(DataError, match="no layer 'agbd'") as caught:
        layer.read("a")
    assert caught.value.hint == "its layers: cdl, corine"


def test_a_cube_without_truth_gets_no_label(tmp_path):
    layer = TruthLayer(truth(tmp_path, corine=ONE) / "truth", "corine")
    with pytest.raises(NoLabel):
        layer.read("b")


def test_of_overlapping_rasters_the_first_one_with_a_value_is_used(tmp_path, write_raster):
    left = write_raster("left.tif", np.array([[1, 0]], np.uint8), north=100, nodata=0)
    right = write_raster("right.tif", np.array([[2, 2]], np.uint8), west=100, north=100)
    table = cubes(tmp_path, "a,EPSG:3035,1,3,0,0,300,100\n")

    patch = open_layer([left, right], "corine", table).read("a")

    assert patch.values.tolist() == [[1, 2, 2]]


def test_a_cube_outside_of_all_rasters_gets_no_label_but_their_bounds(tmp_path, write_raster):
    layer = open_layer(
        [write_raster("a.tif", ONE, north=100)],
        "corine",
        cubes(tmp_path, "a,EPSG:3035,1,1,5000,0,5100,100\n"),
    )
    with pytest.raises(NoLabel, match=r"outside a.tif \(EPSG:3035: x 0 to 100, y 0 to 100\)"):
        layer.read("a")


def test_a_cube_without_a_grid_gets_no_label(tmp_path, write_raster):
    table = cubes(tmp_path, "a,EPSG:3035,1,1,0,0,100,100\n")
    layer = open_layer([write_raster("a.tif", ONE, north=100)], "corine", table)
    with pytest.raises(NoLabel, match="no grid"):
        layer.read("b")


def test_a_netcdf_raster_is_read_like_a_geotiff(tmp_path, write_raster):
    import rasterio.shutil

    tiff = write_raster("a.tif", ONE, north=100)
    rasterio.shutil.copy(str(tiff), str(tmp_path / "a.nc"), driver="netCDF")
    table = cubes(tmp_path, "a,EPSG:3035,1,1,0,0,100,100\n")

    patch = open_layer([tmp_path / "a.nc"], "corine", table).read("a")

    assert patch.values.tolist() == [[7]]


def test_sources_that_are_not_rasters_or_do_not_exist_are_errors(tmp_path):
    (tmp_path / "notes.txt").write_text("not a raster")
    with pytest.raises(ConfigError, match=r"not a raster: .*notes.txt"):
        open_layer([tmp_path / "notes.txt"], "corine", None)
    with pytest.raises(MissingFileError, match="absent"):
        open_layer([tmp_path / "absent.tif"], "corine", None)
    with pytest.raises(ConfigError, match="no source was given"):
        open_layer([], "corine", None)


def test_a_partly_covered_cube_has_the_covered_values(tmp_path, write_raster):
    raster = write_raster("a.tif", ONE, north=100)
    table = cubes(tmp_path, "a,EPSG:3035,1,3,0,0,300,100\n")
    patch = open_layer([raster], "corine", table).read("a")
    assert patch.covered.tolist() == [[True, False, False]]
    assert patch.values[patch.covered].tolist() == [7]


def test_a_folder_stands_for_the_source_files_below_it(tmp_path, write_raster):
    table = cubes(tmp_path, "a,EPSG:3035,1,2,0,0,200,100\n")
    (tmp_path / "maps" / "north").mkdir(parents=True)
    write_raster("maps/a.TIF", ONE, north=100)
    write_raster("maps/north/b.tif", ONE + 1, west=100, north=100)
    (tmp_path / "maps" / "readme.txt").touch()

    patch = open_layer([tmp_path / "maps"], "corine", table).read("a")

    assert patch.values.tolist() == [[7, 8]]


def test_a_folder_without_source_files_is_an_error(tmp_path):
    (tmp_path / "a.h5").touch()
    assert source_files([tmp_path, tmp_path / "b"], ["*.H5"]) == [tmp_path / "a.h5", tmp_path / "b"]
    with pytest.raises(ConfigError, match=r"holds no source: no \*.csv or \*.parquet"):
        source_files([tmp_path], ["*.csv", "*.parquet"])

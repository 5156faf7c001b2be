import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_ships.dataset import ships
from neuco_plugin_ships.example import write
from neucocore.plugin import DataError, IdError, MissingFileError, read_label_file, write_modality


def write_tiff(path, bands):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=2,
        width=3,
        count=len(bands),
        dtype="float32",
        crs="EPSG:32618",
        transform=Affine(10, 0, 500_000, 0, -10, 4_500_000),
    ) as file:
        for number, value in enumerate(bands, start=1):
            file.write(np.full((2, 3), value, np.float32), number)


def test_scenes_in_cube_files_are_read(tmp_path):
    folder = tmp_path / "data/s1/part-000000"
    folder.mkdir(parents=True)
    array = np.full((1, 2, 4, 4), -12.5, np.float32)
    write_modality(folder / "port7.zarr.zip", array, ("vv", "vh"))

    scenes = ships(tmp_path)
    (cube,) = scenes.read(scenes.ids())

    assert cube.id == "port7"
    np.testing.assert_array_equal(cube.arrays["s1"], array)
    assert cube.bands["s1"] == ("vv", "vh")


def test_only_the_first_two_bands_of_geotiffs_are_read(tmp_path):
    write_tiff(tmp_path / "Houston/scene1.tif", [-10.0, -17.0, 0.0])
    write_tiff(tmp_path / "Boston/scene0.tif", [-11.0, -18.0])

    scenes = ships(tmp_path, layout="geotiff")

    assert scenes.ids() == ["scene0", "scene1"]
    (cube,) = scenes.read(["scene1"])
    assert cube.arrays["s1"].shape == (1, 2, 2, 3)
    assert cube.arrays["s1"][0, :, 0, 0].tolist() == [-10.0, -17.0]


def test_the_ships_of_the_example_are_at_their_labels(tmp_path):
    write(tmp_path)
    scenes = ships(tmp_path)
    position = read_label_file(tmp_path / "labels/ships_position__regr.csv")

    for cube, expected in zip(scenes.read(position.ids), position.y, strict=True):
        values = cube.arrays["s1"][0, 0]
        rows, cols = np.nonzero(values == values.max())
        assert (rows.mean(), cols.mean()) == tuple(expected)
    assert len(scenes.ids()) == 4


def test_label_files_are_in_the_folder_labels(tmp_path):
    write_tiff(tmp_path / "scene1.tif", [-10.0, -17.0])
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/ships_detection__cls.csv").write_text("id,label\nscene1,1\n")

    names = [path.name for path in ships(tmp_path, layout="geotiff").label_files()]

    assert names == ["ships_detection__cls.csv"]


def test_missing_duplicate_and_single_band_scenes_are_errors(tmp_path):
    with pytest.raises(MissingFileError, match="no file"):
        ships(tmp_path, layout="geotiff")
    write_tiff(tmp_path / "a/scene1.tif", [-10.0])
    scenes = ships(tmp_path, layout="geotiff")
    with pytest.raises(DataError, match="has only 1 band"):
        list(scenes.read(["scene1"]))
    with pytest.raises(IdError, match="1 of 1 scenes"):
        list(scenes.read(["scene2"]))
    write_tiff(tmp_path / "b/scene1.tif", [-10.0, -17.0])
    with pytest.raises(DataError, match="two scenes have the id scene1"):
        ships(tmp_path, layout="geotiff")


@pytest.mark.parametrize("missing", [-9999.0, float("nan")])
def test_a_scene_with_declared_no_data_or_nan_is_an_error(tmp_path, missing):
    path = tmp_path / "s1/a.tif"
    write_tiff(path, [missing, -20.0])
    with rasterio.open(path, "r+") as file:
        file.nodata = -9999.0
    scenes = ships(tmp_path, layout="geotiff")
    with pytest.raises(DataError, match="6 values are NaN or declared as no data"):
        list(scenes.read(scenes.ids()))


def test_the_declared_scale_of_a_scene_is_applied(tmp_path):
    path = tmp_path / "s1/a.tif"
    write_tiff(path, [-1200.0, -2000.0])
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.01, 0.01), (0.0, 1.0)
    scenes = ships(tmp_path, layout="geotiff")
    (cube,) = scenes.read(scenes.ids())
    assert cube.arrays["s1"][0, :, 0, 0].tolist() == pytest.approx([-12, -19])

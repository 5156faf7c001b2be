import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_heatisland.derivation import kelvin, mean, std
from neucocore.plugin import ConfigError, DataError, MissingFileError

# QA_PIXEL values of Collection 2: clear land; cloud with high confidence; fill.
CLEAR, CLOUD, FILL = 21824, 22280, 1
# 44177 * 0.00341802 + 149 = 299.99786954 K; 1000 digital numbers are 3.41802 K.
BASE, KELVIN, STEP = 44177, 299.99786954, 3.41802
JULY = "LC08_L2SP_192027_20220705_20220713_02_T1"
AUGUST = "LC09_L2SP_192027_20210806_20210813_02_T1"
MARCH = "LC08_L2SP_192027_20220305_20220313_02_T1"


@pytest.fixture
def scene(tmp_path):
    """Return a function that writes a Landsat scene of 2 x 2 pixels with its quality flags."""

    def write(product, numbers, quality):
        for layer, values in (("ST_B10", numbers), ("QA_PIXEL", quality)):
            if values is not None:
                with rasterio.open(
                    tmp_path / f"{product}_{layer}.TIF",
                    "w",
                    driver="GTiff",
                    height=2,
                    width=2,
                    count=1,
                    dtype="uint16",
                    crs="EPSG:32633",
                    transform=Affine(30, 0, 500_000, 0, -30, 5_000_000),
                ) as file:
                    file.write(np.array(values, np.uint16), 1)
        return tmp_path / f"{product}_ST_B10.TIF"

    return write


@pytest.fixture
def cubes(tmp_path):
    table = tmp_path / "cubes.csv"
    table.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "city,EPSG:32633,6,6,500000,4999940,500060,5000000\n"
        "far,EPSG:32633,6,6,600000,4999940,600060,5000000\n"
    )
    return str(table)


SUMMER = {"months": ("6", "7", "8"), "minimum": 0.5}
ALL_CLEAR = [[CLEAR, CLEAR], [CLEAR, CLEAR]]


def test_digital_numbers_are_converted_to_kelvin_and_fill_to_nan():
    temperature = kelvin(np.array([BASE, 0], np.uint16))

    assert temperature[0] == pytest.approx(KELVIN)
    assert np.isnan(temperature[1])


def test_mean_and_standard_deviation_use_the_clear_pixels(scene, cubes):
    numbers = [[BASE, BASE + 1000], [BASE + 5000, 0]]
    source = [scene(JULY, numbers, [[CLEAR, CLEAR], [CLOUD, FILL]])]

    average = mean(["city"], source, cubes=cubes, **SUMMER)
    spread = std(["city"], source, cubes=cubes, **SUMMER)

    assert average.y.tolist() == pytest.approx([KELVIN + STEP / 2])
    assert spread.y.tolist() == pytest.approx([STEP / 2])


def test_a_pixel_that_is_clear_twice_counts_once_with_its_mean(scene, cubes):
    first = scene(JULY, [[BASE, BASE], [BASE, BASE]], ALL_CLEAR)
    second = scene(AUGUST, [[BASE + 1000] * 2] * 2, [[CLEAR, CLEAR], [CLOUD, CLOUD]])

    average = mean(["city"], [first, second], cubes=cubes, **SUMMER)

    # The upper two pixels have the mean of both scenes, the lower two only the first scene.
    assert average.y.tolist() == pytest.approx([KELVIN + STEP / 4])


def test_scenes_of_other_months_are_left_out(scene, cubes):
    july = scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    march = scene(MARCH, [[BASE - 9000] * 2] * 2, ALL_CLEAR)

    assert mean(["city"], [march, july], cubes=cubes, **SUMMER).y.tolist() == pytest.approx(
        [KELVIN]
    )
    with pytest.raises(DataError, match="none of 1 scenes is of the months 6, 7, 8"):
        mean(["city"], [march], cubes=cubes, **SUMMER)


def test_cloudy_and_distant_cubes_are_reported(scene, cubes):
    source = [scene(JULY, [[BASE] * 2] * 2, [[CLOUD, CLOUD], [CLOUD, CLEAR]])]
    with pytest.raises(DataError, match="none of 2 cubes") as caught:
        mean(["city", "far"], source, cubes=cubes, **SUMMER)
    assert "less than 50% of the pixels are clear: city" in caught.value.problems[0]
    assert "outside all scenes: far" in caught.value.problems[1]


def test_a_scene_without_quality_flags_is_an_error(scene, cubes):
    source = [scene(JULY, [[BASE] * 2] * 2, None)]
    with pytest.raises(MissingFileError, match=r"the quality flags of .* are missing") as caught:
        mean(["city"], source, cubes=cubes, **SUMMER)
    assert f"{JULY}_QA_PIXEL.TIF" in str(caught.value.hint)


def test_a_file_of_another_band_is_an_error(scene, cubes, tmp_path):
    scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    with pytest.raises(DataError, match="1 sources are not Landsat ST_B10 files"):
        mean(["city"], [tmp_path / f"{JULY}_QA_PIXEL.TIF"], cubes=cubes, **SUMMER)


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", st_b10=np.array([[BASE, BASE + 1000, 0]], np.uint16))

    assert mean(["a"], [tmp_path], **SUMMER).y.tolist() == pytest.approx([KELVIN + STEP / 2])
    assert std(["a"], [tmp_path], **SUMMER).y.tolist() == pytest.approx([STEP / 2])


def test_quality_flags_in_a_folder_of_scenes_are_not_taken_for_scenes(scene, cubes, tmp_path):
    scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    labels = mean(["city"], [tmp_path], cubes=cubes, **SUMMER)
    assert labels.y.tolist() == pytest.approx([KELVIN])


@pytest.mark.parametrize("months", [("June",), ("13",), ("6", ""), ()], ids=str)
def test_invalid_months_are_an_error(scene, cubes, months):
    source = [scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)]
    with pytest.raises(ConfigError, match="must be numbers from 1 to 12"):
        mean(["city"], source, cubes=cubes, **(SUMMER | {"months": months}))

import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_heatisland.derivation import kelvin, mean, std
from neucocore.plugin import ConfigError, DataError, MissingFileError

# Collection 2 QA_PIXEL values as they occur: clear land; cloud with high confidence; fill.
CLEAR, CLOUD, FILL = 21824, 22280, 1
# 44177 * 0.00341802 + 149 = 299.99786954 K, and a thousand numbers are 3.41802 K.
BASE, KELVIN, STEP = 44177, 299.99786954, 3.41802
JULY = "LC08_L2SP_192027_20220705_20220713_02_T1"
AUGUST = "LC09_L2SP_192027_20210806_20210813_02_T1"
MARCH = "LC08_L2SP_192027_20220305_20220313_02_T1"


@pytest.fixture
def scene(tmp_path):
    """Write a Landsat scene of 2 x 2 pixels of 30 m on UTM zone 33, with its quality flags."""

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


def test_numbers_become_kelvin_and_fill_does_not_count():
    found = kelvin(np.array([BASE, 0], np.uint16))

    assert found[0] == pytest.approx(KELVIN)
    assert np.isnan(found[1])


def test_mean_and_spread_over_the_clear_pixels(scene, cubes):
    numbers = [[BASE, BASE + 1000], [BASE + 5000, 0]]
    source = [scene(JULY, numbers, [[CLEAR, CLEAR], [CLOUD, FILL]])]

    average = mean(["city"], source, cubes=cubes, **SUMMER)
    spread = std(["city"], source, cubes=cubes, **SUMMER)

    assert average.y.tolist() == pytest.approx([KELVIN + STEP / 2])
    assert spread.y.tolist() == pytest.approx([STEP / 2])


def test_a_pixel_seen_twice_counts_once_with_its_mean(scene, cubes):
    first = scene(JULY, [[BASE, BASE], [BASE, BASE]], ALL_CLEAR)
    second = scene(AUGUST, [[BASE + 1000] * 2] * 2, [[CLEAR, CLEAR], [CLOUD, CLOUD]])

    average = mean(["city"], [first, second], cubes=cubes, **SUMMER)

    # The upper two pixels have the mean of both scenes, the lower two the first scene alone.
    assert average.y.tolist() == pytest.approx([KELVIN + STEP / 4])


def test_scenes_of_other_months_are_left_out(scene, cubes):
    july = scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    march = scene(MARCH, [[BASE - 9000] * 2] * 2, ALL_CLEAR)

    assert mean(["city"], [march, july], cubes=cubes, **SUMMER).y.tolist() == pytest.approx(
        [KELVIN]
    )
    with pytest.raises(DataError, match="none of 1 scenes is of the months 6, 7, 8"):
        mean(["city"], [march], cubes=cubes, **SUMMER)


def test_cloudy_and_distant_cubes_are_counted(scene, cubes):
    source = [scene(JULY, [[BASE] * 2] * 2, [[CLOUD, CLOUD], [CLOUD, CLEAR]])]
    with pytest.raises(DataError, match="none of 2 cubes") as caught:
        mean(["city", "far"], source, cubes=cubes, **SUMMER)
    assert "less than 50% of its pixels are seen clearly: city" in caught.value.problems[0]
    assert "outside all scenes: far" in caught.value.problems[1]


def test_a_scene_without_quality_flags_is_refused(scene, cubes):
    source = [scene(JULY, [[BASE] * 2] * 2, None)]
    with pytest.raises(MissingFileError, match=r"no quality flags") as caught:
        mean(["city"], source, cubes=cubes, **SUMMER)
    assert f"{JULY}_QA_PIXEL.TIF" in str(caught.value.hint)


def test_another_band_is_no_surface_temperature(scene, cubes, tmp_path):
    scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    with pytest.raises(DataError, match="1 sources are no Landsat ST_B10 files"):
        mean(["city"], [tmp_path / f"{JULY}_QA_PIXEL.TIF"], cubes=cubes, **SUMMER)


def test_the_synthetic_truth_goes_through_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", st_b10=np.array([[BASE, BASE + 1000, 0]], np.uint16))

    assert mean(["a"], [tmp_path], **SUMMER).y.tolist() == pytest.approx([KELVIN + STEP / 2])
    assert std(["a"], [tmp_path], **SUMMER).y.tolist() == pytest.approx([STEP / 2])


def test_a_folder_of_scenes_is_a_source_without_their_quality_flags(scene, cubes, tmp_path):
    scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)
    labels = mean(["city"], [tmp_path], cubes=cubes, **SUMMER)
    assert labels.y.tolist() == pytest.approx([KELVIN])


@pytest.mark.parametrize("months", [("June",), ("13",), ("6", ""), ()], ids=str)
def test_months_that_are_none_are_refused(scene, cubes, months):
    source = [scene(JULY, [[BASE] * 2] * 2, ALL_CLEAR)]
    with pytest.raises(ConfigError, match="no months"):
        mean(["city"], source, cubes=cubes, **(SUMMER | {"months": months}))

from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_synthetic_earth import labels


def corine(**counts: int) -> dict[str, np.ndarray]:
    """Return a raster with a number of pixels of each code, such as ``corine(c12=3, c44=1)``."""
    codes = [int(name[1:]) for name, count in counts.items() for _ in range(count)]
    return {"corine": np.array([codes], np.uint8)}


def test_agriculture_is_the_share_of_codes_12_to_22_in_the_land_area() -> None:
    # 2 arable, 1 agro-forestry, 1 urban, 1 forest; 3 sea and 1 without data are excluded.
    truth = corine(c12=2, c22=1, c11=1, c23=1, c44=3, c48=1)
    assert labels.agriculture(truth) == pytest.approx(3 / 5)


def test_forest_is_the_share_of_codes_23_to_25_without_shrub() -> None:
    assert labels.forest(corine(c23=1, c24=1, c25=1, c29=1, c44=2)) == pytest.approx(3 / 4)


def test_a_cube_that_is_mostly_sea_has_no_land_cover_label() -> None:
    assert labels.agriculture(corine(c12=4, c44=5)) is None
    assert labels.agriculture(corine(c12=5, c44=5)) == 1.0


def test_crops_are_corn_and_soybean_among_pixels_with_a_class() -> None:
    cdl = np.array([[1, 5, 24, 61, 0, 81]], np.uint8)
    assert labels.crops({"cdl": cdl}) == pytest.approx(2 / 4)
    assert labels.crops({"cdl": np.zeros((2, 2), np.uint8)}) is None


def test_biomass_needs_10_footprints_for_a_mean_and_20_for_a_standard_deviation() -> None:
    agbd = np.full((5, 5), -9999.0, np.float32)
    agbd.flat[:9] = 100.0
    assert labels.biomass_mean({"agbd": agbd}) is None
    agbd.flat[9] = 200.0
    assert labels.biomass_mean({"agbd": agbd}) == pytest.approx(110.0)
    assert labels.biomass_std({"agbd": agbd}) is None
    agbd.flat[:20] = [0.0, 2.0] * 10
    assert labels.biomass_std({"agbd": agbd}) == pytest.approx((20 / 19) ** 0.5)


def test_temperature_is_in_kelvin_without_fill_values() -> None:
    numbers = np.array([[44000, 45000], [46000, 0]], np.uint16)
    assert labels.heat_mean({"st_b10": numbers}) == pytest.approx(45000 * 0.00341802 + 149.0)
    assert labels.heat_std({"st_b10": numbers}) == pytest.approx((2 / 3) ** 0.5 * 3.41802)
    numbers[0] = 0
    assert labels.heat_mean({"st_b10": numbers}) is None


def test_cloud_cover_is_the_percentage_of_thick_and_thin_cloud_over_the_seasons() -> None:
    classes = np.zeros((4, 1, 4), np.uint8)
    classes[0, 0] = [1, 2, 3, 0]
    classes[1, 0] = [1, 1, 1, 1]
    assert labels.clouds({"clouds": classes}) == pytest.approx(100 * 6 / 16)


def test_a_position_needs_exactly_one_ship() -> None:
    one = np.array([[3.5, 7.25]])
    assert labels.ship_position({"ships": one}) == (3.5, 7.25)
    assert labels.ship_position({"ships": np.zeros((0, 2))}) is None
    assert labels.ship_position({"ships": np.vstack([one, one])}) is None


def test_only_cubes_with_sea_have_a_detection_label() -> None:
    ship, none = np.array([[1.0, 1.0]]), np.zeros((0, 2))
    sea, land = corine(c44=1, c12=4), corine(c12=5)
    assert labels.ship_detection(sea | {"ships": ship}) == 1.0
    assert labels.ship_detection(sea | {"ships": none}) == 0.0
    assert labels.ship_detection(land | {"ships": none}) is None


def test_pixels_whose_bands_are_all_zero_have_no_data() -> None:
    image = np.ones((4, 12, 1, 4), np.int16)
    image[0, :, 0, 0] = 0
    image[1, :11, 0, 0] = 0
    assert labels.nodata(image) == pytest.approx(1 / 16)


def test_the_control_labels_are_uniform_and_independent() -> None:
    rows = [labels.control(f"cube {n}") for n in range(2000)]
    numbers = np.array([d["random_clean_reg__regr"] for d in rows])
    classes = np.array([d["random_clean_cls__cls"] for d in rows])
    assert 0.0 <= numbers.min() <= numbers.max() < 100.0
    assert numbers.mean() == pytest.approx(50, abs=2)
    assert classes.mean() == pytest.approx(0.5, abs=0.03)
    assert abs(np.corrcoef(numbers, classes)[0, 1]) < 0.06

"""Every encoder on cubes of other sensors, sizes and numbers of dates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuco_plugin_classical.encoder import ClassicalEncoder
from neuco_plugin_classical.moments import band_covariance, band_statistics
from neuco_plugin_classical.separable import cosines, thumbnails
from neuco_plugin_classical.wavelets import wavelet_energies
from neucocore.plugin import ConfigError, Cube, DataError, ShapeError, make_cubes

Make = Callable[..., ClassicalEncoder]
LANDSAT = ("blue", "green", "red", "nir", "swir1", "swir2")
PER_BAND: dict[Make, int] = {
    band_statistics: 5,
    thumbnails: 9,
    cosines: 9,
    wavelet_energies: 9,
}
"""Encoders that describe each band and date on its own, and the numbers per band and date."""
ALL: list[Make] = [*PER_BAND, band_covariance]


def landsat(
    name: str = "landsat", dates: int = 2, size: tuple[int, int] = (17, 12), **more: Any
) -> Cube:
    """Return a cube of six bands of unsigned integers."""
    rng = np.random.default_rng(list(name.encode()))
    values = rng.integers(1, 6000, (dates, 6, *size)).astype(np.uint16)
    return Cube(name, {"landsat": values}, {"landsat": LANDSAT}, scale={"landsat": 10_000}, **more)


def with_modality(cube: Cube, name: str, array: np.ndarray) -> Cube:
    bands = {**cube.bands, name: tuple(f"b{i}" for i in range(array.shape[1]))}
    return replace(cube, arrays={**cube.arrays, name: array}, bands=bands)


def dimension(make: Make, channels: int, dates: int) -> int:
    if make is band_covariance:
        return channels + channels * (channels + 1) // 2
    return PER_BAND[make] * channels * dates


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("dates", [1, 2, 5])
@pytest.mark.parametrize("size", [(8, 8), (17, 12), (9, 31)])
def test_cubes_of_any_sensor_size_and_number_of_dates(
    make: Make, dates: int, size: tuple[int, int]
) -> None:
    [row] = make().encode([landsat(dates=dates, size=size)])
    assert row.size == dimension(make, 6, dates)
    assert np.isfinite(row).all()


@pytest.mark.parametrize("make", ALL)
def test_sentinel_modalities_alone(make: Make) -> None:
    [cube] = make_cubes(1, seasons=2, size=16)
    for modalities, channels in ((("s2l2a",), 12), (("s1",), 2), (("s2l2a", "s1"), 14)):
        [row] = make(modalities=modalities).encode([cube])
        assert row.size == dimension(make, channels, 2)
        only = replace(cube, arrays={name: cube.arrays[name] for name in modalities})
        assert make().encode([only])[0].tobytes() == row.tobytes()


@pytest.mark.parametrize("make", ALL)
def test_a_row_depends_on_its_own_cube_only(make: Make) -> None:
    """Not on the company in a batch, and not on cubes encoded before."""
    cubes = [landsat(name) for name in "abcd"]
    together = make().encode(cubes)
    used = make()
    used.encode(cubes[::-1])
    for index, cube in enumerate(cubes):
        assert make().encode([cube])[0].tobytes() == together[index].tobytes()
        assert used.encode([cube, cubes[0]])[0].tobytes() == together[index].tobytes()


@pytest.mark.parametrize("make", ALL)
def test_the_mean_over_the_dates_has_one_dimension_for_all_cubes(make: Make) -> None:
    cubes = [landsat(str(dates), dates) for dates in (1, 2, 5)]
    rows = make(dates="mean").encode(cubes)
    assert rows.shape == (3, dimension(make, 6, 1))
    # A cube of one date is encoded alike in both ways.
    assert rows[0].tobytes() == make().encode(cubes[:1])[0].tobytes()


@pytest.mark.parametrize("make", list(PER_BAND))
def test_the_mean_is_that_of_the_descriptions_of_the_dates(make: Make) -> None:
    cube = landsat(dates=3)
    dates = [
        make().encode([replace(cube, arrays={"landsat": cube.arrays["landsat"][[i]]})])[0]
        for i in range(3)
    ]
    [row] = make(dates="mean").encode([cube])
    np.testing.assert_allclose(row, np.mean(dates, axis=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("make", list(PER_BAND))
def test_different_numbers_of_dates_are_an_error_that_names_the_way_out(make: Make) -> None:
    with pytest.raises(ShapeError, match=r"cube a \(landsat \(2, .* gives .*cube b \(l") as error:
        make().encode([landsat("a"), landsat("b", dates=1)])
    assert "--set dates=mean" in str(error.value)


@pytest.mark.parametrize("make", ALL)
def test_modalities_may_have_different_sizes(make: Make) -> None:
    cube = with_modality(
        landsat(size=(24, 24)), "coarse", np.random.default_rng(0).random((2, 1, 9, 8))
    )
    [row] = make().encode([cube])
    assert row.size == dimension(make, 7, 2)
    assert np.isfinite(row).all()


@pytest.mark.parametrize("make", ALL)
def test_modalities_with_different_dates_need_the_mean(make: Make) -> None:
    cube = with_modality(landsat(), "dem", np.random.default_rng(0).random((1, 1, 17, 12)))
    with pytest.raises(ShapeError, match="different numbers of dates: dem 1, landsat 2") as error:
        make().encode([cube])
    assert "--set dates=mean" in str(error.value)
    [row] = make(dates="mean").encode([cube])
    assert row.size == dimension(make, 7, 1)


def test_per_band_a_modality_has_the_same_numbers_alone_and_with_others() -> None:
    cube = landsat(dates=1)
    both = with_modality(cube, "zz", np.ones((1, 1, 8, 8)))
    for make in PER_BAND:
        alone, joined = make().encode([cube])[0], make().encode([both])[0]
        assert joined[: alone.size].tobytes() == alone.tobytes()


@pytest.mark.parametrize("make", ALL)
def test_no_data_counts_as_zero(make: Make) -> None:
    values = landsat().arrays["landsat"].astype(np.float32)
    zeros, marked, nans = values.copy(), values.copy(), values.copy()
    for array, value in ((zeros, 0), (marked, -9999), (nans, np.nan)):
        array[0, :, :4, 3:6] = value
    rows = [
        make().encode([replace(landsat(nodata=nodata), arrays={"landsat": array})])[0]
        for array, nodata in (
            (zeros, {"landsat": 0.0}),
            (marked, {"landsat": -9999.0}),
            (nans, {"landsat": np.nan}),
        )
    ]
    assert rows[0].tobytes() == rows[1].tobytes() == rows[2].tobytes()


@pytest.mark.parametrize("make", ALL)
def test_the_cube_is_not_changed(make: Make) -> None:
    cube = landsat(nodata={"landsat": 3.0})
    before = cube.arrays["landsat"].copy()
    make().encode([cube])
    np.testing.assert_array_equal(cube.arrays["landsat"], before)


@pytest.mark.parametrize("make", ALL)
def test_the_scale_is_that_of_the_data_set(make: Make) -> None:
    """Reflectance and reflectance times 10,000 give the same embedding."""
    cube = landsat()
    reflectance = cube.arrays["landsat"].astype(np.float32) / np.float32(10_000)
    other = Cube("landsat", {"landsat": reflectance}, cube.bands)
    np.testing.assert_array_equal(make().encode([cube]), make().encode([other]))


def test_cubes_smaller_than_the_wavelets_are_an_error_that_names_the_modality() -> None:
    with pytest.raises(ShapeError, match="cube x: landsat: 5 x 9 pixels are too few") as error:
        wavelet_energies().encode([landsat("x", size=(5, 9))])
    assert error.value.hint == "--set levels=2"


@pytest.mark.parametrize("make", ALL)
def test_an_unknown_modality_is_an_error(make: Make) -> None:
    with pytest.raises(DataError, match="cube landsat has no modality s1; it has landsat"):
        make(modalities=["s1"]).encode([landsat()])


@pytest.mark.parametrize("make", ALL)
def test_defaults_are_all_modalities_and_each_date(make: Make) -> None:
    signature: Mapping[str, inspect.Parameter] = inspect.signature(make).parameters
    assert signature["modalities"].default is None
    assert signature["dates"].default == "each"


@pytest.mark.parametrize("make", [thumbnails, cosines])
def test_one_pixel_is_enough_for_thumbnails_and_cosines(make: Make) -> None:
    [row] = make().encode([landsat(dates=1, size=(1, 1))])
    assert np.isfinite(row).all()
    with pytest.raises(ConfigError):
        make(side=0)

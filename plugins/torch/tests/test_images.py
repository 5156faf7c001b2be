from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuco_plugin_torch.images import ImageSelection, channels_of
from neucocore.plugin import ConfigError, Cube, DataError, ShapeError


def plain(bands: list[str], **more: Any) -> ImageSelection:
    return ImageSelection(channels_of(bands), **{"resize": None, "crop": None, **more})


def test_a_modality_means_all_its_bands() -> None:
    assert channels_of(["s1"]) == (("s1", "vv"), ("s1", "vh"))
    assert channels_of(["s2l2a:B04", "s1:vh"]) == (("s2l2a", "B04"), ("s1", "vh"))
    assert len(channels_of(["s2l1c"])) == 13


def test_all_invalid_bands_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        channels_of(["s3", "s2l2a:B10", "s1", "s1:vv"])
    problems = " ".join(caught.value.problems)
    assert "unknown modality 's3'" in problems
    assert "'s2l2a:B10'" in problems
    assert "s1:vv is repeated" in problems


def test_reflectance_is_the_digital_number_without_offset_divided_by_10000(
    cubes: list[Cube],
) -> None:
    array = cubes[0].arrays["s2l2a"].copy()
    array[0, 3, 0, 0] = 3500
    array[0, 3, 0, 1] = 0
    cube = replace(
        cubes[0],
        arrays={**cubes[0].arrays, "s2l2a": array},
        offset={"s2l2a": 1000},
        nodata={"s2l2a": 0.0},
    )
    image = plain(["s2l2a:B04"]).images(cube)[0, 0]
    assert image[0, 0] == pytest.approx(0.25)
    assert image[0, 1] == 0


def test_the_statistics_are_those_of_the_selected_band(cubes: list[Cube]) -> None:
    cube = cubes[0]
    image = plain(["s2l1c:B11"], scaling="challenge").images(cube)[1, 0].numpy()
    expected = (cube.arrays["s2l1c"][1, 11] - 2109.307) / 1023.855
    np.testing.assert_allclose(image, expected, rtol=1e-5)
    lifted = plain(["s2l1c:B11"], scaling="ssl4eo").images(cube)[1, 0].numpy()
    expected = (cube.arrays["s2l1c"][1, 11] + 1000.0 - 3205.112) / 1340.347
    np.testing.assert_allclose(lifted, expected, rtol=1e-5, atol=1e-6)


def test_channels_are_in_the_given_order_for_any_stored_order(cubes: list[Cube]) -> None:
    cube = cubes[0]
    reversed_cube = replace(
        cube,
        arrays={**cube.arrays, "s2l2a": cube.arrays["s2l2a"][:, ::-1]},
        bands={**cube.bands, "s2l2a": cube.bands["s2l2a"][::-1]},
    )
    selection = plain(["s2l2a:B04", "s1:vv", "s2l2a:B02"])
    np.testing.assert_array_equal(selection.images(reversed_cube), selection.images(cube))
    red = cube.arrays["s2l2a"][:, 3] / np.float32(10_000)
    np.testing.assert_allclose(selection.images(cube)[:, 0], red, rtol=1e-6)


def test_the_crop_is_the_central_part(cubes: list[Cube]) -> None:
    full = plain(["s1"]).images(cubes[0])
    middle = plain(["s1"], crop=6).images(cubes[0])
    np.testing.assert_array_equal(middle, full[:, :, 5:11, 5:11])


def test_resizing_keeps_the_mean(cubes: list[Cube]) -> None:
    full = plain(["s2l2a"]).images(cubes[0])
    small = plain(["s2l2a"], resize=8).images(cubes[0])
    assert small.shape == (2, 12, 8, 8)
    np.testing.assert_allclose(small.mean(dim=(2, 3)), full.mean(dim=(2, 3)), rtol=0.02)


def test_a_missing_modality_is_an_error(cubes: list[Cube]) -> None:
    cube = replace(cubes[0], arrays={"s1": cubes[0].arrays["s1"]})
    with pytest.raises(DataError, match="no modality 's2l1c'; it has s1"):
        plain(["s2l1c"]).images(cube)


def test_a_missing_band_is_an_error(cubes: list[Cube]) -> None:
    cube = cubes[0]
    some = replace(
        cube,
        arrays={"s2l2a": cube.arrays["s2l2a"][:, :2]},
        bands={"s2l2a": cube.bands["s2l2a"][:2]},
    )
    with pytest.raises(
        ShapeError, match="1 of the 2 selected bands of s2l2a are missing: B04; it has B01, B02"
    ):
        plain(["s2l2a:B02", "s2l2a:B04"]).images(some)


def test_a_cube_smaller_than_the_crop_is_an_error(cubes: list[Cube]) -> None:
    with pytest.raises(ShapeError, match="16 x 16 pixels and is smaller than crop=20"):
        plain(["s1"], crop=20).images(cubes[0])


def test_modalities_of_different_seasons_are_an_error(cubes: list[Cube]) -> None:
    short = {**cubes[0].arrays, "s1": cubes[0].arrays["s1"][:1]}
    with pytest.raises(ShapeError, match="have different"):
        plain(["s1", "s2l2a"]).images(replace(cubes[0], arrays=short))

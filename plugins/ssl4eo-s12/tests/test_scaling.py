"""The values that encoders for any sensor use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuco_plugin_ssl4eo_s12.scaling import scaled_channels, scaled_values
from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import BANDS, Cube, DataError, ShapeError, make_cubes, stacked

[SENTINEL] = make_cubes(1, seasons=2, size=8)


def cube_of(name: str = "other", **shapes: tuple[int, int, int, int]) -> Cube:
    """Return a cube whose values count up, with the scale 100."""
    arrays = {m: np.arange(np.prod(s), dtype=np.float32).reshape(s) for m, s in shapes.items()}
    bands = {m: tuple(f"b{i}" for i in range(s[1])) for m, s in shapes.items()}
    return Cube(name, arrays, bands, scale=dict.fromkeys(shapes, 100.0))


def test_the_published_bands_are_standardised_as_published() -> None:
    expected = stacked(SENTINEL, DOWNSTREAM_STATISTICS)
    for order in (list(BANDS), list(BANDS)[::-1]):
        turned = replace(SENTINEL, arrays={m: SENTINEL.arrays[m] for m in order})
        assert scaled_channels(turned).tobytes() == expected.tobytes()
        assert scaled_channels(turned, order).tobytes() == expected.tobytes()


def test_published_bands_may_be_stored_in_any_order() -> None:
    arrays = {m: array[:, ::-1] for m, array in SENTINEL.arrays.items()}
    turned = replace(SENTINEL, arrays=arrays, bands={m: b[::-1] for m, b in BANDS.items()})
    assert scaled_channels(turned).tobytes() == scaled_channels(SENTINEL).tobytes()


@pytest.mark.parametrize("modalities", [("s2l2a",), ("s1", "s2l2a"), ("s1",)])
def test_other_selections_are_divided_by_the_scale(modalities: tuple[str, ...]) -> None:
    scale = {"s1": 10, "s2l1c": 10_000, "s2l2a": 10_000}
    values = scaled_values(SENTINEL, modalities)
    assert tuple(values) == modalities
    for name, array in values.items():
        np.testing.assert_allclose(array, SENTINEL.arrays[name] / scale[name], rtol=1e-6)


def test_with_a_band_more_or_less_all_are_divided_by_the_scale() -> None:
    fewer = replace(
        SENTINEL,
        arrays=SENTINEL.arrays | {"s2l2a": SENTINEL.arrays["s2l2a"][:, 1:]},
        bands=BANDS | {"s2l2a": BANDS["s2l2a"][1:]},
    )
    more = replace(
        SENTINEL,
        arrays=SENTINEL.arrays | {"dem": np.ones((2, 1, 8, 8))},
        bands=BANDS | {"dem": ("z",)},
    )
    for cube, channels in ((fewer, 26), (more, 28)):
        assert scaled_channels(cube).shape[1] == channels
        np.testing.assert_allclose(scaled_values(cube)["s1"], cube.arrays["s1"] / 10, rtol=1e-6)


def test_values_do_not_depend_on_the_grid_of_the_other_modalities() -> None:
    """One cube with small bands must not be scaled in another way than the others."""
    arrays = SENTINEL.arrays | {"s2l2a": SENTINEL.arrays["s2l2a"][..., :4, :4]}
    uneven = scaled_values(replace(SENTINEL, arrays=arrays))
    assert uneven["s1"].tobytes() == scaled_values(SENTINEL)["s1"].tobytes()


def test_smaller_modalities_are_enlarged_to_the_largest_height_and_width() -> None:
    cube = cube_of(fine=(1, 1, 4, 6), coarse=(1, 1, 2, 2), tall=(1, 2, 8, 1))
    channels = scaled_channels(cube)
    assert channels.shape == (1, 4, 8, 6)  # coarse, fine, and two of tall
    np.testing.assert_allclose(
        channels[0, 0] * 100, np.kron([[0, 1], [2, 3]], np.ones((4, 3))), rtol=1e-6
    )
    np.testing.assert_allclose(
        channels[0, 1] * 100, np.arange(24).reshape(4, 6).repeat(2, axis=0), rtol=1e-6
    )
    np.testing.assert_allclose(channels[0, 2, :, 0] * 100, np.arange(8), rtol=1e-6)


def test_modalities_with_different_dates_must_be_averaged() -> None:
    cube = cube_of(dem=(1, 1, 2, 2), optical=(3, 1, 2, 2))
    with pytest.raises(ShapeError, match="different numbers of dates: dem 1, optical 3") as error:
        scaled_channels(cube)
    assert "--set dates=mean" in str(error.value)
    averaged = scaled_channels(cube, dates="mean")
    assert averaged.shape == (1, 2, 2, 2)
    np.testing.assert_allclose(averaged[0, 1] * 100, [[4, 5], [6, 7]], rtol=1e-6)


def test_a_missing_modality_is_an_error_that_names_those_of_the_cube() -> None:
    cube = cube_of(optical=(1, 1, 2, 2))
    with pytest.raises(DataError, match="cube other has no modality s1; it has optical") as error:
        scaled_values(cube, ["optical", "s1"])
    assert error.value.hint == "--set modalities=optical"
    with pytest.raises(DataError, match="none is selected"):
        scaled_values(cube, [])
    with pytest.raises(DataError, match="it has none"):
        scaled_values(Cube("empty", {}, {}))


@pytest.mark.parametrize("shape", [(0, 2, 3, 3), (1, 2, 0, 3), (1, 2, 3, 0)])
def test_arrays_without_values_are_an_error(shape: tuple[int, ...]) -> None:
    cube = Cube("odd", {"x": np.zeros(shape)}, {"x": ("a", "b")})
    with pytest.raises(ShapeError, match=r"cube odd: x has shape .* without values"):
        scaled_values(cube)

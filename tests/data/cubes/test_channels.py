"""Standardising and stacking the bands of cubes."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.channels import ChannelStatistics, stacked, standardised
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ShapeError


def flat_cube(l1c: int, offset: int = 0, size: int = 3) -> Cube:
    """One season; s2l1c is ``l1c`` everywhere, the others zero."""
    arrays = {m: np.zeros((1, len(b), size, size), np.int16) for m, b in BANDS.items()}
    arrays["s2l1c"][:] = l1c
    return Cube("flat", arrays, BANDS, {"s2l1c": offset}, {"s2l1c": 0})


def statistics_on(offset: int) -> ChannelStatistics:
    """Means 0, 1, 2, ... and deviations 2, 3, 4, ... in the order of the bands."""
    mean = {m: tuple(float(i) for i in range(len(b))) for m, b in BANDS.items()}
    std = {m: tuple(float(i + 2) for i in range(len(b))) for m, b in BANDS.items()}
    return ChannelStatistics(offset, mean, std)


@pytest.mark.parametrize(
    ("cube", "offset", "value"),
    [
        (flat_cube(500), 0, 500),
        (flat_cube(1500, offset=1000), 0, 500),
        (flat_cube(500), 1000, 1500),
        (flat_cube(0), 1000, 0),
    ],
)
def test_values_are_shifted_to_the_offset_of_the_statistics(
    cube: Cube, offset: int, value: int
) -> None:
    b10 = standardised(cube, "s2l1c", statistics_on(offset))[0, 10, 0, 0]
    assert b10 == pytest.approx((value - 10) / 12, rel=1e-6)


def test_no_data_can_be_shifted_like_other_values() -> None:
    lifted = standardised(flat_cube(0), "s2l1c", statistics_on(1000), keep_nodata=False)
    assert lifted[0, 10, 0, 0] == pytest.approx((1000 - 10) / 12, rel=1e-6)


def test_stacked_returns_27_channels_in_the_order_of_the_modalities() -> None:
    channels = stacked(flat_cube(500), statistics_on(0))
    assert channels.shape == (1, 27, 3, 3)
    assert channels.dtype == np.float32
    assert channels[0, 1, 0, 0] == pytest.approx(-1 / 3, rel=1e-6)  # vh
    assert channels[0, 2 + 10, 0, 0] == pytest.approx((500 - 10) / 12, rel=1e-6)  # B10
    assert channels[0, 26, 0, 0] == pytest.approx(-11 / 13, rel=1e-6)  # B12 of L2A


def test_the_cube_is_not_changed() -> None:
    cube = flat_cube(500)
    stacked(cube, statistics_on(1000))
    assert (cube.arrays["s2l1c"] == 500).all()


def test_modalities_of_different_sizes_cannot_be_stacked() -> None:
    cube = flat_cube(1)
    arrays = dict(cube.arrays) | {"s1": np.zeros((1, 2, 4, 4), np.float32)}
    with pytest.raises(ShapeError, match=r"cannot be stacked: s1 \(1, 2, 4, 4\)"):
        stacked(Cube("uneven", arrays, BANDS), statistics_on(0))

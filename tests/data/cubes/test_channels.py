"""Bands in order, on the statistics' offset, standardised and stacked."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.channels import (
    BANDS,
    CHALLENGE_STATISTICS,
    SSL4EO_STATISTICS,
    ChannelStatistics,
    stacked,
    standardised,
)
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ShapeError


def flat_cube(l1c: int, offset: int = 0, size: int = 3) -> Cube:
    """One season; s2l1c is ``l1c`` everywhere, the others zero."""
    arrays = {m: np.zeros((1, len(b), size, size), np.int16) for m, b in BANDS.items()}
    arrays["s2l1c"][:] = l1c
    return Cube("flat", arrays, BANDS, {"s2l1c": offset}, {"s2l1c": 0})


@pytest.mark.parametrize("statistics", [SSL4EO_STATISTICS, CHALLENGE_STATISTICS])
def test_statistics_have_a_number_for_every_band(statistics: ChannelStatistics) -> None:
    for modality, names in BANDS.items():
        assert len(statistics.mean[modality]) == len(statistics.std[modality]) == len(names)
        assert min(statistics.std[modality]) > 0


@pytest.mark.parametrize(
    ("cube", "statistics", "value"),
    [
        (flat_cube(500), CHALLENGE_STATISTICS, 500),
        (flat_cube(1500, offset=1000), CHALLENGE_STATISTICS, 500),
        (flat_cube(500), SSL4EO_STATISTICS, 1500),
        (flat_cube(0), SSL4EO_STATISTICS, 0),
    ],
)
def test_values_are_brought_onto_the_offset_of_the_statistics(
    cube: Cube, statistics: ChannelStatistics, value: int
) -> None:
    b10 = standardised(cube, "s2l1c", statistics)[0, 10, 0, 0]
    expected = (value - statistics.mean["s2l1c"][10]) / statistics.std["s2l1c"][10]
    assert b10 == pytest.approx(expected, rel=1e-6)


def test_no_data_can_be_lifted_like_the_rest() -> None:
    lifted = standardised(flat_cube(0), "s2l1c", SSL4EO_STATISTICS, keep_nodata=False)
    assert lifted[0, 10, 0, 0] == pytest.approx((1000 - 1021.753) / 45.626, rel=1e-5)


def test_stack_holds_27_channels_in_the_order_of_the_modalities() -> None:
    channels = stacked(flat_cube(500), CHALLENGE_STATISTICS)
    assert channels.shape == (1, 27, 3, 3)
    assert channels.dtype == np.float32
    assert channels[0, 1, 0, 0] == pytest.approx(19.243 / 5.479, rel=1e-6)  # vh
    assert channels[0, 2 + 10, 0, 0] == pytest.approx((500 - 20.369) / 27.82, rel=1e-6)  # B10
    assert channels[0, 26, 0, 0] == pytest.approx(-1549.952 / 1025.306, rel=1e-6)  # B12 of L2A


def test_the_cube_is_left_as_it_was() -> None:
    cube = flat_cube(500)
    stacked(cube, SSL4EO_STATISTICS)
    assert (cube.arrays["s2l1c"] == 500).all()


def test_modalities_of_different_sizes_do_not_stack() -> None:
    cube = flat_cube(1)
    arrays = dict(cube.arrays) | {"s1": np.zeros((1, 2, 4, 4), np.float32)}
    with pytest.raises(ShapeError, match=r"cannot be stacked: s1 \(1, 2, 4, 4\)"):
        stacked(Cube("uneven", arrays, BANDS), CHALLENGE_STATISTICS)


def test_an_array_without_seasons_is_refused() -> None:
    cube = Cube("flat", {"s1": np.zeros((2, 4, 4), np.float32)}, BANDS)
    with pytest.raises(ShapeError, match=r"s1 has shape \(2, 4, 4\), not \(season, 2 bands"):
        standardised(cube, "s1", CHALLENGE_STATISTICS)

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.quality import (
    audit_offsets,
    audit_values,
    flat_seasons,
    nodata_share,
    non_finite,
    told_offsets,
)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_non_finite_values_are_counted(dtype):
    array = np.ones((2, 2, 3, 3), dtype=dtype)
    assert non_finite(array) == 0
    array[0, 0, 0, 0], array[1, 1, 2, 2], array[1, 0, 0, 1] = np.nan, np.inf, -np.inf
    assert non_finite(array) == 3
    assert non_finite(np.finfo(dtype).max * np.ones((1, 1, 2, 2), dtype=dtype)) == 0


def test_a_season_that_differs_in_one_pixel_only_is_not_flat():
    array = np.zeros((3, 2, 5, 5), dtype=np.int16)
    array[1, 1, 4, 4] = 1
    array[2] = 9
    assert flat_seasons(array) == ([0], [2])


def test_a_pixel_has_no_data_only_where_all_bands_are_zero():
    array = np.ones((2, 3, 2, 2), dtype=np.int16)
    array[0, :, 0, 0] = 0
    array[1, 0] = 0
    assert nodata_share(array) == pytest.approx(1 / 8)


# Fault 44: the +1000 offset


@pytest.mark.parametrize("offset", [0, 1000])
def test_fault_44_l1c_is_told_by_its_cirrus_band(values, bands, offset):
    array = values("s2l1c") + np.int16(offset)
    assert told_offsets({"a": array}, {"a": bands["s2l1c"]}) == {"a": [offset] * 4}


@pytest.mark.parametrize("brightness", [0, 6000], ids=["land", "snow"])
@pytest.mark.parametrize("l1c", [0, 1000])
@pytest.mark.parametrize("l2a", [0, 1000])
def test_fault_44_l2a_is_told_beside_l1c_even_where_all_is_bright(
    values, bands, l1c, l2a, brightness
):
    one, other = values("s2l1c"), values("s2l2a")
    one[:, :10] += brightness
    one[:, 11:] += brightness
    other += brightness
    arrays = {"l1c": one + np.int16(l1c), "l2a": other + np.int16(l2a)}
    told = told_offsets(arrays, {"l1c": bands["s2l1c"], "l2a": bands["s2l2a"]})
    assert told == {"l1c": [l1c] * 4, "l2a": [l2a] * 4}


@pytest.mark.parametrize("offset", [0, 1000])
def test_fault_44_l2a_alone_is_told_by_its_darkest_values(values, bands, offset):
    array = values("s2l2a") + np.int16(offset)
    array[:, :, 3] = 0  # no data is no darkness
    assert told_offsets({"a": array}, {"a": bands["s2l2a"]}) == {"a": [offset] * 4}


def test_nothing_is_told_of_bright_l2a_alone_of_radar_or_of_no_data(values, bands):
    snow = values("s2l2a").clip(4000, None)
    assert told_offsets({"a": snow}, {"a": bands["s2l2a"]}) == {"a": [None] * 4}
    assert told_offsets({"a": values("s1")}, {"a": bands["s1"]}) == {}
    empty = np.zeros_like(values("s2l1c"))
    assert told_offsets({"a": empty}, {"a": bands["s2l1c"]}) == {"a": [None] * 4}


def test_fault_44_a_single_season_with_the_offset_is_named(values, bands):
    array = values("s2l1c")
    array[2] += 1000
    found = audit_offsets({"s2l1c": array}, {"s2l1c": bands["s2l1c"]}, {"s2l1c": 0})
    assert [str(f) for f in found] == [
        "s2l1c: a season looks as if its offset were 1000, not 0: season 2"
    ]
    assert found[0].level == "warning"
    assert not audit_offsets({"s2l1c": array}, {"s2l1c": bands["s2l1c"]}, {"s2l1c": None})


def test_the_offset_is_told_from_large_cubes_too(values, bands):
    array = values("s2l1c", seasons=1, size=200) + np.int16(1000)
    assert told_offsets({"a": array}, {"a": bands["s2l1c"]}) == {"a": [1000]}


def test_nothing_is_noticed_about_sound_values(values):
    for modality in ("s1", "s2l1c", "s2l2a"):
        assert audit_values(values(modality)) == []


def test_bands_that_are_not_shared_are_judged_by_darkness(values, bands):
    l1c = values("s2l1c") + np.int16(1000)
    few = values("s2l2a")[:, 1:3]
    few[..., 0] = 5
    told = told_offsets({"l1c": l1c, "few": few}, {"l1c": bands["s2l1c"], "few": ("B02", "B03")})
    assert told == {"l1c": [1000] * 4, "few": [0] * 4}

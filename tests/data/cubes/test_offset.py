"""The digital-number offset of Sentinel-2 (fault 44)."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.offset import audit_offsets, estimate_offsets, shifted


@pytest.mark.parametrize("offset", [0, 1000])
def test_fault_44_the_offset_of_l1c_is_estimated_from_its_cirrus_band(values, bands, offset):
    array = values("s2l1c") + np.int16(offset)
    assert estimate_offsets({"a": array}, {"a": bands["s2l1c"]}) == {"a": [offset] * 4}


@pytest.mark.parametrize("brightness", [0, 6000], ids=["land", "snow"])
@pytest.mark.parametrize("l1c", [0, 1000])
@pytest.mark.parametrize("l2a", [0, 1000])
def test_fault_44_the_offset_of_l2a_is_estimated_by_comparison_with_l1c_even_over_snow(
    values, bands, l1c, l2a, brightness
):
    one, other = values("s2l1c"), values("s2l2a")
    one[:, :10] += brightness
    one[:, 11:] += brightness
    other += brightness
    arrays = {"l1c": one + np.int16(l1c), "l2a": other + np.int16(l2a)}
    estimated = estimate_offsets(arrays, {"l1c": bands["s2l1c"], "l2a": bands["s2l2a"]})
    assert estimated == {"l1c": [l1c] * 4, "l2a": [l2a] * 4}


@pytest.mark.parametrize("offset", [0, 1000])
def test_fault_44_the_offset_of_l2a_alone_is_estimated_from_dark_values(values, bands, offset):
    array = values("s2l2a") + np.int16(offset)
    array[:, :, 3] = 0  # no data does not count as dark
    assert estimate_offsets({"a": array}, {"a": bands["s2l2a"]}) == {"a": [offset] * 4}


def test_the_offset_of_bright_l2a_alone_and_of_no_data_is_not_estimated(values, bands):
    snow = values("s2l2a").clip(4000, None)
    assert estimate_offsets({"a": snow}, {"a": bands["s2l2a"]}) == {"a": [None] * 4}
    empty = np.zeros_like(values("s2l1c"))
    assert estimate_offsets({"a": empty}, {"a": bands["s2l1c"]}) == {"a": [None] * 4}


def test_fault_44_a_single_season_with_another_offset_is_a_warning(values, bands):
    array = values("s2l1c")
    array[2] += 1000
    findings = audit_offsets({"s2l1c": array}, {"s2l1c": bands["s2l1c"]}, {"s2l1c": 0})
    assert [str(f) for f in findings] == [
        "s2l1c: the offset of a season seems to be 1000, not 0: season 2"
    ]
    assert findings[0].level == "warning"
    assert not audit_offsets({"s2l1c": array}, {"s2l1c": bands["s2l1c"]}, {"s2l1c": "unknown"})


def test_the_offset_of_large_cubes_is_estimated_from_a_subsample(values, bands):
    array = values("s2l1c", seasons=1, size=200) + np.int16(1000)
    assert estimate_offsets({"a": array}, {"a": bands["s2l1c"]}) == {"a": [1000]}


def test_the_offset_of_bands_that_l1c_lacks_is_estimated_from_the_darkest_values(values, bands):
    l1c = values("s2l1c") + np.int16(1000)
    few = values("s2l2a")[:, 1:3]
    few[..., 0] = 5
    estimated = estimate_offsets(
        {"l1c": l1c, "few": few}, {"l1c": bands["s2l1c"], "few": ("B02", "B03")}
    )
    assert estimated == {"l1c": [1000] * 4, "few": [0] * 4}


def test_values_beyond_the_stored_type_are_returned_in_a_larger_type():
    high = np.array([32000, 5], dtype=np.int16)
    assert shifted(high, 0, None) is high
    np.testing.assert_array_equal(shifted(high, 1000, None), [33000, 1005])
    low = np.array([200, 5000], dtype=np.uint16)
    np.testing.assert_array_equal(shifted(low, -1000, None), [-800, 4000])


def test_floats_are_shifted_in_their_own_type_and_no_data_stays():
    array = np.array([0.0, 0.5], dtype=np.float32)
    result = shifted(array, 1000, 0.0)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, [0.0, 1000.5])
    np.testing.assert_array_equal(array, [0.0, 0.5])

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.selection import CubeSelection
from neucocore.errors import ConfigError


@pytest.fixture(name="cube")
def fixture_cube() -> Cube:
    optical = np.arange(4 * 3 * 2 * 2, dtype=np.int16).reshape(4, 3, 2, 2)
    radar = np.full((4, 2, 2, 2), -10.5, dtype=np.float16)
    return Cube(
        id="a",
        arrays={"s1": radar, "s2l2a": optical},
        bands={"s1": ("vv", "vh"), "s2l2a": ("B02", "B03", "B04")},
        offset={"s2l2a": 0},
        nodata={"s1": None, "s2l2a": 0},
        season_names=("spring", "summer", "fall", "winter"),
    )


def test_the_default_selection_changes_nothing(cube):
    selected = CubeSelection().apply(cube)
    assert selected.arrays["s2l2a"] is cube.arrays["s2l2a"]
    assert selected.bands == cube.bands
    assert selected.season_names == cube.season_names


@pytest.mark.parametrize("seasons", [("winter", "summer"), ("3", "1"), (3, 1)])
def test_seasons_are_selected_by_name_or_index_in_the_requested_order(cube, seasons):
    selected = CubeSelection(seasons=seasons).apply(cube)
    np.testing.assert_array_equal(selected.arrays["s2l2a"], cube.arrays["s2l2a"][[3, 1]])
    assert selected.season_names == ("winter", "summer")


def test_bands_are_selected_in_all_modalities_or_in_one(cube):
    selected = CubeSelection(bands=("B04", "B02", "s1:vh")).apply(cube)
    assert selected.bands == {"s1": ("vh",), "s2l2a": ("B04", "B02")}
    np.testing.assert_array_equal(selected.arrays["s2l2a"], cube.arrays["s2l2a"][:, [2, 0]])


@pytest.mark.parametrize(
    ("selection", "what"),
    [
        ({"seasons": ("monsoon",)}, "no season 'monsoon'"),
        ({"seasons": ("4",)}, "no season '4'"),
        ({"bands": ("B99",)}, "no modality has a band 'B99'"),
        ({"bands": ("s1:B02",)}, "no modality has a band 's1:B02'"),
        ({"bands": ("B02",)}, "no band of s1 is selected"),
    ],
)
def test_a_missing_season_or_band_is_an_error(cube, selection, what):
    with pytest.raises(ConfigError, match=what):
        CubeSelection(**selection).apply(cube)


def test_an_unknown_offset_is_an_error():
    with pytest.raises(ConfigError, match="offset 500 is not 0 or 1000"):
        CubeSelection(offset=500)


def test_the_offset_is_added_once_and_recorded_in_the_cube(cube):
    selection = CubeSelection(offset=1000)
    once = selection.apply(cube)
    twice = selection.apply(once)
    assert once.offset == {"s2l2a": 1000}
    np.testing.assert_array_equal(twice.arrays["s2l2a"], once.arrays["s2l2a"])
    assert once.arrays["s2l2a"].dtype == np.int16
    assert once.arrays["s2l2a"].max() == 1047
    np.testing.assert_array_equal(once.arrays["s1"], cube.arrays["s1"])


def test_no_data_is_kept_or_shifted_as_requested(cube):
    kept = CubeSelection(offset=1000).apply(cube).arrays["s2l2a"]
    lifted = CubeSelection(offset=1000, keep_nodata=False).apply(cube).arrays["s2l2a"]
    assert kept[0, 0, 0, 0] == 0
    assert lifted[0, 0, 0, 0] == 1000
    assert kept[0, 0, 0, 1] == lifted[0, 0, 0, 1] == 1001


def test_an_offset_can_be_removed_again(cube):
    lifted = CubeSelection(offset=1000).apply(cube)
    back = CubeSelection(offset=0).apply(lifted)
    np.testing.assert_array_equal(back.arrays["s2l2a"], cube.arrays["s2l2a"])
    assert back.offset["s2l2a"] == 0

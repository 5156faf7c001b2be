from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.quality import audit_values, flat_seasons, nodata_share, non_finite


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


def test_valid_values_have_no_findings(values):
    for modality in ("s1", "s2l1c", "s2l2a"):
        assert audit_values(values(modality)) == []

"""Values of a cube in numbers of order one."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.cube import Cube

VALUES = np.array([[[[100, 2100]]]], np.int16)


@pytest.mark.parametrize(
    ("modality", "options", "expected"),
    [
        ("s1", {}, [10, 210]),
        ("s2l2a", {}, [0.01, 0.21]),
        ("s2l2a", {"offset": {"s2l2a": 1000}}, [-0.09, 0.11]),
        ("sentinel", {"offset": {"sentinel": 0}}, [0.01, 0.21]),
        ("landsat", {}, [100, 2100]),
        ("landsat", {"scale": {"landsat": 50}}, [2, 42]),
        ("s2l2a", {"scale": {"s2l2a": 50}}, [2, 42]),
        ("landsat", {"scale": {"landsat": 50}, "nodata": {"landsat": 2100}}, [2, 0]),
        ("s2l2a", {"offset": {"s2l2a": 1000}, "nodata": {"s2l2a": 100}}, [0, 0.11]),
    ],
)
def test_values_are_divided_by_the_declared_scale(modality, options, expected):
    cube = Cube("a", {modality: VALUES}, {modality: ("b",)}, **options)
    scaled = cube.scaled(modality)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled[0, 0, 0], expected, rtol=1e-6)
    assert VALUES.ravel().tolist() == [100, 2100]


def test_nan_as_no_data_becomes_0():
    array = np.array([[[[np.nan, 3.0]]]], np.float32)
    cube = Cube("a", {"dem": array}, {"dem": ("z",)}, nodata={"dem": np.nan}, scale={"dem": 100})
    assert cube.scaled("dem").tolist() == [[[[0.0, np.float32(0.03)]]]]

from collections.abc import Mapping

import numpy as np
import pytest

from neucocore.derivation.rasters import Patch
from neucocore.derivation.zonal import Legend, label_shares
from neucocore.errors import DataError

LEGEND = Legend("test codes", classes=frozenset({1, 2, 3}), ignored=frozenset({0, 9}))


class Patches:
    """A layer from codes by id; -1 is not covered."""

    def __init__(self, codes: Mapping[str, list[int]]) -> None:
        self.codes = {cube: np.array([row]) for cube, row in codes.items()}

    def read(self, cube: str) -> Patch:
        codes = self.codes[cube]
        return Patch(codes, codes >= 0)


def test_the_share_is_relative_to_the_pixels_with_a_class():
    layer = Patches({"a": [1, 2, 2, 3, 0, 9, 1, 1]})

    labels = label_shares(["a"], layer, LEGEND, {1, 3}, minimum=0.5)

    assert labels.y.tolist() == [4 / 6]


def test_a_cube_with_too_few_pixels_with_a_class_gets_no_label():
    layer = Patches({"a": [1, 0, 0, -1], "b": [1, 2, 0, -1]})

    labels = label_shares(["a", "b"], layer, LEGEND, {1}, minimum=0.5)

    assert labels.ids == ("b",)
    assert "less than 50% of its pixels hold a class" in labels.findings[0].message


def test_a_code_that_is_not_in_the_legend_is_an_error():
    layer = Patches({"a": [1, 311, 312, 2]})
    with pytest.raises(DataError, match="2 codes that are not test codes: 311, 312"):
        label_shares(["a"], layer, LEGEND, {1}, minimum=0.5)


def test_codes_of_uncovered_pixels_are_ignored():
    labels = label_shares(["a"], Patches({"a": [1, -7, 2]}), LEGEND, {1}, minimum=0.5)

    assert labels.y.tolist() == [0.5]


def test_labels_that_would_all_be_zero_are_an_error():
    layer = Patches({"a": [2, 2], "b": [3, 3]})
    with pytest.raises(DataError, match="none of 2 cubes holds one of the counted classes"):
        label_shares(["a", "b"], layer, LEGEND, {1}, minimum=0.5)


def test_a_fraction_is_not_a_code():
    codes = np.array([[23.0, 23.5]], np.float32)
    legend = Legend("codes", frozenset({23}), frozenset())
    with pytest.raises(DataError, match=r"holds 1 codes that are not codes: 23.5"):
        legend.has_class(Patch(codes, np.ones(codes.shape, bool)))

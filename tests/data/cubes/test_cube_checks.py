"""A cube in memory is checked where it is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neucocore.data.cubes.cube import Cube
from neucocore.errors import ComponentOutputError

ARRAY = np.zeros((1, 2, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"arrays": {"s1": ARRAY.tolist()}}, "arrays['s1'] must be a numpy array, found list"),
        ({"arrays": {"s1": None}}, "arrays['s1'] must be a numpy array, found NoneType"),
        ({"arrays": {"s1": ARRAY[0]}}, "found float32 of shape (2, 3, 3)"),
        ({"arrays": {"s1": ARRAY.astype(object)}}, "found object of shape (1, 2, 3, 3)"),
        ({"arrays": [("s1", ARRAY)]}, "arrays must be a mapping, found list"),
        ({"bands": {"s1": "vv"}}, "bands['s1'] must be a tuple of band names, found 'vv'"),
        ({"bands": {}}, "bands['s1'] must be a tuple of band names, found None"),
        ({"bands": {"s1": ("vv",)}}, "bands['s1'] has 1 names for 2 bands"),
        ({"id": 7}, "id must be a text, found 7 (int)"),
        ({"id": ""}, "id must be a text, found '' (str)"),
        ({"offset": 1000}, "offset must be a mapping, found int"),
        ({"scale": 10}, "scale must be a mapping, found int"),
        ({"scale": {"s1": 0}}, "scale['s1'] must be a positive number, found 0"),
        ({"scale": {"s1": -10.0}}, "scale['s1'] must be a positive number, found -10.0"),
        ({"scale": {"s1": float("nan")}}, "scale['s1'] must be a positive number, found nan"),
        ({"scale": {"s1": "10"}}, "scale['s1'] must be a positive number, found '10'"),
    ],
)
def test_an_invalid_cube_is_an_error(changes: dict[str, Any], problem: str) -> None:
    fields: dict[str, Any] = {"id": "a", "arrays": {"s1": ARRAY}, "bands": {"s1": ("vv", "vh")}}
    with pytest.raises(ComponentOutputError) as caught:
        Cube(**fields | changes)
    assert problem in "\n".join(caught.value.problems)


def test_all_problems_are_listed() -> None:
    with pytest.raises(ComponentOutputError) as caught:
        Cube("a", {"s1": [], "s2": "text"}, {"s1": (), "s2": ()})  # type: ignore[dict-item]
    assert len(caught.value.problems) == 2

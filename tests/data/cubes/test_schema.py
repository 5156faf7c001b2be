from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.cubes.schema import CubeSchema, is_sentinel2, parse_scale, undeclared_schema
from neucocore.errors import ConfigError

INT16, FLOAT32 = np.dtype(np.int16), np.dtype(np.float32)


@pytest.mark.parametrize("offset", [None, 0, 1000, "unknown"])
def test_an_offset_is_0_1000_unknown_or_none(offset):
    assert CubeSchema(offset=offset).offset == offset


@pytest.mark.parametrize("offset", [500, -1000, "none"])
def test_another_offset_is_an_error(offset):
    with pytest.raises(ConfigError, match="is not a digital-number offset"):
        CubeSchema(offset=offset)


@pytest.mark.parametrize(
    ("bands", "dtype", "expected"),
    [
        (("B02", "B8A"), INT16, True),
        (("B02", "B8A"), FLOAT32, False),
        (("B02", "NDVI"), INT16, False),
        (("BLUE", "B04"), INT16, False),
        (("vv", "vh"), INT16, False),
        ((), INT16, False),
    ],
)
def test_undeclared_files_are_sentinel2_if_integers_have_its_band_names(bands, dtype, expected):
    assert is_sentinel2(bands, dtype) == expected


def test_undeclared_sentinel2_files_have_an_unknown_offset_and_no_data_of_0():
    assert undeclared_schema(("B02",), INT16) == CubeSchema(
        bands=("B02",), kind="integer", offset="unknown", nodata=0, scale=10_000
    )
    assert undeclared_schema(("B02",), INT16, offset=1000).offset == 1000


def test_undeclared_files_of_other_sensors_have_neither():
    assert undeclared_schema(("vv",), FLOAT32, offset=1000) == CubeSchema(
        bands=("vv",), kind="float"
    )


@pytest.mark.parametrize(("sentinel2", "offset"), [(True, 0), (False, None)])
def test_an_explicit_sentinel2_overrides_the_band_names_of_undeclared_files(sentinel2, offset):
    schema = undeclared_schema(("B2", "B3"), INT16, sentinel2=sentinel2, offset=0)
    assert schema.offset == offset


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("u1", 255), ("i1", 255), ("i2", 10_000), ("u2", 10_000), ("i4", 10_000), ("f4", None)],
)
def test_the_scale_of_undeclared_files_follows_from_the_type_of_their_values(dtype, expected):
    assert undeclared_schema(("red",), np.dtype(dtype)).scale == expected
    assert undeclared_schema(("red",), np.dtype(dtype), scale=7).scale == 7


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf")])
def test_a_scale_must_be_a_positive_number(scale):
    with pytest.raises(ConfigError, match="is not a positive number"):
        CubeSchema(scale=scale)


def test_a_scale_is_written_with_its_modality():
    assert parse_scale("landsat:10000") == ("landsat", 10_000)
    assert parse_scale("10000") == ("", 10_000)
    for text in ("", "0", "-1", ":10000", "landsat:", "landsat:0", "landsat:x", "landsat:nan"):
        with pytest.raises(ConfigError, match=f"scale={text} is neither a positive NUMBER"):
            parse_scale(text)

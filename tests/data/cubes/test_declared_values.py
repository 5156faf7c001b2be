"""Fault 77: what a cube file declares about its values is applied or refused, never ignored."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from neucocore.data.cubes.array_info import ZarrError
from neucocore.data.cubes.declarations import tag_declarations
from neucocore.data.cubes.file import CubeFile, read_modality
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.writing import write_modality
from neucocore.errors import CorruptCubeError

SENTINEL2 = CubeSchema(bands=("B02", "B03"), kind="integer", offset=0, nodata=0)
RADAR = CubeSchema(bands=("vv", "vh"), kind="float")
DIMENSIONS = {"_ARRAY_DIMENSIONS": ["sample", "time", "band", "y", "x"]}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, rezip: Callable[..., None]) -> Write:
    """Write a cube of one season with attributes; return its path."""

    def write(
        array: NDArray[Any],
        attributes: Mapping[str, Any],
        *,
        bands: tuple[str, ...] = ("B02", "B03"),
        group: Mapping[str, Any] | None = None,
        info: Mapping[str, Any] | None = None,
        consolidated: Mapping[str, Any] | None = None,
    ) -> Path:
        path = tmp_path / "a.zarr.zip"
        write_modality(path, array, bands)
        changes: dict[str, bytes] = {
            "bands/.zattrs": json.dumps(DIMENSIONS | dict(attributes)).encode(),
            ".zattrs": json.dumps(group or {}).encode(),
            ".zmetadata": json.dumps({"metadata": consolidated or {}}).encode(),
        }
        if info is not None:
            described = {
                "zarr_format": 2,
                "shape": [1, *array.shape],
                "chunks": [1, 1, *array.shape[1:]],
                "dtype": array.dtype.str,
                "compressor": {
                    "id": "blosc",
                    "cname": "zstd",
                    "clevel": 5,
                    "shuffle": 1,
                    "blocksize": 0,
                },
                "fill_value": None,
                "filters": None,
                "order": "C",
            }
            changes["bands/.zarray"] = json.dumps(described | dict(info)).encode()
        rezip(path, changes)
        return path

    return write


def numbers(dtype: str = "<i2") -> NDArray[Any]:
    return np.arange(100, 132).astype(dtype).reshape(1, 2, 4, 4)


def with_code(code: float, dtype: str = "<i2") -> NDArray[Any]:
    array = numbers(dtype)
    array[0, 0, 0, :3] = code
    return array


SPELLINGS: list[dict[str, Any]] = [
    {"attributes": {"_FillValue": -9999}},
    {"attributes": {"missing_value": [-9999]}},
    {"attributes": {"_FillValue": "-9999"}},
    {"attributes": {"missing_value": "{-9999,-9999}"}},
    {"attributes": {"_FillValue": base64.b64encode(struct.pack("<d", -9999)).decode()}},
    {"attributes": {"nodata": -9999.0}},
    {"attributes": {"NoData_Value": -9999}},
    {"attributes": {"nodatavals": [-9999, -9999]}},
    {"attributes": {"raster:bands": [{"nodata": -9999}, {"nodata": -9999}]}},
    {"attributes": {"_eopf_attrs": {"fill_value": -9999}}},
    {"attributes": {"fill_value": -9999}},
    {"attributes": {}, "group": {"nodata": -9999}},
    {"attributes": {}, "info": {"fill_value": -9999}},
    {"attributes": {}, "consolidated": {"bands/.zattrs": {"_FillValue": -9999}}},
    {"attributes": {}, "consolidated": {".zattrs": {"missing_value": -9999}}},
]


@pytest.mark.parametrize("how", SPELLINGS, ids=str)
def test_a_declared_no_data_value_becomes_that_of_the_data_set(write: Write, how: Any) -> None:
    array, findings = read_modality(write(with_code(-9999), **how), SENTINEL2)

    assert array[0, 0, 0].tolist() == [0, 0, 0, 103]
    assert [(f.code, f.level, f.count) for f in findings] == [("declared-nodata", "repaired", 3)]


@pytest.mark.parametrize("how", SPELLINGS, ids=str)
def test_a_declared_no_data_value_is_an_error_without_one_of_the_data_set(
    write: Write, how: Any
) -> None:
    path = write(with_code(-9999, "<f4"), bands=("vv", "vh"), **how)
    with pytest.raises(CorruptCubeError, match=r"no-data value -9999; .* \(3 times\)") as caught:
        read_modality(path, RADAR)
    assert "--skip-bad" in str(caught.value.hint)


@pytest.mark.parametrize("how", SPELLINGS, ids=str)
def test_a_declared_no_data_value_that_no_pixel_has_changes_nothing(write: Write, how: Any) -> None:
    for schema in (SENTINEL2, None):
        array, findings = read_modality(write(numbers(), **how), schema)
        np.testing.assert_array_equal(array, numbers())
        assert findings == []


def test_the_no_data_value_of_the_data_set_may_be_declared(write: Write) -> None:
    array, findings = read_modality(write(with_code(0), {"_FillValue": 0}), SENTINEL2)
    np.testing.assert_array_equal(array, with_code(0))
    assert findings == []


@pytest.mark.parametrize("code", [-9999, 1e30, 0.5, "NaN", None, ""])
def test_a_code_that_the_type_cannot_hold_changes_nothing(write: Write, code: Any) -> None:
    array, findings = read_modality(write(numbers("<u2"), {"_FillValue": code}), SENTINEL2)
    np.testing.assert_array_equal(array, numbers("<u2"))
    assert findings == []


def test_a_code_of_single_precision_is_found_in_its_own_precision(write: Write) -> None:
    code = float(np.finfo(np.float32).min)
    path = write(with_code(code, "<f4"), {"_FillValue": -3.4e38, "nodata": code}, bands=("a", "b"))
    with pytest.raises(CorruptCubeError, match="declared no-data value"):
        read_modality(path)


def test_a_folder_of_other_sensors_needs_a_no_data_value(tmp_path: Path, rezip: Any) -> None:
    for name in ("a", "b"):
        path = tmp_path / "data/height" / f"{name}.zarr.zip"
        write_modality(path, with_code(-9999), ("height", "slope"))
        rezip(path, {"bands/.zattrs": b'{"nodata": -9999}', ".zmetadata": None})
    with pytest.raises(CorruptCubeError, match="no-data value -9999") as caught:
        list(CubeFolder(tmp_path).read(["a"]))
    assert "--set dataset.nodata=0" in str(caught.value.hint)

    (cube,) = CubeFolder(tmp_path, nodata=0).read(["a"])

    assert cube.nodata == {"height": 0}
    assert cube.arrays["height"][0, 0, 0].tolist() == [0, 0, 0, 103]


@pytest.mark.parametrize(
    "limits",
    [{"valid_range": [104, 200]}, {"valid_min": 104, "valid_max": 200}, {"valid_min": 104}],
    ids=str,
)
def test_values_outside_of_the_valid_range_are_no_data(write: Write, limits: Any) -> None:
    array, findings = read_modality(write(numbers(), limits), SENTINEL2)
    assert (array == 0).sum() == 4
    assert [(f.code, f.count) for f in findings] == [("declared-range", 4)]
    with pytest.raises(CorruptCubeError, match=r"outside of the declared valid range 104 to"):
        read_modality(write(numbers("<f4"), limits, bands=("vv", "vh")), RADAR)


def test_zeros_of_the_data_set_are_not_outside_of_the_valid_range(write: Write) -> None:
    assert read_modality(write(with_code(0), {"valid_min": 1}), SENTINEL2)[1] == []


@pytest.mark.parametrize(
    "declared",
    [
        {"scale_factor": 0.01, "add_offset": -5},
        {"scale_factor": "0.01", "add_offset": "-5"},
        {"scales": [0.01, 0.01], "offsets": [-5, -5]},
        {"raster:bands": [{"scale": 0.01, "offset": -5}] * 2},
    ],
    ids=str,
)
def test_scale_and_offset_are_applied(write: Write, declared: Any) -> None:
    path = write(numbers(), declared, bands=("vv", "vh"))
    with CubeFile(path, RADAR) as file:
        array, findings = file.read()
        assert file.dtype == np.float32
    np.testing.assert_allclose(array, numbers() * 0.01 - 5, rtol=1e-6)
    assert [str(f) for f in findings] == ["values times 0.01 plus -5, as the file declares"]


def test_large_integers_are_scaled_in_double_precision(write: Write) -> None:
    path = write(numbers("<i4") + 2**30, {"scale_factor": 0.5}, bands=("vv", "vh"))
    array, _ = read_modality(path, RADAR)
    np.testing.assert_array_equal(array, (numbers("<i4") + 2**30) * 0.5)


def test_a_no_data_value_is_not_scaled(write: Write) -> None:
    schema = CubeSchema(bands=("vv", "vh"), kind="float", nodata=-100)
    declared = {"scale_factor": 0.01, "_FillValue": -9999}
    array, _ = read_modality(write(with_code(-9999), declared, bands=("vv", "vh")), schema)
    assert array[0, 0, 0].tolist() == pytest.approx([-100, -100, -100, 1.03])


def test_the_no_data_value_of_the_data_set_is_not_scaled_where_it_is_declared(
    write: Write,
) -> None:
    schema = CubeSchema(bands=("vv", "vh"), kind="float", nodata=-9999)
    scaled = with_code(-9999) * 0.5
    scaled[0, 0, 0, :3] = -9999
    for declared, expected in (({"_FillValue": -9999}, scaled), ({}, with_code(-9999) * 0.5)):
        path = write(with_code(-9999), {"scale_factor": 0.5, **declared}, bands=("vv", "vh"))
        array, findings = read_modality(path, schema)
        np.testing.assert_array_equal(array, expected)
        assert [finding.code for finding in findings] == ["declared-scale"]


@pytest.mark.parametrize(
    ("declared", "offset"),
    [
        ({"scale_factor": 0.0001, "add_offset": -0.1}, 1000),
        ({"scale_factor": 0.0001, "add_offset": 0}, 0),
        ({"add_offset": -1000}, 1000),
        ({"BOA_ADD_OFFSET": -1000, "QUANTIFICATION_VALUE": 10000}, 1000),
        ({"RADIO_ADD_OFFSET": [-1000, -1000]}, 1000),
    ],
    ids=str,
)
def test_scale_and_offset_of_reflectance_are_the_digital_number_offset(
    write: Write, declared: Any, offset: int
) -> None:
    path = write(numbers() + 1000, declared)
    wrong = CubeSchema(offset=1000 - offset, nodata=0)
    with pytest.raises(CorruptCubeError, match=f"stored_offset={offset} is right"):
        read_modality(path, wrong)

    array, findings = read_modality(path, CubeSchema(offset=offset, nodata=0))
    np.testing.assert_array_equal(array, numbers() + 1000)
    assert findings == []
    with CubeFile(path, CubeSchema(offset="unknown")) as file:
        assert file.offset == offset
        assert "declared-offset" in {finding.code for finding in file.read()[1]}


@pytest.mark.parametrize("declared", [{"scale_factor": 0.0001}, {"scale_factor": 1}, {"scale": 1}])
def test_the_scale_of_reflectance_alone_changes_nothing(write: Write, declared: Any) -> None:
    for schema in (SENTINEL2, CubeSchema(offset=1000), None):
        assert read_modality(write(numbers(), declared), schema)[1] == []


def test_another_scale_of_digital_numbers_is_an_error(write: Write) -> None:
    with pytest.raises(CorruptCubeError, match="float32, but the data set declares integer"):
        read_modality(write(numbers(), {"scale_factor": 0.1}), SENTINEL2)


def test_the_declared_sign_is_applied(write: Write) -> None:
    array = numbers()
    array[0, 0, 0, :2] = -1, -2
    path = write(array, {"_Unsigned": "true", "_FillValue": -1})
    with CubeFile(path, SENTINEL2) as file:
        assert file.dtype == np.uint16
        values, findings = file.read()
    assert values[0, 0, 0].tolist() == [0, 65534, 102, 103]
    assert {f.code for f in findings} == {"declared-sign", "declared-nodata"}


@pytest.mark.parametrize("order", "<>")
def test_the_byte_order_of_the_file_is_applied_with_its_declarations(
    write: Write, order: str
) -> None:
    path = write(with_code(-9999, f"{order}i2"), {"_FillValue": -9999, "dtype": "int16"})
    array, _ = read_modality(write(with_code(-9999), {"_FillValue": -9999}), SENTINEL2)
    np.testing.assert_array_equal(read_modality(path, SENTINEL2)[0], array)


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ({"attributes": {"_FillValue": "none of these"}}, "_FillValue is 'none of these', not a"),
        ({"attributes": {"_FillValue": True}}, "_FillValue is True"),
        ({"attributes": {"nodatavals": [0, -9999]}}, "nodatavals differs between bands"),
        ({"attributes": {"raster:bands": [{"nodata": 0}, {"nodata": 9}]}}, "contradict each"),
        ({"attributes": {"scale_factor": [0.1, 0.2]}}, "scale_factor differs between bands"),
        ({"attributes": {"scale_factor": {"type": "array"}}}, "not a number"),
        ({"attributes": {"scale_factor": 0}}, "declares the scale 0"),
        ({"attributes": {"scale_factor": float("nan")}}, "declares the scale nan"),
        ({"attributes": {"scale_factor": 0.1, "scales": 0.2}}, "contradict each other"),
        ({"attributes": {"scale": 10}}, "scale 10 has no agreed meaning"),
        ({"attributes": {"add_offset": -0.2, "scale_factor": 0.0001}}, "no digital-number offset"),
        ({"attributes": {"valid_range": [1]}}, "valid_range is"),
        ({"attributes": {"valid_range": [9, 1]}}, "valid_range is"),
        ({"attributes": {"_Unsigned": "maybe"}}, "not true or false"),
        ({"attributes": {"dtype": "uint8"}}, "dtype is 'uint8', but it holds int16"),
        ({"attributes": {"dtype": "letters"}}, "'letters', not a type"),
        (
            {
                "attributes": {"scale_factor": 0.1},
                "consolidated": {"bands/.zattrs": {"scale_factor": 0.2}},
            },
            "contradict each other",
        ),
        (
            {
                "attributes": {},
                "info": {"fill_value": 1},
                "consolidated": {"bands/.zarray": {"fill_value": 2, "dtype": "<i2"}},
            },
            "differs from its copy",
        ),
    ],
    ids=str,
)
def test_a_declaration_that_cannot_be_applied_is_an_error(
    write: Write, how: Any, what: str
) -> None:
    with pytest.raises(CorruptCubeError, match=what) as caught:
        read_modality(write(numbers(), **how), SENTINEL2)
    assert caught.value.hint


def test_an_unsigned_declaration_of_floats_is_an_error(write: Write) -> None:
    with pytest.raises(CorruptCubeError, match="declares _Unsigned, but holds float32"):
        read_modality(write(numbers("<f4"), {"_Unsigned": "true"}, bands=("vv", "vh")))


@pytest.mark.parametrize(
    "attributes",
    [
        {"long_name": "reflectance", "units": "1", "grid_mapping": "crs", "offset_note": "none"},
        {"scale": "linear"},
        {"valid_min": None, "missing_value": []},
    ],
    ids=str,
)
def test_other_attributes_change_nothing(write: Write, attributes: Any) -> None:
    array, findings = read_modality(write(numbers(), attributes), SENTINEL2)
    np.testing.assert_array_equal(array, numbers())
    assert findings == []


def spelled(name: str) -> st.SearchStrategy[str]:
    """Draw a name in other case and with other separators."""
    words = name.strip("_").replace("Value", "_value").split("_")
    return st.builds(
        lambda separator, change, prefix: prefix + change(separator.join(words)),
        st.sampled_from(["", "_", "-", " "]),
        st.sampled_from([str.lower, str.upper, str.title]),
        st.sampled_from(["", "_"]),
    )


@settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_declared_no_data_is_never_read_as_data(write: Write, data: st.DataObject) -> None:
    """Whatever the type, the code, its spelling and its place: applied or refused."""
    dtype = data.draw(st.sampled_from(["<i2", ">i2", "<u2", "<i4", "<f4", "<f2", "|u1"]))
    limits = (-60000, 60000) if dtype[1] == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    code = data.draw(
        st.sampled_from([-9999, -32768, 255, 32767, 65535, -1, 7, -128]).filter(
            lambda c: limits[0] <= c <= limits[1]
        )
    )
    name = data.draw(st.sampled_from(["_FillValue", "missing_value", "no_data", "nodata_value"]))
    name = data.draw(spelled(name))
    written = data.draw(st.sampled_from([code, float(code), str(code), [code]]))
    place = data.draw(st.sampled_from(["attributes", "group", "consolidated"]))
    content: Any = {name: written}
    how: dict[str, Any] = {"attributes": {}}
    how[place] = {"bands/.zattrs": content} if place == "consolidated" else content
    array = with_code(code, dtype)
    schema = data.draw(st.sampled_from([CubeSchema(nodata=0), CubeSchema(), None]))
    path = write(array, bands=("a", "b"), **how)
    try:
        values, findings = read_modality(path, schema)
    except CorruptCubeError:
        assert schema is None or schema.nodata is None
    else:
        assert schema is not None
        assert schema.nodata == 0
        assert not (values == array.dtype.type(code)).any()
        assert sum(f.count for f in findings if f.code == "declared-nodata") == 3


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["_FillValue", "scale_factor", "add_offset", "valid_range", "_Unsigned"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
            max_leaves=4,
        ),
    )
)
def test_any_metadata_are_understood_or_refused(attributes: dict[str, Any]) -> None:
    try:
        declared = tag_declarations(attributes)
    except ZarrError:
        return
    assert all(np.isfinite(code) for code in declared.nodata)
    assert declared.scale != 0

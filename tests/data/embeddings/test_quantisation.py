"""Stored integers back to values: every key understood or refused (faults 75 and 76)."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.data.embeddings.quantisation import METHODS, StoredRows, dequantise, factors
from neucocore.errors import DataError
from neucocore.files.findings import messages

PROPERTY = settings(derandomize=True, max_examples=50, deadline=None)
N, D = 6, 4
CODES = np.random.default_rng(0).integers(-100, 100, (N, D)).astype("i1")
IDS = [f"s{row}" for row in range(N)]


def npz(path, rule=None, codes=CODES, **arrays):
    if rule is not None:
        arrays["metadata"] = np.array(json.dumps({"quantization": rule}))
    np.savez(path / "e.npz", ids=np.array(IDS[: len(codes)]), matrix=codes, **arrays)
    return path / "e.npz"


def parquet(path, rule=None, codes=CODES, name="e.parquet", ids=IDS, footer=None, **columns):
    emb = footer if footer is not None else {} if rule is None else {"quantization": rule}
    kind = pa.list_(pa.from_numpy_dtype(codes.dtype))
    table = pa.table(
        {"id": ids[: len(codes)], "embedding": pa.array(codes.tolist(), kind), **columns}
    )
    table = table.replace_schema_metadata({b"emb": json.dumps(emb).encode()})
    pq.write_table(table, path / name)
    return path / name


def problem(file) -> str:
    with pytest.raises(DataError) as error:
        load_embeddings(file)
    (line,) = error.value.problems
    assert error.value.hint
    return line


GOOD = [
    ({"scale": 0.5}, CODES * 0.5),
    ({"scale": 0.5, "offset": 2}, CODES * 0.5 + 2),
    ({"method": "linear", "scale": [[0.5]]}, CODES * 0.5),
    ({"method": "affine", "scale": 0.5, "zero_point": 3}, (CODES - 3.0) * 0.5),
    ({"scale": [1.0, 2.0, 3.0, 4.0]}, CODES * [1.0, 2, 3, 4]),
    ({"scale": [1.0, 2, 3, 4, 5, 6]}, CODES * np.arange(1.0, 7)[:, None]),
    ({"scale": [[1.0, 2, 3, 4]], "offset": [[1.0], [2], [3], [4], [5], [6]]},
     CODES * [1.0, 2, 3, 4] + np.arange(1.0, 7)[:, None]),
    ({"method": "linear", "original_dtype": "float32", "quantized_dtype": "int8",
      "scale": {"type": "scalar", "scale": 0.25, "offset": 1}}, CODES * 0.25 + 1),
    ({"scale": {"scale": 0.25}}, CODES * 0.25),
    ("none", CODES),
    ({"method": "none"}, CODES),
    ("aef", np.sign(CODES) * (np.abs(CODES.astype(float)) / 127.5) ** 2),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "expected"), GOOD)
@pytest.mark.parametrize("write", [npz, parquet])
def test_fault_76_rules_that_are_understood_are_applied(tmp_path, write, rule, expected):
    embeddings = load_embeddings(write(tmp_path, rule))
    np.testing.assert_allclose(embeddings.matrix, expected, rtol=1e-6)
    assert messages(embeddings.findings, "warning") == []


BAD = [
    ({"method": "sqrt", "scale": 1}, "unknown quantization method 'sqrt'; known: linear, aef"),
    ({"method": "log"}, "unknown quantization method 'log'"),
    ({"scale": 1, "gamma": 2}, "unknown key 'gamma'; known: method, scale"),
    ({"method": "linear"}, "has no scale"),
    ({"offset": 3}, "has no scale"),
    ({"method": "none", "scale": 2}, "but there is a scale"),
    ({"method": "aef", "scale": 2}, "has no scale and no offset of its own"),
    ({"scale": "0.5"}, "scale is not a number or an array: '0.5'"),
    ({"scale": [1, [2, 3]]}, "scale is a ragged list"),
    ({"scale": [1.0, 2.0, 3.0]}, "scale has shape (3,)"),
    ({"scale": [[1.0], [2.0]]}, "scale has shape (2, 1)"),
    ({"scale": True}, "scale is not a number"),
    ({"scale": 1, "offset": "x"}, "offset is not a number"),
    ({"scale": {"type": "table"}}, "unknown type of scale 'table'"),
    ({"scale": {"type": "scalar", "scale": 1, "bias": 2}}, "unknown key 'bias'"),
    ({"scale": {"type": "array", "array_name": "s"}}, "no array 's' with the scales"),
    ({"scale": {"type": "scalar", "scale": 1, "offset": 1}, "offset": 2}, "two offsets"),
    ({"scale": 1e39}, "a scale is not finite"),
    ({"scale": 3e38}, "scaled values are not finite"),
    ({"scale": 1, "quantized_dtype": "uint8"}, "quantized_dtype is 'uint8', but values are stored"),
    ({"scale": 1, "quantized_dtype": "int99"}, "is not a type"),
    ("earth-engine-uint16", "is for uint16, but values are int8"),
    ([1, 2], "the quantization record is [1, 2], not an object"),
    (7, "the quantization record is 7, not an object"),
]


@pytest.mark.parametrize(("rule", "message"), BAD)
@pytest.mark.parametrize("write", [npz, parquet])
def test_fault_76_rules_that_are_not_understood_are_refused_in_one_line(
    tmp_path, write, rule, message
):
    assert message in problem(write(tmp_path, rule))


@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "i8", "u1"])
def test_fault_76_a_scale_acts_on_every_integer_type(tmp_path, dtype):
    codes = np.abs(CODES).astype(dtype)
    for write in (npz, parquet):
        embeddings = load_embeddings(write(tmp_path, {"scale": 0.5}, codes))
        np.testing.assert_allclose(embeddings.matrix, codes * 0.5)


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2"])
def test_fault_76_a_scale_next_to_floats_is_refused(tmp_path, dtype):
    for file in (
        npz(tmp_path, {"scale": 0.5}, CODES.astype(dtype)),
        npz(tmp_path, None, CODES.astype(dtype), scale=np.float32(0.5)),
        parquet(tmp_path, {"scale": 0.5}, CODES.astype(dtype)),
    ):
        assert "but the file declares how to scale them" in problem(file)


def test_fault_76_converting_scaled_embeddings_does_not_scale_twice(tmp_path):
    embeddings = load_embeddings(npz(tmp_path, {"scale": 0.5}))
    for name in ("again.npz", "again.parquet"):
        save_embeddings(embeddings, tmp_path / name)
        again = load_embeddings(tmp_path / name)
        assert np.array_equal(again.matrix, embeddings.matrix)
        assert again.metadata["dequantised"]["stored_as"] == "int8"


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2"])
def test_fault_24_small_integers_without_a_scale_are_a_warning(tmp_path, dtype):
    codes = np.abs(CODES).astype(dtype)
    for write in (npz, parquet):
        found = load_embeddings(write(tmp_path, None, codes)).findings
        assert "values without a scale" in messages(found, "warning")[0]


def test_the_rule_of_earth_engine_is_known_by_name(tmp_path):
    values = np.array([[-1, 0, 0.5, 1.0]])
    file = npz(tmp_path, "earth-engine-uint16", (values * 8192 + 8192).astype("u2"))
    np.testing.assert_allclose(load_embeddings(file).matrix, values)


def test_the_power_rule_of_alphaearth_restores_unit_vectors(tmp_path):
    rng = np.random.default_rng(1)
    unit = rng.standard_normal((6, 64))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    codes = np.clip(np.rint(np.sign(unit) * np.sqrt(np.abs(unit)) * 127.5), -127, 127)
    codes[2] = -128
    file = npz(tmp_path, "aef", codes.astype("i1"))
    assert "row without data: all 64 dimensions are -128: s2" in problem(file)
    embeddings = load_embeddings(file, drop_no_data=True)
    assert embeddings.ids == ("s0", "s1", "s3", "s4", "s5")
    np.testing.assert_allclose(np.linalg.norm(embeddings.matrix, axis=1), 1, atol=0.01)


def test_fault_76_one_axis_is_ambiguous_in_a_square_matrix(tmp_path):
    codes = np.random.default_rng(0).integers(-9, 9, (4, 4)).astype("i1")
    scale = np.array([1.0, 2, 3, 4], "f4")
    message = problem(npz(tmp_path, None, codes, scale=scale))
    assert "4 numbers for 4 rows of 4 dimensions: one per row or per dimension?" in message
    by_row = load_embeddings(npz(tmp_path, None, codes, scale=scale[:, None])).matrix
    np.testing.assert_allclose(by_row, codes * scale[:, None])
    by_column = load_embeddings(npz(tmp_path, None, codes, scale=scale[None])).matrix
    np.testing.assert_allclose(by_column, codes * scale)


@PROPERTY
@given(n=st.integers(1, 8), d=st.integers(1, 8), shape=st.sampled_from(["1", "n", "d", "n1", "1d"]))
def test_fault_76_a_shape_has_one_meaning_or_is_refused(n, d, shape):
    numbers = np.arange(1.0, 9.0)
    array = {"1": numbers[:1], "n": numbers[:n], "d": numbers[:d], "n1": numbers[:n, None],
             "1d": numbers[None, :d]}[shape]  # fmt: skip
    ambiguous = array.ndim == 1 and n == d > 1 and shape != "1"
    if ambiguous:
        with pytest.raises(Exception, match="one per row or per dimension"):
            factors(array, "scale", (n, d))
        return
    result = np.broadcast_to(factors(array, "scale", (n, d)), (n, d))
    per_row = shape in ("n", "n1") and n > 1
    expected = numbers[:n, None] if per_row else array.reshape(1, -1)
    np.testing.assert_array_equal(result, np.broadcast_to(expected, (n, d)))


@PROPERTY
@given(
    record=st.dictionaries(
        st.sampled_from(["method", "scale", "offset", "zero_point", "nodata", "x", "dtype"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=3),
            lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_fault_76_any_record_is_applied_or_refused_without_a_traceback(record):
    matrix = CODES.astype(np.float32)
    findings, without_data = dequantise(matrix, StoredRows("", slice(0, N), "int8"), record)
    assert np.isfinite(matrix).all()
    assert without_data.shape == (N,)
    assert all(finding.message for finding in findings)


def test_fault_76_rows_whose_scale_is_not_a_number_have_no_data(tmp_path):
    scale = np.array([[1.0], [np.nan], [1], [np.inf], [1], [1]], "f4")
    assert "row without data" in problem(npz(tmp_path, None, scale=scale))
    embeddings = load_embeddings(npz(tmp_path, None, scale=scale), drop_no_data=True)
    assert embeddings.ids == ("s0", "s2", "s4", "s5")


def test_fault_76_scales_in_another_array_or_column_are_found_by_name(tmp_path):
    scales = np.arange(1.0, 7)
    rule = {"scale": {"type": "array", "array_name": "row_scales"}}
    for file in (
        npz(tmp_path, rule, row_scales=scales[:, None]),
        parquet(tmp_path, rule, row_scales=scales),
        parquet(tmp_path, None, scale=scales),
        npz(tmp_path, None, scales=scales),
    ):
        np.testing.assert_allclose(load_embeddings(file).matrix, CODES * scales[:, None])
    rule = {"scale": {"type": "array", "array_name": "row_scales", "nodata": 2.0}}
    file = parquet(tmp_path, rule, row_scales=scales)
    assert load_embeddings(file, drop_no_data=True).ids == ("s0", "s2", "s3", "s4", "s5")


def test_fault_76_two_rules_in_one_file_are_refused(tmp_path):
    file = npz(tmp_path, {"scale": 1.0}, scale=np.float32(2))
    assert "both the metadata and the arrays 'scale'" in problem(file)


@pytest.mark.parametrize(
    ("footer", "message"),
    [
        ({"embedding_quantization": "int4"}, "unknown quantization method 'int4'"),
        ({"embedding_quantization": "sqrt"}, "unknown quantization method 'sqrt'"),
    ],
)
def test_fault_76_an_unknown_quantisation_in_the_footer_is_refused(tmp_path, footer, message):
    assert message in problem(parquet(tmp_path, footer=footer))


@pytest.mark.parametrize("name", ["none", "int8", None])
def test_the_stored_type_in_the_footer_is_not_a_rule(tmp_path, name):
    file = parquet(tmp_path, footer={"embedding_quantization": name})
    assert "without a scale" in messages(load_embeddings(file).findings, "warning")[0]


def test_fault_75_each_part_has_its_own_type_and_rule(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    parquet(folder, {"scale": 0.5}, name="0.parquet", ids=["a0", "a1", "a2", "a3", "a4", "a5"])
    parquet(folder, {"scale": 2.0}, name="1.parquet", ids=["b0", "b1", "b2", "b3", "b4", "b5"])
    parquet(folder, None, CODES.astype("f4"), name="2.parquet",
            ids=["c0", "c1", "c2", "c3", "c4", "c5"])  # fmt: skip
    matrix = load_embeddings(folder).matrix
    np.testing.assert_allclose(matrix, np.concatenate([CODES * 0.5, CODES * 2.0, CODES]))


def test_fault_75_a_rule_that_is_not_understood_names_its_part(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    parquet(folder, {"scale": 0.5}, name="0.parquet", ids=["a0", "a1", "a2", "a3", "a4", "a5"])
    parquet(folder, "sqrt", name="1.parquet")
    assert problem(folder).startswith("1.parquet: unknown quantization method 'sqrt'")


def test_fault_75_parts_of_another_model_are_a_warning(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    codes = CODES.astype("f4")
    parquet(folder, codes=codes, name="0.parquet", footer={"model": "a"})
    ids = [f"b{row}" for row in range(N)]
    parquet(folder, codes=codes + 1, name="1.parquet", ids=ids, footer={"model": "b"})
    (warning,) = messages(load_embeddings(folder).findings, "warning")
    assert warning.startswith("metadata differs from that of 0.parquet")
    assert "'model' of 1.parquet" in warning


def test_every_method_is_documented():
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs/embeddings.md").read_text()
    assert all(f"`{name}`" in text for name in METHODS)


@pytest.mark.parametrize(("dtype", "top"), [("i1", 127), ("u1", 255)])
def test_many_codes_at_the_end_of_the_range_are_a_warning(tmp_path, dtype, top):
    codes = np.random.default_rng(0).integers(0, 100, (60, 8)).astype(dtype)
    codes[::5, 0] = top
    np.savez(tmp_path / "e.npz", ids=np.arange(60), matrix=codes, scale=0.1)
    (warning,) = messages(load_embeddings(tmp_path / "e.npz").findings, "warning")
    assert warning.startswith("2.5% of the")
    codes[:, 0] = np.arange(60) // 2
    np.savez(tmp_path / "e.npz", ids=np.arange(60), matrix=codes, scale=0.1)
    assert messages(load_embeddings(tmp_path / "e.npz").findings, "warning") == []

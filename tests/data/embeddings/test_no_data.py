"""Rows without data: one repeated value in all dimensions (fault 77)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import examine_embeddings, load_embeddings, save_embeddings
from neucocore.data.embeddings.no_data import FILL_VALUES, fill_value_rows
from neucocore.errors import DataError
from neucocore.files.findings import messages

FORMATS = [".csv", ".parquet", ".npz"]


def matrix(n=40, d=16, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype("f4")


def ids(n: int) -> tuple[str, ...]:
    return tuple(f"s{row:03d}" for row in range(n))


def codes(file, **options) -> dict[str, int]:
    return {f.code: f.count for f in examine_embeddings(file, **options).findings}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "value", [0, 1, 7.25, 255, -128, -1.00786, -9999, 32767, -32768, 65535, 1e20, -3.4028235e38]
)
def test_fault_77_several_rows_of_one_value_are_refused_with_their_ids(tmp_path, suffix, value):
    values = matrix()
    values[5:8] = value
    save_embeddings(Embeddings(ids(40), values), tmp_path / f"e{suffix}")
    with pytest.raises(DataError) as error:
        load_embeddings(tmp_path / f"e{suffix}")
    (line,) = error.value.problems
    assert line.startswith("row without data: all 16 dimensions are ")
    assert line.endswith("(3 times): s005, s006, s007")
    assert "--drop-no-data" in error.value.hint
    embeddings = load_embeddings(tmp_path / f"e{suffix}", drop_no_data=True)
    assert embeddings.ids == ids(40)[:5] + ids(40)[8:]
    assert np.array_equal(embeddings.matrix, np.delete(values, [5, 6, 7], axis=0))
    assert "row without data left out" in messages(embeddings.findings, "repaired")[0]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    value=st.floats(-1e6, 1e6, width=32) | st.sampled_from(FILL_VALUES),
    rows=st.sets(st.integers(0, 39), min_size=2, max_size=10),
    d=st.integers(4, 40),
)
def test_fault_77_any_repeated_value_in_several_rows_is_found(value, rows, d):
    values = matrix(d=d)
    values[sorted(rows)] = np.float32(value)
    found, zeros = fill_value_rows(values)
    assert [sorted(rows)] == [of_value.tolist() for of_value in found.values()]
    assert len(zeros) == 0


@settings(derandomize=True, max_examples=40, deadline=None)
@given(seed=st.integers(0, 999), d=st.integers(1, 40), levels=st.sampled_from([2, 4, 0]))
def test_fault_77_ordinary_embeddings_have_no_such_rows(seed, d, levels):
    values = matrix(300, d, seed)
    if levels:
        values = np.random.default_rng(seed).integers(0, levels, (300, d)).astype("f4")
    assert fill_value_rows(values)[0] == {}


@pytest.mark.parametrize("value", FILL_VALUES)
def test_fault_77_one_row_of_a_usual_fill_value_is_refused(tmp_path, value):
    values = matrix()
    values[3] = value
    np.savez(tmp_path / "e.npz", ids=ids(40), matrix=values)
    assert codes(tmp_path / "e.npz")["no-data-rows"] == 1


@pytest.mark.parametrize("value", [0, 1, 0.5, -3])
def test_fault_77_one_row_of_another_value_is_not_refused(tmp_path, value):
    values = matrix()
    values[3] = value
    np.savez(tmp_path / "e.npz", ids=ids(40), matrix=values)
    assert codes(tmp_path / "e.npz") == ({"zero-rows": 1} if value == 0 else {})


def test_fault_77_zeros_of_a_sparse_embedding_are_a_warning_only(tmp_path):
    values = np.maximum(matrix(200, 24) - 1.5, 0)
    values[:4] = 0
    np.savez(tmp_path / "e.npz", ids=ids(200), matrix=values)
    found = codes(tmp_path / "e.npz")
    assert "no-data-rows" not in found
    assert found["zero-rows"] >= 4


def test_fault_77_zeros_are_a_warning_where_half_of_all_numbers_are_0(tmp_path):
    values = np.maximum(matrix(200, 200) - 0.25, 0)  # 60 % zeros: a row of zeros is not chance
    values[:4] = 0
    np.savez(tmp_path / "e.npz", ids=ids(200), matrix=values)
    assert codes(tmp_path / "e.npz") == {"zero-rows": 4, "duplicate-rows": 4}
    np.savez(tmp_path / "e.npz", ids=ids(200), matrix=np.abs(values) + (values.sum(1) > 0)[:, None])
    assert codes(tmp_path / "e.npz") == {"no-data-rows": 4}


@pytest.mark.parametrize("d", [4, 6, 8])
def test_fault_77_rows_that_are_equal_by_chance_are_no_finding(d):
    bits = np.random.default_rng(d).integers(0, 2, (600, d)).astype("f4")
    assert (bits == 1).all(axis=1).sum() > 1
    assert fill_value_rows(bits)[0] == {}


def test_fault_77_a_matrix_of_equal_rows_is_called_constant(tmp_path):
    np.savez(tmp_path / "e.npz", ids=ids(9), matrix=np.full((9, 8), 2.5, "f4"))
    assert list(codes(tmp_path / "e.npz")) == ["constant-matrix"]
    np.savez(tmp_path / "e.npz", ids=ids(9), matrix=np.full((9, 8), -9999, "f4"))
    assert codes(tmp_path / "e.npz")["no-data-rows"] == 9
    assert codes(tmp_path / "e.npz", drop_no_data=True)["no-rows"] == 1


@pytest.mark.parametrize("name", ["nodata", "_FillValue", "missing_value", "fill_value"])
def test_fault_77_a_declared_fill_value_is_honoured(tmp_path, name):
    values = matrix(d=2)
    values[3] = 12.5
    metadata = np.array(json.dumps({name: 12.5}))
    np.savez(tmp_path / "e.npz", ids=ids(40), matrix=values, metadata=metadata)
    assert codes(tmp_path / "e.npz")["no-data-rows"] == 1
    values[4, 0] = 12.5
    np.savez(tmp_path / "e.npz", ids=ids(40), matrix=values, metadata=metadata)
    assert codes(tmp_path / "e.npz")["fill-value-cells"] == 1


def test_fault_77_neucobench_reads_such_rows_as_data(tmp_path):
    values = matrix()
    values[5:8] = -9999
    save_embeddings(Embeddings(ids(40), values), tmp_path / "e.csv")
    embeddings = load_embeddings(tmp_path / "e.csv", lenient=True)
    assert np.array_equal(embeddings.matrix, values)
    assert "row without data" in messages(embeddings.findings, "warning")[0]


def test_fault_77_rows_without_data_are_not_reported_as_copies_too(tmp_path):
    values = matrix()
    values[5:8] = -9999
    values[20] = values[21]
    np.savez(tmp_path / "e.npz", ids=ids(40), matrix=values)
    assert codes(tmp_path / "e.npz") == {"no-data-rows": 3, "duplicate-rows": 2}


def test_fault_77_metadata_and_places_follow_the_rows_that_are_kept(tmp_path):
    rows = "".join(f"s{k},{k}.5,{k * k},1,2,{k}\n" for k in range(6))
    text = "id,0,1,2,3,year\n" + rows + "x,-9999,-9999,-9999,-9999,7\nlast,1,2,3,4,8\n"
    (tmp_path / "e.csv").write_text(text)
    table = examine_embeddings(tmp_path / "e.csv", drop_no_data=True)
    assert table.ids[-1] == "last"
    assert table.extra["year"][-1] == "8"
    assert table.describe_row(6) == "line 9"

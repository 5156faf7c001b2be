"""Parquet embeddings: list columns, wide tables, and folders of TerraTorch."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.errors import DataError, IdError, NonFiniteError, ShapeError
from neucocore.files.findings import messages

IDS = ["a", "b", "c"]
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)


def write(path, columns: dict[str, object], metadata: dict[bytes, bytes] | None = None):
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    return path


def lists(kind=None) -> pa.Array:
    return pa.array(MATRIX.tolist(), kind or pa.list_(pa.float32()))


def test_the_file_is_a_fixed_size_list_in_zstd_with_emb_metadata_in_the_footer(tmp_path):
    embeddings = Embeddings(tuple(IDS), MATRIX, {"model": {"id": "mean"}, "license": "CC0-1.0"})
    save_embeddings(embeddings, tmp_path / "e.parquet")
    file = pq.ParquetFile(tmp_path / "e.parquet")
    kind = file.schema_arrow.field("embedding").type
    assert pa.types.is_fixed_size_list(kind)
    assert (kind.list_size, kind.value_type) == (2, pa.float32())
    assert file.metadata.row_group(0).column(1).compression == "ZSTD"
    assert json.loads(file.schema_arrow.metadata[b"emb"]) == {
        "version": "0.0.1",
        "embedding_dim": 2,
        "embedding_quantization": "none",
        "model": {"id": "mean"},
        "license": "CC0-1.0",
    }


def test_other_libraries_read_the_file(tmp_path):
    save_embeddings(Embeddings(tuple(IDS), MATRIX), tmp_path / "e.parquet")
    table = pq.read_table(tmp_path / "e.parquet")
    assert table.column("id").to_pylist() == IDS
    assert table.column("embedding").to_pylist() == MATRIX.tolist()


@pytest.mark.parametrize(
    "kind",
    [pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.float16(), 2),
     pa.list_(pa.int32())],
)  # fmt: skip
def test_list_columns_of_all_numeric_types_are_read(tmp_path, kind):
    embeddings = load_embeddings(write(tmp_path / "e.parquet", {"id": IDS, "v": lists(kind)}))
    assert embeddings.ids == ("a", "b", "c")
    assert np.array_equal(embeddings.matrix, MATRIX)


def test_the_emb_footer_of_another_program_becomes_metadata(tmp_path):
    footer = {b"emb": json.dumps({"version": "0.0.1", "embedding_dim": 2, "datasets": []}).encode()}
    path = write(tmp_path / "e.parquet", {"id": IDS, "embedding": lists()}, footer)
    assert load_embeddings(path).metadata == {"datasets": []}


def test_a_wide_table_is_sorted_by_column_number(tmp_path):
    columns = {"2": MATRIX[:, 1], "id": IDS, "1": MATRIX[:, 0]}
    embeddings = load_embeddings(write(tmp_path / "e.parquet", columns))
    assert np.array_equal(embeddings.matrix, MATRIX)
    assert messages(embeddings.findings, "repaired") == ["columns sorted by their number"]


def test_many_rows_are_read_in_several_batches(tmp_path):
    matrix = np.random.default_rng(1).standard_normal((5000, 1024), dtype=np.float32)
    ids = tuple(f"s{row}" for row in range(5000))
    save_embeddings(Embeddings(ids, matrix), tmp_path / "e.parquet")
    loaded = load_embeddings(tmp_path / "e.parquet")
    assert pq.ParquetFile(tmp_path / "e.parquet").num_row_groups == 2
    assert loaded.ids == ids
    assert np.array_equal(loaded.matrix, matrix)


def test_fault_02_a_file_without_an_id_column_is_an_error_that_lists_its_columns(tmp_path):
    path = write(tmp_path / "e.parquet", {"name": IDS, "embedding": lists()})
    with pytest.raises(DataError, match="1 problem") as error:
        load_embeddings(path)
    assert error.value.problems == ("no column 'id', only 'name', 'embedding'",)


def test_fault_03_duplicate_and_null_ids_are_an_error(tmp_path):
    path = write(tmp_path / "e.parquet", {"id": ["a", "a", None], "embedding": lists()})
    with pytest.raises(IdError) as error:
        load_embeddings(path)
    assert "empty id: row 3" in error.value.problems
    assert "id occurs more than once: a (row 1, row 2)" in error.value.problems


def test_fault_09_ids_that_are_numbers_or_categories_are_read_as_text(tmp_path):
    path = write(tmp_path / "e.parquet", {"id": [7, 8, 9], "embedding": lists()})
    embeddings = load_embeddings(path)
    assert embeddings.ids == ("7", "8", "9")
    assert messages(embeddings.findings, "repaired") == ["integer ids read as text"]
    categories = pa.array(IDS).dictionary_encode()
    path = write(tmp_path / "e.parquet", {"id": categories, "embedding": lists()})
    assert load_embeddings(path).ids == ("a", "b", "c")


def test_fault_10_nulls_and_nan_are_counted_separately(tmp_path):
    vectors = pa.array([[0, None], [float("nan"), 3], [float("inf"), 5]], pa.list_(pa.float32()))
    path = write(tmp_path / "e.parquet", {"id": IDS, "embedding": vectors})
    with pytest.raises(NonFiniteError) as error:
        load_embeddings(path)
    assert error.value.problems == (
        "empty cell in 1 row and 1 column: row 1 column '1'",
        "infinite value in 1 row and 1 column: row 3 column '0'",
        "NaN in 1 row and 1 column: row 2 column '0'",
    )
    assert load_embeddings(path, nan="zero").matrix.tolist() == [[0, 0], [0, 3], [0, 5]]


def test_fault_10_nulls_of_a_wide_table_are_empty_cells(tmp_path):
    path = write(tmp_path / "e.parquet", {"id": IDS, "0": [1, None, 3], "1": [1.0, 2.0, 3.0]})
    with pytest.raises(NonFiniteError) as error:
        load_embeddings(path)
    assert error.value.problems == ("empty cell in 1 row and 1 column: row 2 column '0'",)


def test_fault_10_a_text_column_among_dimensions_is_an_error(tmp_path):
    with pytest.raises(DataError, match="1 problem") as error:
        load_embeddings(write(tmp_path / "e.parquet", {"id": IDS, "0": ["x", "y", "z"]}))
    assert "column is not numeric: '0' (string)" in error.value.problems


def test_fault_11_vectors_of_several_lengths_are_an_error_with_their_rows(tmp_path):
    vectors = pa.array([[0, 1], [2], None], pa.list_(pa.float32()))
    with pytest.raises(ShapeError) as error:
        load_embeddings(write(tmp_path / "e.parquet", {"id": IDS, "embedding": vectors}))
    assert error.value.problems == (
        "vector without exactly 2 numbers (2 times): row 2 has 1, row 3 has null",
    )


def test_fault_15_float64_out_of_the_range_of_float32_is_an_error(tmp_path):
    vectors = pa.array([[0, 1], [2, 1e39], [4, 5]], pa.list_(pa.float64()))
    with pytest.raises(NonFiniteError) as error:
        load_embeddings(write(tmp_path / "e.parquet", {"id": IDS, "embedding": vectors}))
    assert "beyond the range" in error.value.problems[0]


@pytest.mark.parametrize("keep", [20, 200, -30])
def test_fault_20_a_truncated_file_is_an_error(tmp_path, keep):
    path = write(tmp_path / "e.parquet", {"id": IDS, "embedding": lists()})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="truncated or damaged"):
        load_embeddings(path)


def test_fault_24_int8_without_a_scale_is_a_warning(tmp_path):
    path = write(tmp_path / "e.parquet", {"id": IDS, "embedding": lists(pa.list_(pa.int8()))})
    embeddings = load_embeddings(path)
    assert embeddings.dtype == "int8"
    assert "without a scale" in messages(embeddings.findings, "warning")[0]


def test_fault_24_int8_with_a_scale_in_the_footer_is_scaled(tmp_path):
    footer = {b"emb": json.dumps({"quantization": {"scale": 0.5, "offset": 1}}).encode()}
    columns = {"id": IDS, "embedding": lists(pa.list_(pa.int8()))}
    embeddings = load_embeddings(write(tmp_path / "e.parquet", columns, footer))
    assert embeddings.matrix.tolist() == [[1, 1.5], [2, 2.5], [3, 3.5]]
    assert messages(embeddings.findings, "warning") == []


def test_fault_25_a_terratorch_folder_of_parts_is_read_in_order(tmp_path):
    layer = tmp_path / "run/layer_00"
    layer.mkdir(parents=True)
    (tmp_path / "run/configuration_summary.json").write_text("{}")
    for part in (1, 0):
        columns = {
            "center_lat": [0.0, 1.0],
            "bounds": [[0.0, 1.0, 2.0, 3.0]] * 2,
            "file_id": [f"p{part}a.zarr", f"p{part}b.zarr"],
            "embedding": [[part, 1.5], [part, 2.5]],
        }
        write(layer / f"embeddings_part_{part:06d}.parquet", columns)
    for folder in (layer, tmp_path / "run"):
        embeddings = load_embeddings(folder)
        assert embeddings.ids == ("p0a", "p0b", "p1a", "p1b")
        assert embeddings.matrix.tolist() == [[0, 1.5], [0, 2.5], [1, 1.5], [1, 2.5]]


def test_fault_25_parts_in_neucobench_columns_are_read(tmp_path):
    for part in range(2):
        columns = {"id": [f"{part}"], "1": [1.0 + part], "2": [2.0 + part]}
        write(tmp_path / f"embeddings_part_{part:06d}.parquet", columns)
    assert load_embeddings(tmp_path).matrix.tolist() == [[1, 2], [2, 3]]


def test_fault_25_a_problem_in_a_part_is_reported_with_its_name(tmp_path):
    write(tmp_path / "part_0.parquet", {"id": IDS, "embedding": lists()})
    write(tmp_path / "part_1.parquet", {"id": ["c", "d"], "embedding": [[1.0, 2.0], [3.0]]})
    with pytest.raises(DataError) as error:
        load_embeddings(tmp_path)
    text = "\n".join(error.value.problems)
    assert "part_1.parquet row 2 has 1" in text
    assert "c (part_0.parquet row 3, part_1.parquet row 1)" in text


def test_fault_25_several_layers_are_an_error_that_lists_them(tmp_path):
    for layer in ("layer_00", "layer_01"):
        (tmp_path / layer).mkdir()
    with pytest.raises(DataError, match="several layers: layer_00, layer_01"):
        load_embeddings(tmp_path)


def test_a_folder_without_parquet_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no Parquet file"):
        load_embeddings(tmp_path)


def test_patch_embeddings_are_an_error_with_a_hint(tmp_path):
    path = write(tmp_path / "e.parquet", {"file_id": ["a"], "embedding": [[[1.0, 2.0]]]})
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert "not a list of numbers" in error.value.problems[0]
    assert "pool" in str(error.value.hint)


def test_several_unnamed_list_columns_are_an_error(tmp_path):
    path = write(tmp_path / "e.parquet", {"id": IDS, "u": lists(), "v": lists()})
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert "several columns may hold the vectors: 'u', 'v'" in error.value.problems[0]
    assert error.value.hint == "--vector u or --vector v"
    assert load_embeddings(f"{path}:v").matrix.tolist() == MATRIX.tolist()


def test_a_folder_with_a_part_without_ids_is_an_error(tmp_path):
    (tmp_path / "run").mkdir()
    write(tmp_path / "run/0.parquet", {"id": IDS, "embedding": lists()})
    write(tmp_path / "run/1.parquet", {"name": IDS, "embedding": lists()})
    with pytest.raises(DataError) as error:
        load_embeddings(tmp_path / "run")
    assert any("no column 'id'" in problem for problem in error.value.problems)


def test_fault_04_columns_with_the_same_name_are_an_error(tmp_path):
    path = tmp_path / "repeated.parquet"
    columns = [pa.array(["a"]), pa.array([1.0]), pa.array([2.0])]
    pq.write_table(pa.Table.from_arrays(columns, names=["id", "0", "0"]), path)
    with pytest.raises(DataError, match="column name occurs more than once: '0'"):
        load_embeddings(path)


@pytest.mark.parametrize(
    "second",
    [{"0": [3.0]}, {"0": [3.0], "1": [4.0], "2": [5.0]}, {"1": [3.0], "2": [4.0]}],
    ids=["fewer", "more", "numbered otherwise"],
)
def test_fault_25_parts_with_other_columns_are_an_error(tmp_path, second):
    write(tmp_path / "part-0.parquet", {"id": ["a"], "0": [1.0], "1": [2.0]})
    write(tmp_path / "part-1.parquet", {"id": ["b"], **second})
    with pytest.raises(DataError, match=r"part-1.parquet has other embedding columns than part-0"):
        load_embeddings(tmp_path)


def test_fault_25_named_columns_are_matched_by_name_in_every_part(tmp_path):
    write(tmp_path / "part-0.parquet", {"id": ["a"], "x": [1.0], "y": [2.0]})
    write(tmp_path / "part-1.parquet", {"id": ["b"], "y": [4.0], "x": [3.0]})
    assert load_embeddings(tmp_path, vector="x,y").matrix.tolist() == [[1, 2], [3, 4]]


def test_a_file_of_ids_without_vectors_is_an_error(tmp_path):
    with pytest.raises(DataError) as error:
        load_embeddings(write(tmp_path / "e.parquet", {"id": IDS}))
    assert "no embedding columns" in "\n".join(error.value.problems)

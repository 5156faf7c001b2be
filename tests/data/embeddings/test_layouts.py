"""Tables of known products, in the exact columns that their producers publish (fault 74)."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.embeddings.layouts import Column, find_layout
from neucocore.errors import DataError
from neucocore.files.findings import messages

N = 6
IDS = [f"s{row}" for row in range(N)]
RNG = np.random.default_rng(2)
POINT = [b"\x01\x01\x00\x00\x00" + bytes(16)] * N


def vectors(d: int) -> np.ndarray:
    return RNG.standard_normal((N, d)).astype("f4")


def lists(matrix: np.ndarray) -> pa.Array:
    return pa.array(matrix.tolist(), pa.list_(pa.float32()))


def wide(matrix: np.ndarray, names: list[str]) -> dict[str, np.ndarray]:
    return {name: matrix[:, column] for column, name in enumerate(names)}


def parquet(path, columns):
    pq.write_table(pa.table(columns), path)
    return path


PRODUCTS = {
    "Earth Index": (384, lambda m: {"id": IDS, "embedding": lists(m), "geometry": POINT}, 1),
    "Major TOM": (
        1152,
        lambda m: {
            "unique_id": IDS, "embedding": lists(m), "grid_cell": ["100D_20L"] * N,
            "grid_row_u": range(N), "grid_col_r": range(N), "product_id": ["S2A"] * N,
            "timestamp": ["20200101"] * N, "centre_lat": [1.5] * N, "centre_lon": [2.5] * N,
            "geometry": POINT, "utm_footprint": ["P"] * N, "utm_crs": ["EPSG:32631"] * N,
            "pixel_bbox": [[0.0, 1.0, 2.0, 3.0]] * N,
        },
        11,
    ),
    "Clay v0": (
        768,
        lambda m: {"source_url": [f"s3://b/{i}.tif" for i in IDS], "date": ["2020-01-01"] * N,
                   "embeddings": lists(m), "geometry": POINT},
        2,
    ),
    "Clay v1.5": (
        1024,
        lambda m: {"source_url": [f"s3://b/{i}.tif" for i in IDS], "datetime": ["2020"] * N,
                   "embedding": lists(m), "bbox": [[0.0, 1.0, 2.0, 3.0]] * N, "geometry": POINT},
        3,
    ),
    "MINDSET": (
        64,
        lambda m: {"cell_id": IDS, "lat": [1.0] * N, "lon": [2.0] * N, "spatial_fold": range(N),
                   **wide(m, [f"emb_{k}" for k in range(64)])},
        3,
    ),
    "LightlyOne": (
        32,
        lambda m: {"filenames": [f"{i}.jpg" for i in IDS], "labels": range(N),
                   **wide(m, [f"embedding_{k}" for k in range(32)])},
        1,
    ),
    "TerraTorch": (16, lambda m: {"file_id": IDS, "embedding": lists(m), "center_lat": [1.0] * N},
                   1),
    "Earth Engine": (
        64,
        lambda m: {"system:index": IDS, **wide(m, [f"A{k:02d}" for k in range(64)]),
                   "year": [2020] * N, ".geo": ['{"type":"Point","coordinates":[1,2]}'] * N},
        2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_fault_74_the_tables_of_known_products_are_read_and_named(tmp_path, name, suffix):
    d, make, metadata = PRODUCTS[name]
    matrix = vectors(d)
    columns = make(matrix)
    path = tmp_path / f"any-name{suffix}"
    if suffix == ".parquet":
        parquet(path, columns)
    else:
        cells = {key: [str(v) for v in pa.array(values).to_pylist()]
                 for key, values in columns.items()}  # fmt: skip
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(cells)
            writer.writerows(zip(*cells.values(), strict=True))
    embeddings = load_embeddings(path)
    assert embeddings.ids == tuple(IDS)
    assert np.array_equal(embeddings.matrix, matrix)
    (line,) = [f.message for f in embeddings.findings if f.code == "metadata-columns"]
    assert line.startswith(f"read as {name}: id from ")
    assert f"{d} dimensions" in line
    assert f"{metadata} metadata column" in line


@pytest.mark.parametrize("kind", ["text", "number", "nested", "binary"])
def test_fault_74_a_layout_depends_on_the_type_of_the_vector(kind):
    assert find_layout([Column("source_url", "text"), Column("embeddings", "list")]) is not None
    assert find_layout([Column("source_url", "text"), Column("embeddings", kind)]) is None


def test_fault_74_a_layout_depends_on_types_not_on_names_alone(tmp_path):
    path = parquet(tmp_path / "clay.parquet", {"source_url": IDS, "embeddings": ["x"] * N})
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert "Clay" not in str(error.value.problems)


def test_metadata_columns_are_kept_with_their_values(tmp_path):
    columns = {"id": ["b", "a"], "embedding": lists(vectors(3)[:2]), "year": [2020, 2021],
               "tile": ["x", None], "bbox": [[0.0, 1.0]] * 2}  # fmt: skip
    embeddings = load_embeddings(parquet(tmp_path / "e.parquet", columns))
    assert embeddings.extra == {"year": [2020, 2021], "tile": ["x", None]}
    assert embeddings.select([1]).extra == {"year": [2021], "tile": [None]}


def test_doubled_tiles_are_named(tmp_path):
    columns = {"source_url": ["s3://a/x.tif", "s3://a/x.tif"], "embeddings": lists(vectors(3)[:2])}
    with pytest.raises(DataError) as error:
        load_embeddings(parquet(tmp_path / "e.parquet", columns))
    assert error.value.problems == ("id occurs more than once: x (row 1, row 2)",)


def test_binary_ids_are_read_as_text(tmp_path):
    columns = {"id": [b"a", b"b"], "embedding": lists(vectors(3)[:2])}
    embeddings = load_embeddings(parquet(tmp_path / "e.parquet", columns))
    assert embeddings.ids == ("a", "b")
    assert "binary ids read as text" in messages(embeddings.findings, "repaired")


def test_lists_as_json_text_are_read_in_csv_and_parquet(tmp_path):
    matrix = vectors(5)
    texts = [str(row) for row in matrix.astype(float).tolist()]
    parquet(tmp_path / "e.parquet", {"id": IDS, "embedding": texts, "lon": [0.5] * N})
    with (tmp_path / "e.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "lon", "v"], *zip(IDS, [1] * N, texts, strict=True)])
    for name in ("e.parquet", "e.csv"):
        embeddings = load_embeddings(tmp_path / name)
        assert np.array_equal(embeddings.matrix, matrix), name


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("[1, 2]", "vector has another length than the first one: line 4 has 2"),
        ("[1, 2, x]", "vector is not a JSON list of numbers: line 4 '[1, 2, x]'"),
        ("[1, ..., 3]", "vector is not a JSON list of numbers: line 4"),
        ("[1, NaN, 3]", "NaN in 1 row and 1 column: line 4 column '1'"),
        ("[1, null, 3]", "empty cell in 1 row and 1 column: line 4 column '1'"),
        ("", "vector is not a JSON list of numbers: line 4"),
    ],
)
def test_a_broken_list_in_one_row_is_reported_with_its_line(tmp_path, cell, problem):
    rows = [["id", "v"], ["a", "[1, 2, 3]"], ["b", "[4, 5, 6]"], ["c", cell], ["d", "[7, 8, 9]"]]
    with (tmp_path / "e.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(DataError) as error:
        load_embeddings(tmp_path / "e.csv")
    assert problem in "\n".join(error.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "[ 0.1 0.2 0.3]", "[0.1, 0.2, ..., 0.9]", "[0.1 0.2 ... 0.9]", "array([0.1, 0.2])",
        "tensor([0.1, 0.2])", "(0.1, 0.2)", "{0.1,0.2}", "0.1 0.2 0.3", "0.1;0.2;0.3",
        "[ 0.1 0.2\n  0.3]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_fault_74_other_vectors_as_text_are_refused_in_one_line(tmp_path, text, suffix):
    path = tmp_path / f"e{suffix}"
    if suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([["id", "embedding"], ["a", text], ["b", text]])
    else:
        parquet(path, {"id": ["a", "b"], "embedding": [text] * 2})
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert error.value.problems == ("the vector is text in one cell of column 'embedding'",)
    assert "numpy" in error.value.hint
    assert "--nan zero" not in error.value.hint


def test_nan_zero_is_not_offered_where_a_column_holds_no_number(tmp_path):
    (tmp_path / "e.csv").write_text("id,0,1\na,1,x\nb,2,y\nc,3,\n")
    with pytest.raises(DataError) as error:
        load_embeddings(tmp_path / "e.csv")
    assert "column holds no number at all: '1'" in error.value.problems
    assert "--nan zero" not in error.value.hint

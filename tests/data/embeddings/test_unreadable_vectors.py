"""Vectors of another type or length, and files of a folder that are not read."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.errors import DataError
from neucocore.files.findings import messages

IDS = [f"s{i}" for i in range(20)]
VALUES = np.random.default_rng(0).normal(size=(20, 6)).round(3).tolist()


def write(path, vectors=None, name="embedding"):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": IDS, name: vectors or VALUES}), path)
    return path


@pytest.mark.parametrize("short", [1, 2, 3])
def test_vectors_of_another_length_are_one_problem(tmp_path, short):
    vectors = [row[:4] if i < short else row for i, row in enumerate(reversed(VALUES))][::-1]
    for written in (vectors, [json.dumps(row) for row in vectors]):
        with pytest.raises(DataError) as error:
            load_embeddings(write(tmp_path / "e.parquet", written))
        (problem,) = error.value.problems
        assert "without exactly 6 numbers" in problem


@pytest.mark.parametrize("name", ["embedding", "vector", "features"])
@pytest.mark.parametrize("kind", ["struct", "map", "dict"])
def test_vectors_with_keys_are_refused_by_their_type(tmp_path, name, kind):
    dicts = [{f"k{i}": x for i, x in enumerate(row)} for row in VALUES]
    vectors = {
        "struct": dicts,
        "map": pa.array([list(d.items()) for d in dicts], pa.map_(pa.string(), pa.float64())),
        "dict": [json.dumps(d) for d in dicts],
    }[kind]
    with pytest.raises(DataError, match=f"column '{name}' is a {kind}; a list of numbers"):
        load_embeddings(write(tmp_path / "e.parquet", vectors, name))


def test_dictionaries_in_a_csv_file_are_refused_by_their_type(tmp_path):
    lines = [f"{i},\"{{'0': {row[0]}, '1': 2}}\"" for i, row in zip(IDS, VALUES, strict=True)]
    (tmp_path / "e.csv").write_text("\n".join(["id,embedding", *lines]))
    with pytest.raises(DataError, match="column 'embedding' is a dict; a list of numbers"):
        load_embeddings(tmp_path / "e.csv")


def test_geometry_as_json_is_no_vector(tmp_path):
    cells = [json.dumps({"x": 1, "y": i}) for i in range(20)]
    pq.write_table(pa.table({"id": IDS, "place": cells, "vec": VALUES}), tmp_path / "e.parquet")
    assert load_embeddings(tmp_path / "e.parquet").dimension == 6


@pytest.mark.parametrize("name", ["b.csv", "year=2020/b.parquet", "old/c.npz"])
def test_files_of_a_folder_that_are_not_read_are_a_warning(tmp_path, name):
    write(tmp_path / "e" / "a.parquet")
    (tmp_path / "e" / name).parent.mkdir(exist_ok=True)
    shutil.copy(tmp_path / "e" / "a.parquet", tmp_path / "e" / name)
    for ignored in ("_metadata", "a.parquet.json", "README.md", ".b.csv"):
        (tmp_path / "e" / ignored).write_text("")
    (warning,) = messages(load_embeddings(tmp_path / "e").findings, "warning")
    assert "not read" in warning
    assert name in warning


def test_a_folder_without_parts_names_what_it_holds(tmp_path):
    write(tmp_path / "e" / "year=2020" / "a.parquet")
    with pytest.raises(DataError, match=r"holds no Parquet file, but year=2020.a\.parquet"):
        load_embeddings(tmp_path / "e")

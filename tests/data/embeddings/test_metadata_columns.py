"""Metadata columns are written by every format, and read back as metadata."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.errors import ConfigError

X = np.random.default_rng(0).normal(size=(4, 5)).astype("f4")
EXTRA = {
    "lon": [7.25, -120.5, 0.1, 8.0],
    "year": [2020, 2021, 2022, 2023],
    "group": ["a,b", 'x"y', "", "d"],
}


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".npz"])
def test_round_trip(tmp_path, suffix):
    path = tmp_path / f"e{suffix}"
    save_embeddings(Embeddings(("a", "b", "c", "d"), X, extra=EXTRA), path)
    read = load_embeddings(path)
    assert (read.matrix == X).all()
    assert read.ids == ("a", "b", "c", "d")
    assert [float(value) for value in read.extra["lon"]] == EXTRA["lon"]
    assert [int(value) for value in read.extra["year"]] == EXTRA["year"]
    assert list(read.extra["group"]) == EXTRA["group"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_without_columns_the_bytes_are_those_of_before(tmp_path, suffix):
    a, b = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    save_embeddings(Embeddings(("a", "b", "c", "d"), X), a)
    save_embeddings(Embeddings(("a", "b", "c", "d"), X, extra={}), b)
    assert a.read_bytes() == b.read_bytes()
    if suffix == ".csv":
        assert a.read_text().startswith("id,0,1,2,3,4\n")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_rows_of_several_years_keep_ids_and_years(tmp_path, suffix):
    path = tmp_path / f"e{suffix}"
    keys = ("a@2020", "a@2021", "b@2020", "b@2021")
    extra = {"year": [2020, 2021, 2020, 2021]}
    save_embeddings(Embeddings(keys, X, extra=extra, year_column="year"), path)
    read = load_embeddings(path)
    assert read.ids == keys
    assert read.year_column == "year"
    if suffix == ".csv":
        assert path.read_text().splitlines()[1].startswith("a,2020,")


def test_names_of_other_columns_are_refused(tmp_path):
    for name in ("id", "3", "embedding"):
        embeddings = Embeddings(("a", "b", "c", "d"), X, extra={name: [1, 2, 3, 4]})
        with pytest.raises(ConfigError, match=name):
            save_embeddings(embeddings, tmp_path / "e.parquet")

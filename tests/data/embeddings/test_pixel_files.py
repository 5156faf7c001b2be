"""Rasters, stores and arrays of pixels are refused with the command that samples them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.errors import DataError


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("tile.tiff", "neuco sample geotiff"),
        ("store.zarr/zarr.json", "neuco sample zarr"),
        ("store/.zgroup", "neuco sample zarr"),
        ("store.zarr.zip", "neuco sample zarr"),
        ("grid_-0.05_10.05.npy", "neuco sample tessera"),
        ("tessera/2024/grid_1.25_45.05/grid_1.25_45.05_scales.npy", "neuco sample tessera"),
        ("rasters/a.tif", "neuco sample geotiff"),
        ("vectors.npy", "numpy.savez"),
    ],
)
def test_what_holds_pixels(tmp_path, name, hint):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"anything")
    path = tmp_path / name.split("/")[0]
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert hint in str(error.value.hint)


def write(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"id": ["a", "b"], "embedding": pa.array([[1.0, 2.0], [3.0, 4.0]])}
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("suffix", [".gpq", ".geoparquet", ".pq", ".PARQ"])
def test_other_suffixes_of_parquet(tmp_path, suffix):
    assert load_embeddings(write(tmp_path / f"e{suffix}")).dimension == 2


def test_one_layer_of_several_is_named_behind_a_colon(tmp_path):
    for layer in ("layer_05", "layer_11"):
        write(tmp_path / "out" / layer / "part_0.parquet")
    with pytest.raises(DataError, match="several layers: layer_05, layer_11") as error:
        load_embeddings(tmp_path / "out")
    assert "out:layer_11" in str(error.value.hint)
    assert load_embeddings(f"{tmp_path / 'out'}:layer_05").dimension == 2


def test_one_array_of_an_npz_file_is_named_behind_a_colon(tmp_path):
    x = np.random.default_rng(0).normal(size=(5, 16)).astype("f4")
    path = tmp_path / "depths.npz"
    np.savez(path, ids=np.array(list("abcde")), full=x, d4=x[:, :4])
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert "--vector" in str(error.value)
    assert (load_embeddings(f"{path}:d4").matrix == x[:, :4]).all()
    assert (load_embeddings(path, vector="full").matrix == x).all()

"""Embeddings in memory, and in every format."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import examine_embeddings, load_embeddings
from neucocore.data.embeddings.formats import save_embeddings as save
from neucocore.errors import ConfigError, IdError, NonFiniteError, ShapeError

FORMATS = [".csv", ".csv.gz", ".parquet", ".npz"]


@pytest.fixture
def embeddings() -> Embeddings:
    """Random bits, subnormals, the largest and smallest numbers, and minus zero."""
    rng = np.random.default_rng(3)
    bits = rng.integers(0, 2**32, (700, 9), dtype=np.uint64).astype(np.uint32)
    matrix = bits.view(np.float32)
    matrix[~np.isfinite(matrix)] = 0
    info = np.finfo(np.float32)
    matrix[0] = [info.max, info.min, info.tiny, info.smallest_subnormal, -0.0, 0.1, 1, 1e-9, 1 / 3]
    ids = ('a,"b"', "00123", "1e5", "ä", *(f"x{row}" for row in range(696)))
    return Embeddings(ids, matrix, {"model": {"id": "m", "source": "ü"}, "list": [1, 2.5, None]})


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_float32_and_id_is_preserved_by_every_format(embeddings, suffix, tmp_path):
    save(embeddings, tmp_path / f"e{suffix}")
    loaded = load_embeddings(tmp_path / f"e{suffix}")
    assert loaded.ids == embeddings.ids
    assert np.array_equal(loaded.matrix.view(np.int32), embeddings.matrix.view(np.int32))


@pytest.mark.parametrize("suffix", [".parquet", ".npz"])
def test_metadata_is_preserved_by_formats_that_can_hold_it(embeddings, suffix, tmp_path):
    save(embeddings, tmp_path / f"e{suffix}")
    assert load_embeddings(tmp_path / f"e{suffix}").metadata == embeddings.metadata


@pytest.mark.parametrize("suffix", FORMATS)
def test_equal_input_gives_equal_bytes_at_any_time_and_with_any_name(
    embeddings, suffix, tmp_path, monkeypatch
):
    save(embeddings, tmp_path / f"one{suffix}")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    again = Embeddings(
        embeddings.ids,
        np.asfortranarray(embeddings.matrix),
        dict(reversed(embeddings.metadata.items())),
    )
    save(again, tmp_path / f"two{suffix}")
    one, two = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_csv_has_the_fewest_digits_that_preserve_the_number(tmp_path):
    matrix = np.array([[0.1, 1 / 3, 1e-9, 16777216]], dtype=np.float32)
    save(Embeddings(("a",), matrix), tmp_path / "e.csv")
    assert (tmp_path / "e.csv").read_text() == "id,0,1,2,3\na,0.1,0.33333334,1e-9,16777216\n"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(
    embeddings, suffix, tmp_path, monkeypatch
):
    path = tmp_path / f"e{suffix}"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(embeddings, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_suffix_cannot_be_written(embeddings, tmp_path):
    with pytest.raises(ConfigError, match=r"the suffix of 'e\.txt' names no format"):
        save(embeddings, tmp_path / "e.txt")


@pytest.mark.parametrize("name", [" a", "a.zarr", "a\nb", "", "a\0"])
def test_ids_that_reading_would_change_are_not_written(name, tmp_path):
    with pytest.raises(IdError, match="cannot be written"):
        save(Embeddings((name,), np.zeros((1, 1), np.float32)), tmp_path / "e.csv")


def test_ids_matrix_and_values_must_fit_together():
    matrix = np.zeros((2, 3), dtype=np.float32)
    with pytest.raises(ShapeError, match="1 ids for 2 rows"):
        Embeddings(("a",), matrix)
    with pytest.raises(ShapeError, match="float64"):
        Embeddings(("a", "b"), matrix.astype(np.float64))
    with pytest.raises(IdError):
        Embeddings(("a", "a"), matrix)
    with pytest.raises(NonFiniteError):
        Embeddings(("a", "b"), matrix + np.float32(np.nan))


def test_examine_returns_the_readable_rows_and_the_problems(tmp_path):
    (tmp_path / "e.csv").write_text("id,0\na,1\na.zarr,x\n")
    table = examine_embeddings(tmp_path / "e.csv")
    assert table.ids == ["a", "a"]
    assert {f.code for f in table.findings if f.level == "error"} == {"text-cells", "id-collision"}


def test_a_symlink_and_a_path_with_spaces_and_umlauts_are_read(embeddings, tmp_path):
    folder = tmp_path / "mit Leer zeichen ü"
    save(embeddings, folder / "e.csv")
    (tmp_path / "link.csv").symlink_to(folder / "e.csv")
    assert load_embeddings(tmp_path / "link.csv").ids == embeddings.ids


def test_the_repr_shows_the_size_only():
    embeddings = Embeddings(("a", "b"), np.ones((2, 3), np.float32))
    assert repr(embeddings) == "<Embeddings: 2 ids x 3 dimensions>"

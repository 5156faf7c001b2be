"""Patches of raw bytes: means of dequantised pixels, written out here."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.errors import DataError
from neucocore.files.findings import messages

N, H, W = 12, 6, 5
RNG = np.random.default_rng(6)


def write(path, columns):
    pq.write_table(pa.table(columns), path)
    return path


def tessera(d=128, **changes):
    codes = RNG.integers(-127, 128, (N, H, W, d)).astype("i1")
    scales = RNG.uniform(0.01, 0.05, (N, H, W)).astype("<f4")
    scales[0, :2] = np.nan
    scales[1, 0, 0], scales[1, 0, 1] = np.inf, 3.0
    columns = {
        "embedding": [row.tobytes() for row in codes],
        "scale": [row.tobytes() for row in scales],
        "height": [H] * N,
        "width": [W] * N,
        "product_year": [2024] * N,
        "label": [bytes(H * W)] * N,
        "__index_level_0__": [f"p{row}" for row in range(N)],
    }
    return codes, scales, columns | changes


def test_fault_74_tessera_patches_are_the_mean_of_pixels_with_data(tmp_path):
    codes, scales, columns = tessera()
    embeddings = load_embeddings(write(tmp_path / "t.parquet", columns))
    valid = np.isfinite(scales) & (scales <= 1)
    values = codes.astype("f8") * np.where(valid, scales, 0)[..., None]
    expected = values.sum(axis=(1, 2)) / valid.sum(axis=(1, 2))[:, None]
    assert embeddings.matrix == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert embeddings.ids == tuple(f"p{row}" for row in range(N))
    (line,) = [m for m in messages(embeddings.findings, "note") if "read as" in m]
    assert "read as TESSERA patches: id from '__index_level_0__', 128 dimensions" in line
    assert list(embeddings.extra) == ["height", "width", "product_year"]


def test_alphaearth_patches(tmp_path):
    codes = RNG.integers(-127, 128, (N, H, W, 64)).astype("i1")
    codes[3, 2, 2] = -128
    columns = {"id": range(N), "embedding": [row.tobytes() for row in codes],
               "height": [H] * N, "width": [W] * N}  # fmt: skip
    embeddings = load_embeddings(write(tmp_path / "a.parquet", columns))
    v = codes[3].reshape(-1, 64).astype("f8")
    values = np.sign(v) * np.square(np.abs(v) / 127.5)
    kept = ~(v == -128).all(axis=1)
    assert embeddings.matrix[3] == pytest.approx(values[kept].mean(axis=0), abs=1e-6)


def test_patches_without_any_data_are_named_and_dropped(tmp_path):
    _, _, columns = tessera()
    water = np.full((H, W), np.nan, "<f4").tobytes()
    columns["scale"] = [water, *columns["scale"][1:]]
    path = write(tmp_path / "t.parquet", columns)
    with pytest.raises(DataError) as error:
        load_embeddings(path)
    assert "row without data" in str(error.value.problems)
    assert "p0" in str(error.value.problems)
    embeddings = load_embeddings(path, drop_no_data=True)
    assert len(embeddings.ids) == N - 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"height": [7] * N}, "3840 bytes for 7 x 5 pixels"),
        ({"scale": [b"abc"] * N}, "3 bytes of scales"),
        ({"embedding": [b""] * N}, "0 bytes for 6 x 5 pixels"),
    ],
)
def test_bytes_that_do_not_fit(tmp_path, changes, message):
    _, _, columns = tessera(**changes)
    with pytest.raises(DataError) as error:
        load_embeddings(write(tmp_path / "t.parquet", columns))
    assert message in " ".join(error.value.problems)


def test_without_ids_and_sizes(tmp_path):
    _, _, columns = tessera()
    del columns["__index_level_0__"]
    with pytest.raises(DataError, match="no column of ids"):
        load_embeddings(write(tmp_path / "t.parquet", columns))
    columns["plot"] = [f"q{row}" for row in range(N)]
    embeddings = load_embeddings(write(tmp_path / "u.parquet", columns), id="plot")
    assert embeddings.ids[0] == "q0"
    side = 5
    codes = RNG.integers(-127, 128, (2, side, side, 8)).astype("i1")
    scales = np.full((2, side, side), 0.5, "<f4")
    square = {"id": ["a", "b"], "embedding": [c.tobytes() for c in codes],
              "scale": [s.tobytes() for s in scales]}  # fmt: skip
    embeddings = load_embeddings(write(tmp_path / "s.parquet", square))
    assert embeddings.matrix == pytest.approx(codes.mean(axis=(1, 2)) * 0.5, rel=1e-5)


def test_a_folder_of_parts(tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in range(2):
        _, _, columns = tessera()
        columns["__index_level_0__"] = [f"{part}-{row}" for row in range(N)]
        write(folder / f"part-{part}.parquet", columns)
    assert len(load_embeddings(folder).ids) == 2 * N

"""Reading embeddings from npz, also from malicious files (numbers: docs/reliability.md)."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.errors import DataError, NonFiniteError, ShapeError
from neucocore.files.findings import messages

IDS = np.array(["a", "b", "c"])
MATRIX = np.arange(6, dtype=np.float32).reshape(3, 2)


def savez(path, **arrays):
    np.savez(path, **arrays)
    return path


def _npy(array) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), allow_pickle=True)
    return buffer.getvalue()


def _zip(path, members: dict[str, bytes], compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "<i4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_files_saved_by_numpy_are_read(tmp_path, dtype, order):
    matrix = MATRIX.astype(dtype, order=order)
    embeddings = load_embeddings(savez(tmp_path / "e.npz", ids=IDS, matrix=matrix))
    assert embeddings.ids == ("a", "b", "c")
    assert np.array_equal(embeddings.matrix, MATRIX)
    assert embeddings.dtype == matrix.dtype.newbyteorder("=").name


def test_numpy_reads_saved_files_without_pickle(tmp_path):
    save_embeddings(Embeddings(("a", "b", "c"), MATRIX, {"k": 1}), tmp_path / "e.npz")
    with np.load(tmp_path / "e.npz", allow_pickle=False) as arrays:
        assert arrays["ids"].tolist() == ["a", "b", "c"]
        assert np.array_equal(arrays["matrix"], MATRIX)
        assert arrays["metadata"].item() == '{"k": 1}'


def test_compressed_files_and_ids_as_bytes_are_read(tmp_path):
    path = tmp_path / "e.npz"
    np.savez_compressed(path, ids=np.array(["a", "ä"]), matrix=MATRIX[:2])
    assert load_embeddings(path).ids == ("a", "ä")
    savez(path, ids=np.array([b"x", b"y", b"z"]), embeddings=MATRIX)
    assert load_embeddings(path).ids == ("x", "y", "z")


def test_fault_09_integer_ids_become_text_and_are_recorded(tmp_path):
    embeddings = load_embeddings(savez(tmp_path / "e.npz", ids=np.arange(3), matrix=MATRIX))
    assert embeddings.ids == ("0", "1", "2")
    assert "integer ids" in messages(embeddings.findings, "repaired")[0]


def test_fault_10_nan_and_infinity_are_counted_by_row_and_column(tmp_path):
    matrix = MATRIX.copy()
    matrix[0, 1] = np.nan
    matrix[2] = np.inf
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=matrix)
    with pytest.raises(NonFiniteError) as error:
        load_embeddings(path)
    assert "NaN in 1 row and 1 column: row 1 column '1'" in error.value.problems
    assert any("infinite value in 1 row and 2 columns (2" in p for p in error.value.problems)
    assert load_embeddings(path, nan="zero").matrix.tolist() == [[0, 0], [2, 3], [0, 0]]


def test_fault_11_there_must_be_as_many_ids_as_rows(tmp_path):
    with pytest.raises(ShapeError) as error:
        load_embeddings(savez(tmp_path / "e.npz", ids=IDS[:2], matrix=MATRIX))
    assert error.value.problems == ("2 ids for 3 rows",)


def test_fault_15_float64_out_of_the_range_of_float32_is_an_error(tmp_path):
    matrix = MATRIX.astype(np.float64)
    matrix[1, 1] = 1e39
    with pytest.raises(NonFiniteError) as error:
        load_embeddings(savez(tmp_path / "e.npz", ids=IDS, matrix=matrix), nan="zero")
    assert "beyond the range of float32" in error.value.problems[0]


@pytest.mark.parametrize("name", ["ids", "matrix", "metadata"])
def test_fault_18_an_object_array_is_an_error_and_never_unpickled(tmp_path, name):
    arrays = {"ids": IDS, "matrix": MATRIX, "metadata": np.array("{}")}
    arrays[name] = np.array([_Bomb()] * 3, dtype=object)
    path = _zip(tmp_path / "e.npz", {f"{key}.npy": _npy(array) for key, array in arrays.items()})
    with pytest.raises(DataError, match="never unpickled"):
        load_embeddings(path)
    assert not _Bomb.exploded


class _Bomb:
    exploded = False

    def __reduce__(self):
        return _explode, ()


def _explode():
    _Bomb.exploded = True


@pytest.mark.parametrize("name", ["../x.npy", "/etc/x.npy", "a/../../x.npy", "C:\\x.npy", "..\\x"])
def test_fault_19_unsafe_member_names_are_an_error(tmp_path, name):
    members = {"ids.npy": _npy(IDS), "matrix.npy": _npy(MATRIX), name: b"x"}
    with pytest.raises(DataError, match="has a member with an unsafe name"):
        load_embeddings(_zip(tmp_path / "e.npz", members))


def test_fault_19_a_zip_bomb_is_an_error_before_it_is_extracted(tmp_path):
    matrix = np.zeros((3, 6 << 20), dtype=np.float32)
    members = {"ids.npy": _npy(IDS), "matrix.npy": _npy(matrix)}
    path = _zip(tmp_path / "e.npz", members, zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="zip bomb"):
        load_embeddings(path)


@pytest.mark.parametrize(("shape", "size"), [(b"(3, 9)", 108), (b"(3, 1)", 12)])
def test_fault_19_an_array_that_declares_another_size_than_it_holds_is_an_error(
    tmp_path, shape, size
):
    header = _npy(MATRIX).replace(b"(3, 2)", shape)
    members = {"ids.npy": _npy(IDS), "matrix.npy": header}
    with pytest.raises(DataError, match=f"declares {size} bytes, but holds 24"):
        load_embeddings(_zip(tmp_path / "e.npz", members))


def test_fault_20_a_truncated_file_is_an_error(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX)
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match="truncated or damaged"):
        load_embeddings(path)


def test_fault_20_a_flipped_byte_is_an_error(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX)
    data = bytearray(path.read_bytes())
    at = data.find(MATRIX.tobytes())
    data[at + 5] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="truncated or damaged"):
        load_embeddings(path)


def test_fault_24_int8_without_a_scale_is_a_warning(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX.astype(np.int8))
    embeddings = load_embeddings(path)
    assert messages(embeddings.findings, "warning") == [
        "int8 values without a scale, used as they are"
    ]
    assert np.array_equal(embeddings.matrix, MATRIX)


def test_fault_24_int8_with_scale_and_offset_is_scaled(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX.astype(np.int8),
                 scale=np.array([0.5, 2.0]), offset=np.float64(1.0))  # fmt: skip
    embeddings = load_embeddings(path)
    assert embeddings.matrix.tolist() == [[1, 3], [2, 7], [3, 11]]
    record = {"scale": {"shape": [2]}, "offset": 1.0}
    assert embeddings.metadata == {"dequantised": {"stored_as": "int8", "quantization": record}}
    assert messages(embeddings.findings, "warning") == []


def test_fault_24_a_scale_of_the_wrong_length_is_an_error(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX.astype(np.int8), scale=np.ones(5))
    with pytest.raises(DataError, match="1 problem") as error:
        load_embeddings(path)
    assert (
        "scale has shape (5,): it must be one number, one per row (3, 1)"
        in (error.value.problems[0])
    )


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"ids": IDS}, "no array 'matrix'"),
        ({"matrix": MATRIX}, "no array 'ids'"),
        ({"ids": IDS, "matrix": MATRIX[0]}, r"not \(n, d\) numbers"),
        ({"ids": IDS, "matrix": MATRIX.astype(str)}, r"not \(n, d\) numbers"),
        ({"ids": MATRIX, "matrix": MATRIX}, r"not \(n,\) text"),
        ({"ids": IDS, "matrix": MATRIX, "metadata": np.array("{")}, "is not a JSON object"),
    ],
)
def test_missing_or_invalid_arrays_are_an_error(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        load_embeddings(savez(tmp_path / "e.npz", **arrays))


@pytest.mark.parametrize(
    "ids", [np.array([["a"], ["b"]]), np.array([1.0, 2.0])], ids=["two-dimensional", "floats"]
)
def test_ids_are_one_column_of_text_or_integers(tmp_path, ids):
    np.savez(tmp_path / "e.npz", ids=ids, embeddings=np.ones((2, 3), np.float32))
    with pytest.raises(DataError, match=r"of shape \(2(, 1|,)\), not \(n,\) text"):
        load_embeddings(tmp_path / "e.npz")


def test_fault_24_scaling_is_reported(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX.astype(np.int8), scale=np.float64(0.5))
    assert "int8 values scaled" in messages(load_embeddings(path).findings, "repaired")


def test_fault_76_a_scale_that_is_no_number_is_an_error(tmp_path):
    path = savez(tmp_path / "e.npz", ids=IDS, matrix=MATRIX.astype(np.int8), scale=np.array("x"))
    with pytest.raises(DataError, match="'scale' is <U1, not numbers"):
        load_embeddings(path)


def test_arrays_of_other_names_are_metadata_or_named_as_unused(tmp_path):
    path = savez(
        tmp_path / "e.npz", ids=IDS, matrix=MATRIX, year=np.arange(3), image=np.ones((3, 2, 2))
    )
    embeddings = load_embeddings(path)
    assert embeddings.extra == {"year": [0, 1, 2]}
    assert messages(embeddings.findings, "note") == [
        "1 metadata column (not read as dimensions): 'year'"
    ]
    assert messages(embeddings.findings, "warning") == [
        "array not used: 'image' of shape (3, 2, 2)"
    ]


def test_arrays_saved_without_names_are_read_once_the_ids_are_named(tmp_path):
    np.savez(tmp_path / "e.npz", MATRIX, IDS)
    with pytest.raises(DataError, match="no array 'ids'") as error:
        load_embeddings(tmp_path / "e.npz")
    assert error.value.hint == "--id arr_1"
    assert load_embeddings(tmp_path / "e.npz", id="arr_1").ids == tuple(IDS.tolist())

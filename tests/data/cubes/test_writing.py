from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
import zarr
from numcodecs import blosc
from zarr.storage import ZipStore

from neucocore.data.cubes.file import read_modality
from neucocore.data.cubes.writing import write_modality
from neucocore.errors import ShapeError

# What the files of SSL4EO-S12-downstream say of themselves, as its published samples do.
REAL_ZARRAY = """{
    "chunks": [
        1,
        1,
        2,
        28,
        28
    ],
    "compressor": {
        "blocksize": 0,
        "clevel": 5,
        "cname": "zstd",
        "id": "blosc",
        "shuffle": 1
    },
    "dtype": "<f2",
    "fill_value": "NaN",
    "filters": null,
    "order": "C",
    "shape": [
        1,
        4,
        2,
        28,
        28
    ],
    "zarr_format": 2
}"""
REAL_MEMBERS = [
    ".zattrs",
    ".zgroup",
    ".zmetadata",
    "band/.zarray",
    "band/.zattrs",
    "band/0",
    "bands/.zarray",
    "bands/.zattrs",
    "bands/0.0.0.0.0",
    "bands/0.1.0.0.0",
    "bands/0.2.0.0.0",
    "bands/0.3.0.0.0",
]


def test_a_written_file_has_the_members_and_descriptions_of_a_real_one(tmp_path, values):
    path = tmp_path / "a.zarr.zip"
    write_modality(path, values("s1", size=28), ["vv", "vh"])
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == REAL_MEMBERS
        assert archive.read("bands/.zarray").decode() == REAL_ZARRAY
        dimensions = json.loads(archive.read("bands/.zattrs"))["_ARRAY_DIMENSIONS"]
        assert dimensions == ["sample", "time", "band", "y", "x"]
        assert json.loads(archive.read("band/.zarray"))["dtype"] == "<U2"
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_zarr_reads_the_written_file(tmp_path, values, bands):
    path = tmp_path / "a.zarr.zip"
    array = values("s2l1c")
    write_modality(path, array, bands["s2l1c"])
    with ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r", zarr_format=2)
        np.testing.assert_array_equal(group["bands"][:], array[np.newaxis])
        assert tuple(group["band"][:]) == bands["s2l1c"]


@pytest.fixture(name="many_threads")
def fixture_many_threads(monkeypatch):
    monkeypatch.setattr(blosc, "use_threads", True)  # importing zarr turns them off
    before = blosc.set_nthreads(8)
    yield
    blosc.set_nthreads(before)


def test_equal_input_gives_equal_bytes_for_any_number_of_threads(
    tmp_path, values, bands, many_threads
):
    array = values("s2l2a", seasons=1, size=264)
    contents = set()
    for number in range(5):
        path = tmp_path / f"{number}.zarr.zip"
        write_modality(path, array, bands["s2l2a"])
        contents.add(path.read_bytes())
    assert len(contents) == 1


def test_big_endian_and_strided_arrays_are_stored_by_value(tmp_path):
    array = np.arange(2 * 1 * 6 * 6, dtype=">f4").reshape(2, 1, 6, 6)[:, :, ::2, ::2]
    write_modality(tmp_path / "a.zarr.zip", array, ["vv"])
    read, _ = read_modality(tmp_path / "a.zarr.zip")
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.dtype("<f4")


def test_a_file_may_hold_several_samples_and_coordinates(tmp_path):
    array = np.arange(3 * 2 * 1 * 4 * 4, dtype=np.int16).reshape(3, 2, 1, 4, 4)
    path = tmp_path / "a.zarr.zip"
    places = {"center_lat": (("sample",), np.array([1.5, 2.5, 3.5]))}
    write_modality(path, array, ["B04"], coordinates=places)
    with ZipStore(path, mode="r") as store:
        group = zarr.open_group(store, mode="r", zarr_format=2)
        np.testing.assert_array_equal(group["bands"][:], array)
        np.testing.assert_array_equal(group["center_lat"][:], [1.5, 2.5, 3.5])


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 3, 4, 4)), np.zeros((4, 4)), np.zeros((1, 1, 4, 4), dtype=complex)],
    ids=["bands", "dimensions", "type"],
)
def test_an_array_that_is_not_a_cube_is_an_error(tmp_path, array):
    with pytest.raises(ShapeError):
        write_modality(tmp_path / "a.zarr.zip", array, ["B04"])
    assert list(tmp_path.iterdir()) == []

"""Cubes in every form that zarr writes: the same values, and the same findings, as in a zip.

The stores are written by zarr and the expected values are the arrays that were written.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import threading
import warnings
import zipfile
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr

from neucocore.data.audit.folder import audit_folder
from neucocore.data.cubes.digest import cube_digest
from neucocore.data.cubes.file import CubeFile, read_modality
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.cubes.schema import CubeSchema
from neucocore.errors import CorruptCubeError, MissingFileError

BANDS = ["B02", "B03", "B04", "B08"]
SHAPE = (1, 2, 4, 12, 12)
CHUNKS = (1, 1, 4, 6, 6)
VALUES = np.random.default_rng(0).integers(1, 4000, SHAPE).astype("i2")
FORMS = ("v2 folder", "v2 nested", "v2 bz2", "v3 folder", "v3 sharded", "v3 gz", "v2 zip bz2",
         "v3 zip", "v3 sharded zip")  # fmt: skip


def write(folder: Path, form: str, values=VALUES, *, name="a", attributes=None, fill=0,
          write_empty=True) -> Path:  # fmt: skip
    """Write a cube in a form; return its path."""
    path = folder / f"{name}.zarr"
    folder.mkdir(parents=True, exist_ok=True)
    version = 2 if form.startswith("v2") else 3
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    how: dict = {
        "chunks": CHUNKS,
        "fill_value": fill,
        "config": {"write_empty_chunks": write_empty},
    }
    if version == 2:
        if "bz2" in form:
            how["filters"] = [numcodecs.Delta(dtype=values.dtype)]
            how["compressors"] = numcodecs.BZ2()
        how["chunk_key_encoding"] = {"name": "v2", "separator": "/" if "nested" in form else "."}
    else:
        how["dimension_names"] = ["sample", "time", "band", "y", "x"]
        if "sharded" in form:
            how["shards"] = (1, 2, 4, 12, 12)
        if form == "v3 gz":
            how["compressors"] = zarr.codecs.GzipCodec()
    array = group.create_array("bands", shape=values.shape, dtype=values.dtype, **how)
    array[:] = values
    if version == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["sample", "time", "band", "y", "x"]
    array.attrs.update(attributes or {})
    with warnings.catch_warnings(action="ignore"):  # texts of a fixed length, as xarray writes them
        group.create_array("band", data=np.array(BANDS, dtype="U3"))
    if "zip" in form:
        zipped = folder / f"{name}.zarr.zip"
        with zipfile.ZipFile(zipped, "w") as archive:
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(path).as_posix())
        shutil.rmtree(path)
        return zipped
    return path


def chunk_files(path: Path) -> list[Path]:
    """The files of chunks of the values."""
    skipped = {".zarray", ".zattrs", "zarr.json"}
    return sorted(f for f in (path / "bands").rglob("*") if f.is_file() and f.name not in skipped)


@pytest.mark.parametrize("form", FORMS)
def test_values_bands_and_findings_are_those_that_were_written(tmp_path, form):
    path = write(tmp_path, form)
    with CubeFile(path) as cube:
        assert cube.reader.startswith("zarr")
        assert cube.bands == tuple(BANDS)
        assert cube.shape == SHAPE[1:]
        values, findings = cube.read()
        cube.check_all()
    assert (values == VALUES[0]).all()
    assert values.dtype == np.int16
    assert findings == []


def test_a_zip_of_format_2_is_still_read_directly(tmp_path):
    path = write(tmp_path, "v2 folder zip")
    with CubeFile(path) as cube:
        assert cube.reader == "zip"
        assert (cube.read()[0] == VALUES[0]).all()


@pytest.mark.parametrize("form", ["v2 folder", "v2 nested", "v3 folder", "v2 bz2", "v3 gz"])
def test_fault_39_a_missing_chunk_of_a_folder(tmp_path, form):
    path = write(tmp_path, form)
    gone = chunk_files(path)[3]
    gone.unlink()
    with pytest.raises(CorruptCubeError, match="1 chunk missing"):
        read_modality(path)
    values, (finding,) = read_modality(path, missing_chunks="warn")
    assert (finding.code, finding.level, finding.count) == ("missing-chunk", "warning", 1)
    changed = (values != VALUES[0]).any(axis=1)
    assert changed.sum() == 36
    assert (values[np.broadcast_to(changed[:, None], values.shape)] == 0).all()
    _, (finding,) = read_modality(path, missing_chunks="fill")
    assert finding.level == "repaired"


@pytest.mark.parametrize("form", ["v3 sharded", "v3 sharded zip", "v3 zip"])
def test_chunks_that_the_writer_left_out(tmp_path, form):
    """zarr does not write chunks that are all fill value; a shard's index tells."""
    values = VALUES.copy()
    values[0, 1, :, :6, 6:] = 0
    path = write(tmp_path, form, values, write_empty=False)
    with pytest.raises(CorruptCubeError, match="1 chunk missing"):
        read_modality(path)
    read, (finding,) = read_modality(path, missing_chunks="fill")
    assert (read == values[0]).all()
    assert finding.count == 1


def test_a_missing_and_a_truncated_shard(tmp_path):
    path = write(tmp_path, "v3 sharded")
    (shard,) = chunk_files(path)
    content = shard.read_bytes()
    shard.write_bytes(content[:10])
    with pytest.raises(CorruptCubeError, match="truncated"):
        read_modality(path)
    shard.unlink()
    with pytest.raises(CorruptCubeError, match="1 chunk missing"):
        read_modality(path)


@pytest.mark.parametrize("form", ["v2 folder", "v2 bz2", "v3 folder", "v3 gz"])
def test_fault_37_a_truncated_chunk_is_named(tmp_path, form):
    path = write(tmp_path, form)
    file = chunk_files(path)[2]
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(
        CorruptCubeError, match=r"chunk \S*0.0.0.1.0 (is truncated|cannot be decoded)"
    ):
        read_modality(path)


@pytest.mark.parametrize("form", FORMS)
def test_nan_and_declared_no_data_are_found_as_in_a_zip(tmp_path, form):
    values = VALUES.astype("f4")
    values[0, 0, 0, 0, 0] = np.nan
    with pytest.raises(CorruptCubeError, match="NaN"):
        read_modality(write(tmp_path, form, values))
    declared = write(tmp_path / "b", form, attributes={"scale_factor": 0.5, "add_offset": 1.0})
    scaled, findings = read_modality(declared, CubeSchema(bands=tuple(BANDS)))
    assert scaled == pytest.approx(VALUES[0] * 0.5 + 1)
    assert [finding.code for finding in findings] == ["declared-scale"]
    odd = write(tmp_path / "c", form, attributes={"_FillValue": [1, 2]})
    with pytest.raises(CorruptCubeError):
        read_modality(odd, CubeSchema(bands=tuple(BANDS)))


@pytest.mark.parametrize("form", ["v2 folder", "v3 folder", "v3 zip"])
def test_other_bands_dimensions_and_types(tmp_path, form):
    path = write(tmp_path, form)
    with pytest.raises(CorruptCubeError, match="bands are"):
        CubeFile(path, CubeSchema(bands=("vv", "vh")))
    with pytest.raises(CorruptCubeError, match="float"):
        CubeFile(path, CubeSchema(bands=tuple(BANDS), kind="float"))


def test_a_group_without_bands_and_no_group(tmp_path):
    zarr.open_group(str(tmp_path / "a.zarr"), mode="w").create_array("other", data=np.ones(3))
    with pytest.raises(CorruptCubeError, match="no array named 'bands'; arrays: other"):
        CubeFile(tmp_path / "a.zarr")
    (tmp_path / "b.zarr").mkdir()
    with pytest.raises(CorruptCubeError, match="zarr cannot open it"):
        CubeFile(tmp_path / "b.zarr")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CorruptCubeError, match="nor a Zarr store"):
        CubeFile(tmp_path / "folder")
    with pytest.raises(MissingFileError):
        CubeFile(tmp_path / "c.zarr")
    path = write(tmp_path / "d", "v3 folder")
    (path / "bands" / "zarr.json").write_text("{")
    with pytest.raises(CorruptCubeError):
        CubeFile(path)


def test_a_codec_that_runs_code_is_refused(tmp_path):
    path = write(tmp_path, "v2 folder")
    text = json.loads((path / "bands" / ".zarray").read_text())
    text["filters"] = [{"id": "pickle"}]
    (path / "bands" / ".zarray").write_text(json.dumps(text))
    with pytest.raises(CorruptCubeError, match=r"pickle|cannot"):
        read_modality(path)


def test_digests_depend_on_content_not_on_places(tmp_path):
    a, b = write(tmp_path / "1", "v3 folder"), write(tmp_path / "2", "v3 folder", name="b")
    assert cube_digest([a]) == cube_digest([b])
    file = chunk_files(b)[0]
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert cube_digest([a]) != cube_digest([b])


@pytest.mark.parametrize("form", ["v2 folder", "v3 sharded"])
def test_folders_of_stores_are_a_data_set(tmp_path, form):
    folder = tmp_path / "data" / "s2l2a"
    for name in ("x", "y"):
        write(folder / "part-000000" if name == "y" else folder, form, name=name)
    data = CubeFolder(tmp_path)
    assert data.ids() == ["x", "y"]
    cubes = list(data.read(["y", "x"]))
    assert [cube.id for cube in cubes] == ["y", "x"]
    assert (cubes[0].arrays["s2l2a"] == VALUES[0]).all()
    reports = audit_folder(tmp_path)
    assert sorted(report.id for report in reports) == ["x", "y"]
    assert all(report.ok for report in reports)
    assert all(report.reader.startswith("zarr") for report in reports)


class Server(http.server.SimpleHTTPRequestHandler):
    status = 0

    def do_GET(self):
        if self.status and "bands" in self.path and not self.path.endswith(".json"):
            self.send_error(self.status)
        else:
            super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def address(tmp_path):
    handler = type("Handler", (Server,), {})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("form", ["v2 folder", "v3 folder", "v3 sharded"])
def test_a_store_at_an_address(address, tmp_path, form):
    pytest.importorskip("aiohttp")
    url, handler = address
    path = write(tmp_path, form)
    values, findings = read_modality(f"{url}/a.zarr")
    assert (values == VALUES[0]).all()
    assert findings == []
    chunk_files(path)[-1].unlink()
    with pytest.raises(CorruptCubeError, match="1 chunk missing") as error:
        read_modality(f"{url}/a.zarr")
    assert f"cube {url}/a.zarr" in str(error.value)
    handler.status = 500
    write(tmp_path, form)
    with pytest.raises(CorruptCubeError):
        read_modality(f"{url}/a.zarr")


def test_no_store_at_an_address(address):
    pytest.importorskip("aiohttp")
    url, _ = address
    with pytest.raises(CorruptCubeError, match="zarr cannot open it"):
        read_modality(f"{url}/nothing.zarr")
    with pytest.raises(CorruptCubeError):
        read_modality("http://127.0.0.1:9/nothing.zarr")

"""Thirty kinds of bad files among good ones: each is an error of its id, never a traceback."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_geotiff.dataset import GeoTiffFolder
from neucocore.plugin import CorruptCubeError

DATES = ("2021-06-01", "2021-09-05")
NAMES = ("red", "nir")
PLACE = Affine(30, 0, 400_000, 0, -30, 5_300_000)


def scene(seed, shape=(2, 32, 32), dtype="uint16"):
    return np.random.default_rng(seed).integers(1, 9000, size=shape).astype(dtype)


def write(path, array=None, *, names=NAMES, **profile):
    array = scene(len(str(path))) if array is None else array
    count, height, width = array.shape
    form = {"count": count, "height": height, "width": width, "dtype": array.dtype}
    form |= {"crs": "EPSG:32633", "transform": PLACE}
    with rasterio.open(path, "w", driver="GTiff", **{**form, **profile}) as file:
        file.write(array)
        if names:
            file.descriptions = names


def good(folder, sample):
    for number, date in enumerate(DATES):
        write(folder / f"{sample}_{date}.tif", scene([*sample.encode(), number]))


def edit(change):
    """Return a function that changes the bytes of a file."""

    def apply(path):
        path.write_bytes(change(path.read_bytes()))

    return apply


def patched(tag, value):
    """Return a function that changes the value of a tag of the first directory."""

    def change(data):
        edited = bytearray(data)
        (start,) = struct.unpack_from("<I", edited, 4)
        (count,) = struct.unpack_from("<H", edited, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            if struct.unpack_from("<H", edited, entry)[0] == tag:
                struct.pack_into("<I", edited, entry + 8, value)
        return bytes(edited)

    return edit(change)


def replaced(**profile):
    array = profile.pop("array", None)
    return lambda path: write(path, array, **profile)


def compressed_and_damaged(path):
    write(path, compress="deflate")
    data = bytearray(path.read_bytes())
    data[-1500:-500] = b"\xff" * 1000
    path.write_bytes(bytes(data))


def as_folder(path):
    path.unlink()
    path.mkdir()


def as_broken_link(path):
    path.unlink()
    path.symlink_to("nowhere.tif")


def complex_values(path):
    write(path, scene(1, dtype="complex64"))


def nan_inside(path):
    array = scene(1, dtype="float32")
    array[0, 3, 3] = np.nan
    write(path, array)


def same_date_again(path):
    (path.parent / "bad_20210905T120000.tif").write_bytes(path.read_bytes())


def without_date(path):
    path.rename(path.parent / "bad.tif")


BAD = {
    "empty": edit(lambda _: b""),
    "one byte": edit(lambda _: b"I"),
    "the magic number only": edit(lambda data: data[:4]),
    "the header only": edit(lambda data: data[:8]),
    "half of it": edit(lambda data: data[: len(data) // 2]),
    "the last bytes are missing": edit(lambda data: data[:-64]),
    "a web page": edit(lambda _: b"<!DOCTYPE html><html><body>404</body></html>"),
    "xml": edit(lambda _: b"\n  <?xml version='1.0'?><Error/>"),
    "a git-LFS pointer": edit(lambda _: b"version https://git-lfs.github.com/spec/v1\noid x\n"),
    "a PNG": edit(lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "a JPEG": edit(lambda _: b"\xff\xd8\xff\xe0" + bytes(100)),
    "a zip": edit(lambda _: b"PK\x03\x04" + bytes(100)),
    "text": edit(lambda _: b"id,label\na,1\n"),
    "a VRT": edit(lambda _: b'<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>'),
    "zeros": edit(lambda data: bytes(len(data))),
    "noise after the magic number": edit(lambda data: data[:4] + b"\xff" * len(data)),
    "a directory that is its own successor": edit(lambda data: data[:4] + data[4:8] * 900),
    "width of four thousand million": patched(256, 2**32 - 1),
    "a million pixels wide": patched(256, 1_000_000),
    "height of zero": patched(257, 0),
    "strips beyond the end": patched(278, 1),
    "an unknown compression": patched(259, 60_000),
    "another compression than declared": patched(259, 5),
    "damaged compressed values": compressed_and_damaged,
    "complex numbers": complex_values,
    "NaN": nan_inside,
    "another type": replaced(array=scene(1, dtype="int16")),
    "one band more": replaced(array=scene(1, (3, 32, 32)), names=()),
    "bands in another order": replaced(names=("nir", "red")),
    "another size than the other date": replaced(array=scene(1, (2, 16, 32))),
    "another reference system than the other date": replaced(crs="EPSG:32634"),
    "another place than the other date": replaced(transform=PLACE @ Affine.translation(40, 0)),
    "undeclared scales": lambda path: _scaled(path),
    "a folder": as_folder,
    "a broken link": as_broken_link,
    "two files for one date": same_date_again,
    "no date in its name": without_date,
}


def _scaled(path):
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1, 0.1), (0, 0)


def make(folder, spoil):
    folder.mkdir(parents=True, exist_ok=True)
    for sample in ("a", "b", "bad", "c"):
        good(folder, sample)
    spoil(folder / f"bad_{DATES[1]}.tif")


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_fails_alone_with_a_message(tmp_path, kind):
    make(tmp_path, BAD[kind])
    data = GeoTiffFolder(tmp_path)
    if kind in ("a folder", "a broken link"):  # an id with one date less, or a missing file
        assert set(data.ids()) == {"a", "b", "bad", "c"}
    if kind == "a folder":
        return
    assert {cube.id for cube in data.read(["a", "b", "c"])} == {"a", "b", "c"}
    with pytest.raises(CorruptCubeError) as caught:
        list(data.read(["bad"]))
    assert "bad" in caught.value.message
    assert len(caught.value.message) < 600
    assert str(tmp_path) not in caught.value.message
    if kind in ("half of it", "damaged compressed values"):
        assert "is truncated or damaged" in caught.value.message


def neuco(*words, cwd):
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    command = [str(Path(sys.executable).parent / "neuco"), *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_validate_and_encode_report_all_bad_files_and_keep_the_others(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for sample in ("a", "b", "c"):
        good(folder, sample)
    kinds = [kind for kind in BAD if kind not in ("a folder", "no date in its name")]
    for number, kind in enumerate(kinds):
        make(tmp_path / "one", BAD[kind])
        for path in sorted((tmp_path / "one").glob("bad_*.tif")):
            path.rename(folder / path.name.replace("bad", f"bad{number:02}"))

    checked = neuco("validate", "images", "--json", cwd=tmp_path)
    assert checked.returncode == 4, checked.stderr
    errors = {row["id"] for row in json.loads(checked.stdout) if row["level"] == "error"}
    assert errors == {f"bad{number:02}" for number in range(len(kinds))}

    encode = ("encode", "band-means", "--dataset", "geotiff", "--data", "images", "-o", "e.csv")
    failed = neuco(*encode, cwd=tmp_path)
    assert failed.returncode != 0
    skipped = neuco(*encode, "--skip-bad", cwd=tmp_path)
    assert skipped.returncode == 0, skipped.stderr
    assert [line[:2] for line in (tmp_path / "e.csv").read_text().splitlines()[1:]] == [
        "a,",
        "b,",
        "c,",
    ]
    for run in (checked, failed, skipped):
        assert "Traceback" not in run.stdout + run.stderr


def test_a_folder_in_which_nothing_can_be_read_is_one_error(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"")
    (tmp_path / "b.tif").write_bytes(b"II*\0")
    with pytest.raises(CorruptCubeError, match=r"no GeoTIFF of .* can be read; 2 were tried"):
        GeoTiffFolder(tmp_path)
    run = neuco("validate", ".", cwd=tmp_path)
    assert run.returncode == 4
    assert "the file is empty" in run.stderr
    assert "Traceback" not in run.stderr


def test_all_problems_of_an_id_are_reported_together(tmp_path):
    make(tmp_path, BAD["empty"])
    write(tmp_path / f"bad_{DATES[0]}.tif", names=("nir", "red"))
    with pytest.raises(CorruptCubeError) as caught:
        list(GeoTiffFolder(tmp_path).read(["bad"]))
    assert len(caught.value.problems) == 2


def test_a_changed_file_is_noticed_and_encoded_again(tmp_path):
    for sample in ("a", "b"):
        good(tmp_path, sample)
    words = ("encode", "band-means", "--dataset", "geotiff", "--data", ".", "-o", "out/e.csv")
    (tmp_path / "out").mkdir()
    assert neuco(*words, cwd=tmp_path).returncode == 0
    before = (tmp_path / "out/e.csv").read_text()
    assert "up to date" in neuco(*words, cwd=tmp_path).stderr
    write(tmp_path / f"a_{DATES[0]}.tif", scene(99))
    changed = neuco(*words, cwd=tmp_path)
    assert changed.returncode == 2
    assert "up to date" not in changed.stderr
    assert neuco(*words, "--force", cwd=tmp_path).returncode == 0
    after = (tmp_path / "out/e.csv").read_text()
    assert before.splitlines()[1] != after.splitlines()[1]
    assert before.splitlines()[2] == after.splitlines()[2]


def test_suspicious_values_are_warnings_of_validate(tmp_path):
    images = {"flat": np.full((2, 32, 32), 7, "uint16"), "band": scene(3), "one": scene(4)}
    images["band"][1] = 5
    images["two"] = images["one"]
    images["gone"] = np.zeros((2, 32, 32), "uint16")
    images["small"] = scene(5, (2, 16, 16))
    for sample, array in images.items():
        write(tmp_path / f"{sample}.tif", array, nodata=0)
    run = neuco("validate", ".", "--json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    found = {(row["id"], row["code"]) for row in json.loads(run.stdout)}
    expected = {("flat", "constant-season"), ("band", "constant-band"), ("two", "copy")}
    expected |= {("gone", "all-no-data"), ("small", "size")}
    assert expected <= found

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes.digest import LARGE_FILE, cube_digest, values_digest
from neucocore.errors import MissingFileError
from neucocore.testing import make_cubes


def test_bytes_count_and_not_times_or_places(tmp_path: Path) -> None:
    file, copy = tmp_path / "a.tif", tmp_path / "b.npy"
    file.write_bytes(b"one")
    copy.write_bytes(b"one")
    os.utime(copy, (1, 1))
    assert cube_digest([file]) == cube_digest([str(copy)])
    status = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cube_digest([file]) != cube_digest([copy])


def test_names_and_bytes_of_the_files_of_a_folder_count(tmp_path: Path) -> None:
    folder = tmp_path / "a.SAFE"
    (folder / "img").mkdir(parents=True)
    (folder / "img/B02.jp2").write_bytes(b"one")
    digests = [cube_digest([folder])]
    (folder / "img/B02.jp2").write_bytes(b"two")
    digests.append(cube_digest([folder]))
    (folder / "img/B02.jp2").rename(folder / "img/B03.jp2")
    digests.append(cube_digest([folder]))
    (folder / "manifest").touch()
    digests.append(cube_digest([folder]))
    assert len(set(digests)) == 4


@pytest.mark.parametrize(("bytes_less", "follows_time"), [(0, True), (1, False)])
def test_size_and_time_of_very_large_files_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_less: int, follows_time: bool
) -> None:
    file = tmp_path / "mosaic.tif"
    monkeypatch.setattr("neucocore.data.cubes.digest.LARGE_FILE", 1000)
    file.write_bytes(bytes(1000 - bytes_less))
    os.utime(file, ns=(5, 5))
    before = cube_digest([file])
    os.utime(file, ns=(5, 6))
    assert (cube_digest([file]) != before) == follows_time
    with file.open("ab") as longer:
        longer.write(bytes(1000))
    os.utime(file, ns=(5, 5))
    assert cube_digest([file]) != before
    assert LARGE_FILE == 2**30


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        cube_digest([tmp_path / "a.tif"])


def test_everything_that_an_encoder_reads_is_part_of_the_digest_of_values() -> None:
    (cube,) = make_cubes(1, modalities=("s1",), seasons=1, size=4)
    others = [
        replace(cube, arrays={"s1": cube.arrays["s1"] + 1}),
        replace(cube, arrays={"s1": cube.arrays["s1"].astype(np.float64)}),
        replace(cube, arrays={"s1": cube.arrays["s1"].reshape(1, 2, 2, 8)}),
        replace(cube, bands={"s1": ("hh", "hv")}),
        replace(cube, scale={"s1": 5.0}),
        replace(cube, nodata={"s1": 3.0}),
        replace(cube, metadata={"lon": 1.0}),
    ]
    assert len({values_digest(each) for each in [cube, *others]}) == len(others) + 1
    assert values_digest(cube) == values_digest(replace(cube))

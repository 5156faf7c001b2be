"""Time to read a full-size cube: neuco, plain zarr, and the zip and codec alone.

    python benchmarks/cubes.py [--cubes 8] [--size 264] [--repeats 7]

Cubes of 4 seasons x (13 + 12 + 2) bands are written to a temporary folder, with as much noise as
needed to compress like real ones (about 11 MB). The files are in the page cache. The result is the
fastest repeat in ms per cube, because other work on the machine can only make a repeat slower.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numcodecs import Blosc
from numcodecs.registry import get_codec
from zarr.storage import ZipStore

from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.file import read_modality
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.cubes.writing import write_modality

FORMS = ("folder, format 2", "folder, format 3", "folder, format 3 in shards")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cubes", type=int, default=8)
    parser.add_argument("--size", type=int, default=264)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_cubes(Path(folder), arguments.cubes, arguments.size)
        data = CubeFolder(folder)
        files = [tuple(data.files(id).values()) for id in data.ids()]  # noqa: A001
        compressed = sum(file.stat().st_size for cube in files for file in cube) / len(files)
        readers: dict[str, Callable[[], Any]] = {
            "zip and codec alone": lambda: [zip_and_codec(cube) for cube in files],
            "neuco, with all checks": lambda: [None for _ in data.read(data.ids())],
            "plain zarr": lambda: [plain_zarr(cube) for cube in files],
        }
        for form in FORMS:
            copies = [tuple(copied(file, Path(folder, form), form) for file in c) for c in files]
            readers[f"neuco, {form}"] = lambda copies=copies: [read_all(cube) for cube in copies]
        best = fastest(readers, arguments.repeats)
    alone = best["zip and codec alone"]
    print(f"{arguments.cubes} cubes of {compressed / 1e6:.1f} MB, compressed")
    for name, seconds in best.items():
        print(f"{name:36s} {1e3 * seconds / len(files):7.1f} ms per cube {seconds / alone:6.2f} x")


def make_cubes(folder: Path, count: int, size: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(count):
        for modality, bands in BANDS.items():
            shape = (4, len(bands), size // 8, size // 8)
            smooth = np.kron(rng.normal(1500, 400, shape), np.ones((8, 8)))
            field = smooth + rng.normal(0, 60, smooth.shape)
            if modality == "s1":
                values: np.ndarray = (field / 100 - 25).astype(np.float16)
            else:
                values = field.clip(1).astype(np.int16)
            path = folder / "data" / modality / "part-000000" / f"{number:064x}.zarr.zip"
            write_modality(path, values, bands)


def copied(file: Path, folder: Path, form: str) -> Path:
    """Write the values of a cube in another form of Zarr, with the same codec."""
    path = folder / file.parent.parent.name / file.name.removesuffix(".zip")
    source = zarr.open_group(ZipStore(file, mode="r"), mode="r", zarr_format=2)
    bands = source["bands"]
    version = 2 if form == "folder, format 2" else 3
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    how: dict[str, Any] = {"chunks": bands.chunks, "config": {"write_empty_chunks": True}}
    if version == 2:
        how["compressors"] = bands.compressors
    else:
        how["compressors"] = zarr.codecs.BloscCodec(cname="zstd", clevel=5, shuffle="shuffle")
        how["dimension_names"] = ["sample", "time", "band", "y", "x"]
    if form == "folder, format 3 in shards":
        how["shards"] = (1, bands.shape[1], *bands.chunks[2:])
    array = group.create_array("bands", shape=bands.shape, dtype=bands.dtype, **how)
    array[:] = bands[:]
    return path


def read_all(files: Sequence[Path]) -> None:
    for file in files:
        read_modality(file)


def zip_and_codec(files: Sequence[Path]) -> None:
    for file in files:
        with zipfile.ZipFile(file) as archive:
            codec: Blosc = get_codec(json.loads(archive.read("bands/.zarray"))["compressor"])
            for name in archive.namelist():
                if name.startswith("bands/") and "/.z" not in name:
                    codec.decode(archive.read(name))


def plain_zarr(files: Sequence[Path]) -> None:
    for file in files:
        store = ZipStore(file, mode="r")
        zarr.open_group(store, mode="r", zarr_format=2)["bands"][:]
        store.close()


def fastest(readers: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(repeats):
        for name, read in readers.items():
            start = time.perf_counter()
            read()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


if __name__ == "__main__":
    main()

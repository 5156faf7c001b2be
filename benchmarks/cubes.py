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
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.cubes.writing import write_modality


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
        best = fastest(readers, arguments.repeats)
    alone = best["zip and codec alone"]
    print(f"{arguments.cubes} cubes of {compressed / 1e6:.1f} MB, compressed")
    for name, seconds in best.items():
        print(f"{name:22s} {1e3 * seconds / len(files):7.1f} ms per cube {seconds / alone:6.2f} x")


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

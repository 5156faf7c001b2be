"""Measure ``neuco sample aef``: points per second and memory on one tile of the real size.

    python benchmarks/sampling.py [--side 8192] [--points 10000] [--folder DIR]

The tile has random codes in blocks of 512 x 512 pixels, compressed (about 4 GB on disk at the real
size); it is written once and kept in the folder. Points are random, so nearly every block is read.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.warp import transform
from rasterio.windows import Window

BLOCK, LEFT, TOP = 512, 600_000.0, 5_400_000.0


def write_tile(path: Path, side: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = np.random.default_rng(0).integers(-60, 61, (64, BLOCK, BLOCK)).astype(np.int8)
    with rasterio.open(
        path, "w", driver="GTiff", count=64, height=side, width=side, dtype="int8",
        crs="EPSG:32632", transform=Affine(10, 0, LEFT, 0, -10, TOP), nodata=-128, tiled=True,
        blockxsize=BLOCK, blockysize=BLOCK, interleave="pixel", compress="zstd", zstd_level=1,
        BIGTIFF="YES",
    ) as file:  # fmt: skip
        for row in range(0, side, BLOCK):
            for column in range(0, side, BLOCK):
                file.write(codes, window=Window(column, row, BLOCK, BLOCK))


def write_points(path: Path, side: int, count: int) -> None:
    rng = np.random.default_rng(1)
    x, y = LEFT + 10 * side * rng.random(count), TOP - 10 * side * rng.random(count)
    lon, lat = transform("EPSG:32632", "EPSG:4326", x, y)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "lon", "lat"])
        writer.writerows(zip((f"p{k}" for k in range(count)), lon, lat, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-sampling"))
    options = parser.parse_args()
    tile = options.folder / "2021" / f"tile-{options.side}.tiff"
    if not tile.exists():
        write_tile(tile, options.side)
    print(f"{tile.stat().st_size / 1e9:.2f} GB, {options.side} x {options.side} x 64")
    for count in (options.points // 10, options.points):
        points = options.folder / f"points-{count}.csv"
        write_points(points, options.side, count)
        output = options.folder / "out.parquet"
        command = [sys.executable, "-m", "neucocore", "sample", "aef", tile, "--points", points,
                   "-o", output, "--force"]  # fmt: skip
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            sys.exit("neuco sample failed")
        print(
            f"{count} points: {seconds:.1f} s, {count / seconds:.0f} points/s, "
            f"peak memory {usage.ru_maxrss / 1024:.0f} MiB"
        )


if __name__ == "__main__":
    main()

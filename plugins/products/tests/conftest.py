"""Tiles in two UTM zones and hemispheres, tables of points, and the command line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from rasterio.warp import transform

from neuco_plugin_products.commands import app
from neucocore import Embeddings, load_embeddings

SIDE = 48


def apply(where: Affine, column: float, row: float) -> tuple[float, float]:
    return where.a * column + where.b * row + where.c, where.d * column + where.e * row + where.f


@dataclass
class Grid:
    """One tile that was written: its codes from north to south, and where it lies."""

    path: Path
    codes: np.ndarray
    epsg: int
    left: float
    top: float
    pixel: float = 10.0

    def lonlat(self, rows: Sequence[float], columns: Sequence[float]) -> tuple[list, list]:
        """Return degrees of positions in pixels from the north-western corner."""
        x = [self.left + column * self.pixel for column in columns]
        y = [self.top - row * self.pixel for row in rows]
        return transform(f"EPSG:{self.epsg}", "EPSG:4326", x, y)

    def values(self, row: int, column: int) -> np.ndarray:
        """AlphaEarth's formula, written out."""
        v = self.codes[row, column].astype(np.float64)
        return np.sign(v) * (np.abs(v) / 127.5) ** 2


def make_codes(side: int, rng: np.random.Generator, d: int = 64) -> np.ndarray:
    x = rng.normal(size=(side, side, d))
    x /= np.linalg.norm(x, axis=2, keepdims=True)
    return np.clip(np.round(np.sign(x) * np.sqrt(np.abs(x)) * 127.5), -127, 127).astype(np.int8)


def make_tile(
    path: Path,
    codes: np.ndarray,
    *,
    epsg: int = 32632,
    left: float = 600_000.0,
    top: float = 5_400_000.0,
    bottom_up: bool = False,
    nodata: float | None = -128,
    pixel: float = 10.0,
    **profile: object,
) -> Grid:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, count = codes.shape
    bands = np.moveaxis(codes, -1, 0)
    where = Affine(pixel, 0, left, 0, -pixel, top)
    if bottom_up:
        where = Affine(pixel, 0, left, 0, pixel, top - height * pixel)
        bands = bands[:, ::-1]
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=codes.dtype,
        crs=f"EPSG:{epsg}", transform=where, nodata=nodata, interleave="pixel", tiled=True,
        blockxsize=16, blockysize=16, compress="deflate", **profile,
    ) as file:  # fmt: skip
        file.write(np.ascontiguousarray(bands))
    return Grid(path, codes, epsg, left, top, pixel)


@pytest.fixture
def write_tile() -> Callable[..., Grid]:
    return make_tile


@pytest.fixture
def unit_codes() -> Callable[..., np.ndarray]:
    return make_codes


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def world(tmp_path: Path, rng: np.random.Generator) -> dict[str, Grid]:
    """Two neighbours in zone 32, a bottom-up one in zone 33, one in the southern hemisphere."""
    folder = tmp_path / "aef"
    make = {
        "a": {"left": 600_000.0},
        "b": {"left": 600_000.0 + 10 * SIDE},
        "zone33": {"epsg": 32633, "left": 400_000.0, "bottom_up": True},
        "south": {"epsg": 32733, "left": 500_000.0, "top": 7_000_000.0, "bottom_up": True},
    }
    return {
        name: make_tile(folder / "2021" / name[-2:] / f"{name}.tiff", make_codes(SIDE, rng), **how)
        for name, how in make.items()
    }


@pytest.fixture
def write_points(tmp_path: Path) -> Callable[..., Path]:
    def write(ids, lon, lat, name="points.csv", **columns) -> Path:
        path = tmp_path / name
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "lon", "lat", *columns])
            writer.writerows(zip(ids, lon, lat, *columns.values(), strict=True))
        return path

    return write


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Embeddings]:
    """Run the command; return the embeddings, or raise the error."""

    def run(product: str, source: object, points: object, *options: object, name="out.parquet"):
        output = tmp_path / name
        words = [product, str(source), "--points", str(points), "-o", str(output)]
        app([*words, *map(str, options)], standalone_mode=False)
        return load_embeddings(output)

    return run

"""Small rasters and array stores of the shapes of downloaded embedding products.

As `product_files`, but one vector per pixel: the labels are those of points in some of the pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.warp import transform

from tests.trials.product_files import World, aef_codes, embed, scaled_codes

EPSG = 32632
LEFT, TOP, PIXEL = 600_000.0, 5_400_000.0, 10.0
SIDE = 40
"""Pixels of a side; the products have 8192 (AlphaEarth) and about 1,100 (TESSERA)."""


def scene(seed: int = 0, n: int = 160, side: int = SIDE) -> tuple[World, np.ndarray]:
    """Return points in the middle of different pixels, and the hidden numbers of all pixels."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(side, side, 4))
    hidden /= np.linalg.norm(hidden, axis=2, keepdims=True)
    pixels = rng.choice(side * side, n, replace=False)
    rows, columns = np.divmod(pixels, side)
    x, y = LEFT + (columns + 0.5) * PIXEL, TOP - (rows + 0.5) * PIXEL
    lon, lat = transform(f"EPSG:{EPSG}", "EPSG:4326", x, y)
    at_points = hidden[rows, columns]
    label = 30 * at_points.sum(axis=1) + 2 * rng.normal(size=n) + 100
    ids = [f"plot-{i:03d}" for i in range(n)]
    return World(ids, np.array(lon), np.array(lat), at_points, label, rng), hidden


def write_raster(
    path: Path,
    bands: np.ndarray,
    *,
    bottom_up: bool = False,
    nodata: float | None = None,
    crs: str = f"EPSG:{EPSG}",
    origin: tuple[float, float, float] = (LEFT, TOP, PIXEL),
    names: list[str] | None = None,
    **profile: Any,
) -> Path:
    """Write (bands, rows, columns), the first row in the north unless the file is bottom-up."""
    left, top, pixel = origin
    where = Affine(pixel, 0, left, 0, -pixel, top)
    if bottom_up:
        where = Affine(pixel, 0, left, 0, pixel, top - bands.shape[1] * pixel)
        bands = bands[:, ::-1]
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=bands.dtype,
        crs=crs, transform=where, nodata=nodata, interleave="pixel", compress="deflate", **profile,
    ) as file:  # fmt: skip
        file.write(bands)
        for band, name in enumerate(names or [], start=1):
            file.set_band_description(band, name)
    return path


def bands_first(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(values, -1, 0))


AEF_BANDS = [f"A{k:02d}" for k in range(64)]


def aef(folder: Path, hidden: np.ndarray, rng: np.random.Generator, *, year: int = 2021) -> Path:
    """One bottom-up COG of AlphaEarth Foundations below ``<year>/<zone>``."""
    codes = bands_first(aef_codes(embed(hidden, 64, rng, unit=True)))
    path = folder / str(year) / "32N" / "xk41pjf8v2.tiff"
    write_raster(path, codes, bottom_up=True, nodata=-128, names=AEF_BANDS, tiled=True,
                 blockxsize=16, blockysize=16)  # fmt: skip
    return folder


def tessera(
    folder: Path, hidden: np.ndarray, rng: np.random.Generator, *, year: int = 2024
) -> Path:
    """The pair of arrays of one cell, and the land mask with CRS and transform."""
    codes, scale = scaled_codes(embed(hidden, 128, rng))
    cell = folder / str(year) / "grid_10.35_48.75"
    cell.mkdir(parents=True)
    np.save(cell / "grid_10.35_48.75.npy", codes)
    np.save(cell / "grid_10.35_48.75_scales.npy", scale)
    mask = np.ones((1, *codes.shape[:2]), np.uint8)
    write_raster(folder / "landmasks" / "grid_10.35_48.75.tiff", mask)
    return folder


def tessera_zarr(
    folder: Path, hidden: np.ndarray, rng: np.random.Generator, *, depths: bool = False
) -> Path:
    """The Zarr v3 store: one group per UTM zone, a scale per pixel, two years."""
    import zarr

    x = embed(hidden, 128, rng)
    side = hidden.shape[0]
    store = folder / "tessera.zarr"
    root = zarr.create_group(store=str(store), zarr_format=3)
    group = root.create_group("utm32")
    arrays = {"embeddings": x}
    if depths:
        root.attrs["geoemb:depths"] = [4, 16, 128]
        arrays |= {"embeddings_d16": x[..., :16], "embeddings_d4": x[..., :4]}
    for name, values in arrays.items():
        codes, scale = scaled_codes(values)
        d = values.shape[-1]
        array = group.create_array(
            name, shape=(2, d, side, side), dtype="int8", chunks=(1, d, 8, 8),
            shards=(1, d, side, side), dimension_names=["time", "band", "y", "x"],
        )  # fmt: skip
        array[1] = bands_first(codes)
        if name == "embeddings":
            scales = group.create_array(
                "scales", shape=(2, side, side), dtype="float32", chunks=(1, side, side),
                dimension_names=["time", "y", "x"], fill_value=np.nan,
            )  # fmt: skip
            scales[1] = scale
        else:  # one scale for all depths would be that of the full vector
            codes = np.round(values / scales[1][..., None]).astype(np.int8)
            array[1] = bands_first(codes)
    middle = PIXEL / 2
    coordinates = {
        "x": LEFT + middle + PIXEL * np.arange(side),
        "y": TOP - middle - PIXEL * np.arange(side),
        "time": np.array([2023, 2024]),
        "band": np.arange(128),
    }
    for name, values in coordinates.items():
        group.create_array(name, data=values, dimension_names=[name])
    group.attrs["proj:code"] = f"EPSG:{EPSG}"
    group.attrs.update(
        {
            "geoemb:type": "pixel",
            "geoemb:dimensions": 128,
            "geoemb:model": "TESSERA v1",
            "geoemb:data_type": "int8",
            "geoemb:quantization": {
                "method": "linear",
                "original_dtype": "float32",
                "quantized_dtype": "int8",
                "scale": {"type": "array", "array_name": "scales"},
            },
        }
    )
    return store


def copernicus_embed(folder: Path, rng: np.random.Generator, n: int = 160) -> tuple[Path, World]:
    """The global raster of 721 x 1440 pixels; 24 of its 768 bands, the ocean is 0."""
    height, width, d = 721, 1440, 24
    rows, columns = rng.integers(100, 600, n), rng.choice(width, n, replace=False)
    hidden = rng.normal(size=(n, 4))
    x = np.zeros((d, height, width), np.float32)
    x[:, rows, columns] = embed(hidden, d, rng).T
    path = folder / "Copernicus-Embed.tif"
    write_raster(path, x, crs="EPSG:4326", origin=(-180.0, 90.25 - 0.125, 0.25), tiled=True)
    lon, lat = -180 + 0.25 * (columns + 0.5), 90.125 - 0.25 * (rows + 0.5)
    label = 30 * hidden.sum(axis=1) + 2 * rng.normal(size=n)
    return path, World([f"plot-{i:03d}" for i in range(n)], lon, lat, hidden, label, rng)


def presto(folder: Path, hidden: np.ndarray, rng: np.random.Generator) -> Path:
    """128 bands of uint16 with scale and offset, in another CRS than the points."""
    x = embed(hidden, 128, rng)
    codes = np.round(x * 5000 + 30000).clip(0, 65535).astype(np.uint16)
    path = write_raster(folder / "presto_togo.tif", bands_first(codes))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (1 / 5000,) * 128, (-6.0,) * 128
    return path


def earth_engine_uint16(folder: Path, hidden: np.ndarray, rng: np.random.Generator) -> Path:
    """A GeoTIFF export: uint16 = value * 8192 + 8192."""
    x = embed(hidden, 64, rng, unit=True)
    codes = np.round(x * 8192 + 8192).astype(np.uint16)
    return write_raster(folder / "ee-export.tif", bands_first(codes), names=AEF_BANDS)

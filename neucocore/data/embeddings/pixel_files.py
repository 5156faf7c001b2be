"""Rasters and array stores of pixels, which are not embeddings of samples yet."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from neucocore.errors import DataError

RASTERS = (".tif", ".tiff", ".vrt")
STORE_FILES = ("zarr.json", ".zgroup", ".zmetadata", ".zattrs")
_CELL = re.compile(r"grid_-?\d+(\.\d+)?_-?\d+(\.\d+)?.*\.npy")


def refuse_pixels(path: Path) -> None:
    """Refuse files that hold pixels, with the command that samples them at points.

    Raises
    ------
    DataError
        The path is a GeoTIFF, a Zarr store, an array of pixels, or a folder of such files.
    """
    product, what = _kind(path)
    if not what:
        return
    if not product:
        raise DataError(
            f"{path} is {what}",
            hint="store ids and vectors: numpy.savez('embeddings.npz', ids=ids, matrix=vectors)",
        )
    raise DataError(
        f"{path} is {what}, not embeddings of samples",
        hint=f"neuco sample {product} {shlex.quote(str(path))} --points TABLE -o FILE makes them, "
        "for points or polygons (pip install neuco-plugin-products)",
    )


def _kind(path: Path) -> tuple[str, str]:
    """Return the product for ``neuco sample``, and what the file is; empty texts for others."""
    name = path.name.lower()
    if path.is_file():
        if name.endswith(RASTERS):
            return "geotiff", "a raster of pixels"
        if name.endswith(".zarr.zip"):
            return "zarr", "a Zarr store of pixels"
        if _CELL.fullmatch(name):
            return "tessera", "an array of TESSERA's pixels"
        return "", "one array without ids" if name.endswith(".npy") else ""
    if not path.is_dir():
        return "", ""
    if name.endswith(".zarr") or any((path / file).is_file() for file in STORE_FILES):
        return "zarr", "a Zarr store of pixels"
    files = [file for file in path.rglob("*") if file.is_file()][:10_000]
    if any(file.suffix.lower() in (".parquet", ".pq", ".gpq") for file in files):
        return "", ""
    if any(_CELL.fullmatch(file.name.lower()) for file in files):
        return "tessera", "a folder of TESSERA's pixels"
    if files and all(file.name.lower().endswith(RASTERS) for file in files):
        return "geotiff", "a folder of rasters"
    return "", ""

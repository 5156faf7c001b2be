"""TESSERA's pairs of arrays: codes and scales as ``.npy``, the position in a land mask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from neuco_plugin_products.tiles import Block, Rule, Tile, year_of
from neucocore.plugin import DataError

SCALES = "_scales.npy"
DIMENSIONS = 128
_CELL = re.compile(r"grid_(-?\d+(?:\.\d+)?)_(-?\d+(?:\.\d+)?)")
BLOCK = 64


class ArrayReader:
    """Reads rectangles of the two arrays of a cell, which are not loaded as a whole."""

    def __init__(self, codes: Path, scales: Path) -> None:
        self._codes = np.load(codes, mmap_mode="r", allow_pickle=False)
        self._scales = np.load(scales, mmap_mode="r", allow_pickle=False)

    def read(self, row: int, column: int, height: int, width: int) -> Block:
        """Return a rectangle."""
        where = np.s_[row : row + height, column : column + width]
        scale = np.array(self._scales[where], dtype=np.float32)
        return Block(np.array(self._codes[where]), scale)

    def close(self) -> None:
        """Release the files."""
        self._codes = self._scales = np.zeros(0)


def array_tiles(source: Path) -> list[Tile]:
    """Return the tiles of a folder of cells ``grid_<lon>_<lat>``.

    Raises
    ------
    DataError
        A cell lacks its scales or its land mask, or its arrays do not fit together.
    """
    masks = {
        match[0]: path
        for path in sorted(source.rglob("*"))
        if path.suffix.lower() in (".tif", ".tiff") and (match := _CELL.match(path.name))
    }
    files = [p for p in sorted(source.rglob("*.npy")) if not p.name.endswith(SCALES)]
    files = [path for path in files if _CELL.match(path.name)]
    if not files:
        raise DataError(
            f"{source} holds no arrays of TESSERA",
            hint="cells are files grid_<lon>_<lat>.npy with grid_<lon>_<lat>_scales.npy; a Zarr "
            "store is named by its folder",
        )
    tiles, problems = [], []
    for path in files:
        found = _tile(path, source, masks)
        if isinstance(found, Tile):
            tiles.append(found)
        else:
            problems.append(f"{path.relative_to(source)}: {found}")
    if problems:
        raise DataError(
            f"cells of {source} that cannot be used: {len(problems)} of {len(files)}",
            problems=problems[:10],
            hint="download the cell completely: codes, scales and land mask",
        )
    return tiles


def _tile(path: Path, source: Path, masks: dict[str, Path]) -> Tile | str:
    """Return the tile of a cell, or what is wrong with it."""
    match = _CELL.match(path.name)
    name = match[0] if match else path.stem
    scales = path.with_name(path.stem + SCALES)
    try:
        codes = _header(path)
    except (ValueError, OSError) as error:
        return f"it is not an array: {error}"
    if codes.dtype == np.uint8:
        return (
            "uint8 values are those of the viewer: every band is stretched on its own for display, "
            "and they are no embedding"
        )
    if codes.ndim != 3 or codes.dtype != np.int8:
        return f"an array of {codes.dtype} with shape {codes.shape}, not int8 (rows, columns, d)"
    if not scales.is_file():
        return f"its scales are missing ({scales.name})"
    try:
        found = _header(scales)
    except (ValueError, OSError) as error:
        return f"{scales.name} is not an array: {error}"
    if found.shape not in (codes.shape[:2], codes.shape):
        return f"scales of shape {found.shape} for codes of shape {codes.shape}"
    mask = masks.get(name)
    if mask is None:
        return f"its land mask with the position is missing ({name}.tiff)"
    with rasterio.open(mask) as file:
        crs, transform, shape = file.crs, file.transform, (file.height, file.width)
    if shape != codes.shape[:2]:
        return f"its land mask has {shape} pixels, the codes {codes.shape[:2]}"
    if crs is None:
        return "its land mask has no coordinate reference system"
    return Tile(
        name=path.relative_to(source).as_posix(),
        year=year_of(str(path)),
        crs=crs.to_string(),
        transform=transform,
        height=shape[0],
        width=shape[1],
        block=(BLOCK, BLOCK),
        rule=Rule("tessera"),
        open=lambda: ArrayReader(path, scales),
    )


def _header(path: Path) -> Any:
    return np.load(path, mmap_mode="r", allow_pickle=False)

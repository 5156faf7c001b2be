"""Tiles: grids of pixels with codes, in a coordinate reference system and a year of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.warp import transform_bounds

from neucocore.plugin import DataError

_YEAR = re.compile(r"(?<!\d)(19[89]\d|20[0-4]\d)(?!\d)")
EARTH_KM_PER_DEGREE = 111.195


@dataclass(frozen=True, eq=False)
class Block:
    """The pixels of a rectangle of a tile.

    Attributes
    ----------
    codes
        (rows, columns, d) as stored.
    scale
        (rows, columns) or (rows, columns, d); None if the product has none per pixel.
    """

    codes: NDArray[Any]
    scale: NDArray[np.float32] | None = None


class Reader(Protocol):
    """Reads the pixels of one tile; safe to use from one thread at a time."""

    def read(self, row: int, column: int, height: int, width: int) -> Block:
        """Return a rectangle, which lies inside the tile."""

    def close(self) -> None:
        """Close the files."""


class Opener(Protocol):
    """Opens the reader of a tile."""

    def __call__(self) -> Reader:
        """Return a new reader."""


@dataclass(frozen=True, eq=False)
class Rule:
    """How codes become values: arguments of `neucocore.dequantise`.

    Attributes
    ----------
    scale_nodata
        Scale of a pixel that holds no data, in addition to NaN and infinity.
    """

    name: str
    scale: NDArray[np.float32] | float | None = None
    offset: NDArray[np.float32] | float | None = None
    nodata: float | None = None
    scale_nodata: float | None = None


@dataclass(frozen=True, eq=False)
class Tile:
    """One tile.

    Attributes
    ----------
    name
        What it is called in the output: its path below the source.
    year
        Year of the data, or None.
    crs
        Its coordinate reference system, as text.
    transform
        From column and row to coordinates; rows may run from south to north.
    height, width
        Number of rows and columns.
    block
        Rows and columns that are read at a time.
    rule
        How codes become values.
    open
        Opens a reader.
    """

    name: str
    year: int | None
    crs: str
    transform: Affine
    height: int
    width: int
    block: tuple[int, int]
    rule: Rule
    open: Opener = field(repr=False)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in the tile's own coordinates."""
        x0, y0 = apply(self.transform, 0, 0)
        x1, y1 = apply(self.transform, self.width, self.height)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    @property
    def lonlat_bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        west, south, east, north = transform_bounds(self.crs, "EPSG:4326", *self.bounds)
        return west, south, east, north

    def pixel(self, x: float, y: float) -> tuple[int, int] | None:
        """Return row and column of the pixel that contains a point, None outside the tile.

        A pixel contains its edge with the smaller row or column, so that a point on an edge is in
        exactly one pixel of one tile.
        """
        column, row = (int(np.floor(value)) for value in apply(~self.transform, x, y))
        if 0 <= row < self.height and 0 <= column < self.width:
            return row, column
        return None

    @property
    def pixel_size(self) -> float:
        """Side of a pixel in units of the tile's coordinates."""
        return float(np.hypot(self.transform.a, self.transform.d))


def apply(transform: Affine, x: float, y: float) -> tuple[float, float]:
    """Return a point after an affine transform (its operator differs between versions)."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )


def year_of(path: str) -> int | None:
    """Return the year in the name of the nearest folder, else in the name of the file; or None."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    for part in reversed(parts[:-1]):
        if _YEAR.fullmatch(part):
            return int(part)
    found = _YEAR.findall(parts[-1]) if parts else []
    return int(found[0]) if len(set(found)) == 1 else None


class TileIndex:
    """Tiles by place and year."""

    def __init__(self, tiles: Sequence[Tile], where: str) -> None:
        if not tiles:
            raise DataError(
                f"{where} holds no tile of this product",
                hint="pass the folder, file or address that holds the tiles",
            )
        self.tiles = list(tiles)
        self.bounds = np.array([tile.lonlat_bounds for tile in tiles])
        self.where = where

    @property
    def years(self) -> list[int]:
        """The years of the tiles, sorted."""
        return sorted({tile.year for tile in self.tiles if tile.year is not None})

    def candidates(self, lon: float, lat: float) -> list[Tile]:
        """Return the tiles whose bounds contain a point, with a margin for curved edges."""
        west, south, east, north = self.bounds.T
        margin = 0.02 * np.maximum(east - west, north - south) + 1e-9
        # Bounds that cross 180 degrees have their west above their east.
        crossing = west > east
        inside_lon = np.where(
            crossing,
            (lon >= west - margin) | (lon <= east + margin),
            (lon >= west - margin) & (lon <= east + margin),
        )
        inside = inside_lon & (lat >= south - margin) & (lat <= north + margin)
        return [self.tiles[number] for number in np.flatnonzero(inside)]

    def distance_km(self, lon: float, lat: float) -> float:
        """Return about how far a point is from the nearest tile."""
        west, south, east, north = self.bounds.T
        east_west = np.maximum(np.maximum(west - lon, lon - east), 0)
        east_west = np.minimum(east_west, 360 - np.minimum(east_west, 360))
        north_south = np.maximum(np.maximum(south - lat, lat - north), 0)
        degrees = np.hypot(east_west * np.cos(np.radians(lat)), north_south)
        return float(degrees.min() * EARTH_KM_PER_DEGREE)


def choose_year(
    index: TileIndex, asked: Iterable[int], year: int | None, tolerance: int
) -> dict[int | None, int | None]:
    """Return the year of the tiles for each year asked for (None where the table has no years).

    Raises
    ------
    DataError
        No tile is of a year within the tolerance, or it is unclear which year is meant.
    """
    available = index.years
    wanted: list[int | None] = [year] if year is not None else [*asked]
    if not available:
        return dict.fromkeys([*wanted, None])
    if not wanted:
        if len(available) > 1:
            raise DataError(
                f"{index.where} holds tiles of several years: {', '.join(map(str, available))}",
                hint=f"choose one: --year {available[-1]}; or add a column 'year' to the points",
            )
        return {None: available[0]}
    chosen: dict[int | None, int | None] = {}
    for value in wanted:
        nearest = min(available, key=lambda other: (abs(other - int(value or 0)), other))
        if value is None or abs(nearest - value) > tolerance:
            span = f"within {tolerance} years of " if tolerance else "of "
            raise DataError(
                f"{index.where} holds no tile {span}{value}; its years: "
                f"{', '.join(map(str, available))}",
                hint=f"--year-tolerance {abs(nearest - int(value or 0))} takes {nearest}; the "
                "years of labels and embeddings then differ",
            )
        chosen[value] = nearest
    if year is not None:
        return dict.fromkeys([*asked, None], chosen[year])
    return chosen

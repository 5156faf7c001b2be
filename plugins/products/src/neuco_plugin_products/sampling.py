"""Sampling: targets are assigned to tiles, the pixels of each tile are read block by block."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.transform import Affine

from neuco_plugin_products.reprojection import reproject, reproject_geometry
from neuco_plugin_products.targets import Target
from neuco_plugin_products.tiles import Block, Reader, Tile, TileIndex, apply
from neuco_plugin_products.values import Pixels, pixel_values

LARGEST_WINDOW = 4096
"""Pixels of a side that are read at a time for one polygon."""


@dataclass(frozen=True)
class Request:
    """What is sampled at each target.

    Attributes
    ----------
    window
        Pixels of a side of the square around a point; 1 for its pixel only.
    pixels
        Whether every pixel is a row of its own, in place of their mean.
    inset
        Metres by which polygons are made smaller.
    renormalise
        Whether means are scaled to length 1.
    """

    window: int = 1
    pixels: bool = False
    inset: float = 0.0
    renormalise: bool = False


@dataclass
class Sample:
    """What was found at one target.

    Attributes
    ----------
    target
        Number of the target.
    values
        (m, d) float32: one row, or one per pixel.
    places
        Row and column of each pixel in its tile, if every pixel is a row.
    n_pixels
        Pixels with data.
    n_covered
        Pixels that the target covers, with and without data and beyond the tile.
    reasons
        Why pixels hold no data, with counts.
    """

    target: int
    values: NDArray[np.float32]
    places: list[tuple[int, int]] = field(default_factory=list)
    n_pixels: int = 0
    n_covered: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, eq=False)
class Assignment:
    """Targets by tile, and the targets that no tile contains.

    Attributes
    ----------
    of_tile
        Tile to (number of the target, its pixel).
    uncovered
        Numbers of targets outside all tiles.
    """

    of_tile: Mapping[Tile, list[tuple[int, tuple[int, int]]]]
    uncovered: tuple[int, ...]


def assign(
    targets: Sequence[Target], index: TileIndex, years: Mapping[int | None, int | None]
) -> Assignment:
    """Find the tile of each target: of those that contain it, the one whose centre is nearest.

    Parameters
    ----------
    years
        The year of the tiles for each year of a target.
    """
    inside: dict[int, list[tuple[float, str, Tile, tuple[int, int]]]] = defaultdict(list)
    by_tile: dict[Tile, list[int]] = defaultdict(list)
    for number, target in enumerate(targets):
        wanted = years.get(target.year)
        for tile in index.candidates(target.lon, target.lat):
            if tile.year == wanted or tile.year is None:
                by_tile[tile].append(number)
    for tile, numbers in by_tile.items():
        lon = [targets[number].lon for number in numbers]
        lat = [targets[number].lat for number in numbers]
        x, y = reproject("EPSG:4326", tile.crs, lon, lat, of=tile.name)
        for number, px, py in zip(numbers, x, y, strict=True):
            pixel = tile.pixel(px, py) if np.isfinite([px, py]).all() else None
            if pixel is not None:
                offset = abs(pixel[0] / tile.height - 0.5) + abs(pixel[1] / tile.width - 0.5)
                inside[number].append((offset, tile.name, tile, pixel))
    of_tile: dict[Tile, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for number, choices in inside.items():
        _, _, tile, pixel = min(choices, key=lambda choice: choice[:2])
        of_tile[tile].append((number, pixel))
    missing = tuple(number for number in range(len(targets)) if number not in inside)
    return Assignment(of_tile, missing)


def sample_tile(
    tile: Tile,
    assigned: Sequence[tuple[int, tuple[int, int]]],
    targets: Sequence[Target],
    request: Request,
) -> list[Sample]:
    """Sample the targets of one tile, block by block in the order of the file."""
    reader = tile.open()
    try:
        if request.window == 1 and not any(targets[n].polygon is not None for n, _ in assigned):
            return list(_single_pixels(tile, reader, assigned, request))
        ordered = sorted(assigned, key=lambda one: (one[1], one[0]))
        return [
            _area(tile, reader, number, pixel, targets[number], request)
            for number, pixel in ordered
        ]
    finally:
        reader.close()


def _single_pixels(
    tile: Tile,
    reader: Reader,
    assigned: Sequence[tuple[int, tuple[int, int]]],
    request: Request,
) -> Iterator[Sample]:
    """Read every block that holds a pixel once."""
    height, width = tile.block
    blocks: dict[tuple[int, int], list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for number, (row, column) in assigned:
        blocks[row // height, column // width].append((number, (row, column)))
    for (down, across), members in sorted(blocks.items()):
        top, left = down * height, across * width
        # Only the rectangle around the pixels: of a large block often a few rows.
        rows = np.array([pixel[0] for _, pixel in members])
        columns = np.array([pixel[1] for _, pixel in members])
        top, left = int(rows.min()), int(columns.min())
        block = reader.read(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)
        found = pixel_values(block, tile.rule, rows - top, columns - left)
        for position, (number, pixel) in enumerate(members):
            one = Pixels(
                found.values[position : position + 1],
                found.reason[position : position + 1],
                found.reasons,
            )
            yield _sample(number, one, [pixel], 1, request)


def _area(
    tile: Tile,
    reader: Reader,
    number: int,
    pixel: tuple[int, int],
    target: Target,
    request: Request,
) -> Sample:
    """Read the pixels of a window or a polygon."""
    if target.polygon is None:
        half = request.window // 2
        top, left = pixel[0] - half, pixel[1] - half
        mask = np.ones((request.window, request.window), dtype=bool)
    else:
        top, left, mask = _polygon_mask(tile, target, request.inset)
    covered = int(mask.sum())
    first_row, first_column = max(top, 0), max(left, 0)
    end_row = min(top + mask.shape[0], tile.height)
    end_column = min(left + mask.shape[1], tile.width)
    if covered == 0 or first_row >= end_row or first_column >= end_column:
        return Sample(number, np.zeros((0, 0), np.float32), n_covered=covered)
    inside = mask[first_row - top : end_row - top, first_column - left : end_column - left]
    rows, columns = np.nonzero(inside)
    block = reader.read(first_row, first_column, end_row - first_row, end_column - first_column)
    found = pixel_values(block, tile.rule, rows, columns)
    places = [
        (int(row) + first_row, int(column) + first_column)
        for row, column in zip(rows, columns, strict=True)
    ]
    return _sample(number, found, places, covered, request)


def _polygon_mask(tile: Tile, target: Target, inset: float) -> tuple[int, int, NDArray[np.bool_]]:
    """Return the first row and column, and the pixels whose centre is inside the polygon."""
    polygon = shapely.geometry.shape(
        reproject_geometry(
            "EPSG:4326", tile.crs, shapely.geometry.mapping(target.polygon), of=tile.name
        )
    )
    if inset:
        polygon = polygon.buffer(-inset / _metres_per_unit(tile.crs, target.lat))
    if polygon.is_empty:
        return 0, 0, np.zeros((0, 0), dtype=bool)
    inverse = ~tile.transform
    west, south, east, north = polygon.bounds
    corners = [apply(inverse, x, y) for x in (west, east) for y in (south, north)]
    columns, rows = np.array(corners).T
    left, top = int(np.floor(columns.min())), int(np.floor(rows.min()))
    width = int(np.ceil(columns.max())) - left + 1
    height = int(np.ceil(rows.max())) - top + 1
    t, (x0, y0) = tile.transform, apply(tile.transform, left, top)
    mask = geometry_mask(
        [polygon], (height, width), Affine(t.a, t.b, x0, t.d, t.e, y0), invert=True
    )
    return top, left, mask


def _metres_per_unit(crs: str, lat: float) -> float:
    return 111_195.0 * float(np.cos(np.radians(lat))) if _is_geographic(crs) else 1.0


@cache
def _is_geographic(crs: str) -> bool:
    from rasterio.crs import CRS

    return bool(CRS.from_user_input(crs).is_geographic)


def _sample(
    number: int,
    found: Pixels,
    places: list[tuple[int, int]],
    covered: int,
    request: Request,
) -> Sample:
    counts = Counter(
        {text: int((found.reason == k).sum()) for k, text in enumerate(found.reasons, start=1)}
    )
    valid = found.valid
    sample = Sample(
        number,
        found.values[valid],
        n_pixels=int(valid.sum()),
        n_covered=covered,
        reasons=+counts,
    )
    if request.pixels:
        sample.places = [place for place, is_valid in zip(places, valid, strict=True) if is_valid]
    elif sample.n_pixels:
        mean = sample.values.astype(np.float64).mean(axis=0)
        length = float(np.linalg.norm(mean))
        if request.renormalise and length > 0:
            mean /= length
        sample.values = mean[None].astype(np.float32)
    return sample


__all__ = ["Assignment", "Block", "Request", "Sample", "assign", "sample_tile"]

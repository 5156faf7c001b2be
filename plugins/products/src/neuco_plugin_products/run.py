"""One run of ``neuco sample``: from a product and a table of places to embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_products.catalogue import PRODUCTS, Product
from neuco_plugin_products.raster import is_address, raster_tiles
from neuco_plugin_products.sampling import Assignment, Request, Sample, assign, sample_tile
from neuco_plugin_products.targets import Target, read_targets, years_asked
from neuco_plugin_products.tessera import array_tiles
from neuco_plugin_products.tiles import Tile, TileIndex, apply, choose_year
from neuco_plugin_products.work import WorkFolder
from neuco_plugin_products.zarr_store import is_store, store_tiles
from neucocore import Embeddings
from neucocore.plugin import ConfigError, DataError, MissingFileError

SHOWN = 3


@dataclass(frozen=True)
class Options:
    """The options of the command.

    Attributes
    ----------
    product
        Name of the product.
    source
        File, folder or address.
    points
        Table of points or polygons.
    """

    product: str
    source: str
    points: Path
    id: str | None = None
    window: int = 1
    pixels: bool = False
    inset: float = 0.0
    renormalise: bool = False
    year: int | None = None
    year_tolerance: int = 0
    layer: str | None = None
    quantisation: str | None = None
    jobs: int = 1

    def request(self) -> Request:
        """Return what is sampled at each target."""
        return Request(self.window, self.pixels, self.inset, self.renormalise)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The embeddings of a run, and what was noticed."""

    embeddings: Embeddings
    warnings: tuple[str, ...]


def sample(
    options: Options, output: Path, progress: Callable[[int, int], None] = lambda *_: None
) -> Outcome:
    """Sample a product at the places of a table.

    Parameters
    ----------
    output
        The embeddings file, next to which finished tiles are kept.
    progress
        Called with the number of finished tiles and of all.

    Raises
    ------
    ConfigError
        Options that contradict each other.
    DataError
        Files that cannot be used, or no place with data.
    """
    _check(options)
    product = PRODUCTS[options.product]
    targets = read_targets(options.points, id_column=options.id)
    _check_targets(options, targets)
    asked = years_asked(targets)
    index = TileIndex(_tiles(options, product, asked), options.source)
    years = choose_year(index, asked, options.year, options.year_tolerance)
    assignment = assign(targets, index, years)
    if not assignment.of_tile:
        raise DataError(
            f"none of {_count(len(targets), 'place')} lies in a tile of {options.source}",
            problems=_distances(targets, range(min(SHOWN, len(targets))), index),
            hint="check that lon and lat are in degrees and not swapped, and that the tiles are "
            "those of the region",
        )
    key = {
        "options": {**asdict(options), "points": options.points.name, "jobs": 0},
        "targets": [[t.id, t.lon, t.lat, t.year, t.polygon and t.polygon.wkt] for t in targets],
        "tiles": sorted([t.name, t.year, t.crs, *t.transform[:6]] for t in assignment.of_tile),
    }
    work = WorkFolder(output, key)
    samples = _sampled(assignment, targets, options, work, progress)
    outcome = _outcome(options, product, targets, assignment, samples, index)
    work.remove()
    return outcome


def _check(options: Options) -> None:
    if options.product not in PRODUCTS:
        raise ConfigError(
            f"unknown product {options.product!r}; known: {', '.join(PRODUCTS)}",
            hint="neuco sample geotiff reads any raster, neuco sample zarr any geoemb store",
        )
    if options.window < 1 or options.window % 2 == 0:
        raise ConfigError(
            f"--window must be an odd number of pixels, found {options.window}",
            hint="--window 3 takes 3 x 3 pixels",
        )
    if options.pixels and options.renormalise:
        raise ConfigError("--renormalise is for means; --pixels takes none")
    if options.inset < 0 or options.year_tolerance < 0:
        raise ConfigError("--inset and --year-tolerance must not be negative")


def _check_targets(options: Options, targets: Sequence[Target]) -> None:
    polygons = sum(target.polygon is not None for target in targets)
    if options.inset and not polygons:
        raise ConfigError("--inset makes polygons smaller, and the table holds points only")
    if options.window > 1 and polygons:
        raise ConfigError(
            f"--window is for points, and the table holds polygons ({polygons})",
            hint="leave out --window: all pixels of a polygon are taken",
        )
    if options.pixels and options.window == 1 and not polygons:
        raise ConfigError(
            "--pixels takes every pixel of a polygon or a window, and these are single points",
            hint="add --window 3, or leave out --pixels",
        )


def _tiles(options: Options, product: Product, asked: Sequence[int]) -> list[Tile]:
    source = options.source
    tessera = product.name == "tessera"
    if options.layer is not None and not (product.name in ("tessera", "zarr") and is_store(source)):
        raise ConfigError("--layer chooses an array of a Zarr store")
    if options.quantisation is not None and product.name != "geotiff":
        raise ConfigError(
            "--quantisation names the rule of a GeoTIFF; other products have their own",
            hint=f"neuco sample geotiff {source} --quantisation {options.quantisation}",
        )
    if not is_address(source) and not Path(source).exists():
        raise MissingFileError(f"there is no file or folder {source}")
    if product.name == "zarr" or (tessera and is_store(source)):
        return store_tiles(source, layer=options.layer, tessera=tessera)
    if is_store(source):
        raise ConfigError(
            f"{source} is a Zarr store, and {product.name} comes as GeoTIFFs",
            hint=f"neuco sample zarr {source}",
        )
    if tessera:
        if is_address(source):
            raise ConfigError(
                "TESSERA's arrays are read from a folder",
                hint="download the cells first, or name the address of the Zarr store",
            )
        return array_tiles(Path(source))
    years = {options.year} if options.year is not None else set(asked)
    span = options.year_tolerance
    near = sorted({year + shift for year in years for shift in range(-span, span + 1)})
    return raster_tiles(source, product, options.quantisation, near)


def _sampled(
    assignment: Assignment,
    targets: Sequence[Target],
    options: Options,
    work: WorkFolder,
    progress: Callable[[int, int], None],
) -> list[Sample]:
    """Sample every tile, in threads; tiles that an earlier run finished are taken as they are."""
    tiles = sorted(assignment.of_tile, key=lambda tile: (tile.name, tile.year or 0))

    def one(tile: Tile) -> list[Sample]:
        name = f"{tile.name}@{tile.year}"
        found = work.finished(name)
        if found is None:
            found = sample_tile(tile, assignment.of_tile[tile], targets, options.request())
            work.keep(name, found)
        return found

    samples: list[Sample] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(one, tile) for tile in tiles]
        try:
            for done, future in enumerate(futures, start=1):
                samples += future.result()
                progress(done, len(tiles))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return sorted(samples, key=lambda found: found.target)


def _outcome(
    options: Options,
    product: Product,
    targets: Sequence[Target],
    assignment: Assignment,
    samples: Sequence[Sample],
    index: TileIndex,
) -> Outcome:
    tile_of = {n: tile for tile, members in assignment.of_tile.items() for n, _ in members}
    kept = [found for found in samples if found.n_pixels]
    warnings = _warnings(targets, assignment, samples, index)
    if not kept:
        raise DataError(
            f"no pixel of {options.source} at {_count(len(targets), 'place')} holds data",
            problems=warnings,
            hint="choose another year or other places",
        )
    repeated = len({target.id for target in targets}) < len(targets)
    ids: list[str] = []
    columns: dict[str, list[Any]] = {name: [] for name in ("lon", "lat", "year", "tile")}
    columns |= {"group": []} if options.pixels else {"pixels": [], "covered": []}
    for found in kept:
        target, tile = targets[found.target], tile_of[found.target]
        name = f"{target.id}@{target.year}" if repeated else target.id
        rows = [f"#{row}-{column}" for row, column in found.places] if options.pixels else [""]
        for place, suffix in enumerate(rows):
            ids.append(_pixel_id(name, suffix, repeated, target))
            lon, lat = target.lon, target.lat
            if options.pixels:
                lon, lat = _centre(tile, found.places[place])
                columns["group"].append(target.id)
            else:
                columns["pixels"].append(found.n_pixels)
                columns["covered"].append(round(found.n_pixels / found.n_covered, 6))
            columns["lon"].append(lon)
            columns["lat"].append(lat)
            columns["year"].append(target.year if repeated else tile.year)
            columns["tile"].append(tile.name)
    if all(year is None for year in columns["year"]):
        del columns["year"]
    years = sorted({tile.year for tile in assignment.of_tile if tile.year is not None})
    embeddings = Embeddings(
        tuple(ids),
        np.concatenate([found.values for found in kept]),
        _metadata(options, product, years, targets),
        extra=columns,
        year_column="year" if repeated else None,
    )
    return Outcome(embeddings, tuple(warnings))


def _pixel_id(name: str, suffix: str, repeated: bool, target: Target) -> str:
    return f"{target.id}{suffix}@{target.year}" if repeated else f"{name}{suffix}"


def _centre(tile: Tile, place: tuple[int, int]) -> tuple[float, float]:
    from neuco_plugin_products.reprojection import reproject

    x, y = apply(tile.transform, place[1] + 0.5, place[0] + 0.5)
    lon, lat = reproject(tile.crs, "EPSG:4326", [x], [y], of=tile.name)
    return round(lon[0], 7), round(lat[0], 7)


def _metadata(
    options: Options, product: Product, years: list[int], targets: Sequence[Target]
) -> dict[str, Any]:
    polygons = any(target.polygon is not None for target in targets)
    source = options.source.rstrip("/")
    name = source if is_address(source) else Path(source).name
    record = product.record(name, years, options.layer or "")
    area = "polygon" if polygons else f"{options.window} x {options.window} pixels"
    how: dict[str, Any] = {"sampled": "nearest pixel"}
    if options.pixels:
        how = {"sampled": f"every pixel of a {area}", "rows_of_one": "polygon"}
        if not polygons:
            how = {"sampled": f"every pixel of {area}", "rows_of_one": "window"}
    elif polygons or options.window > 1:
        length = "scaled to length 1" if options.renormalise else "not renormalised"
        how = {"sampled": f"mean of {area} after dequantisation, {length}"}
    if options.inset:
        how["inset_m"] = options.inset
    if "mean" not in how["sampled"] and product.bytes_per_pixel is not None:
        how["coded_bytes"] = {"mean": product.bytes_per_pixel}  # a row is a pixel as it is stored
    return {"product": record, **how}


def _warnings(
    targets: Sequence[Target],
    assignment: Assignment,
    samples: Sequence[Sample],
    index: TileIndex,
) -> list[str]:
    warnings = []
    if assignment.uncovered:
        count = len(assignment.uncovered)
        shown = "; ".join(_distances(targets, assignment.uncovered[:SHOWN], index))
        lie = "lies" if count == 1 else "lie"
        warnings.append(f"{count} of {_count(len(targets), 'place')} {lie} in no tile: {shown}")
    no_pixel = [found for found in samples if not found.n_covered]
    if no_pixel:
        warnings.append(
            f"polygons without the centre of any pixel: {_ids(targets, no_pixel)} "
            f"({len(no_pixel)} left out)"
        )
    empty = [found for found in samples if found.n_covered and not found.n_pixels]
    reasons: Counter[str] = Counter()
    for found in empty:
        most = found.reasons.most_common(1)
        reasons[most[0][0] if most else "outside the tile"] += 1
    if empty:
        why = ", ".join(f"{text}: {count}" for text, count in sorted(reasons.items()))
        warnings.append(
            f"places without data left out: {len(empty)} ({why}): {_ids(targets, empty)}"
        )
    partly = [found for found in samples if 0 < found.n_pixels < found.n_covered]
    if partly:
        warnings.append(
            f"{_count(len(partly), 'place')} covered in part; the column 'covered' has the share"
        )
    return warnings


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ids(targets: Sequence[Target], samples: Sequence[Sample]) -> str:
    names = [targets[found.target].id for found in samples]
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _distances(targets: Sequence[Target], numbers: Sequence[int], index: TileIndex) -> list[str]:
    texts = []
    for number in numbers:
        target = targets[number]
        km = index.distance_km(target.lon, target.lat)
        texts.append(f"{target.id} ({target.lon:g}, {target.lat:g}), {km:.0f} km from a tile")
    return texts

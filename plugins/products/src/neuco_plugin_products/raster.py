"""Tiles in GeoTIFFs, local or at an address: read by windows, with retries."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow.parquet as pq
import rasterio
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from neuco_plugin_products.catalogue import AEF, COPERNICUS, Product
from neuco_plugin_products.tiles import Block, Rule, Tile, year_of
from neucocore.plugin import ConfigError, DataError, MissingFileError

SUFFIXES = (".tif", ".tiff", ".vrt")
INDEX = "aef_index.parquet"
ATTEMPTS = 6
FIRST_WAIT = 0.25
LARGEST_BLOCK = 512
GDAL_OPTIONS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "GDAL_HTTP_TIMEOUT": "60",
    "CPL_VSIL_CURL_USE_HEAD": "YES",
    "VSI_CACHE": "FALSE",
    "GDAL_CACHEMAX": 128 * 2**20,  # bytes; blocks are read once, and the default is 5 % of memory
    # What a broken connection left half read is forgotten when the file is opened again.
    "CPL_VSIL_CURL_NON_CACHED": "/vsicurl/http",
}
Result = TypeVar("Result")


def is_address(path: str) -> bool:
    """Return whether a path is an address of a server."""
    return path.startswith(("http://", "https://"))


def retried(read: Callable[[], Result], what: str) -> Result:
    """Call a function again after a growing wait while it cannot read, as when a connection drops.

    Raises
    ------
    DataError
        It fails `ATTEMPTS` times.
    """
    for attempt in range(ATTEMPTS):
        try:
            return read()
        except (RasterioIOError, OSError) as error:
            last = error
            if not is_address(what):
                break
            time.sleep(FIRST_WAIT * 2**attempt)
    tried = f" after {ATTEMPTS} attempts" if is_address(what) else ""
    raise DataError(
        f"{what} cannot be read{tried}: {last}",
        hint="run the same command again; tiles that are finished are kept"
        if is_address(what)
        else "copy or download the file again",
    ) from last


class RasterReader:
    """Reads windows of one GeoTIFF; opens it again if a connection is lost."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: Any = None

    def read(self, row: int, column: int, height: int, width: int) -> Block:
        """Return a rectangle of all bands."""
        window = Window(column, row, width, height)

        def attempt() -> np.ndarray[Any, Any]:
            try:
                if self._file is None:
                    self._file = rasterio.open(self.path)
                bands: np.ndarray[Any, Any] = self._file.read(window=window)
            except RasterioIOError:
                self.close()  # a file that was half read is opened anew
                raise
            return bands

        with rasterio.Env(**GDAL_OPTIONS):
            bands = retried(attempt, self.path)
        return Block(np.moveaxis(bands, 0, -1))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def raster_tiles(
    source: str, product: Product, quantisation: str | None, years: Sequence[int]
) -> list[Tile]:
    """Return the tiles of a GeoTIFF, of a folder of them, or of an index of AlphaEarth's tiles.

    Parameters
    ----------
    source
        File, folder or address.
    quantisation
        Name of the rule of the codes, where the product has none.
    years
        Years that are asked for; tiles of an index of other years are not opened.

    Raises
    ------
    DataError
        There is no such file, or it does not have the layout of the product.
    """
    files = _files(source, product, years)
    tiles = []
    problems = []
    with rasterio.Env(**GDAL_OPTIONS):
        for name, path, year in files:
            try:
                tiles.append(_tile(name, path, year, product, quantisation))
            except DataError as error:
                problems.append(f"{name}: {error.message}")
                hint = error.hint
    if problems:
        raise DataError(
            f"{len(problems)} of {len(files)} files of {source} are not tiles of {product.name}",
            problems=problems[:10],
            hint=hint,
        )
    return tiles


def _files(
    source: str, product: Product, years: Sequence[int]
) -> list[tuple[str, str, int | None]]:
    """Return name, path and year of the files to open."""
    if is_address(source):
        if source.lower().endswith(SUFFIXES):
            return [(source.rpartition("/")[2], source, year_of(source))]
        if product is not AEF:
            raise ConfigError(
                f"{source} is not the address of a GeoTIFF",
                hint="name one file; folders at an address cannot be listed",
            )
        return _indexed(source, years)
    path = Path(source)
    if not path.exists():
        raise MissingFileError(f"there is no file or folder {path}")
    if path.is_file() and path.suffix.lower() == ".parquet":
        return _indexed(source, years)
    if path.is_file():
        return [(path.name, str(path), year_of(str(path)))]
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    # A .vrt next to a .tiff only turns bottom-up rows around, which is done here anyway.
    rasters = {p.with_suffix("") for p in found if p.suffix.lower() != ".vrt"}
    kept = [p for p in found if p.suffix.lower() != ".vrt" or p.with_suffix("") not in rasters]
    return [(p.relative_to(path).as_posix(), str(p), year_of(str(p))) for p in kept]


def _indexed(source: str, years: Sequence[int]) -> list[tuple[str, str, int | None]]:
    """Return the files of an index ``aef_index.parquet``: its columns ``path`` and ``year``."""
    if is_address(source):
        import io
        import urllib.request

        base = source.rstrip("/").removesuffix(f"/{INDEX}")
        address = f"{base}/{INDEX}"

        def download() -> bytes:
            with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - http(s) only
                content: bytes = answer.read()
            return content

        table = pq.read_table(io.BytesIO(retried(download, address)), columns=["path", "year"])
    else:
        base = str(Path(source).parent)
        table = pq.read_table(source, columns=["path", "year"])
    rows = []
    for path, year in zip(table["path"].to_pylist(), table["year"].to_pylist(), strict=True):
        if years and int(year) not in years:
            continue
        # Addresses of the bucket end in <year>/<zone>/<name>, as the copies next to the index.
        name = "/".join(str(path).replace("\\", "/").split("/")[-3:])
        rows.append((name, f"{base}/{name}", int(year)))
    return rows


def _tile(
    name: str, path: str, year: int | None, product: Product, quantisation: str | None
) -> Tile:
    def describe() -> dict[str, Any]:
        with rasterio.open(path) as file:
            return {
                "crs": file.crs,
                "transform": file.transform,
                "height": file.height,
                "width": file.width,
                "count": file.count,
                "dtype": file.dtypes[0],
                "nodata": file.nodata,
                "scales": file.scales,
                "offsets": file.offsets,
                "block": file.block_shapes[0],
            }

    found = retried(describe, path)
    _check_layout(found, product)
    height, width = (min(size, LARGEST_BLOCK) for size in found["block"])
    return Tile(
        name=name,
        year=year,
        crs=found["crs"].to_string(),
        transform=found["transform"],
        height=found["height"],
        width=found["width"],
        block=(max(height, 16), max(width, 16)),
        rule=_rule(found, product, quantisation),
        open=lambda: RasterReader(path),
    )


def _check_layout(found: dict[str, Any], product: Product) -> None:
    count, dtype = found["count"], found["dtype"]
    if found["crs"] is None or found["transform"].is_identity:
        raise DataError(
            "no coordinate reference system or no position", hint="use a georeferenced file"
        )
    if product.bands is not None and count != product.bands:
        raise DataError(
            f"{count} band{'s' if count != 1 else ''} of {dtype}, but {product.name} has "
            f"{product.bands}",
            hint=_other_product(count, dtype),
        )
    if product.dtypes and dtype not in product.dtypes:
        raise DataError(
            f"values are stored as {dtype}, but {product.name} has {' or '.join(product.dtypes)}",
            hint=_other_product(count, dtype),
        )
    if product is COPERNICUS:
        size = abs(found["transform"].a)
        if not found["crs"].is_geographic or abs(size - 0.25) > 1e-6:
            raise DataError(
                f"pixels of {size:g} in {found['crs'].to_string()}, but {product.name} has 0.25 "
                "degrees in EPSG:4326",
                hint=_other_product(count, dtype),
            )


def _other_product(count: int, dtype: str) -> str:
    if count == AEF.bands and dtype in AEF.dtypes:
        return "this looks like AlphaEarth: neuco sample aef"
    return "any other raster: neuco sample geotiff, with --quantisation for integers"


def _rule(found: dict[str, Any], product: Product, quantisation: str | None) -> Rule:
    """Return the rule of the codes: that of the product, the one named, or the declared one."""
    dtype, nodata = found["dtype"], found["nodata"]
    nodata = None if nodata is None or np.isnan(nodata) else float(nodata)
    scales, offsets = np.array(found["scales"]), np.array(found["offsets"])
    declared = bool((scales != 1).any() or (offsets != 0).any())
    integer = np.issubdtype(np.dtype(dtype), np.integer)
    if quantisation is not None:
        if declared:
            raise DataError(
                "the file declares scales and offsets of its own",
                hint="leave out --quantisation",
            )
        return Rule(quantisation, nodata=nodata)
    if product is AEF:
        return Rule("aef" if dtype == "int8" else "earth-engine-uint16", nodata=nodata)
    if product is COPERNICUS:
        return Rule("none", nodata=0.0)
    if declared:
        return Rule(
            "linear",
            scale=scales[None].astype(np.float32),
            offset=offsets[None].astype(np.float32),
            nodata=nodata,
        )
    if integer:
        raise DataError(
            f"values are stored as {dtype}, and the file does not declare how they are scaled",
            hint="name the rule: --quantisation aef, earth-engine-uint16 or none (used as they "
            "are)",
        )
    return Rule("none", nodata=nodata)

"""Reading one GeoTIFF: its values, which of them are valid, and what its tags state."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Interleaving, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from neuco_plugin_geotiff.names import iso_date
from neucocore.plugin import CorruptCubeError, DataError, MissingFileError, project

LARGEST = 2**32
"""Bytes of the values of one file; larger files are mosaics, not samples."""
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OPTIONS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # the values depend on the file alone
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_CACHEMAX": 64 * 2**20,
    "GDAL_NUM_THREADS": "1",
    "GTIFF_HONOUR_NEGATIVE_SCALEY": "YES",
}
_DATE_TAGS = ("TIFFTAG_DATETIME", "ACQUISITION_DATE", "DATE_ACQUIRED", "DATE")


@dataclass(frozen=True)
class Header:
    """What a GeoTIFF states about itself.

    Attributes
    ----------
    path
        The file.
    names
        Descriptions of the bands; empty texts where there are none.
    height, width, dtype
        Size and type of the stored values.
    nodata
        The declared no-data value; None if there is none.
    has_mask
        Whether a mask or an alpha band states which pixels are valid.
    scales, offsets
        What stored values are multiplied by, and what is then added, for each band.
    crs
        Code or WKT of the coordinate reference system; empty if there is none.
    transform
        From pixels to coordinates, as the six numbers of `affine.Affine`.
    date
        ISO date in the tags; empty if there is none.
    """

    path: Path
    names: tuple[str, ...]
    height: int
    width: int
    dtype: str
    nodata: float | None
    has_mask: bool
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    crs: str
    transform: tuple[float, ...]
    date: str

    @property
    def is_scaled(self) -> bool:
        """Whether stored values are to be scaled."""
        return any(scale != 1 for scale in self.scales) or any(map(bool, self.offsets))

    def place(self) -> tuple[float, float] | None:
        """Return longitude and latitude of the centre; None without a reference system.

        Raises
        ------
        DataError
            The coordinates are out of the range of the reference system.
        """
        a, b, c, d, e, f = self.transform
        if not self.crs or (a, b, c, d, e, f) == (1, 0, 0, 0, 1, 0):
            return None
        column, row = self.width / 2, self.height / 2
        lon, lat = project(
            self.crs, "EPSG:4326", a * column + b * row + c, d * column + e * row + f
        )
        place = float(lon), float(lat)
        if not (all(map(math.isfinite, place)) and abs(place[0]) <= 360 and abs(place[1]) <= 90):
            raise DataError(f"its centre is at {place[0]:g}, {place[1]:g} degrees")
        return place


def read_header(path: Path) -> Header:
    """Read the tags of a file.

    Raises
    ------
    MissingFileError, CorruptCubeError
        The file does not exist, or is not a GeoTIFF that can be used.
    """
    with _open(path) as pages:
        return _header(path, pages)


def read_raster(path: Path) -> tuple[Header, NDArray[Any], NDArray[np.bool_]]:
    """Read a file: its tags, its stored values, and which of them are valid.

    Returns
    -------
    header
        The tags.
    values
        (band, y, x) as stored, without the alpha band.
    valid
        (band, y, x); False for pixels that are masked or declared as no data.

    Raises
    ------
    MissingFileError, CorruptCubeError
        The file does not exist, or cannot be read.
    """
    with _open(path) as pages:
        header = _header(path, pages)
        missing = sum(map(_blocks_not_stored, pages))
        if missing and header.nodata is None:
            raise CorruptCubeError(
                f"{path} cannot be used: {missing} of its blocks are not stored, and it declares "
                "no value of no data",
                hint="copy or download it again; or declare what blocks that are left out mean",
            )
        values = np.concatenate([page.read(_data_bands(page)) for page in pages])
        valid = np.concatenate([_valid(page) for page in pages])
    if header.nodata is not None:
        valid &= ~_equal(values, header.nodata)
    return header, values, valid


def _equal(values: NDArray[Any], nodata: float) -> NDArray[np.bool_]:
    """Compare with a declared value, which tags store as text with many digits."""
    if math.isnan(nodata):
        return np.isnan(values)
    if values.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.asarray(values == values.dtype.type(nodata))
    return (
        np.asarray(values == int(nodata)) if nodata.is_integer() else np.zeros(values.shape, bool)
    )


@contextmanager
def _open(path: Path) -> Iterator[list[Any]]:
    """Open a file and the further pages in it; errors of the library become ours."""
    _check_head(path)
    pages: list[Any] = []
    try:
        with rasterio.Env(**_OPTIONS), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            first = rasterio.open(path, driver="GTiff")
            pages = [first]
            if first.subdatasets:
                pages += [rasterio.open(name) for name in first.subdatasets]
                pages.pop(0).close()
            yield pages
    except (RasterioError, OSError, ValueError, IndexError) as error:
        raise CorruptCubeError(
            f"{path} is truncated or damaged: {_reason(error, path)}",
            hint="copy or download it again",
        ) from error
    finally:
        for page in pages:
            page.close()


def _check_head(path: Path) -> None:
    """Recognise what is not a TIFF at all, for which the library has no clear message."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {path}", hint="check the paths") from None
    except OSError as error:
        raise CorruptCubeError(f"{path} cannot be read: {error.strerror or error}") from error
    if head.startswith(_MAGIC):
        return
    start = head.lstrip().lower()
    if not head:
        what = "the file is empty"
    elif start.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<")):
        what = "it is a web page or XML, not a TIFF"
    elif start.startswith(b"version https://git-lfs"):
        what = "it is a git-LFS pointer; run git lfs pull"
    elif start.startswith((b"\x89png", b"\xff\xd8\xff", b"gif8", b"\x89hdf", b"pk\x03\x04")):
        what = "it is a file of another type with the suffix of a TIFF"
    else:
        what = "it is not a TIFF"
    raise CorruptCubeError(f"{path} cannot be read: {what}", hint="copy or download it again")


def _reason(error: Exception, path: Path) -> str:
    """Return the innermost message, which names the cause, in one line."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    text = " ".join(str(cause or error).split()) or type(error).__name__
    for name in (f"{path}:", f"{path.name}:", f"{path.name}, "):
        text = text.replace(name, "")
    return text.strip()[:200]


def _header(path: Path, pages: list[Any]) -> Header:
    first = pages[0]
    bands = [(page, number) for page in pages for number in _data_bands(page)]
    types = {page.dtypes[number - 1] for page, number in bands}
    problems = []
    if not bands:
        problems.append("it has no band but an alpha band")
    if len({(page.height, page.width) for page in pages}) > 1:
        problems.append("its pages have different sizes")
    if len(types) > 1:
        problems.append(f"its bands have different types: {', '.join(sorted(types))}")
    elif types and np.dtype(next(iter(types))).kind not in "iuf":
        problems.append(f"its values are of type {next(iter(types))}, not real numbers")
    else:
        size = np.dtype(next(iter(types), "u1")).itemsize * first.height * first.width * len(bands)
        if size > LARGEST:
            problems.append(
                f"it has {first.width} x {first.height} pixels of {len(bands)} bands, "
                f"{size / 2**30:.0f} GiB, which is too large for one sample"
            )
    scales = tuple(float(page.scales[number - 1]) for page, number in bands)
    offsets = tuple(float(page.offsets[number - 1]) for page, number in bands)
    if not all(map(math.isfinite, (*scales, *offsets))) or 0 in scales:
        problems.append(f"its scale {scales[0]:g} and offset {offsets[0]:g} cannot be applied")
    if problems:
        raise CorruptCubeError(
            f"{path} cannot be used: {'; '.join(problems)}",
            hint="a file holds one sample: bands of one type and size, real numbers",
        )
    tags = first.tags()
    return Header(
        path=path,
        names=tuple((page.descriptions[number - 1] or "").strip() for page, number in bands),
        height=first.height,
        width=first.width,
        dtype=next(iter(types)),
        nodata=None if first.nodata is None else float(first.nodata),
        has_mask=any(_has_mask(page) for page in pages),
        scales=scales,
        offsets=offsets,
        crs=_crs_text(first.crs),
        transform=tuple(first.transform)[:6],
        date=next((day for tag in _DATE_TAGS if (day := iso_date(tags.get(tag, "")))), ""),
    )


def _crs_text(crs: Any) -> str:
    if not crs:
        return ""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _data_bands(page: Any) -> list[int]:
    return [
        number for number, meaning in enumerate(page.colorinterp, 1) if meaning != ColorInterp.alpha
    ]


def _has_mask(page: Any) -> bool:
    return any(MaskFlags.per_dataset in flags for flags in page.mask_flag_enums)


def _blocks_not_stored(page: Any) -> int:
    """Count blocks that are left out, which the library reads as no data or 0 without a message."""
    missing = 0
    bands = (1,) if page.interleaving == Interleaving.pixel else _data_bands(page)
    for band in bands:
        height, width = page.block_shapes[band - 1]
        for row in range(-(-page.height // height)):
            for column in range(-(-page.width // width)):
                item = f"BLOCK_OFFSET_{column}_{row}"
                missing += page.get_tag_item(item, "TIFF", bidx=band) is None
    return missing


def _valid(page: Any) -> NDArray[np.bool_]:
    """Return what the mask or the alpha band of a page states, (band, y, x)."""
    shape = len(_data_bands(page)), page.height, page.width
    if not _has_mask(page):
        return np.ones(shape, dtype=bool)
    return np.broadcast_to(page.dataset_mask() > 0, shape)

"""Georeferenced raster files, sampled on the grids of cubes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.array_info import ZarrError
from neucocore.data.cubes.declarations import Declarations, tag_declarations
from neucocore.derivation.grids import CubeGrid
from neucocore.derivation.projection import check_bounds, import_rasterio, project
from neucocore.errors import DataError, MissingFileError
from neucocore.messages import missing_file_hint


@dataclass(frozen=True, eq=False)
class Patch:
    """The values of a source at the pixels of one cube.

    Attributes
    ----------
    values
        (y, x) or (season, y, x), in the codes or units of the source, with the scale and offset
        that it declares; arbitrary where not covered.
    covered
        Same shape; False where the source has no value.
    """

    values: NDArray[Any]
    covered: NDArray[np.bool_]


class Raster:
    """A georeferenced raster file, opened once.

    Parameters
    ----------
    path
        The file.
    padding
        Number of rows or columns to ignore at the top, bottom, left and right edge.
    scaling
        Scale and offset that the caller applies to the stored values; None: those that the file
        declares are applied here.

    Raises
    ------
    MissingFileError
        The file does not exist.
    DataError
        It is not a raster, has no coordinate reference system, has one that contradicts its bounds,
        or declares a scale other than `scaling` or one that cannot be understood.
    """

    def __init__(
        self,
        path: str | Path,
        padding: tuple[int, int, int, int] = (0, 0, 0, 0),
        scaling: tuple[float, float] | None = None,
    ) -> None:
        if not Path(path).is_file():
            raise MissingFileError(f"there is no raster {path}", hint=missing_file_hint(path))
        rasterio = import_rasterio()
        try:
            self.file = rasterio.open(path)
        except rasterio.errors.RasterioError as error:
            raise DataError(
                f"{path} cannot be read as a raster: {error}",
                hint="pass a GeoTIFF or another format that GDAL reads",
            ) from error
        if self.file.crs is None:
            raise DataError(
                f"{path} has no coordinate reference system",
                hint=f"find out the right one and set it: gdal_edit.py -a_srs EPSG:CODE {path}",
            )
        check_bounds(str(path), self.file.crs, *self.file.bounds)
        self._declared = _declared(str(path), self.file)
        self._factor = _factor(str(path), self._declared, scaling)
        height, width = self.file.shape
        top, bottom, left, right = padding
        self.rows, self.cols = (top, height - bottom), (left, width - right)

    @property
    def extent(self) -> str:
        """Name and bounds of the file, for messages."""
        west, south, east, north = self.file.bounds
        name = Path(self.file.name).name
        return f"{name} ({self.file.crs}: x {west:g} to {east:g}, y {south:g} to {north:g})"

    def sample(self, grid: CubeGrid) -> Patch:
        """Return the values of band 1 nearest to the pixel centres of a grid.

        Not interpolated, because the mean of two class codes is another class.
        """
        x, y = project(grid.crs, self.file.crs, *grid.centres())
        inverse = ~self.file.transform
        with np.errstate(invalid="ignore"):
            cols = np.floor(inverse.a * x + inverse.b * y + inverse.c)
            rows = np.floor(inverse.d * x + inverse.e * y + inverse.f)
            covered = (rows >= self.rows[0]) & (rows < self.rows[1])
            covered &= (cols >= self.cols[0]) & (cols < self.cols[1])
        if not covered.any():
            return Patch(np.zeros(covered.shape, dtype=self.file.dtypes[0]), covered)
        row, col = rows[covered].astype(np.intp), cols[covered].astype(np.intp)
        patch = self._read(((row.min(), row.max() + 1), (col.min(), col.max() + 1)))
        values = np.zeros(covered.shape, dtype=patch.values.dtype)
        values[covered] = patch.values[row - row.min(), col - col.min()]
        covered[covered] = patch.covered[row - row.min(), col - col.min()]
        return Patch(values, covered)

    def read(self) -> Patch:
        """Return band 1 without the padding, (y, x)."""
        return self._read((self.rows, self.cols))

    def _read(self, window: tuple[tuple[int, int], tuple[int, int]]) -> Patch:
        """Return a window of band 1 and where it has a value, by all that the file declares."""
        try:
            stored: NDArray[Any] = self.file.read(1, window=window)
            covered: NDArray[np.bool_] = self.file.read_masks(1, window=window) != 0
        except import_rasterio().errors.RasterioError as error:
            raise DataError(
                f"{self.file.name} cannot be read; it may be truncated: {error.__cause__ or error}",
                hint="download the file again",
            ) from error
        covered &= stored == stored  # NaN means no value, whatever is declared
        for code in self._declared.nodata:
            covered &= stored != stored.dtype.type(code) if _holds(stored.dtype, code) else True
        if self._declared.low is not None:
            covered &= stored >= self._declared.low
        if self._declared.high is not None:
            covered &= stored <= self._declared.high
        if self._factor is None:
            return Patch(stored, covered)
        scale, offset = self._factor
        return Patch(stored * np.float64(scale) + offset, covered)


def _declared(path: str, file: Any) -> Declarations:
    """Return what GDAL and the tags of a raster and its band 1 declare."""
    tags = {**file.tags(), **file.tags(1)}
    known = {"nodata": file.nodata, "scale_factor": file.scales[0], "add_offset": file.offsets[0]}
    neutral = {"nodata": None, "scale_factor": 1.0, "add_offset": 0.0}
    known = {name: value for name, value in known.items() if value != neutral[name]}
    try:
        return tag_declarations({"raster:bands": known, **tags})
    except ZarrError as error:
        raise DataError(f"{path}: {error}", hint="correct the metadata of the raster") from None


def _factor(
    path: str, declared: Declarations, scaling: tuple[float, float] | None
) -> tuple[float, float] | None:
    """Return the scale and offset to apply; None if there is nothing to apply."""
    if declared.scale is None and declared.offset is None:
        return None
    factor = declared.scale or 1.0, declared.offset or 0.0
    if scaling is None:
        return None if factor == (1.0, 0.0) else factor
    if factor != (1.0, 0.0) and not np.allclose(factor, scaling, rtol=1e-4, atol=0):
        raise DataError(
            f"{path} declares the scale {factor[0]:g} and the offset {factor[1]:g}, but the values "
            f"are defined with {scaling[0]:g} and {scaling[1]:g}",
            hint="use the product that the task is derived from, with its original values",
        )
    return None


def _holds(dtype: np.dtype[Any], code: float) -> bool:
    if dtype.kind not in "iu":
        return True
    limits = np.iinfo(dtype)
    return code == int(code) and limits.min <= code <= limits.max

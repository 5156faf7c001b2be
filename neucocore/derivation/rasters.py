"""Georeferenced raster files, sampled on the grids of cubes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.derivation.grids import CubeGrid
from neucocore.derivation.projection import check_bounds, import_rasterio, project
from neucocore.errors import DataError, MissingFileError


@dataclass(frozen=True, eq=False)
class Patch:
    """The values of a source at the pixels of one cube.

    Attributes
    ----------
    values
        (y, x) or (season, y, x), in the codes or units of the source.
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

    Raises
    ------
    MissingFileError
        The file does not exist.
    DataError
        It is not a raster, has no coordinate reference system, or has one that contradicts its
        bounds.
    """

    def __init__(self, path: str | Path, padding: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        if not Path(path).is_file():
            raise MissingFileError(f"there is no raster {path}", hint=f"ls {Path(path).parent}")
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
        values = np.zeros(covered.shape, dtype=self.file.dtypes[0])
        if covered.any():
            row, col = rows[covered].astype(np.intp), cols[covered].astype(np.intp)
            window = ((row.min(), row.max() + 1), (col.min(), col.max() + 1))
            values[covered] = self._read(window)[row - row.min(), col - col.min()]
            covered &= values == values  # NaN means no value, whatever is declared
            if self.file.nodata is not None:
                covered &= values != self.file.nodata
        return Patch(values, covered)

    def read(self) -> NDArray[Any]:
        """Return band 1 without the padding, (y, x)."""
        return self._read((self.rows, self.cols))

    def _read(self, window: tuple[tuple[int, int], tuple[int, int]]) -> NDArray[Any]:
        try:
            values: NDArray[Any] = self.file.read(1, window=window)
        except import_rasterio().errors.RasterioError as error:
            raise DataError(
                f"{self.file.name} cannot be read; it may be truncated: {error.__cause__ or error}",
                hint="download the file again",
            ) from error
        return values

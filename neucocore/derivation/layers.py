"""What the user named as a source, as one layer by cube: rasters or the synthetic truth."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neucocore.derivation.grids import CubeGrid, grids_for
from neucocore.derivation.labelling import NoLabel
from neucocore.derivation.rasters import Patch, Raster
from neucocore.errors import ConfigError, DataError, MissingFileError

RASTERS = ("*.tif", "*.tiff", "*.nc", "*.vrt")


class Layer(Protocol):
    """One layer of a source, by cube."""

    def read(self, cube: str) -> Patch:
        """Return the layer over a cube; `NoLabel` when it does not cover it."""


class TruthLayer:
    """A layer of the synthetic Earth's truth folder: ``<id>.npz`` with an array of that name."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def read(self, cube: str) -> Patch:
        """Return the truth raster of a cube, fully covered."""
        values = self.array(cube)
        return Patch(values, np.ones(values.shape, dtype=np.bool_))

    def array(self, cube: str) -> NDArray[Any]:
        """Return the array as it is stored."""
        file = self.folder / f"{cube}.npz"
        if not file.is_file():
            raise NoLabel(f"no file <id>.npz in {self.folder}")
        with np.load(file, allow_pickle=False) as arrays:
            if self.name not in arrays:
                found = ", ".join(sorted(arrays))
                raise DataError(f"{file} has no layer {self.name!r}", hint=f"its layers: {found}")
            array: NDArray[Any] = arrays[self.name]
            return array


class RasterLayer:
    """Band 1 of rasters, sampled on the grids of cubes; the first that covers a pixel wins."""

    def __init__(self, paths: Sequence[Path], grids: dict[str, CubeGrid]) -> None:
        self.rasters = [Raster(path) for path in paths]
        self.grids = grids

    def read(self, cube: str) -> Patch:
        """Return the values at the cube's pixel centres."""
        if cube not in self.grids:
            raise NoLabel("no grid in the table of cubes")
        patch = self.rasters[0].sample(self.grids[cube])
        for raster in self.rasters[1:]:
            if patch.covered.all():
                break
            other = raster.sample(self.grids[cube])
            patch = Patch(
                np.where(patch.covered, patch.values, other.values), patch.covered | other.covered
            )
        if not patch.covered.any():
            raise NoLabel("outside " + "; ".join(raster.extent for raster in self.rasters[:3]))
        return patch


def open_layer(sources: Sequence[Path], name: str, cubes: str | Path | None) -> Layer:
    """Open what the user named as the source of one layer.

    Parameters
    ----------
    sources
        Raster files (GeoTIFF, NetCDF) or folders of them, or the synthetic Earth's folder.
    name
        Name of the layer in the synthetic Earth's truth files.
    cubes
        Table of the cubes' grids, needed for rasters.

    Raises
    ------
    ConfigError
        The sources are neither, or the grids are missing.
    MissingFileError
        A source does not exist.
    """
    folder = truth_folder(sources)
    if folder is not None:
        return TruthLayer(folder, name)
    files = source_files(sources, RASTERS)
    wrong = [str(path) for path in files if not _matches(path, RASTERS)]
    if wrong or not sources:
        raise ConfigError(
            f"the source is no raster: {', '.join(wrong[:3]) or 'none was named'}",
            hint="name GeoTIFF files, or a synthetic Earth's folder, with --source",
        )
    return RasterLayer(files, grids_for(cubes, "a raster"))


def source_files(sources: Sequence[Path], patterns: Sequence[str]) -> list[Path]:
    """Return the sources, with the files below it in the place of each folder.

    Parameters
    ----------
    sources
        Files, which are taken as they are, and folders.
    patterns
        Names that count within folders, such as ``*.h5``; small and capital letters are the same.

    Raises
    ------
    ConfigError
        A folder that holds no such file.
    """
    files = []
    for path in sources:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        found = [file for file in below if not path.is_dir() or _matches(file, patterns)]
        if not found:
            raise ConfigError(
                f"there is no source in {path}: it holds no {' or '.join(patterns)}, "
                "and is no synthetic Earth's folder",
                hint="name the files of the source, or their folder, with --source",
            )
        files += found
    return files


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path.name.lower(), pattern.lower()) for pattern in patterns)


def truth_folder(sources: Sequence[Path]) -> Path | None:
    """Return the truth folder when a synthetic Earth (or its ``truth`` folder) is the only source.

    Raises
    ------
    MissingFileError
        A source does not exist.
    """
    for path in sources:
        if not path.exists():
            raise MissingFileError(f"the source {path} does not exist", hint=f"ls {path.parent}")
    if len(sources) != 1 or not sources[0].is_dir():
        return None
    for folder in (sources[0] / "truth", sources[0]):
        if folder.is_dir() and next(folder.glob("*.npz"), None):
            return folder
    return None

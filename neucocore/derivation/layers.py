"""One layer of a source by cube: from rasters, or from the truth of a synthetic data set."""

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
from neucocore.messages import missing_file_hint

RASTERS = ("*.tif", "*.tiff", "*.nc", "*.vrt")


class Layer(Protocol):
    """One layer of a source, by cube."""

    def read(self, cube: str) -> Patch:
        """Return the layer over a cube; raise `NoLabel` if it does not cover the cube."""


class TruthLayer:
    """A layer of the truth folder of a synthetic data set: ``<id>.npz`` with an array `name`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def read(self, cube: str) -> Patch:
        """Return the truth of a cube, which covers all its pixels."""
        values = self.array(cube)
        return Patch(values, np.ones(values.shape, dtype=np.bool_))

    def array(self, cube: str) -> NDArray[Any]:
        """Return the stored array of a cube."""
        file = self.folder / f"{cube}.npz"
        if not file.is_file():
            raise NoLabel(f"no file <id>.npz in {self.folder}")
        with np.load(file, allow_pickle=False) as arrays:
            if self.name not in arrays:
                raise DataError(
                    f"{file} has no layer {self.name!r}",
                    hint=f"its layers: {', '.join(sorted(arrays))}",
                )
            array: NDArray[Any] = arrays[self.name]
            return array


class RasterLayer:
    """Band 1 of rasters, sampled on the grids of cubes; the first one with a value is used."""

    def __init__(self, paths: Sequence[Path], grids: dict[str, CubeGrid]) -> None:
        self.rasters = [Raster(path) for path in paths]
        self.grids = grids

    def read(self, cube: str) -> Patch:
        """Return the values at the pixel centres of a cube."""
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
    """Open the source of one layer.

    Parameters
    ----------
    sources
        Raster files (GeoTIFF, NetCDF) or folders of them, or the folder of a synthetic data set.
    name
        Name of the layer in the truth of a synthetic data set.
    cubes
        Table of the grids of the cubes; required for rasters.

    Raises
    ------
    ConfigError
        The sources are neither rasters nor truth, or the grids are missing.
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
            f"the source is not a raster: {', '.join(wrong[:3]) or 'no source was given'}",
            hint="pass GeoTIFF files, or the folder of a synthetic data set, with --source",
        )
    return RasterLayer(files, grids_for(cubes, "a raster"))


def source_files(sources: Sequence[Path], patterns: Sequence[str]) -> list[Path]:
    """Return the source files; a folder stands for the files below it.

    Parameters
    ----------
    sources
        Files and folders.
    patterns
        Names of the files to take from folders, such as ``*.h5``; case is ignored.

    Raises
    ------
    ConfigError
        A folder holds no such file.
    """
    files = []
    for path in sources:
        below = sorted(path.rglob("*")) if path.is_dir() else [path]
        matching = [file for file in below if not path.is_dir() or _matches(file, patterns)]
        if not matching:
            raise ConfigError(
                f"{path} holds no source: no {' or '.join(patterns)}, and no truth of a synthetic "
                "data set",
                hint="pass the files of the source, or their folder, with --source",
            )
        files += matching
    return files


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(path.name.lower(), pattern.lower()) for pattern in patterns)


def truth_folder(sources: Sequence[Path]) -> Path | None:
    """Return the truth folder if the only source is a synthetic data set, or its truth folder.

    Raises
    ------
    MissingFileError
        A source does not exist.
    """
    for path in sources:
        if not path.exists():
            raise MissingFileError(
                f"the source {path} does not exist", hint=missing_file_hint(path)
            )
    if len(sources) != 1 or not sources[0].is_dir():
        return None
    for folder in (sources[0] / "truth", sources[0]):
        if folder.is_dir() and next(folder.glob("*.npz"), None):
            return folder
    return None

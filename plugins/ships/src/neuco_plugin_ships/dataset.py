"""Radar scenes with ships: a folder of cubes, or the GeoTIFFs of the public collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import Cube, CubeFolder, CubeSchema, DataError, IdError, MissingFileError

BANDS = ("vv", "vh")
SUFFIX = ".tif"


def ships(path: str | Path, *, layout: str = "cubes", **choices: Any) -> CubeFolder | GeoTiffs:
    """Open a folder of scenes.

    Parameters
    ----------
    path
        The data set's folder; label files lie in ``labels``.
    layout
        ``cubes``: as ``data/s1/.../<id>.zarr.zip``; ``geotiff``: as ``<id>.tif`` whose first two
        bands are vv and vh.
    choices
        The declared parameters, as for `CubeFolder`; of no use with ``geotiff``.
    """
    if layout == "geotiff":
        return GeoTiffs(path)
    return CubeFolder(path, {"s1": CubeSchema(bands=BANDS, kind="float")}, **choices)


class GeoTiffs:
    """Scenes as GeoTIFFs somewhere below a folder, by file name.

    Raises
    ------
    MissingFileError
        No such folder, or no scene in it.
    DataError
        A scene is there twice.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._files: dict[str, Path] = {}
        for file in sorted(self.path.rglob(f"*{SUFFIX}")):
            if file.stem in self._files:
                raise DataError(f"{file.stem} is there twice: {self._files[file.stem]} and {file}")
            self._files[file.stem] = file
        if not self._files:
            raise MissingFileError(f"no scene *{SUFFIX} below {self.path}", hint=f"ls {self.path}")

    def ids(self) -> list[str]:
        """Return all scene ids, sorted."""
        return sorted(self._files)

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield scenes in the order given: modality ``s1``, (1, 2, y, x) float32."""
        unknown = [cube for cube in ids if cube not in self._files]
        if unknown:
            shown = ", ".join(unknown[:3])
            raise IdError(f"{len(unknown)} of {len(ids)} scenes are not in {self.path}: {shown}")
        for cube in ids:
            yield Cube(cube, {"s1": _read(self._files[cube])}, {"s1": BANDS})

    def label_files(self) -> list[Path]:
        """Return the label files beside the scenes, sorted."""
        return sorted((self.path / "labels").glob("*__*.csv"))


def _read(path: Path) -> NDArray[np.float32]:
    # Here, so that cube files need no rasterio.
    import rasterio

    with rasterio.open(path) as scene:
        if scene.count < len(BANDS):
            raise DataError(f"{path} has {scene.count} band, not vv and vh")
        array: NDArray[np.float32] = scene.read([1, 2], out_dtype=np.float32)
    return array[np.newaxis]

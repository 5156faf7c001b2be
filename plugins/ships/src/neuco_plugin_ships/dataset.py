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


def ships(path: str | Path, *, layout: str = "cubes", **params: Any) -> CubeFolder | GeoTiffs:
    """Open a folder of scenes.

    Parameters
    ----------
    path
        The data set's folder; label files are in its sub-folder ``labels``.
    layout
        ``cubes``: files ``data/s1/.../<id>.zarr.zip``; ``geotiff``: files ``<id>.tif`` whose first
        two bands are vv and vh.
    params
        The declared parameters, as for `CubeFolder`; ignored for ``geotiff``.
    """
    if layout == "geotiff":
        return GeoTiffs(path)
    return CubeFolder(path, {"s1": CubeSchema(bands=BANDS, kind="float")}, **params)


class GeoTiffs:
    """Scenes as GeoTIFFs below a folder; the id of a scene is its file name without suffix.

    Raises
    ------
    MissingFileError
        The folder does not exist or has no scene.
    DataError
        Two files have the same name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._files: dict[str, Path] = {}
        for file in sorted(self.path.rglob(f"*{SUFFIX}")):
            if file.stem in self._files:
                raise DataError(
                    f"two scenes have the id {file.stem}: {self._files[file.stem]} and {file}",
                    hint="rename or remove one of them",
                )
            self._files[file.stem] = file
        if not self._files:
            raise MissingFileError(
                f"no file *{SUFFIX} below {self.path}",
                hint="check the path given with --data",
            )

    def ids(self) -> list[str]:
        """Return all scene ids, sorted."""
        return sorted(self._files)

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield scenes in the order given: modality ``s1``, (1, 2, y, x) float32."""
        unknown = [cube for cube in ids if cube not in self._files]
        if unknown:
            examples = ", ".join(unknown[:3])
            raise IdError(
                f"{len(unknown)} of {len(ids)} scenes are not in {self.path}: {examples}",
                hint="check the ids given with --ids",
            )
        for cube in ids:
            yield Cube(cube, {"s1": _read(self._files[cube])}, {"s1": BANDS})

    def label_files(self) -> list[Path]:
        """Return the label files in the sub-folder ``labels``, sorted."""
        return sorted((self.path / "labels").glob("*__*.csv"))


def _read(path: Path) -> NDArray[np.float32]:
    # Imported here, because cube files do not need rasterio.
    import rasterio

    with rasterio.open(path) as scene:
        if scene.count < len(BANDS):
            raise DataError(
                f"{path} has only {scene.count} band",
                hint="the first two bands must be vv and vh",
            )
        array: NDArray[np.float32] = scene.read([1, 2], out_dtype=np.float32)
        missing = (scene.read_masks([1, 2]) == 0) | ~np.isfinite(array)
        scales, offsets = (np.array(x[:2], np.float32) for x in (scene.scales, scene.offsets))
    if missing.any():
        raise DataError(
            f"{path}: {np.count_nonzero(missing)} values are NaN or declared as no data",
            hint="leave such scenes out: neuco encode --skip-bad",
        )
    if (scales != 1).any() or (offsets != 0).any():
        array = array * scales[:, None, None] + offsets[:, None, None]
    return array[np.newaxis]

"""Share of no-data pixels, from the cubes themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.plugin import ConfigError, CubeFolder, Labels, label_each


def share(ids: Sequence[str], sources: Sequence[Path], *, modality: str = "s2l2a") -> Labels:
    """Label cubes with the share (0 to 1) of their pixels that hold no data.

    A pixel of a season holds none when all its bands are 0; the label is the mean over seasons.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        The one folder of the cubes.
    modality
        Whose gaps are counted.

    Raises
    ------
    MissingFileError
        Cubes without a file of the modality.
    CorruptCubeError
        A cube cannot be read.
    """
    if len(sources) != 1:
        raise ConfigError(
            f"{len(sources)} sources: no data is counted in one folder of cubes",
            hint="neuco tasks derive nodata --data DIR",
        )
    folder = CubeFolder(sources[0], modalities=[modality])

    def of_cube(cube: str) -> float:
        (found,) = folder.read([cube])
        return float((found.arrays[modality] == 0).all(axis=1).mean())

    return label_each(ids, of_cube)

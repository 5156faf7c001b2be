"""Reading the folder of a synthetic Earth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neuco_plugin_synthetic_earth.plugin import SEASONS
from neucocore.plugin import BANDS, CubeFolder, CubeSchema


def synthetic_earth(path: str | Path, **params: Any) -> CubeFolder:
    """Open a folder that `neuco_plugin_synthetic_earth.generate.generate` wrote, of any size.

    Parameters
    ----------
    path
        The data set's folder.
    params
        The declared parameters.

    Raises
    ------
    MissingFileError
        The folder does not exist or has no cubes.
    """
    schemas = {
        modality: CubeSchema(
            bands=bands,
            kind="float" if modality == "s1" else "integer",
            seasons=len(SEASONS),
            offset=None if modality == "s1" else 0,
            nodata=None if modality == "s1" else 0,
        )
        for modality, bands in BANDS.items()
    }
    return CubeFolder(path, schemas, **params)

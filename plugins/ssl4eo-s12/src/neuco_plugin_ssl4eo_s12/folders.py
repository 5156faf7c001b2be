"""Folders with one sample and modality a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neucocore.plugin import BANDS, CubeFolder, CubeSchema

SEASON_NAMES = ("spring", "summer", "fall", "winter")
SIZE = 264


def schemas(offset: int) -> dict[str, CubeSchema]:
    """Return what the files of each modality look like, Sentinel-2 carrying `offset`."""
    return {
        modality: CubeSchema(
            bands=bands,
            kind="float" if modality == "s1" else "integer",
            seasons=len(SEASON_NAMES),
            size=SIZE,
            offset=None if modality == "s1" else offset,
            nodata=None if modality == "s1" else 0,
        )
        for modality, bands in BANDS.items()
    }


def downstream(path: str | Path, **choices: Any) -> CubeFolder:
    """Open SSL4EO-S12-downstream: 4 seasons, 264 x 264 pixels, no offset.

    Parameters
    ----------
    path
        The data set's folder.
    choices
        The declared parameters.
    """
    return CubeFolder(path, schemas(offset=0), **choices)


def own(path: str | Path, **choices: Any) -> CubeFolder:
    """Open anybody's folder of cubes; all its cubes must look like its first one.

    Parameters
    ----------
    path
        The folder that holds ``data/<modality>/`` and ``labels/``.
    choices
        The declared parameters.
    """
    return CubeFolder(path, **choices)

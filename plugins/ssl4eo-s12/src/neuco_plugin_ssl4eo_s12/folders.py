"""Folders with one file per sample and modality."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neucocore.plugin import BANDS, CubeFolder, CubeSchema

SEASON_NAMES = ("spring", "summer", "fall", "winter")
SIZE = 264


def schemas(offset: int) -> dict[str, CubeSchema]:
    """Return the schema of each modality, with the digital-number `offset` of Sentinel-2."""
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


def downstream(path: str | Path, **params: Any) -> CubeFolder:
    """Open SSL4EO-S12-downstream: 4 seasons, 264 x 264 pixels, no offset.

    Parameters
    ----------
    path
        The data set's folder.
    params
        The declared parameters.
    """
    return CubeFolder(path, schemas(offset=0), **params)


def own(path: str | Path, **params: Any) -> CubeFolder:
    """Open a folder of cubes of any kind; all cubes must have the schema of the first one.

    Parameters
    ----------
    path
        The folder that contains ``data/<modality>/`` and ``labels/``.
    params
        The declared parameters.
    """
    return CubeFolder(path, **params)
